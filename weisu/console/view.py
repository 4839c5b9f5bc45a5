"""How values look on the page: labels in officers' Chinese, local time, marked fragments."""

import hashlib
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup, escape
from pydantic_core import to_json

from agents.alerting.reasons import why_held, why_told
from weisu.console.charts import bars

LABELS: dict[str, str] = {
    # urgency, level
    "critical": "特急",
    "urgent": "紧急",
    "normal": "一般",
    "low": "平缓",
    "red": "红色",
    "orange": "橙色",
    "yellow": "黄色",
    "blue": "蓝色",
    # what an alert or a pattern is about
    "burst": "突增",
    "recurrence": "办结复发",
    "chronic": "长期未决",
    "seasonal": "季节性",
    "hazard": "风险点",
    "dispute": "推诿",
    "harassment": "骚扰",
    "campaign": "组织化诉求",
    "same_caller": "重复来电",
    "first": "首次",
    "many_callers": "多人同诉",
    "after_closure": "办结复发",
    # ticket kinds, states, channels
    "consult": "咨询",
    "help": "求助",
    "complaint": "投诉",
    "report": "举报",
    "suggestion": "建议",
    "praise": "表扬",
    "open": "未办结",
    "closed": "已办结",
    "acknowledged": "已签收",
    "resolved": "已办结",
    "false_alarm": "误报",
    "confirmed": "经确认",
    "merged": "已并入",
    "digest": "每日摘要",
    "problem": "单个问题",
    "street": "街镇",
    "district": "区县",
    "city": "全市",
    "phone": "电话",
    "wechat": "微信",
    "app": "APP",
    "web": "网站",
    "mail": "信件",
    "other": "其他",
    "dispatched": "派单",
    "returned": "退单",
    "reviewed": "回访",
    "reopened": "重开",
    # where a call belongs, and what became of a claim review
    "110": "110 公安",
    "119": "119 消防",
    "120": "120 急救",
    "122": "122 交警",
    "expert": "专家坐席",
    "self_service": "自助服务",
    "claim_reviewed": "诉求甄别",
    "proposed": "建议，待两人确认",
    "confirmed_once": "一人已确认，待第二人",
    "confirmed_twice": "两人已确认，考核统计中剔除",
    "rejected": "有人不同意，不作剔除",
    # why something was held back
    "below_threshold": "证据不足",
    "duplicate": "重复",
    "cool_down": "冷却期内",
    "silenced": "已静默",
    "inhibited": "已并入上级预警",
    "unconfirmed": "待确认",
    "budget": "超出当日预算",
    "unsupported": "依据不足",
    # outcomes and sources
    "solved": "已解决",
    "explained": "已解释",
    "unsolved": "未解决",
    "unknown": "未知",
    "yes": "是",
    "no": "否",
    "rules": "规则",
    "llm": "模型",
    "platform": "平台",
    "crowd": "多人同诉",
    # why a person should look at a grade
    "low_confidence": "把握不足",
    "disagreement": "规则与模型相差两级",
    "unproven": "引文对不上原文",
    # what became of a question to a model
    "answered": "已答",
    "reused": "沿用同文工单的答案",
    "busy": "限流",
    "timed_out": "超时",
    "broken": "端点故障",
    "refused": "拒答",
    "too_long": "答案被截断",
    "bad_json": "不合结构",
    "off_list": "取值出表",
    "off_text": "答非所问",
    "wrong_setting": "密钥或地址有误",
    "no_variant": "端点不支持此问法",
    # names of facets
    "urgency": "紧急程度",
    "category": "类别",
    "unit": "承办单位",
    "kind": "类型",
    "status": "状态",
    "problem_id": "问题编号",
    "review": "待人工复核",
}
FIGURES: dict[str, str] = {
    "lambda": "证据强度 λ",
    "needed": "预警门槛",
    "ratio": "是平时的倍数",
    "expected": "同期平时人数",
    "distinct24": "24小时诉求人",
    "distinct21d": "21天诉求人",
    "correction": "全市背景倍数",
    "trust": "按值班员反馈调整门槛",
    "history_days": "历史天数",
}


def label(value: object) -> str:
    """The Chinese word for a code; anything else as it is."""
    return "" if value is None else LABELS.get(str(value), str(value))


def local(value: str | None, offset_minutes: int) -> str:
    """An RFC 3339 instant in the city's local time, such as "2026-03-02 08:05"; empty for none."""
    if not value:
        return ""
    zone = timezone(timedelta(minutes=offset_minutes))
    return f"{datetime.fromisoformat(value).astimezone(zone):%Y-%m-%d %H:%M}"


def marked(fragment: str) -> Markup:
    """A highlight fragment as HTML: everything escaped, only our own 〖〗 become marks."""
    return Markup(str(escape(fragment)).replace("〖", "<mark>").replace("〗", "</mark>"))


def ref(value: object) -> str:
    """A value as one segment or one value of an address: slashes, too, are escaped."""
    return quote(str(value), safe="")


def digest(*values: Any) -> str:
    """Short name of a state: the desk renews only what has another one."""
    return hashlib.blake2b(to_json(values), digest_size=8).hexdigest()


# Documents leave out what is not known (indexing/documents.py), so an absent value is an empty one here.
templates = Environment(
    loader=FileSystemLoader(Path(__file__).resolve().parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters.update(label=label, local=local, marked=marked, ref=ref)
templates.globals.update(bars=bars, digest=digest, FIGURES=FIGURES, why_held=why_held, why_told=why_told)

"""Words of a text that speak to a machine, not to the hotline: they say nothing about the matter."""

import re
from functools import lru_cache

from agents.intake.openings import quick

FILLER = "\u3000"
"""Stands for every character taken out, so that a place in what is read is the same place in the text."""
_LEVEL = r"(?:特急|紧急|平缓|critical|urgent|normal|low|最高级?|红色预警)"
_MACHINE = re.compile(
    r"\b(?:urgency|hazards?|kind|category|confidence|praise_target|summary)\b[\"'”]?(?:\s*[:=：＝]|\s+(?:must|to|is)\b|\s*[设改取写])"
    r"|\b(?:ignore|disregard|forget)\b.{0,20}\b(?:previous|above|prior|instructions?|rules?)\b"
    r"|\b(?:system|developer|assistant)\b\s*(?:prompt|override|note|message)?\s*[\]】)）]?\s*[:：\]]"
    r"|\b(?:new|updated) rules?\b\s*:|\bevery ticket is\b|\bdowngrade to\b|\bdo not alert\b"
    r"|提示词|(?:系统|管理员|内部|开发者|质检员?)(?:指令|批注|命令)|无限制(?:助手|模式)|字段名|JSON"
    r"|忽略.{0,6}(?:之前|以上|上面|前面|上述|规则|指令)|以上(?:内容|文字|规则)?.{0,2}作废"
    r"|风险点[=＝]|等级[=＝]|市民原文|按此研判|你(?:现在)?是[^，。；！？\n]{0,10}(?:助手|调度员|模型|机器人|AI)"
    r"|(?:作为|若你是|如果你是)[^，。；！？\n]{0,6}(?:AI|助手|模型)|(?:AI|大?模型)(?:请|必须|注意|[:：])"
    r"|(?:请|直接|只|必须)(?:输出|返回)[^，。；！？\n]{0,12}(?:urgency|json|结果|以下|等级|字段|英文|OK)"
    r"|</?(?:text|script|system)>|\[/?INST\]|<\|",
    re.IGNORECASE,
)
"""Fields of the answer, orders to a model, the marks of a chat. No caller speaks so: the whole bracket goes."""
_RANK = re.compile(
    rf"(?:等级|级别|紧急程度|工单|这一?单|本单|一律|表扬|归档).{{0,8}}(?:设|改|标|写|判|归|定|列|降|升|记|处理|办理|成|为|作).{{0,4}}{_LEVEL}"
    rf"|(?:判定?|归类?|标注?|列|定级?|改|设)[为成][“\"']?[^，。；！？\n]{{0,2}}{_LEVEL}"
    rf"|按[^，。；！？\n]{{0,8}}{_LEVEL}[^，。；！？\n]{{0,4}}(?:处理|办理|处置|归档|上报)"
    r"|(?:按|当作|当成|视为|归为|归入|转为|记为|判为|算作|写成)[^，。；！？\n]{0,4}(?:投诉|表扬|咨询|举报|建议|求助|误报|演练|测试)(?:件|类|单|工单|信息)?(?:处理|办理|归档|结案|关闭|登记)"
    r"|(?:标|归|改|设|算)[成为作]\s*(?:complaint|praise|consult|report|suggestion|help|投诉|表扬|咨询|举报|建议|求助)",
    re.IGNORECASE,
)
"""What rank or kind it should get. A frightened caller may say so too: only this clause goes."""
_MAY_HOLD = re.compile(
    quick(
        r"[A-Za-z][A-Za-z]{2}|提示词|指令|批注|命令|忽略|作废|特急|紧急|平缓|最高|红色|市民原文|研判|模型|助手|调度员|AI|等级|输出|返回|按|当[作成]|视为|归入|转为|写成|[标归改设算记判][成为作]"
    )
)
_CLAUSE_END = re.compile(r"[，,；;：:。！？!?\n]")
_BRACKETS = {"（": "）", "(": ")", "【": "】", "[": "]", "{": "}"}
_WIDEST = 120
"""Characters of a bracket."""


@lru_cache(maxsize=512)
def without_orders(text: str) -> str:
    """The text with every clause, or bracket, that gives orders to a machine as FILLER; of the same length.

    Most texts come back as they are. Remembered: intake and grading ask.
    """
    if not _MAY_HOLD.search(text):
        return text
    spans = sorted(
        [_bracket_of(text, *match.span()) for match in _MACHINE.finditer(text)]
        + [_clause_of(text, *match.span()) for match in _RANK.finditer(text)]
    )
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        if end > at:
            start = max(start, at)
            pieces += text[at:start], FILLER * (end - start)
            at = end
    return "".join(pieces) + text[at:]


def _bracket_of(text: str, start: int, end: int) -> tuple[int, int]:
    """The bracket around it on its line; without one its clause."""
    for at in range(start, max(-1, start - _WIDEST), -1):
        if at < len(text) and text[at] in _BRACKETS:
            closing = text.find(_BRACKETS[text[at]], end, at + _WIDEST)
            return (at, closing + 1) if closing >= 0 else _clause_of(text, start, end)
        if text[at : at + 1] == "\n":
            break
    return _clause_of(text, start, end)


def _clause_of(text: str, start: int, end: int) -> tuple[int, int]:
    stop = _CLAUSE_END.search(text, end)
    before = max(text.rfind(sign, 0, start) for sign in "，,；;：:。！？!?\n")
    return before + 1, stop.start() if stop else len(text)

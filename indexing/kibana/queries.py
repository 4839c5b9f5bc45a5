"""The dashboard's questions in ES|QL. Upper case: the language; in backticks: columns an analyst reads.

Our indices have no @timestamp, so each query names its time field and binds Kibana's time picker to it with
?_tstart and ?_tend. ES|QL cuts days in UTC: instants are shifted by the city's offset before the cut and
back after it.
"""

from collections.abc import Mapping
from functools import reduce
from typing import TypeVar

from agents.alerting.alert import HeldReason, Level
from agents.grading.grade import Urgency
from agents.problems.problem import Pattern
from indexing.fields import TIME_FIELD
from indexing.index import Collection

K = TypeVar("K", bound=str)

URGENCIES: Mapping[Urgency, str] = {"critical": "特急", "urgent": "紧急", "normal": "一般", "low": "平缓"}
LEVELS: Mapping[Level, str] = {"red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色"}
HELD: Mapping[HeldReason, str] = {
    "below_threshold": "证据不足",
    "duplicate": "重复",
    "cool_down": "冷却期内",
    "silenced": "已静默",
    "inhibited": "已并入上级预警",
    "unconfirmed": "待确认",
    "budget": "超出当日预算",
    "unsupported": "依据不足",
}
PATTERNS: Mapping[Pattern, str] = {
    "burst": "突增",
    "recurrence": "办结复发",
    "chronic": "长期未决",
    "seasonal": "季节性",
    "same_caller": "重复来电",
    "harassment": "骚扰",
    "campaign": "组织化诉求",
    "dispute": "推诿",
}
_WEEK = ("1 周一", "2 周二", "3 周三", "4 周四", "5 周五", "6 周六", "7 周日")
"""With a digit before, so that they sort."""


class Queries:
    """All questions about one city's indices."""

    def __init__(self, prefix: str = "", utc_offset_minutes: int = 480) -> None:
        self._prefix = prefix
        minutes = f"{abs(utc_offset_minutes)} minutes"
        self._to_local, self._to_utc = (
            (f"+ {minutes}", f"- {minutes}") if utc_offset_minutes >= 0 else (f"- {minutes}", f"+ {minutes}")
        )

    def total(self, collection: Collection, column: str, value: str) -> str:
        """One number: `value` over a collection."""
        return self._ask(collection, f"STATS `{column}` = {value}")

    def tickets_by_day(self) -> str:
        return self._ask(
            "tickets",
            f"EVAL `日期` = {self._day('created_at')}, `紧急程度` = {_told('urgency', URGENCIES, '未研判')}",
            "STATS `工单` = COUNT(*) BY `日期`, `紧急程度`",
            "SORT `日期`, `紧急程度`",
        )

    def tickets_by_hour(self) -> str:
        days = ", ".join(f'local_weekday == {number}, "{name}"' for number, name in enumerate(_WEEK, 1))
        at = f"created_at {self._to_local}"
        return self._ask(
            "tickets",
            f'EVAL local_hour = DATE_EXTRACT("hour_of_day", {at}), local_weekday = DATE_EXTRACT("day_of_week", {at})',
            f'EVAL `时` = CONCAT(CASE(local_hour < 10, "0", ""), TO_STRING(local_hour)), `星期` = CASE({days})',
            "STATS `工单` = COUNT(*) BY `时`, `星期`",
            "SORT `时`, `星期`",
        )

    def tickets_by(self, field: str, column: str) -> str:
        """The fifteen largest values of a keyword field, with distinct reporters."""
        return self._ask(
            "tickets",
            f"WHERE {field} IS NOT NULL",
            f"STATS `工单` = COUNT(*), `诉求人` = COUNT_DISTINCT(reporter) BY `{column}` = {field}",
            f"SORT `工单` DESC, `{column}`",
            limit=15,
        )

    def streets(self) -> str:
        return self._ask(
            "tickets",
            "WHERE street IS NOT NULL",
            'EVAL `街镇` = CONCAT(COALESCE(district, ""), " ", street)',
            "STATS `工单` = COUNT(*), `诉求人` = COUNT_DISTINCT(reporter) BY `街镇`",
            "SORT `工单` DESC, `街镇`",
            limit=15,
        )

    def problems(self) -> str:
        return self._ask(
            "problems",
            "SORT reporters DESC, tickets DESC, problem_id",
            f'EVAL `状态` = CASE(status == "closed", "已办结", "未办结"), `规律` = {_told_all("patterns", PATTERNS)}',
            "RENAME title AS `问题`, district AS `区县`, street AS `街镇`, tickets AS `工单`,"
            " reporters AS `诉求人`, open_tickets AS `未办结工单`, closures AS `办结次数`",
            "KEEP `问题`, `区县`, `街镇`, `状态`, `规律`, `诉求人`, `工单`, `未办结工单`, `办结次数`",
            limit=50,
            sort_first=True,
        )

    def alerts_by_day(self) -> str:
        return self._ask(
            "alerts",
            f"EVAL `日期` = {self._day('raised_at')}, `级别` = {_told('level', LEVELS, '未定')}",
            "STATS `预警` = COUNT(*) BY `日期`, `级别`",
            "SORT `日期`, `级别`",
        )

    def held(self) -> str:
        return self._ask(
            "ledger",
            f"EVAL `未报原因` = {_told('suppressed', HELD, '未知')}",
            "STATS `未报` = COUNT(*) BY `未报原因`",
            "SORT `未报` DESC, `未报原因`",
        )

    def returns_by_unit(self) -> str:
        """Units with at least five tickets: an average of fewer says nothing of the unit."""
        return self._ask(
            "tickets",
            "WHERE unit IS NOT NULL",
            "STATS `工单` = COUNT(*), returned = AVG(returns), moved = AVG(hops) BY `承办单位` = unit",
            "WHERE `工单` >= 5",
            "EVAL `平均退单` = ROUND(returned, 2), `平均转派` = ROUND(moved, 2)",
            "SORT `平均退单` DESC, `工单` DESC, `承办单位`",
            "KEEP `承办单位`, `工单`, `平均退单`, `平均转派`",
            limit=20,
        )

    def _ask(self, collection: Collection, *steps: str, limit: int = 10_000, sort_first: bool = False) -> str:
        """`sort_first`: the first step is a SORT, to be cut before the rest is computed."""
        time = TIME_FIELD[collection]
        cut = f"LIMIT {limit}"
        rest = (steps[0], cut, *steps[1:]) if sort_first else (*steps, cut)
        return "\n| ".join(
            (
                f"FROM {self._prefix}{collection}",
                f"WHERE {time} >= ?_tstart AND {time} < ?_tend",
                *rest,
            )
        )

    def _day(self, field: str) -> str:
        """The instant of local midnight."""
        return f"DATE_TRUNC(1 day, {field} {self._to_local}) {self._to_utc}"


def _told(field: str, labels: Mapping[K, str], otherwise: str) -> str:
    """The Chinese word of a code."""
    cases = ", ".join(f'{field} == "{code}", "{label}"' for code, label in labels.items())
    return f'CASE({cases}, "{otherwise}")'


def _told_all(field: str, labels: Mapping[K, str]) -> str:
    """The Chinese words of a field with several codes, in one string; empty for none."""
    joined = f'COALESCE(MV_CONCAT({field}, "、"), "")'
    return reduce(lambda text, pair: f'REPLACE({text}, "{pair[0]}", "{pair[1]}")', labels.items(), joined)

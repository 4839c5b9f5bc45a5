"""What may be said about a finding: every number, name, time and quote, computed once."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from agents.alerting.desk import local_time
from agents.alerting.shown import shown
from agents.city import City, Duty, words
from agents.problems.baseline import LONG, is_slow
from agents.problems.problem import Candidate, Evidence

NO_PLACE = "地点不明"
LONGEST_QUOTE = 60
LEAST_RATIO = 1.5
"""Below it "× the usual" says nothing."""
LARGEST_RATIO = 50.0
"""Above it the usual is so small that the number would only look exact."""
EXACT_RATIO = 10
"""Above it the usual is known to one digit at best: the number is rounded down to tens."""
UNKNOWN = ("未知", "不详", "无", "暂无", "unknown", "n/a")
"""Words of a platform for a unit that it does not name."""
_CODE = re.compile(r"^[A-Z]{2,5}-(?=[A-Z][A-Za-z])")
"""A department's code before the name of a request ("SW-Dirty Alley"): says nothing to an officer."""


@dataclass(frozen=True)
class Facts:
    """All that may be said about one candidate."""

    candidate: Candidate
    city: City
    where: str
    what: str
    who: str
    """How many people, such as "5人"."""
    span: str
    """In how long, such as "3小时内"; "" when the figures do not say."""
    ratio: str
    """Such as "8倍" or "20倍以上"; "" when it is not unusual or not known."""
    since: str
    closed: str
    """When it was last closed, "" when it never was."""
    quotes: tuple[Evidence, ...]
    duty: Duty | None

    @property
    def subject(self) -> str:
        """A caller's title in quotation marks, where no place says which of many such matters it is."""
        told = self.candidate.facts.get("subject")
        return f"“{told}”" if told and self.where == NO_PLACE else ""

    @property
    def again(self) -> str:
        """How many people reported it since it was closed; "" when not known."""
        number = self.candidate.figures.get("came_back", 0.0)
        return f"{number:.0f}人" if number else ""

    @property
    def usual(self) -> str:
        """How it stands to the usual; "" when it is not unusual or not known."""
        if self.ratio:
            return f"{'' if self.ratio.endswith('以上') else '约'}为平时的{self.ratio}"
        return "远高于平时" if self.candidate.figures.get("ratio", 0.0) > LARGEST_RATIO else ""

    def grounds(self) -> frozenset[str]:
        """All that a sentence may rest on."""
        duty = (unit_of(self.duty, self.candidate), self.duty.basis) if self.duty else ()
        computed = (
            self.where,
            self.what,
            self.who,
            self.span,
            self.ratio,
            self.since,
            self.closed,
            self.again,
        )
        counted = (f"{len(self.candidate.ticket_ids)}件", *figures_said(self.candidate))
        quoted = (said(entry.quote) for entry in self.quotes)
        told = (said(fact) for fact in self.candidate.facts.values())
        return frozenset((*computed, *duty, *counted, *quoted, *told, *self.candidate.facts.values()))


def said(quote: str) -> str:
    """A quote as it stands in a sentence: its verbatim beginning, on one line, cut where it is long."""
    line = " ".join(quote.split())
    return f"“{line}”" if len(line) <= LONGEST_QUOTE else f"“{line[:LONGEST_QUOTE]}……”"


def gather_facts(candidate: Candidate, city: City, quotes: tuple[Evidence, ...]) -> Facts:
    people, span = _people(candidate)
    told_since = candidate.first_seen if _is_all_listed(candidate) else None
    since = when(told_since, candidate.at, city) if told_since else ""
    return Facts(
        candidate=candidate,
        city=city,
        where=where(candidate),
        what=_what(candidate, city),
        who=f"{people}人",
        span=span,
        ratio=_ratio(candidate.figures),
        since=since,
        closed=_closed(candidate, city),
        quotes=quotes,
        duty=_duty(candidate, city),
    )


def where(candidate: Candidate) -> str:
    """The place in the words of its scope: estate, street with its district, district, or the whole city."""
    place = candidate.place
    if candidate.scope == "city":
        return "全市"
    if candidate.scope == "problem":
        exact = candidate.facts.get("spot") or place.community or place.address
        if exact:
            return exact
    district = candidate.district or place.district or ""
    if candidate.scope == "district":
        return district or NO_PLACE
    return f"{district}{place.street}" if place.street else district or NO_PLACE


def _what(candidate: Candidate, city: City) -> str:
    """The matter in the officer's words: of a danger its name, else the matter, else the category."""
    if candidate.kind == "hazard" and candidate.hazards:
        return hazard_titles(candidate, city)
    matter = "" if candidate.matter == "other" else _CODE.sub("", candidate.matter)
    return matter or f"{category_name(candidate)}问题"


def category_name(candidate: Candidate) -> str:
    return "其他" if candidate.category in ("", "other") else _CODE.sub("", candidate.category)


def when(moment: datetime, at: datetime, city: City) -> str:
    """Local time, with the year only when it is another one."""
    local, now = local_time(moment, city), local_time(at, city)
    day = f"{local.month}月{local.day}日"
    return f"{local.year}年{day}" if local.year != now.year else f"{day}{local:%H:%M}"


def _people(candidate: Candidate) -> tuple[int, str]:
    """How many people and within how long, such that the pair is true."""
    figures = candidate.figures
    if candidate.scope == "city" and "hours" in figures:
        return candidate.reporters, f"{figures['hours'] + 1:.0f}小时内"
    if candidate.kind == "burst" and candidate.first_seen is not None and _is_all_listed(candidate):
        return candidate.reporters, within(candidate.at - candidate.first_seen)
    if is_slow(figures) and candidate.reporters <= figures.get("distinct21d", 0.0):
        return candidate.reporters, f"{LONG / 24:.0f}天内"
    return candidate.reporters, ""


def _is_all_listed(candidate: Candidate) -> bool:
    """Are the tickets since `first_seen` enough for all reporters? Else "N people since" would be untrue."""
    return candidate.reporters <= len(candidate.ticket_ids)


def within(span: timedelta) -> str:
    """Rounded up, so that it holds: "40分钟内", "3小时内", "5天内"."""
    minutes = max(1, ceil(span.total_seconds() / 60))
    if minutes < 60:
        return f"{minutes}分钟内"
    return f"{ceil(minutes / 60)}小时内" if minutes <= 72 * 60 else f"{ceil(minutes / 1440)}天内"


def _ratio(figures: dict[str, float]) -> str:
    ratio = figures.get("ratio", 0.0)
    if not LEAST_RATIO <= ratio <= LARGEST_RATIO:
        return ""
    if ratio > EXACT_RATIO:
        return f"{ratio // 10 * 10:.0f}倍以上"
    return f"{round(ratio, 1):g}倍" if ratio < 3 else f"{ratio:.0f}倍"


def _closed(candidate: Candidate, city: City) -> str:
    closed_at = candidate.facts.get("closed_at")
    return when(datetime.fromisoformat(closed_at), candidate.at, city) if closed_at else ""


def figures_said(candidate: Candidate) -> tuple[str, ...]:
    correction = candidate.figures.get("correction", 1.0)
    return (f"{correction:.1f}倍", *shown(candidate)[1])


def _duty(candidate: Candidate, city: City) -> Duty | None:
    """The catalogue's item for this category: one whose words stand in the matter, else the first."""
    items = [duty for duty in city.duties if duty.category == candidate.category]
    named = [duty for duty in items if any(word in candidate.matter for word in duty.words)]
    return next(iter(named or items), None)


def unit_of(duty: Duty, candidate: Candidate) -> str:
    """The unit with the district and the street filled in; what is not known stays a word."""
    district = candidate.district or candidate.place.district or "属地"
    return duty.unit.replace("{district}", district).replace("{street}", candidate.place.street or "属地街道")


def hazard_titles(candidate: Candidate, city: City) -> str:
    """What the hazard rules call the dangers, such as "燃气泄漏、有人被困"."""
    table = words(city, "hazards").get("hazards", {})
    names = [str(table[name]["title"]) if name in table else name for name in candidate.hazards]
    return "、".join(dict.fromkeys(names))

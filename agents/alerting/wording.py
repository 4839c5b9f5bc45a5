"""Title and text of an alert, in plain officer's Chinese, from computed facts and verbatim quotes only."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from agents.alerting.desk import local_time
from agents.city import City, Duty, words
from agents.problems.problem import Candidate, Evidence
from agents.problems.rate import FAST_TAUS, SLOW_TAUS

NO_PLACE = "地点不明"
MOST_QUOTES = 3
LONGEST_QUOTE = 60
LEAST_RATIO = 1.5
"""Below it "× the usual" says nothing."""
LARGEST_RATIO = 50.0
"""Above it the usual is so small that the number would only look exact."""
EXACT_RATIO = 10
"""Above it the usual is known to one digit at best: the number is rounded down to tens."""
_UNKNOWN = ("未知", "不详", "无", "暂无", "unknown", "n/a")
"""Words of a platform for a unit that it does not name."""
_CODE = re.compile(r"^[A-Z]{2,5}-(?=[A-Z][A-Za-z])")
"""A department's code before the name of a request ("SW-Dirty Alley"): says nothing to an officer."""
_CLAIM = re.compile(r"\d|“[^”]*”")


class Sentence(NamedTuple):
    """One sentence and the strings in it that claim something: each must be among the finding's own facts."""

    text: str
    rests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wording:
    """What an alert says. `dropped` sentences and quotes rested on nothing and were left out."""

    title: str
    text: str
    dropped: int
    is_supported: bool
    """False when not even the tickets behind it are known: nothing is said then."""


@dataclass(frozen=True)
class Facts:
    """What may be said about a candidate: every number, name, time and quote, computed once."""

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
        counted = (f"{len(self.candidate.ticket_ids)}件", *_figures_said(self.candidate))
        quoted = (said(entry.quote) for entry in self.quotes)
        told = (said(fact) for fact in self.candidate.facts.values())
        return frozenset((*computed, *duty, *counted, *quoted, *told, *self.candidate.facts.values()))


def compose(candidate: Candidate, city: City) -> Wording:
    """Title and text. A sentence whose numbers or quotes are not among the facts is dropped and counted."""
    known = {*candidate.ticket_ids, candidate.trigger_ticket_id}
    quotes = tuple(entry for entry in candidate.evidence if entry.quote and entry.ticket_id in known)
    facts = _facts(candidate, city, quotes)
    grounds = facts.grounds()
    sentences = [sentence for write in SENTENCES if (sentence := write(facts)) is not None]
    kept = [sentence.text for sentence in sentences if is_supported(sentence, grounds)]
    dropped = len(sentences) - len(kept) + len(candidate.evidence) - len(quotes)
    title = TITLES[candidate.kind](facts)
    return Wording(title, "".join(kept), dropped, is_supported=bool(candidate.ticket_ids or quotes))


def is_supported(sentence: Sentence, grounds: frozenset[str]) -> bool:
    """Does the sentence claim only what it rests on, and does it rest only on the facts?

    Outside the strings it rests on it may hold no digit and no quotation.
    """
    rest = sentence.text
    for ground in sorted((g for g in sentence.rests if g), key=len, reverse=True):
        if ground not in grounds or ground not in sentence.text:
            return False
        rest = rest.replace(ground, "")
    return _CLAIM.search(rest) is None


def said(quote: str) -> str:
    """A quote as it stands in a sentence: its verbatim beginning, on one line, cut where it is long."""
    line = " ".join(quote.split())
    return f"“{line}”" if len(line) <= LONGEST_QUOTE else f"“{line[:LONGEST_QUOTE]}……”"


def _facts(candidate: Candidate, city: City, quotes: tuple[Evidence, ...]) -> Facts:
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
    if figures.get("tau", 0.0) > max(FAST_TAUS) and candidate.reporters <= figures.get("distinct21d", 0.0):
        return candidate.reporters, f"{SLOW_TAUS[-1] / 24:.0f}天内"
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


def _figures_said(candidate: Candidate) -> tuple[str, ...]:
    correction = candidate.figures.get("correction", 1.0)
    return (f"{correction:.1f}倍",)


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


def _title_of_crowd(facts: Facts) -> str:
    usual = f"，{facts.usual}" if facts.usual else ""
    if facts.candidate.scope in ("problem", "city"):
        head = _joined(facts.where, facts.what)
    else:
        head = f"{facts.where}{category_name(facts.candidate)}诉求集中"
    return f"{head}：{facts.span}{facts.who}反映{facts.subject}{usual}"


def _title_of_hazard(facts: Facts) -> str:
    if facts.where == NO_PLACE and facts.subject:
        return f"{facts.what}（{NO_PLACE}）：{facts.subject}，请立即核实"
    return f"{facts.where}：{facts.what}，请立即核实"


def _title_of_return(facts: Facts) -> str:
    """How many came after the closing; all that ever reported it stand in the text."""
    again = facts.again or facts.who
    return f"{_joined(facts.where, facts.what)}：办结后又有{again}反映{facts.subject}"


def _plain_title(ending: str) -> Callable[[Facts], str]:
    return lambda facts: f"{_joined(facts.where, facts.what)}：{ending.replace('N人', facts.who)}"


def _joined(where: str, what: str) -> str:
    """ "新华小区" and "小区停水" are "新华小区停水"; an unknown place stands apart."""
    if where == NO_PLACE:
        return f"{what}（{NO_PLACE}）"
    overlap = next((size for size in range(len(what) - 1, 1, -1) if where.endswith(what[:size])), 0)
    gap = " " if where[-1:].isascii() and what[:1].isascii() else ""
    return f"{where}{gap}{what[overlap:]}"


TITLES: dict[str, Callable[[Facts], str]] = {
    "burst": _title_of_crowd,
    "hazard": _title_of_hazard,
    "recurrence": _title_of_return,
    "chronic": _plain_title("长期未解决，N人反映"),
    "seasonal": _plain_title("往年同期多发，宜提前处置"),
    "dispute": _plain_title("多次转派或退单"),
    "harassment": _plain_title("同一诉求人多次来电"),
    "campaign": _plain_title("多人提交相近文本，N人"),
}


def _what_and_who(facts: Facts) -> Sentence:
    listed, place = f"{len(facts.candidate.ticket_ids)}件", f"地点：{facts.where}。"
    tickets = f"（附工单{listed}）" if facts.candidate.ticket_ids else ""
    if facts.candidate.kind == "hazard":
        when_told = f"{facts.since}，" if facts.since else ""
        text = f"{place}{when_told}有人反映{facts.what}{tickets}。"
    else:
        began = f"自{facts.since}起，" if facts.since else facts.span
        text = f"{place}{began}{facts.who}反映{facts.what}{tickets}。"
    return Sentence(text, _named(text, facts.where, facts.since, facts.span, facts.who, facts.what, listed))


def _named(text: str, *strings: str) -> tuple[str, ...]:
    """Those of the strings that the text really uses."""
    return tuple(string for string in strings if string and string in text)


def _how_unusual(facts: Facts) -> Sentence | None:
    if not facts.usual or facts.candidate.kind != "burst":
        return None
    return Sentence(f"{facts.usual}。", _named(facts.usual, facts.ratio))


def _against_the_city(facts: Facts) -> Sentence | None:
    factor = facts.candidate.figures.get("correction", 1.0)
    if factor < 1.2:
        return None
    times = _figures_said(facts.candidate)[0]
    return Sentence(f"全市同类诉求同期约为平时的{times}，已按此折算。", (times,))


def _districts(facts: Facts) -> Sentence | None:
    named = facts.candidate.facts.get("districts")
    return Sentence(f"涉及：{named}。", (named,)) if named else None


def _quotes(facts: Facts) -> Sentence | None:
    quotes = tuple(dict.fromkeys(said(entry.quote) for entry in facts.quotes))[:MOST_QUOTES]
    return Sentence(f"诉求人说：{'；'.join(quotes)}。", quotes) if quotes else None


def _tried_before(facts: Facts) -> Sentence | None:
    reply = facts.candidate.facts.get("reply")
    closed = f"此前于{facts.closed}办结" if facts.closed else ""
    since = f"，此后又有{facts.again}反映" if closed and facts.again else ""
    if not reply:
        return (
            Sentence(f"{closed}{since}。", _named(closed + since, facts.closed, facts.again))
            if closed
            else None
        )
    text = f"{closed}，答复：{said(reply)}{since}。" if closed else f"此前答复：{said(reply)}。"
    return Sentence(text, _named(text, said(reply), facts.closed, facts.again))


def _handled_by(facts: Facts) -> Sentence | None:
    unit = facts.candidate.facts.get("unit")
    return Sentence(f"目前承办：{unit}。", (unit,)) if unit and unit.lower() not in _UNKNOWN else None


def _responsible(facts: Facts) -> Sentence | None:
    if facts.duty is None:
        return None
    unit = unit_of(facts.duty, facts.candidate)
    return Sentence(f"责任单位：{unit}（依据：{facts.duty.basis}）。", (unit, facts.duty.basis))


def _proposed(facts: Facts) -> Sentence:
    proposal = PROPOSALS[facts.candidate.kind]
    unit = unit_of(facts.duty, facts.candidate) if facts.duty else "责任单位"
    text = f"建议：{proposal.replace('责任单位', unit)}。"
    return Sentence(text, _named(text, unit) if facts.duty else ())


PROPOSALS: dict[str, str] = {
    "hazard": "立即电话核实，通知处置力量到场",
    "burst": "核实影响范围，通知责任单位处置，统一告知来电人",
    "recurrence": "退回重办，核对上次答复是否落实",
    "chronic": "列入专项研判，明确牵头单位和时限",
    "seasonal": "在往年高发期前排查处置",
    "dispute": "由督查明确牵头单位",
    "harassment": "由专人统一答复，核实是否另有实情",
    "campaign": "现场核实，按诉求内容处置，不因文本相近降低等级",
}
SENTENCES: tuple[Callable[[Facts], Sentence | None], ...] = (
    _what_and_who,
    _how_unusual,
    _against_the_city,
    _districts,
    _quotes,
    _tried_before,
    _handled_by,
    _responsible,
    _proposed,
)

"""Title and text of an alert, in plain officer's Chinese, from computed facts and verbatim quotes only."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from agents.alerting.facts import (
    NO_PLACE,
    UNKNOWN,
    Facts,
    category_name,
    figures_said,
    gather_facts,
    said,
    unit_of,
)
from agents.alerting.shown import shown
from agents.city import City
from agents.problems.problem import Candidate

MOST_QUOTES = 3
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


def compose(candidate: Candidate, city: City) -> Wording:
    """Title and text. A sentence whose numbers or quotes are not among the facts is dropped and counted."""
    known = {*candidate.ticket_ids, candidate.trigger_ticket_id}
    quotes = tuple(entry for entry in candidate.evidence if entry.quote and entry.ticket_id in known)
    facts = gather_facts(candidate, city, quotes)
    grounds = facts.grounds()
    sentences = [sentence for write in SENTENCES if (sentence := write(facts)) is not None]
    kept = [sentence.text for sentence in sentences if is_supported(sentence, grounds)]
    dropped = len(sentences) - len(kept) + len(candidate.evidence) - len(quotes)
    title = TITLES[candidate.kind](facts)
    if not is_supported(Sentence(title, _named(title, *sorted(grounds))), grounds):
        title, dropped = _joined(facts.where, facts.what), dropped + 1
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


def _title_of_crowd(facts: Facts) -> str:
    if facts.candidate.figures.get("texts") and facts.candidate.scope == "problem":
        return TITLES["campaign"](facts)
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


def _title_of_one_caller(facts: Facts) -> str:
    who = "少数诉求人" if facts.candidate.reporters > 1 else "同一诉求人"
    return _plain_title(f"{who}短期内大量来件")(facts)


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
    "harassment": _title_of_one_caller,
    "same_caller": _plain_title("同一诉求人重复来电"),
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
    times = figures_said(facts.candidate)[0]
    return Sentence(f"全市同类诉求同期约为平时的{times}，已按此折算。", (times,))


def _judged(facts: Facts) -> Sentence | None:
    """What officers found here lately, and what it changed."""
    told = facts.candidate.facts.get("trust")
    return Sentence(f"{told}。", (told,)) if told else None


def _shown(facts: Facts) -> Sentence | None:
    text, claims = shown(facts.candidate)
    return Sentence(text, claims) if text else None


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
    return Sentence(f"目前承办：{unit}。", (unit,)) if unit and unit.lower() not in UNKNOWN else None


def _responsible(facts: Facts) -> Sentence | None:
    if facts.duty is None:
        return None
    unit = unit_of(facts.duty, facts.candidate)
    return Sentence(f"责任单位：{unit}（依据：{facts.duty.basis}）。", (unit, facts.duty.basis))


def _proposed(facts: Facts) -> Sentence:
    # A danger that many tell by now is still one: help first.
    kind = "hazard" if DANGER in facts.candidate.facts else facts.candidate.kind
    proposal = PROPOSALS[kind]
    unit = unit_of(facts.duty, facts.candidate) if facts.duty else "责任单位"
    text = f"建议：{proposal.replace('责任单位', unit)}。"
    return Sentence(text, _named(text, unit) if facts.duty else ())


DANGER = "danger"
"""Fact of a finding that goes on with the alert of a danger."""
PROPOSALS: dict[str, str] = {
    "hazard": "立即电话核实，通知处置力量到场",
    "burst": "核实影响范围，通知责任单位处置，统一告知来电人",
    "recurrence": "退回重办，核对上次答复是否落实",
    "chronic": "列入专项研判，明确牵头单位和时限",
    "seasonal": "在往年高发期前排查处置",
    "dispute": "由督查明确牵头单位",
    "harassment": "由专人统一答复，核实是否另有实情，抄送督查",
    "same_caller": "由专人回访，核对历次答复是否落实，抄送督查",
    "campaign": "现场核实，按诉求内容处置，不因文本相近降低等级",
}
SENTENCES: tuple[Callable[[Facts], Sentence | None], ...] = (
    _what_and_who,
    _how_unusual,
    _against_the_city,
    _shown,
    _districts,
    _quotes,
    _tried_before,
    _judged,
    _handled_by,
    _responsible,
    _proposed,
)

"""Which line or seat should take a call 话务分流: a proposal with its reason, by the city's table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args

from agents.city import City, words
from agents.grading.grade import Diversion, Line
from agents.intake.lists import any_of, compiled
from agents.intake.scan import clause_end, clause_start
from agents.intake.ticket import Hazard, Kind, Ticket

MAX_QUOTE = 40
_READ = 600
"""Characters in which words are looked for: where a call belongs shows in its beginning."""
_NORMAL = Diversion(to="normal", reason="按普通工单受理")


@dataclass(frozen=True)
class DiversionRule:
    """One rule of lexicon/diversion.toml; an empty condition always holds."""

    to: Line
    hazards: frozenset[str]
    level: str | None
    kinds: frozenset[str]
    words: re.Pattern[str] | None
    reason: str


def divert(ticket: Ticket, kind: Kind, hazards: Sequence[Hazard], city: City) -> Diversion:
    """The first rule that holds; "normal" when none does."""
    text = ticket.text
    if not hazards and not _any_word(kind, city).search(text, 0, _READ):
        return _NORMAL
    for rule in diversion_rules(city):
        if (rule.kinds and kind not in rule.kinds) or (rule.hazards and not hazards):
            continue
        danger = _danger_of(rule, hazards)
        if rule.hazards and danger is None:
            continue
        found = rule.words.search(text, 0, _READ) if rule.words else None
        if rule.words and found is None:
            continue
        quote = danger.quote if danger else _clause(text, found) if found else ""
        return Diversion.trusted(to=rule.to, reason=rule.reason, quote=quote)
    return _NORMAL


@lru_cache(maxsize=64)
def _any_word(kind: Kind, city: City) -> re.Pattern[str]:
    """Any word of the rules that can hold for this kind without a danger: most texts have none, and one search tells."""
    rules = [
        rule for rule in diversion_rules(city) if not rule.hazards and (not rule.kinds or kind in rule.kinds)
    ]
    return any_of((rule.words.pattern if rule.words else "(?:)" for rule in rules), "diversion")


@lru_cache(maxsize=16)
def diversion_rules(city: City) -> tuple[DiversionRule, ...]:
    """The city's rules in order. Raises ValueError naming the rule that is wrong."""
    table = words(city, "diversion")
    known = words(city, "hazards")["hazards"]
    entries = [*table["first"], *table["rules"]]
    return tuple(_rule(number, entry, known) for number, entry in enumerate(entries, 1))


def _rule(number: int, entry: Mapping[str, Any], known: Mapping[str, Any]) -> DiversionRule:
    name = f"diversion rule {number}"
    lines: dict[str, Line] = {line: line for line in get_args(Line)}
    if entry.get("to") not in lines:
        raise ValueError(f"{name}: to must be one of {', '.join(lines)}, not {entry.get('to')!r}")
    if strange := [hazard for hazard in entry.get("hazards", ()) if hazard not in known]:
        raise ValueError(f"{name}: no danger {strange[0]!r} in hazards.toml")
    if not entry.get("reason"):
        raise ValueError(f"{name}: a proposal needs its reason")
    return DiversionRule(
        lines[entry["to"]],
        frozenset(entry.get("hazards", ())),
        entry.get("level"),
        frozenset(entry.get("kinds", ())),
        compiled(entry["words"], name) if entry.get("words") else None,
        entry["reason"],
    )


def _danger_of(rule: DiversionRule, hazards: Sequence[Hazard]) -> Hazard | None:
    for hazard in hazards:
        if hazard.name in rule.hazards and rule.level in (None, hazard.level):
            return hazard
    return None


def _clause(text: str, found: re.Match[str]) -> str:
    start = max(clause_start(text, found.start()), found.end() - MAX_QUOTE)
    return text[start : min(clause_end(text, found.end()), start + MAX_QUOTE)].strip()

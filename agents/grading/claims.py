"""Claim review 诉求甄别: a proposal that rests on a clause and a quote; two people decide, and only about appraisal.

It never touches the urgency, and no danger is silenced by it.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from agents.city import City, words
from agents.grading.grade import ClaimReview
from agents.intake.lists import any_of, compiled
from agents.intake.scan import clause_end, clause_start, sentence_end, sentence_start
from agents.intake.ticket import Kind, Step, Ticket

MAX_QUOTE = 40
PEOPLE_NEEDED = 2
"""Source: domain.md: two people decide."""
ClaimStatus = Literal["proposed", "confirmed_once", "confirmed_twice", "rejected"]
_KINDS: tuple[Kind, ...] = ("complaint", "help", "report", "suggestion")
_CONFIDENCE, _MOST = 0.5, 0.8


@dataclass(frozen=True)
class Clause:
    """One table of the city's lexicon/claims.toml, compiled."""

    name: str
    title: str
    basis: str
    kinds: frozenset[str]
    needs: tuple[str, ...]
    words: re.Pattern[str]
    unless: re.Pattern[str] | None


def review_claim(ticket: Ticket, kind: Kind, city: City) -> ClaimReview | None:
    """The first clause with a sign in the text; None where no clause speaks, and always in a city without clauses."""
    text = ticket.text
    if not _needed(city).search(text):
        return None
    for clause in clauses_of(city):
        if kind not in clause.kinds or not any(word in text for word in clause.needs):
            continue
        signs = [found for found in clause.words.finditer(text) if not _is_excused(text, found, clause)]
        if signs:
            more = 0.1 * (len({found.group() for found in signs}) - 1)
            return ClaimReview.trusted(
                clause=clause.title,
                basis=clause.basis,
                quote=_quote(text, signs[0]),
                confidence=round(min(_MOST, _CONFIDENCE + more), 2),
            )
    return None


def status_of(review: ClaimReview, steps: Sequence[Step]) -> ClaimStatus:
    """What became of the proposal: it counts when two different people have confirmed its clause, in any order.

    One who objects ends it, whenever; each person has one voice, the last one given, however the name is typed.
    """
    voices: dict[str, str] = {}
    for step in sorted(steps, key=lambda step: (step.at, step.event_id)):
        if step.event == "claim_reviewed" and step.clause == review.clause and step.by and step.verdict:
            voices[_person(step.by)] = step.verdict
    if "reject" in voices.values():
        return "rejected"
    confirmed = len(voices)
    if confirmed >= PEOPLE_NEEDED:
        return "confirmed_twice"
    return "confirmed_once" if confirmed else "proposed"


def _person(by: str) -> str:
    """The name without width, case and spaces."""
    return "".join(unicodedata.normalize("NFKC", by).split()).casefold()


@lru_cache(maxsize=16)
def clauses_of(city: City) -> tuple[Clause, ...]:
    """The city's clauses in order. Raises ValueError naming the clause that is wrong."""
    tables: Mapping[str, Mapping[str, Any]] = words(city, "claims")["clauses"]
    return tuple(_clause(name, table) for name, table in tables.items())


@lru_cache(maxsize=16)
def _needed(city: City) -> re.Pattern[str]:
    """What any clause needs: most texts hold none of it, and one search tells."""
    needs = dict.fromkeys(word for clause in clauses_of(city) for word in clause.needs)
    return any_of(map(re.escape, needs), "claims")


def _clause(name: str, table: Mapping[str, Any]) -> Clause:
    for key in ("clause", "basis", "needs", "words"):
        if not table.get(key):
            raise ValueError(f"claims.{name}: {key} is missing: a proposal cites the city's rules")
    return Clause(
        name,
        table["clause"],
        table["basis"],
        frozenset(table.get("kinds") or _KINDS),
        tuple(table["needs"]),
        any_of(table["words"], f"claims.{name}"),
        compiled(table["unless"], f"claims.{name}") if table.get("unless") else None,
    )


def _is_excused(text: str, found: re.Match[str], clause: Clause) -> bool:
    if clause.unless is None:
        return False
    sentence = sentence_start(text, found.start()), sentence_end(text, found.end())
    return clause.unless.search(text, *sentence) is not None


def _quote(text: str, found: re.Match[str]) -> str:
    """The clauses around the sign, cut to MAX_QUOTE characters; a verbatim span."""
    start, end = clause_start(text, found.start()), clause_end(text, found.end())
    if end - start > MAX_QUOTE:
        start, end = found.start(), min(found.end(), found.start() + MAX_QUOTE)
    return text[start:end].strip()

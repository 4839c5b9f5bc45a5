"""Bursts 突发: more new reporters than chance explains, at three nested levels."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil

from agents.problems.baseline import Evidence, evidence_of, weigh
from agents.problems.campaign import LEAST_PEOPLE, figures_of, texts_of
from agents.problems.case import (
    MAX_TICKETS,
    Case,
    candidate_of,
    is_own_work,
    is_placeless,
    members_within,
    scope_of,
)
from agents.problems.crowd import alike, people_of
from agents.problems.member import Member
from agents.problems.problem import Candidate, Scope
from agents.problems.rate import FAST_TAUS, SLOW_TAUS
from agents.problems.signature import OTHER
from agents.problems.spots import shared_spot
from agents.problems.usual import expect

LEAST_CROWD = 3
PERMISSIVE = -1.0
"""Least λ of a burst candidate; what reaches a person is decided in alerting, with the city's correction."""


def find_bursts(case: Case) -> tuple[Candidate, ...]:
    """More new reporters than chance explains: of the problem, or of its matter in the street or the
    district."""
    if is_own_work(case):
        return ()
    usual = expect(case)
    found = []
    for key, fresh in zip(case.member.streams, case.member.fresh, strict=True):
        if not fresh:
            continue
        level = scope_of(key)
        # More tickets of no category than usual is not a finding that anyone can act on.
        if level != "problem" and case.problem.category == OTHER:
            continue
        rate, hourly = case.rates[key], usual.hourly[key]
        evidence = weigh(level, rate, hourly, usual.per_day, usual.sparse, usual.week, floor=PERMISSIVE)
        if case.fires(f"burst:{level}", is_notable(evidence)):
            found.append(_burst(case, key, level, evidence))
    return tuple(found)


def is_notable(evidence: Evidence | None) -> bool:
    """Whether alerting should hear of it."""
    return evidence is not None and evidence.value >= PERMISSIVE


def _burst(case: Case, key: str, scope: Scope, evidence: Evidence | None) -> Candidate:
    figures = dict(evidence.figures) if evidence is not None else {}
    recent = case.rates[key].recent
    counted = _people_counted(scope, figures)
    members = _crowd(case, scope, recent, figures, counted)
    reporters = listed = len({member.caller for member in members})
    if len(recent) >= MAX_TICKETS:
        # Not all tickets are listed any more; the stream's own count is then the better one.
        reporters = max(reporters, counted, int(figures.get("e", 0.0)))
    figures |= _copies(members, reporters, figures)
    total = case.rates[case.book.total_key]
    figures["history_days"] = round((total.at - total.since) / 86_400, 2)
    if scope != "problem":
        # Where not all are listed, those who are stand for the rest.
        figures["alike"] = round(alike(members) * reporters / max(1, listed), 2)
    elif not is_placeless(case) and not shared_spot(case.problem.place, members):
        figures["alike"] = 0.0
    return candidate_of(case, "burst", scope, key, members, reporters, figures)


def is_slow(figures: Mapping[str, float]) -> bool:
    """Whether it was found by a counter of days and weeks, which only a sparse stream has."""
    return figures.get("tau", 0.0) > FAST_TAUS[-1]


def _copies(members: list[Member], reporters: int, figures: Mapping[str, float]) -> dict[str, float]:
    """What changes where many have sent one text: each copy counts for less, in the evidence too."""
    texts = texts_of(members) if len(members) >= LEAST_PEOPLE else None
    if texts is None or not texts.is_campaign or "lambda" not in figures:
        return {}
    found = {**figures_of(texts, reporters), "weight": round(texts.weight(1.0), 6)}
    return {**found, "lambda": round(evidence_of({**figures, **found}), 6)}


def _people_counted(scope: Scope, figures: Mapping[str, float]) -> int:
    """How many people the finding speaks of. A street or a district has others who call about the same all day:
    there they are those of the counter that stands out, not the whole day's."""
    if is_slow(figures):
        return int(figures.get("distinct21d", 0))
    if scope != "problem" and "e" in figures:
        return max(LEAST_CROWD, ceil(figures["e"]))
    return int(figures.get("distinct24", 0))


def _crowd(
    case: Case, scope: Scope, recent: tuple[str, ...], figures: Mapping[str, float], counted: int
) -> list[Member]:
    """The tickets of the people counted: of the shortest span that holds as many, so that text and list
    agree.

    A count of operational hours may reach back further by the clock; one of a slow counter 21 days.
    """
    hours: tuple[float, ...] = (24.0, 48.0, 96.0)
    if is_slow(figures):
        longest = SLOW_TAUS[-1]
        hours = (min(longest, 3 * figures["tau"]), longest, longest)
    elif scope != "problem" and "tau" in figures:
        hours = (*(min(24.0, times * figures["tau"]) for times in (2.0, 4.0, 8.0)), *hours)
    members: list[Member] = []
    for span in hours:
        members = people_of(members_within(case, recent, timedelta(hours=span)), case.city)
        if len({member.caller for member in members}) >= counted:
            break
    return members

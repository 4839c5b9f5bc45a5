"""Bursts 突发: more new reporters than chance explains, at three nested levels."""

from collections.abc import Mapping
from math import inf

from agents.problems.baseline import LONG, SHORT, Evidence, evidence_of, is_slow, weigh
from agents.problems.campaign import LEAST_PEOPLE, figures_of, texts_of
from agents.problems.case import (
    MAX_TICKETS,
    Case,
    candidate_of,
    is_own_work,
    is_placeless,
    others_of,
    scope_of,
)
from agents.problems.crowd import MOST_AGREED, MOST_TOGETHER, agreed, alike, people_of, together
from agents.problems.member import Member
from agents.problems.problem import Candidate, Scope
from agents.problems.rate import LATE_HOURS, people_since
from agents.problems.signature import OTHER
from agents.problems.spots import shared_spot
from agents.problems.usual import expect

PERMISSIVE = -1.0
"""Least λ of a burst candidate; what reaches a person is decided in alerting, with the city's correction."""


def find_bursts(case: Case) -> tuple[Candidate, ...]:
    """More new reporters than chance explains: of the problem, or of its matter in the street or the
    district."""
    if is_own_work(case):
        return ()
    usual = expect(case)
    found = []
    # The narrowest first: a late ticket's findings are decided as they come, and a place says more than its street.
    for key, fresh in reversed([*zip(case.member.streams, case.member.fresh, strict=True)]):
        # What comes long after others have called since says nothing of now.
        if not fresh or case.rates[key].at - case.member.at > LATE_HOURS * 3600:
            continue
        level = scope_of(key)
        # More tickets of no category than usual is not a finding that anyone can act on.
        if level != "problem" and case.problem.category == OTHER:
            continue
        floor = PERMISSIVE - (MOST_AGREED if level == "problem" else MOST_TOGETHER)
        rate, hourly = case.rates[key], usual.hourly[key]
        evidence = weigh(level, rate, hourly, usual.per_day, usual.sparse, usual.week, floor=floor)
        if evidence is None and not case.repeats:
            continue
        if (burst := _burst(case, key, level, evidence, usual.sparse)) is not None:
            found.append(burst)
    return tuple(found)


def _burst(case: Case, key: str, scope: Scope, evidence: Evidence | None, sparse: bool) -> Candidate | None:
    """The finding, where alerting should hear of it."""
    figures = dict(evidence.figures) if evidence is not None else {}
    rate = case.rates[key]
    recent = rate.recent
    counted = _people_counted(scope, figures)
    others = others_of(case, recent)
    members = _crowd(case, scope, others, figures, counted)
    # A repeated finding may find that all of its tickets have turned out to be the city's own work.
    if not members:
        return None
    reporters = listed = len({member.caller for member in members})
    if len(recent) >= MAX_TICKETS:
        # Not all tickets are listed any more; the stream's own count is then the better one.
        reporters = max(reporters, counted, people_since(rate, figures.get("span", 0.0)))
    # What is sparse is told for three people in two weeks, whatever they say.
    if evidence is not None and not (sparse and scope == "problem"):
        gain = agreed(members) if scope == "problem" else together(scope, members, _before(others, members))
        figures["together"] = round(gain, 6)
        figures["lambda"] = round(evidence.value + figures["together"], 6)
    figures |= _copies(members, reporters, figures)
    if not case.fires(f"burst:{scope}", figures.get("lambda", -inf) >= PERMISSIVE):
        return None
    total = case.rates[case.book.total_key]
    figures["history_days"] = round((total.at - total.since) / 86_400, 2)
    if scope != "problem":
        # Where not all are listed, those who are stand for the rest.
        figures["alike"] = round(alike(members) * reporters / max(1, listed), 2)
    elif not is_placeless(case) and not shared_spot(case.problem.place, members):
        figures["alike"] = 0.0
    return candidate_of(case, "burst", scope, key, members, reporters, figures)


def _before(others: list[Member], crowd: list[Member]) -> list[Member]:
    """The stream's tickets of earlier than the crowd, as far as they are listed."""
    first = min(member.at for member in crowd)
    return [member for member in others if member.at < first]


def _copies(members: list[Member], reporters: int, figures: Mapping[str, float]) -> dict[str, float]:
    """What changes where many have sent one text: each copy counts for less, in the evidence too."""
    texts = texts_of(members) if len(members) >= LEAST_PEOPLE else None
    if texts is None or not texts.is_campaign or "lambda" not in figures:
        return {}
    found = {**figures_of(texts, reporters), "weight": round(texts.weight(1.0), 6)}
    return {**found, "lambda": round(evidence_of({**figures, **found}), 6)}


def _people_counted(scope: Scope, figures: Mapping[str, float]) -> int:
    """How many people the finding speaks of. A street or a district has others who call about the same all day:
    there they are those of the span that stands out, not the whole day's."""
    if is_slow(figures):
        return int(figures.get("distinct21d", 0))
    if scope != "problem" and "people" in figures:
        return int(figures["people"])
    return int(figures.get("distinct24", 0))


def _crowd(
    case: Case, scope: Scope, others: list[Member], figures: Mapping[str, float], counted: int
) -> list[Member]:
    """The tickets of the people counted: of the shortest span that holds as many, so that text and list
    agree.

    A span of operational hours may reach back further by the clock; one of a sparse stream 21 days.
    """
    hours: tuple[float, ...] = (24.0, 48.0, 96.0)
    if is_slow(figures):
        hours = (figures["span"], LONG)
    elif scope != "problem" and "span" in figures:
        hours = (*(min(SHORT, times * figures["span"]) for times in (1.0, 2.0, 4.0)), *hours)
    since = case.member.at - max(hours) * 3600
    within = [*(other for other in others if other.at >= since), case.member]
    everyone = members = people_of(within, case.city)
    for span in hours:
        members = [member for member in everyone if member.at >= case.member.at - span * 3600]
        if len({member.caller for member in members}) >= counted:
            break
    return members

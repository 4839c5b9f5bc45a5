"""How strong a finding is once the whole city is considered, and how loud an alert about it must be."""

from collections.abc import Mapping
from math import log10

from agents.alerting.alert import Level
from agents.alerting.desk import Bar, Desk
from agents.alerting.rates import correction, days_known, tickets_per_day
from agents.alerting.trust import adjustment
from agents.city import City, words
from agents.problems.baseline import evidence_of, is_slow
from agents.problems.problem import Candidate, Scope

CONFIDENT = 1.0
"""Evidence above what is needed, ten times rarer by chance, from which a crowd is believed at once."""
SURE = 5.0
"""Evidence that is told when the day's budget is spent: by chance less than once in 100,000 days, if λ were exact;
it is too bold by 7 to 20 times (alerting.md A.3)."""
LOCAL_SCOPES = ("problem", "street", "district")
SLOW_EVIDENCE = -1.0
"""Least evidence where a place is so quiet that its crowds come together over days.

Three reporters of one problem within two weeks are λ ≈ 0.5 at ten tickets a day, and worth a look there; what
keeps them few is the budget of one alert in two days, not the evidence. Where more call it takes SLOW_GROWTH times
log10 of how many times ten tickets a day: λ is too bold there. At a hundred a day of which nobody is named, 1.4
false crowds a day were told with once log10, nearly all of three strangers within two weeks, and 0.6 with twice (two
simulated cities, four weeks each, no true one lost).
"""
SLOW_TICKETS = 10.0
SLOW_GROWTH = 2.0
STORM_EVIDENCE = 1.0
"""Least evidence of a storm, however low λ* is: a category's days over a whole city differ more than chance.

On three simulated cities of 2,000 tickets a day (five weeks, six days of rain or cold after the first week) eight storms
were told at 0.5, all of the rain; at 2.0 six of them, up to 15 minutes later.
"""
SLOW_AFTER_DAYS = 28
"""Not before so many days are known: at first everything is new."""


def evidence_needed(desk: Desk) -> float:
    """λ*: the least evidence of a crowd alert today. The one place that every decision reads it from.

    Fixed by the city, or set at midnight by the shadow; until that has a week to look at, the start-up's.
    """
    thresholds = desk.city.thresholds
    if thresholds.evidence is not None:
        return thresholds.evidence
    bar = desk.find("bar", Bar)
    return bar.needed if bar is not None else thresholds.start_up_evidence


def weigh(candidate: Candidate, desk: Desk) -> Candidate:
    """The candidate with its evidence λ after the city's correction, and with what it is measured against.

    λ = max over spans w of the newest k reporters of −log10 P(NB(r·corr·w, φ) ≥ k − 1), less log10(J · n): minus
    log10 of the union bound on findings by chance a day. Adds the figures `correction`, `trust` and `needed`; replaces `lambda`,
    `expected` and `ratio`. The figures come from agents/problems/baseline.py.
    """
    if candidate.kind != "burst" or candidate.scope not in LOCAL_SCOPES:
        return candidate
    figures, facts = dict(candidate.figures), candidate.facts
    factor = correction(candidate.category, candidate.at, desk)
    figures["correction"] = factor
    trust, why = adjustment(candidate, desk)
    if trust:
        figures["trust"], facts = trust, facts | {"trust": why}
    if factor > 1.0 and "r" in figures:
        figures["lambda"] = evidence_of(figures, factor)
        figures["expected"] = figures.get("expected", 0.0) * factor
        figures["ratio"] = figures.get("ratio", 0.0) / factor
    if candidate.scope == "problem" and is_slow(candidate.figures):
        figures["slow_needed"] = _slow_needed(desk)
    weighed = candidate.model_copy(update={"figures": figures, "facts": facts})
    return with_needed(weighed, evidence_needed(desk))


def _slow_needed(desk: Desk) -> float:
    """What a crowd that came together over days must reach, whatever λ* is: the budget sets that by other crowds."""
    needed = SLOW_EVIDENCE + SLOW_GROWTH * log10(max(1.0, tickets_per_day(desk) / SLOW_TICKETS))
    return needed if days_known(desk) >= SLOW_AFTER_DAYS else max(needed, evidence_needed(desk))


def with_needed(candidate: Candidate, needed: float) -> Candidate:
    """With the figure `needed`, where the city asks for λ* = `needed`."""
    figures = candidate.figures | {"needed": needed_by(candidate.figures, candidate.scope, needed)}
    return candidate.model_copy(update={"figures": figures})


def needed_by(figures: Mapping[str, float], scope: Scope, needed: float) -> float:
    """What a finding must reach: λ*, a measure of its own where all is slow; more or less by what officers found
    there."""
    if scope == "city":
        needed = max(needed, STORM_EVIDENCE)
    return figures.get("slow_needed", needed) + figures.get("trust", 0.0)


def is_confident(candidate: Candidate) -> bool:
    """Is the evidence so much above what is needed that no one more person need confirm it?"""
    figures = candidate.figures
    return figures.get("lambda", 0.0) >= figures.get("needed", 0.0) + CONFIDENT


def is_sure(candidate: Candidate) -> bool:
    """Is it beyond chance, whatever else was told today?"""
    return candidate.kind == "burst" and candidate.figures.get("lambda", 0.0) >= SURE


def people_of(candidate: Candidate) -> int:
    """How many people a finding is about: of what was closed and came back, those who called since."""
    return int(candidate.figures.get("came_back", candidate.reporters))


def level_of(candidate: Candidate, city: City) -> Level:
    """红橙黄蓝 from what is known: danger first, then how many people, then how unusual.

    red: danger to life in a text (a hazard, or a crowd in whose texts a critical one stands), or 50 people.
    orange: a crowd of 10, or 5 at 20 × the usual, or evidence of 5 above what is needed; what came back after
    closing for 3 who called since. yellow: every other crowd, recurrence, copied texts, units in dispute.
    blue: what has time: chronic, seasonal, one caller's many tickets.
    """
    kind, people = candidate.kind, people_of(candidate)
    if kind == "hazard" or (kind == "burst" and (people >= 50 or _is_dangerous(candidate, city))):
        return "red"
    if kind in ("chronic", "seasonal", "harassment", "same_caller"):
        return "blue"
    if kind == "burst" and _is_strong(candidate):
        return "orange"
    return "orange" if kind == "recurrence" and people >= 3 else "yellow"


def _is_dangerous(candidate: Candidate, city: City) -> bool:
    known = words(city, "hazards").get("hazards", {})
    return any(known.get(name, {}).get("level") == "critical" for name in candidate.hazards)


def _is_strong(candidate: Candidate) -> bool:
    figures, people = candidate.figures, candidate.reporters
    surplus = figures.get("lambda", 0.0) - figures.get("needed", 0.0)
    return people >= 10 or (people >= 5 and figures.get("ratio", 0.0) >= 20.0) or surplus >= 5.0

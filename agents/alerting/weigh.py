"""How strong a finding is once the whole city is considered, and how loud an alert about it must be."""

from math import log10

from agents.alerting.alert import Level
from agents.alerting.desk import Desk
from agents.alerting.rates import correction, days_known
from agents.city import City, words
from agents.problems.baseline import tail
from agents.problems.problem import Candidate
from agents.problems.rate import FAST_TAUS

LOCAL_SCOPES = ("problem", "street", "district")
SLOW_EVIDENCE = -1.0
"""Least evidence where a place is so quiet that its crowds come together over days.

Three reporters of one problem within two weeks are λ ≈ 0.5 at ten tickets a day, and worth a look there; what
keeps them few is the budget of one alert in two days, not the evidence. Not before the usual is known.
"""


def evidence_needed(desk: Desk) -> float:
    """λ*: the least evidence of a crowd alert today. The one place that every decision reads it from.

    Stricter while the city's history is too short for its usual rates to be known.
    """
    thresholds = desk.city.thresholds
    if days_known(desk) < thresholds.start_up.days:
        return max(thresholds.evidence, thresholds.start_up_evidence)
    return thresholds.evidence


def weigh(candidate: Candidate, desk: Desk) -> Candidate:
    """The candidate with its evidence λ after the city's correction, and with what it is measured against.

    λ = max over windows of −log10 P(NB(2·r·corr·τ, φ) ≥ 2E − 1), less log10(J · n): minus log10 of the union
    bound on findings by chance a day. Adds the figures `correction` and `needed`; replaces `lambda`,
    `expected` and `ratio`. The figures come from agents/problems/baseline.py.
    """
    if candidate.kind != "burst" or candidate.scope not in LOCAL_SCOPES:
        return candidate
    figures = dict(candidate.figures)
    factor = correction(candidate.category, candidate.at, desk)
    figures["correction"] = factor
    figures["needed"] = evidence_needed(desk)
    is_slow = candidate.scope == "problem" and figures.get("tau", 0.0) > FAST_TAUS[-1]
    if is_slow and days_known(desk) >= desk.city.thresholds.start_up.days:
        figures["needed"] = min(figures["needed"], SLOW_EVIDENCE)
    if factor > 1.0 and "r" in figures:
        figures["lambda"] = _evidence(figures, factor)
        figures["expected"] = figures.get("expected", 0.0) * factor
        figures["ratio"] = figures.get("ratio", 0.0) / factor
    return candidate.model_copy(update={"figures": figures})


def _evidence(figures: dict[str, float], factor: float) -> float:
    strongest = 0.0
    for name, counter in figures.items():
        if not name.startswith("e_"):
            continue
        seen, usual = 2 * counter - 1, 2 * figures["r"] * factor * float(name[2:])
        if seen > usual:
            strongest = max(strongest, tail(seen, usual, figures["phi"]))
    return strongest - log10(max(figures["J"] * figures["n_per_day"], 1e-9))


def level_of(candidate: Candidate, city: City) -> Level:
    """红橙黄蓝 from what is known: danger first, then how many people, then how unusual.

    red: danger to life in a text (a hazard, or a crowd in whose texts a critical one stands), or 50 people.
    orange: a crowd of 10, or 5 at 20 × the usual, or evidence of 5 above what is needed; what came back after
    closing for 3. yellow: every other crowd, recurrence, copied texts, units in dispute.
    blue: what has time: chronic, seasonal, one caller's many tickets.
    """
    kind, people = candidate.kind, candidate.reporters
    if kind == "hazard" or (kind == "burst" and (people >= 50 or _is_dangerous(candidate, city))):
        return "red"
    if kind in ("chronic", "seasonal", "harassment"):
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

"""Sets λ* each local midnight: the least evidence at which the last four weeks had kept to the budget.

The findings of those weeks run again through the same gates, in the shadow of the desk, once for each λ* that is
tried. No labels and no assumption about distributions are needed. Source: docs/notes/alerting.md A.5.
"""

from collections.abc import Sequence
from datetime import datetime
from math import ceil, log10

from agents.alerting.alert import Alert
from agents.alerting.desk import Bar, Desk, Kept, Seen, Waits
from agents.alerting.gates import (
    UNHURRIED_SHARE,
    No,
    alert_id_of,
    below_threshold,
    cool_down,
    daily_budget,
    first_no,
    inhibited,
    no_crowd,
    unconfirmed,
)
from agents.alerting.neighbours import remember
from agents.alerting.order import order_of
from agents.alerting.rates import days_known
from agents.alerting.weigh import needed_by, with_needed
from agents.intake.ticket import Place
from agents.problems.baseline import is_slow
from agents.problems.bursts import PERMISSIVE
from agents.problems.problem import Candidate

WEEKS_BACK = 28
"""Days of the past that λ* is tried on."""
STEP = 0.25
HIGHEST = 24.0
"""A large crowd comes this far. Where fewer alerts are wanted than there are large crowds, they are told as they grow."""
CHANCE_A_DAY = 3.0
"""False alarms a day counted at λ* = 0; √10 times more for each 1 below: λ is too bold the more it claims. Source:
docs/decisions/0030 (5.1 at −0.25, 2.8 at 0.25, 1.9 at 0.75, 1.3 at 1.25)."""
MOST_A_DAY = 24
"""Findings kept of one key and day: each a step stronger than the one before, so that none is missed by any λ*."""
GATES_IN_SHADOW = (no_crowd, below_threshold, inhibited, cool_down, unconfirmed)
"""All whose outcome hangs on λ*. The budget's cap is left out: what it holds back is what is counted here."""
_FIGURES = ("lambda", "slow", "alike", "together", "trust", "slow_needed", "least", "span")


def lowest(budget: float) -> float:
    """λ* never falls below where chance alone is expected to use up the budget: 3 · 10^(−λ/2) ≤ B."""
    return max(PERMISSIVE, ceil(2 * log10(CHANCE_A_DAY / max(budget, 1e-3)) / STEP) * STEP)


def see(candidate: Candidate, no: No | None, desk: Desk) -> None:
    """Keep a finding for the shadow, unless its fate does not hang on λ*: silenced, no crowd, under a danger."""
    if candidate.kind == "hazard" or desk.city.thresholds.evidence is not None:
        return
    if no is not None and (no.reason in ("silenced", "duplicate") or no_crowd(candidate, desk)):
        return
    if no is not None and no.under and (over := desk.kept(no.under)) and over.alert.kind == "hazard":
        return
    name = f"seen:{desk.day(candidate.at)}|{candidate.key}"
    seen = desk.find(name, Seen)
    before = seen.findings if seen else ()
    strongest = max((_strength(known) for known in before), default=-99.0)
    if len(before) < MOST_A_DAY and _strength(candidate) // STEP > strongest // STEP:
        desk.state[name] = Seen(at=candidate.at, findings=(*before, _slim(candidate)))


def _strength(candidate: Candidate) -> float:
    return candidate.figures.get("lambda", 0.0)


def _slim(candidate: Candidate) -> Candidate:
    """What the gates look at, without a word of anybody."""
    return candidate.model_copy(
        update={
            "evidence": (),
            "ticket_ids": (),
            "facts": {},
            "matter": "",
            "place": Place(street=candidate.place.street),
            "figures": {name: candidate.figures[name] for name in _FIGURES if name in candidate.figures},
        }
    )


def set_bar(at: datetime, desk: Desk) -> None:
    """λ* for the local day of `at`, unless it stands already, is fixed, or too little of the city is known."""
    thresholds, today = desk.city.thresholds, desk.day(at)
    bar = desk.find("bar", Bar)
    if thresholds.evidence is not None or (bar is not None and bar.day == today):
        return
    days = min(WEEKS_BACK, days_known(desk))
    if days < max(1, thresholds.start_up.days):
        return
    findings = _findings(today - days, today, desk)
    needed, a_day = _least(findings, days, bar.needed if bar else thresholds.start_up_evidence, desk)
    desk.state["bar"] = Bar(at=at, day=today, needed=needed, a_day=round(a_day, 3), days=days)


def _findings(first: int, until: int, desk: Desk) -> list[Candidate]:
    """Those of the local days [first, until), in the order in which they were decided."""
    found: list[Candidate] = []
    for name in [name for name in desk.state if name.startswith("seen:")]:
        if first <= int(name[5:].partition("|")[0]) < until and (seen := desk.find(name, Seen)):
            found += seen.findings
    return sorted(found, key=lambda finding: (finding.at, order_of(finding)))


def _least(findings: Sequence[Candidate], days: int, start: float, desk: Desk) -> tuple[float, float]:
    """The least λ* of the grid that keeps to the budget, looked for from yesterday's on; and its alerts a day."""
    budget = daily_budget(desk)
    floor = lowest(budget)
    needed = min(max(round(start / STEP) * STEP, floor), HIGHEST)
    a_day = alerts_a_day(findings, needed, days, budget, desk)
    while a_day > budget and needed < HIGHEST:
        needed += STEP
        a_day = alerts_a_day(findings, needed, days, budget, desk)
    while a_day <= budget and needed > floor:
        less = alerts_a_day(findings, needed - STEP, days, budget, desk)
        if less > budget:
            break
        needed, a_day = needed - STEP, less
    return needed, a_day


def alerts_a_day(findings: Sequence[Candidate], needed: float, days: int, budget: float, desk: Desk) -> float:
    """How many alerts a day these findings had been at λ* = `needed`.

    What is no crowd of the day counts up to its share of the budget, as in the gate `budget`.
    """
    trial = Desk(desk.city, {})
    bursts = unhurried = 0
    for finding in findings:
        if _strength(finding) < needed_by(finding.figures, finding.scope, needed) and finding.kind == "burst":
            continue
        tried = with_needed(finding, needed)
        if _is_told(tried, trial):
            if finding.kind == "burst" and not is_slow(finding.figures):
                bursts += 1
            else:
                unhurried += 1
    return bursts / days + min(unhurried / days, UNHURRIED_SHARE * budget)


def _is_told(finding: Candidate, trial: Desk) -> bool:
    """What decide.py does, as far as a later finding can notice."""
    no = first_no(finding, trial, GATES_IN_SHADOW)
    if no is None:
        alert_id = alert_id_of(finding)
        trial.state[f"alert:{alert_id}"] = _kept(finding, alert_id)
        remember(finding, alert_id, trial)
        return True
    under = trial.kept(no.under) if no.under else None
    if no.reason == "unconfirmed":
        trial.state[f"waits:{finding.key}"] = Waits(at=finding.at, reporters=finding.reporters)
    elif under is not None:
        changes: dict[str, object] = {"heard_at": finding.at}
        if no.tell_again:
            changes |= {"told_at": finding.at, "told_reporters": finding.reporters}
            if finding.key == under.alert.key:
                remember(finding, under.alert.alert_id, trial)
        trial.state[f"alert:{no.under}"] = under.model_copy(update=changes)
    return False


def _kept(finding: Candidate, alert_id: str) -> Kept:
    alert = Alert.model_construct(
        alert_id=alert_id,
        kind=finding.kind,
        level="yellow",
        scope=finding.scope,
        key=finding.key,
        raised_at=finding.at,
        updated_at=finding.at,
        title="",
        text="",
        figures=finding.figures,
    )
    return Kept.model_construct(
        alert=alert,
        seq=1,
        told_at=finding.at,
        told_reporters=finding.reporters,
        told_by=finding.candidate_id,
        heard_at=finding.at,
    )

"""The gates between a finding and a person, in order; each lets pass (None) or says why not."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from math import ceil, floor
from typing import NamedTuple

from agents.alerting.alert import HeldReason
from agents.alerting.desk import Budget, Desk, Fired, Kept, Last, Near, Silence, hashed
from agents.alerting.rates import tickets_per_day
from agents.problems.problem import Candidate, CandidateKind
from agents.problems.rate import FAST_TAUS

PRIORITY: tuple[CandidateKind, ...] = ("hazard", "burst", "campaign", "recurrence", "seasonal", "chronic")
"""Of several findings about one problem the first here is told, the others fold into it.

Disputes between units and one caller's many tickets are about somebody else and fold into nothing.
"""
COOL_DOWN_FACTOR: Mapping[CandidateKind, float] = {
    "hazard": 0.25,
    "burst": 1,
    "campaign": 7,
    "recurrence": 7,
    "dispute": 7,
    "harassment": 7,
    "chronic": 28,
    "seasonal": 300,
}
"""How many times the city's cool-down a key of each kind rests: what is slow need not be said daily."""
SLOW_COOL_DOWN = 14
"""The same for a crowd that came together over days: it is no news again on the morrow. alerting.md B.3."""
UNHURRIED_SHARE = 0.34
"""Share of the day's budget that may be gone when a finding of another kind than a burst is still told."""
LONGEST_BUDGET_DAYS = 7
CROWDS: tuple[CandidateKind, ...] = ("burst", "campaign", "chronic", "seasonal")
"""Kinds that claim that many people are affected."""


class No(NamedTuple):
    """Why a finding does not become an alert of its own."""

    reason: HeldReason
    under: str | None = None
    """The alert that already says it."""
    tell_again: bool = False
    """That alert has grown by the defined step: its person is told, with fresh content."""


Gate = Callable[[Candidate, Desk], No | None]


def alert_id_of(candidate: Candidate) -> str:
    """a-<hash(kind, key, trigger)>; a finding of a tick has its instant for a trigger."""
    trigger = candidate.trigger_ticket_id or candidate.at.isoformat()
    return f"a-{hashed(candidate.kind, candidate.key, trigger)}"


def silenced(candidate: Candidate, desk: Desk) -> No | None:
    """An officer has silenced this key, its problem, its category, or its category in its district.

    A hazard is held only by a silence of exactly its own key: nobody silences danger by silencing noise.
    """
    names = [candidate.key]
    if candidate.kind != "hazard":
        district_category = f"{candidate.district}|{candidate.category}"
        names += [n for n in (candidate.problem_id, candidate.category, district_category) if n]
    for name in names:
        silence = desk.find(f"silence:{name}", Silence)
        if silence is not None and silence.at <= candidate.at < silence.until:
            return No("silenced")
    return None


def duplicate(candidate: Candidate, desk: Desk) -> No | None:
    """This very finding is an alert already, though what it led to then is no longer kept."""
    alert_id = alert_id_of(candidate)
    return No("duplicate", under=alert_id) if desk.kept(alert_id) else None


def below_threshold(candidate: Candidate, desk: Desk) -> No | None:
    """Too few distinct people for a crowd, evidence below what the city asks for, or nothing in common."""
    if candidate.kind in CROWDS and candidate.reporters < desk.city.thresholds.reporters:
        return No("below_threshold")
    if candidate.scope in ("street", "district") and not _has_much_in_common(candidate, desk):
        return No("below_threshold")
    figures = candidate.figures
    if candidate.scope == "problem" and figures.get("alike") == 0.0:
        # Strangers who say the same of places that are not one.
        return No("below_threshold")
    if candidate.kind == "burst" and figures.get("lambda", 0.0) < figures.get("needed", 0.0):
        return No("below_threshold")
    return None


def _has_much_in_common(candidate: Candidate, desk: Desk) -> bool:
    """A street or a district is a crowd's place only if it is known, the category too, and all is of one day;
    and only if enough of the people, and half of them, call about one matter.

    On a real board of ten messages a day, three people in three weeks with one category and no place shared
    nothing else; on a real 311 line 85 of 88 district findings were a dirty alley, a rat and a missed bin.
    """
    figures, least = candidate.figures, desk.city.thresholds.reporters
    alike = figures.get("alike", float(candidate.reporters))
    has_one_matter = alike >= max(least, 0.5 * candidate.reporters)
    return (
        bool(candidate.district)
        and candidate.category not in ("", "other")
        and not is_slow(candidate)
        and has_one_matter
    )


def is_slow(candidate: Candidate) -> bool:
    """Was it found by a counter of days and weeks, which only a sparse stream has?"""
    return candidate.figures.get("tau", 0.0) > max(FAST_TAUS)


def inhibited(candidate: Candidate, desk: Desk) -> No | None:
    """A nested or a more important alert says it already: place in street in district, crowd over chronic."""
    if candidate.kind not in PRIORITY:
        return None
    for fired in _neighbours(candidate, desk):
        kept = desk.kept(fired.alert_id)
        if kept is not None and kept.alert.key != candidate.key and _covers(fired, candidate):
            return No("inhibited", fired.alert_id, has_grown(candidate, kept, desk))
    return None


def _neighbours(candidate: Candidate, desk: Desk) -> Iterator[Fired]:
    """Alerts of the last cool-down about the same problem, or the same category in the district or city."""
    for name in _nearby(candidate):
        near = desk.find(f"near:{name}", Near)
        for fired in reversed(near.fired if near else ()):
            if abs(candidate.at - fired.at) < desk.city.thresholds.cool_down:
                yield fired


def homes_of(candidate: Candidate) -> list[str]:
    """Where an alert is found by its neighbours."""
    names = [f"problem|{candidate.problem_id}"] if candidate.problem_id else []
    if candidate.kind == "hazard":
        names.append(f"ticket|{candidate.trigger_ticket_id}")
    elif candidate.kind == "burst":
        names.append(f"{'city' if candidate.scope == 'city' else candidate.district}|{candidate.category}")
    return names


def _nearby(candidate: Candidate) -> list[str]:
    """Where a finding looks for neighbours: by problem, category, and by tickets that told a danger."""
    names = homes_of(candidate)
    if candidate.scope == "problem" and candidate.kind != "hazard":
        names += [f"ticket|{ticket_id}" for ticket_id in candidate.ticket_ids]
    if candidate.kind == "burst" and candidate.scope != "city":
        names.append(f"city|{candidate.category}")
    return names


def _covers(fired: Fired, candidate: Candidate) -> bool:
    """Does the alert say what the candidate says?

    A city-wide storm explains a district and a street, but not one place that beats even the storm.
    """
    if candidate.kind == "hazard":
        # Several dangers in one call are one alert; a danger told later is not.
        return fired.kind == "hazard" and fired.at == candidate.at
    if fired.kind == "hazard":
        return candidate.scope == "problem"
    if fired.kind not in PRIORITY:
        return False
    if fired.problem_id is not None and fired.problem_id == candidate.problem_id:
        return PRIORITY.index(fired.kind) <= PRIORITY.index(candidate.kind)
    if fired.kind != "burst" or candidate.scope == "city":
        return False
    if fired.scope == "city":
        return candidate.scope in ("street", "district")
    return _nested(fired, candidate)


def _nested(fired: Fired, candidate: Candidate) -> bool:
    scopes = {fired.scope, candidate.scope}
    if fired.scope == candidate.scope:
        return False
    if "district" in scopes:
        return True
    return bool(fired.street) and fired.street == (candidate.place.street or "")


def cool_down(candidate: Candidate, desk: Desk) -> No | None:
    """The same key was told a short while ago; growth by the city's step tells it again.

    A danger rests only as long as its alert is open: what burns again is told again.
    """
    last = desk.find(f"last:{candidate.key}", Last)
    if last is None:
        return None
    factor = SLOW_COOL_DOWN if is_slow(candidate) else COOL_DOWN_FACTOR[candidate.kind]
    rest = desk.city.thresholds.cool_down * factor
    if abs(candidate.at - last.at) >= rest:
        return None
    kept = desk.kept(last.alert_id)
    if candidate.kind == "hazard" and (kept is None or kept.alert.status in ("resolved", "false_alarm")):
        return None
    return No("cool_down", last.alert_id, kept is not None and has_grown(candidate, kept, desk))


def has_grown(candidate: Candidate, kept: Kept, desk: Desk) -> bool:
    """Have the people affected multiplied by the city's step since a person was last told?

    The finding that told last says yes again: it comes twice when its first outcome was lost.
    """
    if kept.told_by == candidate.candidate_id:
        return True
    return candidate.reporters >= desk.city.thresholds.growth * max(kept.told_reporters, 1)


def budget(candidate: Candidate, desk: Desk) -> No | None:
    """Enough for the day: beyond 1.5 × the budget the rest waits for the digest. Hazards pass.

    What is no crowd of today may use the first part of it only: on a simulated city the returns after closing
    of the morning had taken the whole day's budget before the bursts of the afternoon.
    """
    if candidate.kind == "hazard":
        return None
    days, cap = allowance(desk)
    if candidate.kind != "burst":
        cap = max(1, floor(UNHURRIED_SHARE * cap))
    spent = 0
    for back in range(days):
        entry = desk.find(budget_key(candidate.at - timedelta(days=back), desk), Budget)
        spent += entry.spent if entry else 0
    return No("budget") if spent >= cap else None


def allowance(desk: Desk) -> tuple[int, int]:
    """How many alerts may be told within how many local days, as (days, alerts).

    B = min(alerts_per_day, tickets a day / tickets_per_alert) is the budget, the cap is 1.5 B a day. A city
    so small that B is below one alert a day counts over ⌈1/B⌉ days instead, a week at most: ten tickets a day
    and one alert for twenty tickets make B = ½, that is one alert in two days.
    """
    thresholds = desk.city.thresholds
    daily = min(thresholds.alerts_per_day, tickets_per_day(desk) / thresholds.tickets_per_alert)
    if daily >= 1.0:
        return 1, floor(1.5 * daily)
    return ceil(1.0 / max(daily, 1.0 / LONGEST_BUDGET_DAYS)), 1


def budget_key(at: datetime, desk: Desk) -> str:
    return f"budget:{desk.local(at).date().isoformat()}"


GATES: tuple[Gate, ...] = (silenced, duplicate, below_threshold, inhibited, cool_down, budget)
"""In order; the first that says no is the reason in the ledger."""


def first_no(candidate: Candidate, desk: Desk) -> No | None:
    """The first gate's no, None when the finding reaches a person."""
    return next((no for gate in GATES if (no := gate(candidate, desk)) is not None), None)

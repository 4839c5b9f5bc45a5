"""The gates between a finding and a person, in order; each lets pass (None) or says why not."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil, floor, inf
from typing import NamedTuple

from agents.alerting.alert import HeldReason
from agents.alerting.desk import Budget, Desk, Kept, Last, Silence, Waits, hashed
from agents.alerting.neighbours import PRIORITY, cover_of
from agents.alerting.rates import tickets_per_day
from agents.alerting.weigh import is_confident, is_sure, people_of
from agents.problems.baseline import is_slow
from agents.problems.problem import Candidate, CandidateKind

COOL_DOWN_FACTOR: Mapping[CandidateKind, float] = {
    "hazard": 0.25,
    "burst": 1,
    "campaign": 7,
    "recurrence": 7,
    "dispute": 7,
    "harassment": 7,
    "same_caller": 28,
    "chronic": 28,
    "seasonal": 300,
}
"""How many times the city's cool-down a key of each kind rests: what is slow need not be said daily."""
SLOW_COOL_DOWN = 14
"""The same for a crowd that came together over days: it is no news again on the morrow. alerting.md B.3."""
UNHURRIED_SHARE = 0.34
"""Share of the day's budget that may be gone when a finding of another kind than a burst is still told."""
LONGEST_BUDGET_DAYS = 7
SURE_BUDGETS = 3
"""How many days' alerts a day may have for crowds beyond chance: it is no flood of false ones."""
PINPOINTS = 2.0
"""Units of λ, a hundred times rarer by chance, by which a place must beat the street or district that was told."""
CROWDS: tuple[CandidateKind, ...] = ("burst", "campaign", "chronic", "seasonal")
"""Kinds that claim that many people are affected."""


class No(NamedTuple):
    """Why a finding does not become an alert of its own."""

    reason: HeldReason
    under: str | None = None
    """The alert that already says it."""
    tell_again: bool = False
    """That alert has grown by the defined step: its person is told, with fresh content."""
    note: str | None = None
    """Who silenced it, until when and why."""


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
            return No("silenced", note=_silence_note(silence, desk))
    return None


def _silence_note(silence: Silence, desk: Desk) -> str:
    until = desk.local(silence.until)
    note = f"，{silence.note}" if silence.note else ""
    return f"{silence.by}静默至{until.month}月{until.day}日{until:%H:%M}{note}"


def duplicate(candidate: Candidate, desk: Desk) -> No | None:
    """This very finding is an alert already, though what it led to then is no longer kept."""
    alert_id = alert_id_of(candidate)
    return No("duplicate", under=alert_id) if desk.kept(alert_id) else None


def no_crowd(candidate: Candidate, desk: Desk) -> No | None:
    """Too few distinct people for a crowd, or nothing that they have in common: whatever the evidence."""
    if candidate.kind in CROWDS and candidate.reporters < desk.city.thresholds.reporters:
        return No("below_threshold")
    if candidate.scope in ("street", "district") and not _has_much_in_common(candidate, desk):
        return No("below_threshold")
    if candidate.scope == "problem" and candidate.figures.get("alike") == 0.0:
        # Strangers who say the same of places that are not one.
        return No("below_threshold")
    return None


def below_threshold(candidate: Candidate, desk: Desk) -> No | None:
    """Evidence below what is asked for today, at this place (weigh.py); of other kinds, below their own least."""
    figures = candidate.figures
    needed = figures.get("needed" if candidate.kind == "burst" else "least", -inf)
    if figures.get("lambda", 0.0) < needed:
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
        and not is_slow(candidate.figures)
        and has_one_matter
    )


def inhibited(candidate: Candidate, desk: Desk) -> No | None:
    """A nested or a more important alert says it already: place in street in district, crowd over chronic."""
    if candidate.kind not in PRIORITY:
        return None
    kept = cover_of(candidate, desk)
    if kept is None:
        return None
    says_more = (
        has_grown(candidate, kept, desk)
        or is_campaign_of(candidate, kept)
        or pinpoints(candidate, kept)
        or (is_surge_of(candidate, kept) and not _was_told_in(kept, candidate, desk))
    )
    return No("inhibited", kept.alert.alert_id, says_more)


def cool_down(candidate: Candidate, desk: Desk) -> No | None:
    """The same key was told a short while ago; growth by the city's step tells it again.

    A danger rests only as long as its alert is open: what burns again is told again. Of a place whose alert is
    still open no second alert is raised: after the rest, what goes on is told as an update.
    """
    last = desk.find(f"last:{candidate.key}", Last)
    if last is None:
        return None
    kept = desk.kept(last.alert_id)
    is_open = kept is not None and kept.alert.status in ("open", "acknowledged")
    factor = SLOW_COOL_DOWN if is_slow(candidate.figures) else COOL_DOWN_FACTOR[candidate.kind]
    rest = desk.city.thresholds.cool_down * factor
    if abs(candidate.at - last.at) < rest:
        if candidate.kind == "hazard" and not is_open:
            return None
        return No("cool_down", last.alert_id, kept is not None and has_grown(candidate, kept, desk))
    if kept is not None and is_open and _goes_on(candidate, kept, desk):
        return No("cool_down", last.alert_id, tell_again=True)
    return None


def _goes_on(candidate: Candidate, kept: Kept, desk: Desk) -> bool:
    """Has the crowd of one place never been quiet since it was told? Quiet ends with the first call of those found."""
    is_place = candidate.kind == "burst" and candidate.scope == "problem" == kept.alert.scope
    since = candidate.at - kept.heard_at
    began = since - timedelta(hours=candidate.figures.get("span", 0.0))
    return is_place and timedelta(0) <= since and began < desk.city.thresholds.quiet


def unconfirmed(candidate: Candidate, desk: Desk) -> No | None:
    """A crowd without one place and without neighbours, barely above what is needed, waits until one more person says
    so.

    The next finding of its key with more people within the cool-down confirms it.
    """
    if candidate.kind != "burst" or candidate.scope not in ("street", "district"):
        return None
    if is_confident(candidate) or candidate.figures.get("together", 0.0) > 0.0:
        return None
    waits = desk.find(f"waits:{candidate.key}", Waits)
    if waits is None or abs(candidate.at - waits.at) >= desk.city.thresholds.cool_down:
        return No("unconfirmed")
    return No("unconfirmed") if candidate.reporters <= waits.reporters else None


def is_campaign_of(candidate: Candidate, kept: Kept) -> bool:
    """Is it that the crowd told of has sent one text? The person who was told ought to know."""
    known = kept.alert
    return (candidate.kind, known.kind) == ("campaign", "burst") and candidate.problem_id == known.problem_id


def pinpoints(candidate: Candidate, kept: Kept) -> bool:
    """Is it one place, and much further from chance than what was told of its street or district? The person who was
    told ought to know where it is; once: what goes on there is told again as it grows."""
    is_place = candidate.kind == "burst" and candidate.scope == "problem"
    told = kept.alert
    if not is_place or told.kind != "burst" or told.problem_id == candidate.problem_id:
        return False
    return candidate.figures.get("lambda", 0.0) >= told.figures.get("lambda", 0.0) + PINPOINTS


def is_surge_of(candidate: Candidate, kept: Kept) -> bool:
    """Is it that so many call within hours about what was told of as come back? It is news of the same alert."""
    known = kept.alert
    is_crowd = (candidate.kind, known.kind) == ("burst", "recurrence")
    return is_crowd and candidate.problem_id == known.problem_id


def _was_told_in(kept: Kept, candidate: Candidate, desk: Desk) -> bool:
    """Has an earlier finding of this key been told as news of that alert?"""
    last = desk.find(f"last:{candidate.key}", Last)
    return last is not None and last.alert_id == kept.alert.alert_id


def has_grown(candidate: Candidate, kept: Kept, desk: Desk) -> bool:
    """Have the people affected multiplied by the city's step since a person was last told?

    The finding that told last says yes again: it comes twice when its first outcome was lost.
    """
    if kept.told_by == candidate.candidate_id:
        return True
    return people_of(candidate) >= desk.city.thresholds.growth * max(kept.told_reporters, 1)


def budget(candidate: Candidate, desk: Desk) -> No | None:
    """Enough for the day: beyond 1.5 × the budget the rest waits for the digest. Hazards pass.

    A crowd of little evidence may use the budget only, what is above it is for the strong ones: on a simulated
    storm day weak findings had used up the day before the planted incidents began. What is no crowd of today may
    use a third: there the returns after closing of the morning had taken the whole day from the bursts. A crowd
    beyond chance may use three days' worth: in a night of few calls the one alert of the day was gone by noon. Not
    where one in several days is all that is wanted.
    """
    if candidate.kind == "hazard":
        return None
    days, cap = allowance(desk)
    if candidate.kind != "burst":
        cap = max(1, floor(UNHURRIED_SHARE * cap))
    elif is_sure(candidate) and days == 1:
        cap *= SURE_BUDGETS
    elif not is_confident(candidate):
        cap = max(1, min(cap, floor(daily_budget(desk))))
    spent = 0
    for back in range(days):
        entry = desk.find(budget_key(candidate.at - timedelta(days=back), desk), Budget)
        spent += entry.spent if entry else 0
    return No("budget") if spent >= cap else None


def allowance(desk: Desk) -> tuple[int, int]:
    """How many alerts may be told within how many local days, as (days, alerts).

    The cap is 1.5 B a day. A city
    so small that B is below one alert a day counts over ⌈1/B⌉ days instead, a week at most: ten tickets a day
    and one alert for twenty tickets make B = ½, that is one alert in two days.
    """
    daily = daily_budget(desk)
    if daily >= 1.0:
        return 1, floor(1.5 * daily)
    return ceil(1.0 / max(daily, 1.0 / LONGEST_BUDGET_DAYS)), 1


def daily_budget(desk: Desk) -> float:
    """B, alerts a day: min(alerts_per_day, tickets a day / tickets_per_alert)."""
    thresholds = desk.city.thresholds
    return min(thresholds.alerts_per_day, tickets_per_day(desk) / thresholds.tickets_per_alert)


def budget_key(at: datetime, desk: Desk) -> str:
    return f"budget:{desk.local(at).date().isoformat()}"


GATES: tuple[Gate, ...] = (
    silenced,
    duplicate,
    no_crowd,
    below_threshold,
    inhibited,
    cool_down,
    unconfirmed,
    budget,
)
"""In order; the first that says no is the reason in the ledger."""


def first_no(candidate: Candidate, desk: Desk, gates: Sequence[Gate] = GATES) -> No | None:
    """The first gate's no, None when the finding reaches a person."""
    return next((no for gate in gates if (no := gate(candidate, desk)) is not None), None)

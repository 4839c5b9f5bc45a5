"""Is an alert true? The rule stands here, once, for ours and for every baseline.

A crowd alert is true when the ticket that triggered it belongs to an incident, at least two of the incident's
tickets are among the alert's, and these come from at least 30 % of the alert's distinct callers
(docs/notes/alerting.md, A.1). Every other crowd alert is false, even where strangers happened to call about one
matter within a day; hoaxes, campaigns and storm days are counted apart.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from weisu.evaluation.outcome import Told
from weisu.evaluation.truth import INCIDENTS, WEATHER_OF, CityTruth, Thing

Finding = Literal["true", "again", "false", "storm", "hoax", "campaign", "unjudged"]
"""again: a second alert about what was told before; storm: a local alert on a storm day about that weather;
unjudged: a kind that the simulator plants no truth for."""
CROWDS = ("burst", "campaign")
"""Kinds that say: many people call about this now. The curve and the baselines are about these."""
LEAST_TICKETS = 2
LEAST_SHARE = 0.3
MOSTLY = 0.5
"""Share of an alert's tickets that must be of one planted thing where no ticket triggered it."""
ECHO = timedelta(hours=24)
"""A call so soon after a closing is about the answer (alerting notes, C.1)."""


@dataclass(frozen=True)
class Verdict:
    """One alert, judged."""

    told: Told
    finding: Finding
    thing: str | None = None
    """What it is about, where that was planted."""
    what: str = ""
    """Of a false one: what its trigger was planted for, `chance` = three strangers about one problem,
    `mixed` = about several."""


def share_of(truth: CityTruth, ticket_ids: Iterable[str], thing: Thing) -> tuple[int, float]:
    """How many of these tickets are the thing's, and their share of the distinct callers."""
    known = [truth.calls[ticket_id] for ticket_id in ticket_ids if ticket_id in truth.calls]
    mine = [call for call in known if call.planted == thing.truth_id]
    callers = {call.caller for call in known}
    return len(mine), len({call.caller for call in mine}) / max(1, len(callers))


def is_about(truth: CityTruth, trigger: str | None, ticket_ids: Sequence[str]) -> Thing | None:
    """The planted thing that an alert is truly about, by the rule above."""
    thing = truth.thing_of(trigger)
    if thing is None:
        return None
    tickets, share = share_of(truth, ticket_ids, thing)
    return thing if tickets >= LEAST_TICKETS and share >= LEAST_SHARE else None


def judge(truth: CityTruth, alerts: Sequence[Told]) -> list[Verdict]:
    """A verdict for each alert, in their order."""
    told_before: set[str] = set()
    verdicts = []
    for told in alerts:
        verdict = _JUDGES.get(told.kind, _unjudged)(truth, told)
        thing = verdict.thing
        if verdict.finding == "true" and thing is not None:
            if thing in told_before:
                verdict = Verdict(told, "again", thing)
            told_before.add(thing)
        verdicts.append(verdict)
    return verdicts


def _crowd(truth: CityTruth, told: Told) -> Verdict:
    if told.scope == "city":
        return _storm(truth, told)
    thing = is_about(truth, told.trigger, told.ticket_ids)
    if thing is not None and thing.kind in INCIDENTS:
        return Verdict(told, "true", thing.truth_id)
    trigger = truth.thing_of(told.trigger)
    if trigger is not None and trigger.kind in ("hoax", "campaign"):
        return Verdict(told, "hoax" if trigger.kind == "hoax" else "campaign", trigger.truth_id)
    if _weathers(told.category) & truth.storms_on(told.at):
        return Verdict(told, "storm")
    return Verdict(told, "false", what=_what(truth, told, trigger))


def _weathers(category: str) -> set[str]:
    return _WEATHERS.get(category, set())


def _what(truth: CityTruth, told: Told, trigger: Thing | None) -> str:
    if trigger is not None:
        return trigger.kind
    subjects = Counter(truth.calls[known].problem for known in told.ticket_ids if known in truth.calls)
    subjects.pop(None, None)
    return "chance" if max(subjects.values(), default=0) >= 3 else "mixed"


def _storm(truth: CityTruth, told: Told) -> Verdict:
    """True where a storm day of that weather is (the night after it still calls)."""
    is_storm = _weathers(told.category) & (
        truth.storms_on(told.at) | truth.storms_on(told.at - timedelta(hours=12))
    )
    return Verdict(told, "true" if is_storm else "false", what="" if is_storm else "city")


def _return(truth: CityTruth, told: Told) -> Verdict:
    """True where the trigger's own subject had been closed a day or longer before, whoever had reported it."""
    trigger = truth.calls.get(told.trigger or "")
    thing = truth.thing_of(told.trigger)
    if trigger is None or trigger.subject is None:
        return Verdict(told, "false", what="no subject")
    if truth.was_closed(trigger.subject, trigger.at - ECHO):
        return Verdict(told, "true", thing.truth_id if thing and thing.kind == "after_closure" else None)
    return Verdict(told, "false", what=thing.kind if thing else "not closed before")


def _mostly(kind: str) -> Callable[[CityTruth, Told], Verdict]:
    """Judged by what most of the alert's tickets were planted for."""

    def judged(truth: CityTruth, told: Told) -> Verdict:
        things = [truth.thing_of(ticket_id) for ticket_id in told.ticket_ids]
        counts = Counter(thing.truth_id for thing in things if thing is not None and thing.kind == kind)
        best, count = min(counts.items(), key=lambda pair: (-pair[1], pair[0]), default=("", 0))
        if count and count >= MOSTLY * len(told.ticket_ids):
            return Verdict(told, "true", best)
        trigger = truth.thing_of(told.trigger)
        return Verdict(told, "false", what=trigger.kind if trigger else "background")

    return judged


def _hazard(truth: CityTruth, told: Told) -> Verdict:
    """A danger that was planted as one, or that an incident's caller told; "unjudged" where any text says so."""
    thing = truth.thing_of(told.trigger)
    return (
        Verdict(told, "true", thing.truth_id) if thing and thing.kind == "hazard" else _unjudged(truth, told)
    )


def _unjudged(truth: CityTruth, told: Told) -> Verdict:
    return Verdict(told, "unjudged")


def _weathers_by_category() -> Mapping[str, set[str]]:
    from weisu.simulator.matters import load_matters

    found: dict[str, set[str]] = {}
    for matter in load_matters():
        if matter.key in WEATHER_OF:
            found.setdefault(matter.category, set()).add(matter.weather)
    return found


_WEATHERS = _weathers_by_category()
_JUDGES: Mapping[str, Callable[[CityTruth, Told], Verdict]] = {
    "burst": _crowd,
    "campaign": _crowd,
    "recurrence": _return,
    "chronic": _mostly("chronic"),
    "seasonal": _mostly("seasonal"),
    "harassment": _mostly("hoax"),
    "hazard": _hazard,
}

"""Which incidents were told, how early, and how much of the crowd was still to call."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from weisu.evaluation.intervals import quantile, survival_quantile, wilson
from weisu.evaluation.outcome import Told
from weisu.evaluation.truth import INCIDENTS, CityTruth, Thing
from weisu.evaluation.verdicts import is_about

SIZES: Mapping[str, tuple[int, int]] = {"4–5": (4, 5), "6–8": (6, 8), "9–20": (9, 20), "21+": (21, 10**6)}
"""Classes by tickets."""
LEAST_SIZE = 4
CROWDS = (5, 10, 20)
"""Distinct callers before whom an alarm may come."""
TAIL = timedelta(days=1)
"""An incident that begins so short before the end is left out: its calls are cut off."""


@dataclass(frozen=True)
class Fate:
    """What became of one incident."""

    thing: Thing
    day: int
    told_at: datetime | None
    reporters: int
    """Distinct reporters when it was told, the deciding one counted; all of them when it never was."""
    minutes: float
    """From its first call to the telling; to its last call when it never was told."""
    lead: Mapping[int, float]
    """n → minutes from the alarm to the n-th distinct caller, of those who came; negative: too late."""
    to_come: float
    """Share of its tickets still to come at the alarm."""


def scored(truth: CityTruth, warm_up: int) -> list[Thing]:
    """The incidents that count: of at least four tickets, begun after the warm-up and not cut off by the end."""
    last = truth.first + timedelta(days=truth.days) - TAIL
    return [
        thing
        for thing in truth.things.values()
        if thing.kind in INCIDENTS
        and thing.size >= LEAST_SIZE
        and truth.day_of(thing.start) >= warm_up
        and thing.start < last
    ]


def fates(truth: CityTruth, alerts: Iterable[Told], warm_up: int) -> list[Fate]:
    """The fate of each incident that counts, in order of their beginning."""
    told_at = first_told(truth, alerts)
    things = sorted(scored(truth, warm_up), key=lambda thing: (thing.start, thing.truth_id))
    return [_fate(truth, thing, told_at.get(thing.truth_id)) for thing in things]


def first_told(truth: CityTruth, alerts: Iterable[Told]) -> dict[str, datetime]:
    """Incident → when a person was first told of it; fresh content of an older alert counts as much as a new one."""
    found: dict[str, datetime] = {}
    for told in alerts:
        for telling in told.tellings:
            thing = is_about(truth, telling.trigger, telling.ticket_ids)
            if thing is not None:
                found[thing.truth_id] = min(found.get(thing.truth_id, telling.at), telling.at)
    return found


def _fate(truth: CityTruth, thing: Thing, told_at: datetime | None) -> Fate:
    calls = sorted(
        (truth.calls[known] for known in thing.ticket_ids), key=lambda call: (call.at, call.ticket_id)
    )
    firsts: dict[int, datetime] = {}
    for call in calls:
        firsts.setdefault(call.caller, call.at)
    arrivals = sorted(firsts.values())
    until = told_at or calls[-1].at
    return Fate(
        thing=thing,
        day=truth.day_of(thing.start),
        told_at=told_at,
        reporters=sum(at <= until for at in arrivals),
        minutes=_minutes(until - calls[0].at),
        lead={n: _minutes(arrivals[n - 1] - until) for n in CROWDS if told_at and len(arrivals) >= n},
        to_come=sum(call.at > until for call in calls) / len(calls),
    )


def _minutes(span: timedelta) -> float:
    return round(span.total_seconds() / 60, 1)


def recall(found: Sequence[Fate]) -> dict[str, object]:
    """Told / all, with Wilson's interval."""
    hits = sum(fate.told_at is not None for fate in found)
    low, high = wilson(hits, len(found))
    return {
        "told": hits,
        "of": len(found),
        "recall": round(hits / len(found), 4) if found else None,
        "low": round(low, 4),
        "high": round(high, 4),
    }


def summary(found: Sequence[Fate]) -> dict[str, object]:
    """All figures about incidents, ready for JSON."""
    told = [fate for fate in found if fate.told_at is not None]
    by_size = {name: recall(_of_size(found, *bounds)) for name, bounds in SIZES.items()}
    by_scope = {
        scope: recall([f for f in found if f.thing.scope == scope])
        for scope in ("place", "street", "district")
    }
    return {
        **recall(found),
        "by_size": by_size,
        "by_scope": by_scope,
        "reporters": _delays(found, lambda fate: float(fate.reporters)),
        "minutes": _delays(found, lambda fate: fate.minutes),
        "lead_minutes": {
            str(n): {
                "median": quantile(leads, 0.5),
                "in_time": sum(lead > 0 for lead in leads),
                "of": sum(fate.thing.reporters >= n for fate in found),
            }
            for n in CROWDS
            for leads in [[fate.lead[n] for fate in told if n in fate.lead]]
        },
        "still_to_come": {
            "told": quantile([fate.to_come for fate in told], 0.5),
            "all": round(sum(fate.to_come for fate in told) / len(found), 4) if found else None,
        },
    }


def _of_size(found: Sequence[Fate], least: int, most: int) -> list[Fate]:
    return [fate for fate in found if least <= fate.thing.size <= most]


def _delays(found: Sequence[Fate], of: Callable[[Fate], float]) -> dict[str, float | None]:
    """Quantiles over all incidents (what was never told is censored) and over the told ones alone."""
    delays = [(of(fate), fate.told_at is not None) for fate in found]
    told = [of(fate) for fate in found if fate.told_at is not None]
    return {
        "median": survival_quantile(delays, 0.5),
        "p90": survival_quantile(delays, 0.9),
        "median_of_told": quantile(told, 0.5),
        "p90_of_told": quantile(told, 0.9),
    }

"""How the whole city does: distinct reporters a category, by hour and day, and what a storm day explains.

Time here is plain local time with a learnt hour-of-day profile of the city in place of operational time: the
expected count of the last hours is the daily rate times the share that those hours usually have.
"""

from datetime import datetime
from functools import lru_cache
from math import inf, log10
from typing import NamedTuple

from agents.alerting.desk import Desk, Rate
from agents.problems.baseline import is_common, tail
from agents.problems.hours import local_seconds
from agents.problems.problem import Count

VOLUME = "volume"
"""Key of the rate of all categories together."""
WINDOWS = (1, 2, 4, 8, 12)
"""Hours that a storm is looked for in; the running hour comes on top."""
CITY_DISPERSION = 8.0
"""φ of a city × category stream: its days differ by weather and weekday far more than chance alone."""
PROFILE_PRIOR = 100.0
"""Pseudo-tickets of an even day in the city's profile, and of the city's in a category's: noise is called in at
night, and a night's noise is no storm."""
FAR_DAYS = 30
"""A count of a day so far from the newest is not counted: one event of a far year would empty the rates."""
BELIEVED_AFTER = 5
"""So many such counts in a row are believed: after a month of silence, or a first date that was wrong, the rate
begins anew."""
LEAST_FINISHED_DAYS = 7
"""Before so many whole days are known, nothing is called unusual for the city."""
MANY_DISTRICTS_SHARE = 0.7
"""A rise of which one district has more than this share is that district's, not the city's."""


class Storm(NamedTuple):
    """A category that the whole city calls about more than it ever does."""

    evidence: float
    hours: int
    reporters: int
    expected: float
    districts: tuple[tuple[str, int], ...]
    """With their reporters in the last 12 hours, most first."""


def hour_of(at: datetime, desk: Desk) -> int:
    """Local hours since 1970; 24 of them are a local day."""
    return int(local_seconds(at, desk.city.utc_offset) // 3600)


def note(count: Count, desk: Desk) -> None:
    """Take a fresh count into the rate of its category and into the volume of the city."""
    hour = hour_of(count.at, desk)
    for key in (f"rate:{count.category}", VOLUME):
        rate = desk.find(key, Rate) or Rate(at=count.at, since=hour // 24, day=hour // 24)
        desk.state[key] = _counted(rate, count, hour, whole_city=key == VOLUME)


def _counted(rate: Rate, count: Count, hour: int, whole_city: bool) -> Rate:
    day = hour // 24
    if (astray := _astray(rate, day)) is not None:
        return astray
    if rate.astray:
        rate = rate.model_copy(update={"astray": 0})
    days, per_day, profile = rate.days, rate.per_day, rate.profile
    if day > rate.day:
        days = {d: n for d, n in days.items() if d > day - 30}
        per_day = _daily_mean(days, max(rate.since + 1, day - 29), day)
        profile = _learned(profile, rate.hours, rate.day)
    changes: dict[str, object] = {
        "at": max(rate.at, count.at),
        "day": max(rate.day, day),
        "hours": _added(rate.hours, hour, 25),
        "days": days | {day: days.get(day, 0) + 1} if day > rate.day - 30 else days,
        "per_day": per_day,
        "profile": profile,
    }
    if not whole_city:
        changes["districts"] = _added_to_district(rate.districts, count.district, hour)
        changes["recent"] = (*rate.recent[-31:], count.ticket_id)
    return rate.model_copy(update=changes)


def _learned(profile: tuple[float, ...], hours: dict[int, int], day: int) -> tuple[float, ...]:
    """The hours of the day, fading, with those of the day that is over."""
    before = profile or (0.0,) * 24
    return tuple([before[hour] * 0.5 ** (1 / 28) + hours.get(24 * day + hour, 0) for hour in range(24)])


def _astray(rate: Rate, day: int) -> Rate | None:
    """The rate after a count of a far-off day, which is a wrong clock's until more follow; None: it is not far."""
    if abs(day - rate.day) <= FAR_DAYS:
        return None
    if rate.astray + 1 < BELIEVED_AFTER:
        return rate.model_copy(update={"astray": rate.astray + 1})
    changes = {
        "astray": 0,
        "day": day,
        "since": day,
        "hours": {},
        "days": {},
        "districts": {},
    }
    return rate.model_copy(update=changes)


def _added(hours: dict[int, int], hour: int, kept: int) -> dict[int, int]:
    if hour in hours:
        return hours | {hour: hours[hour] + 1}
    newest = max(hour, max(hours, default=hour))
    fresh = {h: n for h, n in hours.items() if h > newest - kept}
    if hour > newest - kept:
        fresh[hour] = fresh.get(hour, 0) + 1
    return fresh


def _added_to_district(
    districts: dict[str, dict[int, int]], district: str, hour: int
) -> dict[str, dict[int, int]]:
    if not district or (district not in districts and len(districts) >= 32):
        return districts
    return districts | {district: _added(districts.get(district, {}), hour, 13)}


def _daily_mean(days: dict[int, int], first: int, today: int) -> float:
    """Mean of the finished days, each capped at twice their median plus two, so that a storm stays unusual.

    The first day seen is left out by the caller: it is rarely whole.
    """
    counts = sorted(days.get(day, 0) for day in range(first, today))
    if not counts:
        return 0.0
    cap = 2 * counts[len(counts) // 2] + 2
    return sum(min(count, cap) for count in counts) / len(counts)


def tickets_per_day(desk: Desk) -> float:
    """Distinct reporters a day over the city; before a day is finished, those seen so far."""
    volume = desk.find(VOLUME, Rate)
    if volume is None:
        return 0.0
    return volume.per_day if volume.day > volume.since + 1 else float(max(volume.days.values(), default=0))


def days_known(desk: Desk) -> int:
    """Days of the city's history that the desk has seen."""
    volume = desk.find(VOLUME, Rate)
    return volume.day - volume.since if volume else 0


def expected(rate: Rate, at: datetime, hours: int, desk: Desk) -> float:
    """Usual count of the last `hours` hours and the part of the running hour that has passed."""
    hour = hour_of(at, desk)
    volume = desk.find(VOLUME, Rate)
    shares = _shares(rate.profile, volume.profile if volume else ())
    whole = sum(shares[(hour - back) % 24] for back in range(1, hours + 1))
    return rate.per_day * (shares[hour % 24] * _passed(at) + whole)


@lru_cache(maxsize=256)
def _shares(profile: tuple[float, ...], city: tuple[float, ...]) -> tuple[float, ...]:
    """Of the 24 hours of a day, a category's drawn to the city's and that to an even day."""
    above = _shares(city, ()) if city else (1 / 24,) * 24
    total = sum(profile) + PROFILE_PRIOR
    own = profile or (0.0,) * 24
    return tuple([(own[hour] + PROFILE_PRIOR * above[hour]) / total for hour in range(24)])


def _passed(at: datetime) -> float:
    """The part of the running hour that is over."""
    return (at.minute + 1) / 60


def counted(hours: dict[int, int], hour: int, back: int) -> int:
    """Count of the running hour and the `back` hours before it."""
    return sum(n for h, n in hours.items() if hour - back <= h <= hour)


def correction(category: str, at: datetime, desk: Desk) -> float:
    """By what factor the whole city calls more about this category than usual, ≥ 1.

    (N₁₂ₕ + 10) / (expected + 10): ten pseudo-calls keep a quiet category at 1.
    """
    rate = desk.find(f"rate:{category}", Rate)
    if rate is None or rate.per_day <= 0.0:
        return 1.0
    seen = counted(rate.hours, hour_of(at, desk), 12)
    return max(1.0, (seen + 10.0) / (expected(rate, at, 12, desk) + 10.0))


def find_storm(category: str, at: datetime, desk: Desk, least: float = -inf) -> Storm | None:
    """The strongest window in which the city calls unusually often about `category` from several districts; none is
    looked for whose evidence is surely below `least`.

    The stream is tested without the city's correction: it *is* what the correction explains away elsewhere.
    """
    rate, volume = desk.find(f"rate:{category}", Rate), desk.find(VOLUME, Rate)
    if rate is None or volume is None or category in ("", "other"):
        return None
    if volume.day - volume.since <= LEAST_FINISHED_DAYS:
        return None
    hour = hour_of(at, desk)
    if counted(rate.hours, hour, 12) < 3 * desk.city.thresholds.reporters:
        return None
    per_day = max(rate.per_day, 0.01 * volume.per_day)
    if per_day <= 0.0:  # Nobody has called on any finished day: nothing is known of what is usual.
        return None
    shares = _shares(rate.profile, volume.profile)
    seen, usual = rate.hours.get(hour, 0), per_day * shares[hour % 24] * _passed(at)
    union = log10(len(WINDOWS) * max(volume.per_day, 1.0))
    best: Storm | None = None
    for back in range(1, WINDOWS[-1] + 1):
        seen += rate.hours.get(hour - back, 0)
        usual += per_day * shares[(hour - back) % 24]
        if back not in WINDOWS or seen <= 1.5 * usual:
            continue
        if is_common(seen, usual, CITY_DISPERSION, least + union):
            continue
        evidence = tail(seen, usual, CITY_DISPERSION) - union
        if best is None or evidence > best.evidence:
            best = Storm(evidence, back, seen, usual, ())
    return _over_districts(best, rate, hour, volume.per_day) if best else None


def _over_districts(storm: Storm, rate: Rate, hour: int, per_day: float) -> Storm | None:
    """With its districts, and with the evidence that is left without the largest of them: one district's crowd is
    no storm, however many it makes the city's calls."""
    found = [(name, counted(hours, hour, storm.hours)) for name, hours in rate.districts.items()]
    districts = sorted((pair for pair in found if pair[1]), key=lambda pair: (-pair[1], pair[0]))
    if len(districts) < 2 or districts[0][1] > MANY_DISTRICTS_SHARE * sum(n for _, n in districts):
        return None
    elsewhere = storm.reporters - districts[0][1], storm.expected * (1 - 1 / len(rate.districts))
    evidence = tail(*elsewhere, CITY_DISPERSION) - log10(len(WINDOWS) * max(per_day, 1.0))
    return storm._replace(evidence=min(storm.evidence, evidence), districts=tuple(districts))

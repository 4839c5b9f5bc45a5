"""Time as people call: local seconds, hours of the week, and operational hours, which pass fast when many call."""

from datetime import datetime, timezone
from functools import lru_cache

HOURS_OF_WEEK = 168
PROFILE_TICKETS = 400.0
"""Pseudo-tickets by which a category's hours are drawn to the district's, and the district's to an even
week."""
_HOUR = 3_600.0

Week = tuple[float, ...]
"""Operational hours gone by at the start of each hour of week; 169 entries, 0 … 168."""


def local_seconds(at: datetime, zone: timezone | None) -> float:
    """Seconds since 1970-01-01 00:00 local time: of the city's offset, else of the event's own."""
    offset = at.utcoffset() if zone is None else zone.utcoffset(at)
    return at.timestamp() + (offset.total_seconds() if offset is not None else 0.0)


def hour_of_week(at: float) -> int:
    """0 = Monday 00:00–01:00. (1970-01-01 was a Thursday.)"""
    return int(at // _HOUR + 72) % HOURS_OF_WEEK


class Weeks:
    """Weeks worked out before, found by the very tuples of counts they were made of.

    week_of() remembers too, but to find a week it reads 336 counts, and every ticket asks four times.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[tuple[int, ...], tuple[int, ...], Week]] = {}

    def of(self, category: tuple[int, ...], district: tuple[int, ...]) -> Week:
        """week_of() of the two."""
        place = id(category), id(district)
        known = self._known.get(place)
        # An address is given to another tuple only when this one is gone, and it is held here.
        if known is not None:
            return known[2]
        if len(self._known) >= 1024:
            self._known.clear()
        week = week_of(category, district)
        self._known[place] = category, district, week
        return week


@lru_cache(maxsize=1024)
def week_of(category: tuple[int, ...], district: tuple[int, ...]) -> Week:
    """Operational time over a week, mean speed 1: the category's hours, shrunk to the district's, to an
    even week."""
    even = [1.0] * HOURS_OF_WEEK
    profile = _shrink(category, _shrink(district, even))
    elapsed = [0.0]
    for speed in profile:
        elapsed.append(elapsed[-1] + speed)
    return tuple(elapsed)


def _shrink(counts: tuple[int, ...], prior: list[float]) -> list[float]:
    total = float(sum(counts))
    if not total:
        return prior
    scale = HOURS_OF_WEEK / (total + PROFILE_TICKETS)
    share = PROFILE_TICKETS / (total + PROFILE_TICKETS)
    # A silent hour still passes: else one call at night would be an infinite surprise.
    speeds = [max(0.02, count * scale + share * speed) for count, speed in zip(counts, prior, strict=True)]
    mean = sum(speeds) / HOURS_OF_WEEK
    return [speed / mean for speed in speeds]


def operational_hours(at: float, week: Week) -> float:
    """u(t) of alerting.md A.4: hours that pass fast when many call."""
    hours = at / _HOUR + 72.0
    weeks, rest = divmod(hours, HOURS_OF_WEEK)
    hour = min(int(rest), HOURS_OF_WEEK - 1)
    return weeks * HOURS_OF_WEEK + week[hour] + (rest - hour) * (week[hour + 1] - week[hour])

"""The state of one stream of reporters, and how a ticket is counted in it.

Kept are when the newest people came, and sums by day, so the order of arrival does not matter. Times are local
seconds since 1970-01-01, so that hours and days of the week are those people live by. Source: alerting.md A.4.
"""

import math

from pydantic import Field

from agents.intake.ticket import Value
from agents.problems.hours import HOURS_OF_WEEK, hour_of_week

HALF_LIFE_DAYS = 28.0
CALLER_DAYS = 7
"""A reporter weighs once in so many days, however often the phone rings."""
MAX_CALLERS = 64
MAX_UNNAMED_PER_DAY = 12
ENOUGH_TICKETS = 50
"""Fewer say nothing about hours."""
LATE_HOURS = 72.0
MOST_WRONG = 3
"""Tickets far ahead of all others that are taken for wrong dates; more are none."""
_BASELINE = ("day", "counted", "squares", "exposure", "today", "yesterday")
_DAY = 86_400
_HOUR = 3_600.0


class Rate(Value):
    """State of one stream of reporters. `seq` guards it: a change with a number not above it is in it
    already."""

    seq: int = 0
    since: float = 0.0
    at: float = 0.0
    """Time of the newest ticket."""
    counted: float = 0.0
    """Decayed count of closed days."""
    squares: float = 0.0
    """Decayed sum of the squares of closed days: how unsteady the stream is."""
    exposure: float = 0.0
    """Hours of closed days, decayed alike."""
    day: int = 0
    today: float = 0.0
    yesterday: float = 0.0
    gap: tuple[float, ...] = ()
    """Day, count, squares, exposure, today and yesterday as they were before the last silence of more than three days;
    where a wrong date made it, it is undone."""
    after_gap: int = 0
    """Tickets since then."""
    callers: dict[str, int] = Field(default_factory=dict)
    """Reporter → last call, oldest call first, at most 64."""
    came: tuple[int, ...] = ()
    """When the newest 64 of those who weigh came, in order of time."""
    hours: tuple[int, ...] = ()
    """Tickets per hour of week, of closed weeks; empty before there are enough of them."""
    hours_open: dict[int, int] = Field(default_factory=dict)
    """The same of the running week."""
    named: int = 0
    unnamed: int = 0
    """Tickets with and without a reporter; the stream of all tickets only."""
    often: dict[str, tuple[int, int, int]] = Field(default_factory=dict)
    """Reporter with many tickets → how many, on how many days, last day, at most 8; that stream only."""
    nobodies: tuple[str, ...] = ()
    """Accounts that are no person (callers.py), at most 8; that stream only."""
    recent: tuple[str, ...] = ()
    """Ids of the newest tickets, at most 50."""
    newest: tuple[float, ...] = ()
    """Times of the last five tickets; the stream of all tickets only."""


def clock_of(newest: tuple[float, ...]) -> float:
    """The district's clock: the middle of its last five ticket times, so that one wrong date moves
    nothing."""
    times = sorted(newest)
    return times[len(times) // 2] if times else 0.0


def is_fresh(rate: Rate | None, caller: str, at: float) -> bool:
    """Whether this caller adds a reporter to the stream: no call in seven days; unnamed callers by day.

    "" is the one shared unnamed caller, once a day. A name that starts with "~" stands for an unnamed
    caller of a platform that names nobody (see Book.caller_of): at most twelve of them a day, so that a
    script cannot make a crowd without bound.
    """
    if rate is None:
        return True
    if caller.startswith("~") and caller not in rate.callers:
        day = at // _DAY
        same_day = sum(name.startswith("~") and last // _DAY == day for name, last in rate.callers.items())
        return same_day < MAX_UNNAMED_PER_DAY
    last = rate.callers.get(caller)
    if last is None:
        return True
    if caller == "":
        return int(at // _DAY) > last // _DAY
    return abs(at - last) > CALLER_DAYS * _DAY


def count(
    rate: Rate | None,
    seq: int,
    at: float,
    weight: float,
    caller: str | None,
    clock: float,
    **more: object,
) -> Rate:
    """The stream after one ticket of `weight` 1 (a new reporter), 0 (a repeat) or -1 (taken back).

    The same change twice is one change: `seq` tells. A late ticket counts as if it had come in time;
    a stream whose clock a wrong date had carried away starts anew. `caller` None: nobody is remembered.
    `more`: fields that change with it.
    """
    if rate is None:
        rate = Rate.trusted(since=at, at=at, day=int(at // _DAY))
    if rate.seq >= seq:
        return rate
    if rate.at > max(clock, at) + LATE_HOURS * _HOUR:
        rate = _anew(rate, at)
    changes: dict[str, object] = {"seq": seq, "at": max(at, rate.at), **more}
    _roll(rate, at, weight, changes)
    if int(at // _DAY) - rate.day > LATE_HOURS / 24 and rate.at <= clock + LATE_HOURS * _HOUR:
        changes["gap"] = tuple([getattr(rate, name) for name in _BASELINE])
        changes["after_gap"] = 1
    else:
        changes["after_gap"] = rate.after_gap + 1
    if caller is not None:
        if weight >= 0:
            changes["callers"] = _call(rate.callers, caller, at)
        if weight:
            changes["came"] = _came(rate.came, int(at), weight)
    return rate.model_copy(update=changes)


def _anew(rate: Rate, at: float) -> Rate:
    """The stream as of `at`: nobody has called after now. The days until a wrong date have not passed; where many
    tickets came on the later days, those of now are late, and the days were real."""
    changes: dict[str, object] = {
        "at": at,
        "callers": {who: last for who, last in rate.callers.items() if last <= at},
        "came": tuple([one for one in rate.came if one <= at]),
    }
    today = int(at // _DAY)
    if rate.day > today and rate.after_gap <= MOST_WRONG:
        day, *sums = rate.gap if rate.gap and rate.gap[0] <= today else (today, 0.0, 0.0, 0.0, 0.0, 0.0)
        changes |= dict(zip(_BASELINE, (int(day), *sums), strict=True))
        changes["since"] = min(rate.since, at)
    return rate.model_copy(update=changes)


def first(seq: int, at: float, caller: str, ticket_id: str) -> Rate:
    """A stream of one ticket: what count() makes of a new reporter where nothing was before."""
    return Rate.trusted(
        seq=seq,
        since=at,
        at=at,
        day=int(at // _DAY),
        today=1.0,
        after_gap=1,
        callers={caller: int(at)},
        came=(int(at),),
        recent=(ticket_id,),
    )


def _roll(rate: Rate, at: float, weight: float, changes: dict[str, object]) -> None:
    """Close the days that are over. One whole day stays outside the baseline as guard band."""
    day = int(at // _DAY)
    passed = day - rate.day
    if passed < 0:
        if passed == -1:
            changes["yesterday"] = max(0.0, rate.yesterday + weight)
        return
    if passed == 0:
        changes["today"] = max(0.0, rate.today + weight)
        return
    closing = [rate.yesterday] if passed == 1 else [rate.yesterday, rate.today]
    counted, squares, exposure = rate.counted, rate.squares, rate.exposure
    keep = 0.5 ** (1 / HALF_LIFE_DAYS)
    for number in closing:
        squares = squares * keep + _winsorise(number, counted, exposure, 2.0) ** 2
        counted = counted * keep + _winsorise(number, counted, exposure, 1.0)
        exposure = exposure * keep + 24.0
    silent = passed - len(closing)
    if silent > 0:
        fade = keep**silent
        counted, squares, exposure = (
            counted * fade,
            squares * fade,
            exposure * fade + 24.0 * (1 - fade) / (1 - keep),
        )
    changes |= {
        "counted": counted,
        "squares": squares,
        "exposure": exposure,
        "day": day,
        "today": max(0.0, weight),
    }
    changes["yesterday"] = rate.today if passed == 1 else 0.0


def _winsorise(number: float, counted: float, exposure: float, width: float) -> float:
    """A day's count, cut at m + width·(3√m + 2) once a week of history gives an m worth the name."""
    if exposure < 7 * 24.0:
        return number
    mean = counted / exposure * 24.0
    return min(number, mean + width * (3 * math.sqrt(mean) + 2))


def _call(callers: dict[str, int], caller: str, at: float) -> dict[str, int]:
    kept = callers.copy()
    last = max(int(at), kept.pop(caller, 0))
    while len(kept) >= MAX_CALLERS:
        del kept[min(zip(kept.values(), kept, strict=True))[1]]
    kept[caller] = last
    return kept


def _came(came: tuple[int, ...], at: int, weight: float) -> tuple[int, ...]:
    if weight < 0:
        place = came.index(at) if at in came else len(came)
        return (*came[:place], *came[place + 1 :])
    if not came or at >= came[-1]:
        return (*came, at)[-MAX_CALLERS:]
    return tuple(sorted((*came, at)))[-MAX_CALLERS:]


def people_since(rate: Rate, hours: float) -> int:
    """How many have come in so many hours before the newest ticket. Of a crowd larger than the list: at most, those of
    today, and of yesterday where the hours reach back so far."""
    listed = sum([at >= rate.at - hours * _HOUR for at in rate.came])
    if listed < MAX_CALLERS:
        return listed
    has_yesterday = hours * _HOUR > rate.at - rate.day * _DAY
    return max(listed, int(rate.today + (rate.yesterday if has_yesterday else 0.0)))


def learned(rate: Rate | None, at: float) -> dict[str, object]:
    """The fields of count()'s `more` by which a stream learns the hour of week; a week's hours join the profile
    when the week is over."""
    hours: tuple[int, ...] = rate.hours if rate is not None else ()
    running = rate.hours_open.copy() if rate is not None else {}
    is_new_week = rate is not None and _week_number(int(at // _DAY)) > _week_number(rate.day)
    if is_new_week and sum(hours) + sum(running.values()) >= ENOUGH_TICKETS:
        counts = list(hours or (0,) * HOURS_OF_WEEK)
        for known, number in running.items():
            counts[known] += number
        hours, running = tuple(counts), {}
    hour = hour_of_week(at)
    running[hour] = running.get(hour, 0) + 1
    return {"hours": hours, "hours_open": running}


def _week_number(day: int) -> int:
    """Weeks begin on Monday; 1970-01-01 was a Thursday."""
    return (day + 3) // 7

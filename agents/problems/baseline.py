"""How many reporters are usual, how many are there now, and how far that is from chance.

The detector of a burst: negative binomial tail on exponentially decayed counts of distinct reporters, at
nested levels, in one unit of evidence λ. One Rate is the state of one stream (a problem, a street ×
category, a district × category, or all tickets of a district, which also learns the hours of the week).
Times are local seconds since 1970-01-01, so that hours and days of the week are those people live by.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timezone
from functools import lru_cache
from typing import NamedTuple

from pydantic import Field
from scipy.special import betainc, betaln

from agents.intake.ticket import Value

FAST_TAUS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Operational hours."""
SLOW_TAUS = (24.0, 72.0, 168.0, 504.0)
"""Plain hours: at ten tickets a day a burst lasts days."""
SLOW_BELOW_PER_DAY = 60.0
"""The slow counters count as evidence only in a district with fewer tickets a day than this."""
HALF_LIFE_DAYS = 28.0
START_UP_DAYS = 28
CALLER_DAYS = 7
"""A reporter weighs once in so many days, however often the phone rings."""
MAX_CALLERS = 64
MAX_UNNAMED_PER_DAY = 12
HOURS_OF_WEEK = 168
PROFILE_TICKETS = 400.0
"""Pseudo-tickets by which a category's hours are drawn to the district's, and the district's to an even
week."""
ENOUGH_TICKETS = 50
"""Fewer say nothing about hours."""
LATE_HOURS = 72.0
PHI = {"problem": 0.8, "street": 6.0, "district": 8.0}
"""Dispersion of the negative binomial per level, set by hand before the runs of alerting.md A.4."""
PRIOR_WEIGHT = {"problem": 0.3, "street": 2.0, "district": 2.0, "all": 0.5}
LEAST_SCORE = 2.0
"""At most one chance in a hundred: in a small district λ alone would let everything pass."""
QUIET_HOURS = 336.0
"""Three reporters in two weeks are worth a look where two at most are expected. Source: the product's aim."""
QUIET_VALUE = -1.0
NOTHING = (0.0, 0.0, 1.0)
_DAY = 86_400
_HOUR = 3_600.0


class Rate(Value):
    """State of one stream of reporters. `seq` guards it: a change with a number not above it is in it
    already."""

    seq: int = 0
    since: float = 0.0
    at: float = 0.0
    """Instant the counters are decayed to."""
    fast: tuple[float, ...] = (0.0,) * len(FAST_TAUS)
    slow: tuple[float, ...] = (0.0,) * len(SLOW_TAUS)
    counted: float = 0.0
    """Decayed count of closed days."""
    squares: float = 0.0
    """Decayed sum of the squares of closed days: how unsteady the stream is."""
    exposure: float = 0.0
    """Hours of closed days, decayed alike."""
    day: int = 0
    today: float = 0.0
    yesterday: float = 0.0
    callers: dict[str, int] = Field(default_factory=dict)
    """Reporter → last call, oldest call first, at most 64."""
    hours: tuple[int, ...] = ()
    """Tickets per hour of week, of closed weeks; empty before there are enough of them."""
    hours_open: dict[int, int] = Field(default_factory=dict)
    """The same of the running week."""
    named: int = 0
    unnamed: int = 0
    """Tickets with and without a reporter; the stream of all tickets only."""
    recent: tuple[str, ...] = ()
    """Ids of the newest tickets, at most 50."""
    newest: tuple[float, ...] = ()
    """Times of the last five tickets; the stream of all tickets only."""


class Evidence(NamedTuple):
    """What a stream shows at one instant: the counter that is furthest from chance, and its figures."""

    level: str
    value: float
    """λ: minus log10 of the union bound on chance findings a day."""
    figures: dict[str, float]


Week = tuple[float, ...]
"""Operational hours gone by at the start of each hour of week; 169 entries, 0 … 168."""


def local_seconds(at: datetime, zone: timezone | None) -> float:
    """Seconds since 1970-01-01 00:00 local time: of the city's offset, else of the event's own."""
    local = at.astimezone(zone) if zone is not None else at
    offset = local.utcoffset()
    return local.timestamp() + (offset.total_seconds() if offset is not None else 0.0)


def hour_of_week(at: float) -> int:
    """0 = Monday 00:00–01:00. (1970-01-01 was a Thursday.)"""
    return int(at // _HOUR + 72) % HOURS_OF_WEEK


@lru_cache(maxsize=4096)
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
    rate: Rate | None, seq: int, at: float, weight: float, caller: str, week: Week, clock: float
) -> Rate:
    """The stream after one ticket of `weight` 1 (a new reporter), 0 (a repeat) or -1 (taken back).

    The same change twice is one change: `seq` tells. A late ticket is decayed as if it had come in time;
    a stream whose clock a wrong date had carried away starts anew.
    """
    if rate is None:
        rate = Rate.trusted(since=at, at=at, day=int(at // _DAY))
    if rate.seq >= seq:
        return rate
    if rate.at > max(clock, at) + LATE_HOURS * _HOUR:
        rate = rate.model_copy(
            update={"at": at, "fast": (0.0,) * len(FAST_TAUS), "slow": (0.0,) * len(SLOW_TAUS)}
        )
    changes: dict[str, object] = {"seq": seq}
    _decay(rate, at, weight, week, changes)
    _roll(rate, at, weight, changes)
    if weight >= 0:
        changes["callers"] = _call(rate.callers, caller, at)
    return rate.model_copy(update=changes)


def _decay(rate: Rate, at: float, weight: float, week: Week, changes: dict[str, object]) -> None:
    """E ← E·e^(−Δu/τ) + w; for a late ticket E ← E + w·e^(Δu/τ)."""
    plain = (at - rate.at) / _HOUR
    swift = operational_hours(at, week) - operational_hours(rate.at, week)
    changes["fast"] = _decayed(rate.fast, FAST_TAUS, swift, weight)
    changes["slow"] = _decayed(rate.slow, SLOW_TAUS, plain, weight)
    changes["at"] = max(at, rate.at)


def _decayed(
    counters: tuple[float, ...], taus: Sequence[float], hours: float, weight: float
) -> tuple[float, ...]:
    exp = math.exp
    pairs = zip(counters, taus, strict=True)
    if hours >= 0:
        after = [e * exp(-hours / tau) + weight if e else weight for e, tau in pairs]
    else:
        after = [e + weight * exp(hours / tau) for e, tau in pairs]
    return tuple(after) if weight >= 0 else tuple([max(0.0, e) for e in after])


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
    last = max(int(at), callers.get(caller, 0))
    kept = {name: time for name, time in callers.items() if name != caller}
    while len(kept) >= MAX_CALLERS:
        del kept[min(kept, key=lambda name: (kept[name], name))]
    kept[caller] = last
    return kept


def learn_hours(before: Rate | None, after: Rate, at: float) -> Rate:
    """`after` with the hour of week learned; a week's hours join the profile when the week is over."""
    hours, running = after.hours, dict(after.hours_open)
    hour = hour_of_week(at)
    is_new_week = before is not None and _week_number(after.day) > _week_number(before.day)
    if is_new_week and sum(hours) + sum(running.values()) >= ENOUGH_TICKETS:
        counts = list(hours or (0,) * HOURS_OF_WEEK)
        for known, number in running.items():
            counts[known] += number
        hours, running = tuple(counts), {}
    running[hour] = running.get(hour, 0) + 1
    return after.model_copy(update={"hours": hours, "hours_open": running})


def _week_number(day: int) -> int:
    """Weeks begin on Monday; 1970-01-01 was a Thursday."""
    return (day + 3) // 7


def hourly(rate: Rate | None, prior: float, level: str, at: float, include_open_days: bool) -> float:
    """Expected reporters per hour: r = (A + a₀)/(B + a₀/ρ), ρ = `prior`.

    `include_open_days`: before 28 days of history the open days count too, for the wide levels: nothing looks
    unusual then merely because nothing is known. A problem's own open days never do: they are what is tested.
    """
    weight = PRIOR_WEIGHT[level]
    counted = exposure = 0.0
    if rate is not None:
        counted, exposure = rate.counted, rate.exposure
        if include_open_days:
            open_since = max(rate.since, (rate.day - 1) * float(_DAY))
            counted += rate.yesterday + rate.today
            exposure += max(4.0, (max(at, rate.at) - open_since) / _HOUR)
    return (counted + weight) / (exposure + weight / prior)


def dispersion(level: str, rate: Rate) -> float:
    """φ of a stream: that of its level, or smaller where its own days are more unsteady, or few.

    Method of moments on the closed days, φ = m²/(v − m). A stream whose tickets come in batches (inspections,
    one clerk's pile) has a small one, and its batches are then no news. A rate known from few tickets is
    itself uncertain: the count to come has then the spread of a gamma mixture of that shape. A problem's
    own past is too short for either.
    """
    known, days = PHI[level], rate.exposure / 24.0
    if level == "problem":
        return known
    if days >= 7 and rate.counted > 0:
        mean = rate.counted / days
        excess = rate.squares / days - mean * mean - mean
        known = known if excess <= 0 else min(known, max(0.05, mean * mean / excess))
    return 1.0 / (1.0 / known + 1.0 / (rate.counted + PRIOR_WEIGHT[level]))


def tail(n: float, mean: float, phi: float) -> float:
    """−log10 P(N ≥ n) of a negative binomial with this mean and size φ, for any real n > 0; never
    infinite."""
    if n <= 0:
        return 0.0
    x = mean / (phi + mean)
    p = float(betainc(n, phi, x))
    if p > 1e-290:
        return max(0.0, -math.log10(p))
    # Leading term of the incomplete beta function: the power underflows where its logarithm does not.
    log_p = n * math.log(max(x, 1e-300)) + phi * math.log1p(-x) - math.log(n) - float(betaln(n, phi))
    return -log_p / math.log(10)


def distinct_within(rate: Rate, at: float, hours: float, week: Week | None) -> int:
    """Callers whose last call lies within so many hours before `at`: operational with `week`, else plain."""
    if week is None:
        return sum(at - last <= hours * _HOUR for last in rate.callers.values())
    now = operational_hours(at, week)
    return sum(now - operational_hours(last, week) <= hours for last in rate.callers.values())


def weigh(
    level: str, rate: Rate, hourly_rate: float, per_day: float, sparse: bool, week: Week
) -> Evidence | None:
    """The evidence λ of a stream just after a new reporter was counted.

    None below three distinct callers, and where chance explains it (p > 1 %). Fast counters need three
    callers within 24 operational hours, slow ones within 21 days. J, the number of counters tried, and
    `per_day`, the new reporters a day at this level, make the union bound.
    """
    if len(rate.callers) < 3:
        return None
    at, phi = rate.at, dispersion(level, rate)
    fast = _best(rate.fast, FAST_TAUS, hourly_rate, phi)
    slow = _best(rate.slow, SLOW_TAUS, hourly_rate, phi) if sparse else NOTHING
    quiet = level == "problem" and sparse and hourly_rate * QUIET_HOURS <= 2.0
    quiet = quiet and distinct_within(rate, at, QUIET_HOURS, None) >= 3
    least = 0.01 if quiet else LEAST_SCORE
    if max(fast, slow)[0] < least:
        return None
    near, far = distinct_within(rate, at, 24.0, week), distinct_within(rate, at, SLOW_TAUS[-1], None)
    tried = len(FAST_TAUS) + (len(SLOW_TAUS) if sparse else 0)
    score, e, tau = max(fast if near >= 3 else NOTHING, slow if far >= 3 else NOTHING)
    if score < least:
        return None
    value = max(score - math.log10(tried * max(per_day, 1.0)), QUIET_VALUE if quiet else -math.inf)
    expected = hourly_rate * tau
    counters = [*zip(rate.fast, FAST_TAUS, strict=True), *zip(rate.slow, SLOW_TAUS, strict=True)][:tried]
    figures = {
        "lambda": value,
        "score": score,
        "tau": tau,
        "e": e,
        "r": hourly_rate,
        "phi": phi,
        "n_per_day": max(per_day, 1.0),
        "J": float(tried),
        "distinct24": float(near),
        "distinct21d": float(far),
        "expected": expected,
        "ratio": e / expected,
    }
    figures |= {f"e_{tau:g}": e for e, tau in counters}
    return Evidence(level, value, {name: round(number, 6) for name, number in figures.items()})


def _best(
    counters: tuple[float, ...], taus: Sequence[float], hourly_rate: float, phi: float
) -> tuple[float, float, float]:
    """(score, E, τ) of the counter furthest above what is usual. Source: moments of a decayed count, A.4
    step 6."""
    best = NOTHING
    for e, tau in zip(counters, taus, strict=True):
        n, mean = 2 * e - 1, 2 * hourly_rate * tau
        if n > mean:
            best = max(best, (tail(n, mean, phi), e, tau))
    return best

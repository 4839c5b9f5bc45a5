"""How many reporters are usual, how many are there now, and how far that is from chance.

The detector of a burst: negative binomial tail on the spans that hold the newest distinct reporters, at nested
levels, in one unit of evidence λ. One Rate is the state of one stream (a problem, a street ×
matter, a district × matter, or all tickets of a district, which also learns the hours of the week).
Times are local seconds since 1970-01-01, so that hours and days of the week are those people live by.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from scipy.special import betainc, betaln

from agents.problems.hours import Week, operational_hours
from agents.problems.rate import Rate

SLOW_BELOW_PER_DAY = 60.0
"""Spans of days count as evidence only in a district with fewer tickets a day than this."""
START_UP_DAYS = 28
PHI = {"problem": 0.8, "street": 6.0, "district": 8.0}
"""Dispersion of the negative binomial per level, set by hand before the runs of alerting.md A.4."""
PRIOR_WEIGHT = {"problem": 0.3, "street": 2.0, "district": 2.0, "all": 0.5}
LEAST_SCORE = 2.0
"""At most one chance in a hundred: in a small district λ alone would let everything pass."""
QUIET_HOURS = 336.0
"""Three reporters in two weeks are worth a look where two at most are expected. Source: the product's aim."""
QUIET_VALUE = -1.0
PEOPLE = (3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64)
"""So many of the newest reporters are looked at together."""
LEAST_SPAN = 0.25
"""Hours. Calls that come closer are no more surprising: a clerk files several at once."""
NEAR, SHORT, LONG = 24.0, 60.0, 504.0
"""Operational hours within which three must have called; the longest span looked at, in such hours, and in plain ones
where a district is sparse."""
WIDE = 16.0
"""The longest span of a street's or a district's crowd, in operational hours, where a district is not sparse: what
took longer than a day is more often the day's own swing. Source: docs/decisions/0034."""
NOTHING = (0.0, 0, 1.0)
LEAST_RATE = 1e-6
"""Reporters an hour: a smaller rate would be told as 0, against which everything is infinitely surprising."""
HAIR = 1e-6
"""What may be lost by rounding."""
_DAY = 86_400
_HOUR = 3_600.0


class Evidence(NamedTuple):
    """What a stream shows at one instant: the span that is furthest from chance, and its figures."""

    level: str
    value: float
    """λ: minus log10 of the union bound on chance findings a day."""
    figures: dict[str, float]


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


def is_common(n: float, mean: float, phi: float, least: float) -> bool:
    """Whether tail() is surely below `least`, from P(N = ⌈n⌉) alone, which is not above P(N ≥ n): most often it tells,
    for a twentieth of the cost."""
    k = math.ceil(n)
    ways = math.lgamma(k + phi) - math.lgamma(phi) - math.lgamma(k + 1)
    log_p = ways + k * math.log(mean / (phi + mean)) + phi * math.log(phi / (phi + mean))
    # A hair more, for what is lost by rounding.
    return log_p > 1e-9 - least * math.log(10)


def distinct_within(rate: Rate, at: float, hours: float, week: Week | None) -> int:
    """Callers whose last call lies within so many hours before `at`: operational with `week`, else plain."""
    if week is None:
        return sum([at - last <= hours * _HOUR for last in rate.callers.values()])
    now = operational_hours(at, week)
    return sum([now - operational_hours(last, week) <= hours for last in rate.callers.values()])


def weigh(
    level: str,
    rate: Rate,
    hourly_rate: float,
    per_day: float,
    sparse: bool,
    week: Week,
    floor: float = -math.inf,
) -> Evidence | None:
    """The evidence λ of a stream just after a new reporter was counted.

    None below three callers, where chance explains it (p > 1 %), and perhaps below `floor`. Looked at are the spans
    that hold the newest three, four, … reporters: up to 60 operational hours, of a street or a district 16, in a sparse
    district 60 and also 21 days. That so many others called before this one is what chance has to explain. J, the
    number of spans, and `per_day`, the new reporters a day at this level, make the union bound.
    """
    if len(rate.callers) < 3:
        return None
    phi = dispersion(level, rate)
    quiet = level == "problem" and sparse and _is_quiet(rate, hourly_rate)
    fast = spans_of(rate, week, SHORT if sparse or level == "problem" else WIDE)
    slow = spans_of(rate, None, LONG) if sparse else []
    union = math.log10((tried := max(1, len(fast) + len(slow))) * max(per_day, 1.0))
    least = 0.01 if quiet else max(LEAST_SCORE, floor + union - HAIR)
    swift, long = _best(fast, hourly_rate, phi, least), _best(slow, hourly_rate, phi, least)
    if max(swift, long)[0] < least:
        return None
    near = distinct_within(rate, rate.at, NEAR, week)
    score, people, span = max(swift if near >= 3 else NOTHING, long)
    if score < least:
        return None
    figures = {
        "lambda": max(score - union, QUIET_VALUE if quiet else -math.inf),
        "score": score,
        "span": span,
        "people": float(people),
        "r": max(hourly_rate, LEAST_RATE),
        "phi": phi,
        "n_per_day": max(per_day, 1.0),
        "J": float(tried),
        "distinct24": float(near),
        "distinct21d": float(distinct_within(rate, rate.at, LONG, None)),
        "expected": (usual := hourly_rate * span),
        "ratio": people / usual,
        **_named("span", fast),
        **_named("long", slow),
    }
    if score == long[0]:
        figures["slow"] = 1.0
    return Evidence(level, figures["lambda"], {name: round(number, 6) for name, number in figures.items()})


def is_slow(figures: Mapping[str, float]) -> bool:
    """Whether it came together over days, as it may in a sparse stream only."""
    return "slow" in figures


def _named(name: str, spans: Sequence[tuple[int, float]]) -> dict[str, float]:
    return {f"{name}_{people}": span for people, span in spans}


def spans_of(rate: Rate, week: Week | None, longest: float = SHORT) -> list[tuple[int, float]]:
    """(n, hours within which the newest n reporters have called), up to `longest`: operational with `week`, else plain
    ones of more than a day."""
    # Within days nobody weighs twice; over weeks one person may.
    newest = rate.came[::-1] if week is not None else sorted(rate.callers.values(), reverse=True)
    now = rate.at / _HOUR if week is None else operational_hours(rate.at, week)
    spans = []
    for people in PEOPLE:
        if people > len(newest):
            break
        last = newest[people - 1]
        span = now - (last / _HOUR if week is None else operational_hours(last, week))
        if span > longest:
            break
        if week is not None or span > NEAR:
            spans.append((people, max(span, LEAST_SPAN)))
    return spans


def _is_quiet(rate: Rate, hourly_rate: float) -> bool:
    """Whether three people within two weeks are more than are expected there."""
    is_still = hourly_rate * QUIET_HOURS <= 2.0
    return is_still and distinct_within(rate, rate.at, QUIET_HOURS, None) >= 3


def evidence_of(figures: Mapping[str, float], correction: float = 1.0) -> float:
    """λ from the figures of weigh(): where the city calls `correction` times as often as usual, and where the
    reporters count for less than one each (figure `weight`, see campaign.py)."""
    strongest, weight = 0.0, figures.get("weight", 1.0)
    for name, span in figures.items():
        if not name.startswith(("span_", "long_")):
            continue
        others, usual = weight * float(name[5:]) - 1, figures["r"] * correction * span
        if others > usual:
            strongest = max(strongest, tail(others, usual, figures["phi"]))
    union = math.log10(max(figures["J"] * figures["n_per_day"], 1e-9))
    return strongest - union + figures.get("together", 0.0)


def _best(
    spans: Sequence[tuple[int, float]], hourly_rate: float, phi: float, least: float
) -> tuple[float, int, float]:
    """(score, reporters, hours) of the span furthest above what is usual, if its score may be `least`."""
    best = NOTHING
    for people, span in spans:
        others, mean = people - 1, hourly_rate * span
        if others > mean and not is_common(others, mean, phi, max(least, best[0])):
            best = max(best, (tail(others, mean, phi), people, span))
    return best

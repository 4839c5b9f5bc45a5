"""Intervals: Wilson's for a share, a bootstrap over days for rates, Kaplan and Meier's median for delays."""

import math
from collections.abc import Callable, Sequence
from random import Random
from statistics import NormalDist
from typing import TypeVar

Z95 = NormalDist().inv_cdf(0.975)
RESAMPLES = 1000
Day = TypeVar("Day")


def wilson(hits: int, of: int, z: float = Z95) -> tuple[float, float]:
    """The interval of a share of `hits` in `of`; all is possible where nothing was seen.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 1927.
    """
    if of == 0:
        return 0.0, 1.0
    share, square = hits / of, z * z
    centre = (share + square / (2 * of)) / (1 + square / of)
    half = z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return max(0.0, centre - half), min(1.0, centre + half)


def over_days(
    days: Sequence[Day],
    figure: Callable[[Sequence[Day]], float | None],
    resamples: int = RESAMPLES,
) -> tuple[float, float] | None:
    """The middle 95 % of a figure when whole days are drawn again with replacement; None without any value.

    `days`: what happened on each day; what happens within a day hangs together, so days are the blocks.
    """
    rng = Random(20260302)
    values = []
    for _ in range(resamples if days else 0):
        value = figure(rng.choices(days, k=len(days)))
        if value is not None:
            values.append(value)
    if not values:
        return None
    values.sort()
    return values[int(0.025 * (len(values) - 1))], values[math.ceil(0.975 * (len(values) - 1))]


def survival_quantile(delays: Sequence[tuple[float, bool]], share: float) -> float | None:
    """The delay by which `share` of the cases is found; (delay, found) each, not found = censored at the delay.

    None when fewer than `share` ever are. Source: E. L. Kaplan and P. Meier, JASA 1958.
    """
    left, surviving = len(delays), 1.0
    ordered = sorted(delays)
    place = 0
    while place < len(ordered):
        at, found, gone = ordered[place][0], 0, 0
        while place < len(ordered) and ordered[place][0] == at:
            found += ordered[place][1]
            gone += 1
            place += 1
        surviving *= 1 - found / left
        left -= gone
        if surviving <= 1 - share + 1e-12:
            return at
    return None


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of all do not exceed."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]

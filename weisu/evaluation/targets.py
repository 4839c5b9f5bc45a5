"""What was promised, and whether the figures keep it: met, not met, or too few incidents to say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weisu.evaluation.curve import at_most
from weisu.evaluation.experiment import OURS

LEAST_INCIDENTS = 100
"""Fewer give an interval of more than ± 9 points: no verdict."""
LEAST_HOAXES = 20


@dataclass(frozen=True)
class Target:
    """One promise and what was measured."""

    name: str
    asked: str
    measured: str
    is_met: bool | None
    """None: too few cases for a verdict."""

    @property
    def verdict(self) -> str:
        return {True: "met", False: "not met", None: "too few cases for a verdict"}[self.is_met]


def targets(figures: Mapping[str, Any]) -> list[Target]:
    """All of them, in the order of the issue. Source of the bounds: docs/notes/alerting.md, E."""
    curve = figures["curves"].get(OURS, [])
    five, one = at_most(curve, 5.0), at_most(curve, 1.0)
    pooled = figures["pooled"]
    hoaxes, problems = pooled["hoaxes"], pooled["problems"]
    return [
        _recall("recall at 5 false crowd alarms a day", five, 0.87),
        _delay("median distinct reporter at 5 a day", five, 4),
        _recall("recall at 1 false crowd alarm a day", one, 0.80),
        Target(
            "crowd alerts about a hoax",
            "0",
            f"{hoaxes['crowd_alerts']} about {hoaxes['planted']} hoaxes",
            hoaxes["crowd_alerts"] == 0 if hoaxes["planted"] >= LEAST_HOAXES else None,
        ),
        _at_least("problems: pairwise F1", problems["pairwise"]["f1"], 0.90),
        _at_least("problems: B³ F", problems["b_cubed"]["f1"], 0.75),
        *(_budget(row) for row in figures["budgets"]),
    ]


def _recall(name: str, point: Mapping[str, Any] | None, least: float) -> Target:
    if point is None or point["recall"] is None:
        return Target(
            name, f"≥ {least}", "no threshold is that quiet" if point is None else "no incident", None
        )
    measured = (
        f"{point['recall']:.3f} ({point['low']:.3f}–{point['high']:.3f}), {point['told']} of {point['of']}, at λ* = "
        f"{point['threshold']:g} with {point['false_a_day']:.2f} false a day"
    )
    return Target(
        name, f"≥ {least}", measured, point["recall"] >= least if point["of"] >= LEAST_INCIDENTS else None
    )


def _delay(name: str, point: Mapping[str, Any] | None, most: int) -> Target:
    if point is None or point["of"] == 0:
        return Target(name, f"≤ {most}", "no incident", None)
    median, interval = point["reporters"]["median"], point["median_reporter_interval"]
    measured = "never told to half of them" if median is None else f"{median:g}"
    if interval is not None:
        measured += f" ({interval[0]:g}–{interval[1]:g})"
    is_met = median is not None and median <= most
    return Target(name, f"≤ {most}", measured, is_met if point["of"] >= LEAST_INCIDENTS else None)


def _at_least(name: str, value: float, least: float) -> Target:
    return Target(name, f"≥ {least}", f"{value:.3f}", value >= least)


def _budget(row: Mapping[str, Any]) -> Target:
    """Within a quarter of what was allowed."""
    budget, realised = row["budget"], row["alerts_a_day"]
    return Target(
        f"alerts a day at a budget of {budget:g}",
        f"{0.75 * budget:g}–{1.25 * budget:g}",
        f"{realised:.2f}",
        abs(realised - budget) <= 0.25 * budget,
    )

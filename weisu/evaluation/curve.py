"""Recall and delay against false alarms a day: what each method does at each threshold, over all cities."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from weisu.evaluation.incidents import Fate, fates, summary
from weisu.evaluation.intervals import over_days, survival_quantile
from weisu.evaluation.outcome import Outcome
from weisu.evaluation.truth import CityTruth
from weisu.evaluation.verdicts import CROWDS, judge

FINE_AT_FIVE = (-0.8, -0.7, -0.6, -0.5, -0.4, -0.3, -0.2)
FINE_AT_ONE = (0.4, 0.5, 0.6, 0.7, 0.8)
GRID = (-1.0, *FINE_AT_FIVE, 0.0, 0.25, *FINE_AT_ONE, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
"""λ* of the curve, in tenths where it passes five and one false alarm a day, so that it is read there; a candidate below
−1 is never made (agents/problems)."""
UNCAPPED_GRID = (-0.5, 0.0, 0.5, 1.0, 2.0, 3.0)
NAIVE_GRID = (3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0)
EARS_GRID = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 14.0, 20.0, 30.0, 50.0)
Figures = dict[str, object]


@dataclass(frozen=True)
class DayTally:
    """One scored day of one city: days are the blocks of the bootstrap."""

    false: int
    """Crowd alerts that are false, over the whole city and all levels together."""
    alerts: int
    """Crowd alerts."""
    storm: int
    hoax: int
    fates: tuple[Fate, ...]
    """Of the incidents that began on this day."""


@dataclass(frozen=True)
class Trial:
    """One method at one threshold in one city."""

    method: str
    threshold: float
    days: tuple[DayTally, ...]


def tried(truth: CityTruth, outcome: Outcome, warm_up: int, method: str, threshold: float) -> Trial:
    """The trial of an outcome, day by day after the warm-up."""
    verdicts = defaultdict(list)
    for verdict in judge(truth, outcome.alerts):
        if verdict.told.kind in CROWDS:
            verdicts[truth.day_of(verdict.told.at)].append(verdict.finding)
    begun = defaultdict(list)
    for fate in fates(truth, outcome.alerts, warm_up):
        begun[fate.day].append(fate)
    return Trial(
        method,
        threshold,
        tuple(
            DayTally(
                verdicts[day].count("false"),
                len(verdicts[day]),
                verdicts[day].count("storm"),
                verdicts[day].count("hoax"),
                tuple(begun[day]),
            )
            for day in range(warm_up, truth.days)
        ),
    )


def points(trials: Iterable[Trial]) -> dict[str, list[Figures]]:
    """Method → its points over all cities, from the most alerts to the fewest."""
    pooled: dict[tuple[str, float], list[DayTally]] = defaultdict(list)
    for trial in trials:
        pooled[trial.method, trial.threshold].extend(trial.days)
    found: dict[str, list[Figures]] = defaultdict(list)
    for (method, threshold), days in pooled.items():
        found[method].append(point(threshold, days))
    return dict(found)


def point(threshold: float, days: Sequence[DayTally]) -> Figures:
    """One point with its intervals: days drawn again for rates and delays, Wilson's for recall."""
    all_fates = list(chain.from_iterable(day.fates for day in days))
    figures = summary(all_fates)
    return {
        "threshold": threshold,
        "days": len(days),
        "false_a_day": round(false_rate(days), 4),
        "false_interval": _rounded(over_days(days, false_rate)),
        "alerts_a_day": round(sum(day.alerts for day in days) / max(1, len(days)), 4),
        "storm_alerts": sum(day.storm for day in days),
        "hoax_alerts": sum(day.hoax for day in days),
        **figures,
        "recall_by_days": _rounded(over_days(days, _recall)),
        "median_reporter_interval": _rounded(over_days(days, _median_reporter)),
    }


def false_rate(days: Sequence[DayTally]) -> float:
    return sum(day.false for day in days) / max(1, len(days))


def _recall(days: Sequence[DayTally]) -> float | None:
    found = [fate.told_at is not None for day in days for fate in day.fates]
    return sum(found) / len(found) if found else None


def _median_reporter(days: Sequence[DayTally]) -> float | None:
    return survival_quantile(
        [(float(f.reporters), f.told_at is not None) for d in days for f in d.fates], 0.5
    )


def _rounded(interval: tuple[float, float] | None) -> list[float] | None:
    return [round(end, 4) for end in interval] if interval else None


def at_most(found: Sequence[Mapping[str, object]], false_a_day: float) -> Mapping[str, object] | None:
    """The point with the highest recall among those with no more false alarms a day; None when there is none."""
    within = [p for p in found if float(str(p["false_a_day"])) <= false_a_day]
    return max(
        within, key=lambda p: (float(str(p["recall"] or 0.0)), -float(str(p["threshold"]))), default=None
    )

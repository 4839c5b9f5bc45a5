"""The whole measurement behind `weisu evaluate alerts`: cities, methods, figures."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Literal

from weisu import __version__
from weisu.evaluation.baselines import alerts_at, ears_c2, naive
from weisu.evaluation.curve import EARS_GRID, GRID, NAIVE_GRID, UNCAPPED_GRID, Figures, Trial, points, tried
from weisu.evaluation.outcome import Outcome
from weisu.evaluation.pooling import pooled
from weisu.evaluation.scoring import score
from weisu.evaluation.tape import Plan, Played, at_threshold, decide_again, play, with_budget
from weisu.settings import Settings
from weisu.simulator.stories import Rates

OURS, UNCAPPED, NAIVE, NAIVE_CALLS, EARS = (
    "weisu",
    "weisu, callers not told apart",
    "3 callers in 24 h",
    "3 calls in 24 h",
    "EARS C2",
)
BUDGETS = (0.5, 1.0, 1.5)
"""Times the city's own budget: does the realised number follow?"""
TOWN = 40
"""Tickets a day of the town that is played over years."""
TOWN_SPOTS = 3000
"""Its chronic and its seasonal spots, at a city's volume: 19 each at 40 tickets a day."""
Progress = Callable[[str], None]


Role = Literal["city", "uncapped", "years"]


@dataclass(frozen=True)
class CityMeasure:
    """All that one city contributes."""

    role: Role
    seed: int
    scores: Figures
    """Of the product as it ships: its own thresholds and budget."""
    trials: tuple[Trial, ...] = ()
    budgets: tuple[tuple[float, float], ...] = ()
    """(alerts a day allowed, alerts a day told in the mean of the scored days)."""


def measure(
    plan: Plan,
    seeds: Sequence[int],
    settings: Settings,
    workers: int,
    years: int = 0,
    progress: Progress = lambda _: None,
) -> Figures:
    """The figures over all cities; the same plan and seeds give the same figures, whatever the number of workers.

    The first city is played a second time with callers not told apart, and as a small town over `years` (0: not).
    """
    work = [partial(measure_city, plan, seed, settings) for seed in seeds]
    work.append(partial(measure_uncapped, plan, seeds[0], settings))
    if years:
        work.append(partial(measure_years, over_years(plan, years), seeds[0], settings))
    measures = sorted(_done(work, workers, progress), key=lambda one: (one.role, one.seed))
    cities = [one for one in measures if one.role == "city"]
    slow = [one for one in measures if one.role == "years"]
    curves = points(trial for one in measures for trial in one.trials)
    return {
        "plan": {
            "seeds": list(seeds),
            "start": plan.start.isoformat(),
            "days": plan.days,
            "tickets_per_day": plan.tickets_per_day,
            "warm_up_days": plan.warm_up,
            "city": plan.city.name,
        },
        "version": __version__,
        "cities": {str(one.seed): one.scores for one in cities},
        "pooled": pooled([one.scores for one in cities]),
        "as_shipped": points(
            Trial("as shipped", 0.0, trial.days)
            for one in cities
            for trial in one.trials
            if trial.method == SHIPPED
        )["as shipped"][0],
        "curves": {method: curve for method, curve in curves.items() if method != SHIPPED},
        "budgets": _budgets(cities),
        "years": {"years": years, "tickets_per_day": TOWN, **pooled([slow[0].scores])} if slow else None,
    }


SHIPPED = "as shipped"


def _done(
    work: Sequence[Callable[[], CityMeasure]], workers: int, progress: Progress
) -> Iterator[CityMeasure]:
    if workers == 1:
        for number, job in enumerate(work, 1):
            yield job()
            progress(f"{number} of {len(work)} replays done")
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        futures = [pool.submit(job) for job in work]
        for number, future in enumerate(as_completed(futures), 1):
            yield future.result()
            progress(f"{number} of {len(work)} replays done")


def measure_city(plan: Plan, seed: int, settings: Settings) -> CityMeasure:
    """Play a city once; score it as shipped, at fixed thresholds, under other budgets, and with the baselines."""
    played = play(plan, seed, settings)
    outcomes = [(SHIPPED, 0.0, played.outcome), *_at_thresholds(played, OURS, GRID)]
    for name, by_caller in ((NAIVE, True), (NAIVE_CALLS, False)):
        found = naive(played.seen, by_caller)
        outcomes += [(name, threshold, alerts_at(found, threshold, name)) for threshold in NAIVE_GRID]
    found = ears_c2(played.seen)
    outcomes += [(EARS, threshold, alerts_at(found, threshold, EARS)) for threshold in EARS_GRID]
    own = played.city.thresholds.alerts_per_day
    return CityMeasure(
        "city",
        seed,
        score(played.truth, played.outcome, plan.warm_up),
        tuple(tried(played.truth, told, plan.warm_up, name, level) for name, level, told in outcomes),
        tuple((factor * own, _told_a_day(played, factor * own, plan.warm_up)) for factor in BUDGETS),
    )


def measure_uncapped(plan: Plan, seed: int, settings: Settings) -> CityMeasure:
    """The same city where the platform tells nobody apart: what the cap of one caller is worth."""
    played = play(plan, seed, settings, uncapped=True)
    return CityMeasure(
        "uncapped",
        seed,
        {},
        tuple(
            tried(played.truth, told, plan.warm_up, name, level)
            for name, level, told in _at_thresholds(played, UNCAPPED, UNCAPPED_GRID)
        ),
    )


def over_years(plan: Plan, years: int) -> Plan:
    """A small town in which much comes back each year, of which the last year is scored."""
    start = plan.start.replace(year=plan.start.year - years)
    days = (plan.start - start).days
    rates = Rates(chronic=TOWN_SPOTS, seasonal=TOWN_SPOTS)
    return replace(plan, start=start, days=days, tickets_per_day=TOWN, warm_up=days - 365, rates=rates)


def measure_years(plan: Plan, seed: int, settings: Settings) -> CityMeasure:
    """What needs years: seasonal findings, and chronic ones of months."""
    played = play(plan, seed, settings)
    return CityMeasure("years", seed, score(played.truth, played.outcome, plan.warm_up))


def _at_thresholds(played: Played, name: str, grid: Sequence[float]) -> Iterator[tuple[str, float, Outcome]]:
    for level in grid:
        city = at_threshold(played.city, level)
        yield name, level, decide_again(played.tape, city, played.outcome.problem_of)


def _told_a_day(played: Played, budget: float, warm_up: int) -> float:
    told = decide_again(played.tape, with_budget(played.city, budget), {})
    counted = [one for one in told.alerts if one.kind != "hazard" and played.truth.day_of(one.at) >= warm_up]
    return len(counted) / max(1, played.truth.days - warm_up)


def _budgets(cities: Sequence[CityMeasure]) -> list[Figures]:
    return [
        {
            "budget": rows[0][0],
            "alerts_a_day": round(sum(realised for _, realised in rows) / len(rows), 3),
            "by_city": [round(realised, 3) for _, realised in rows],
        }
        for rows in zip(*(one.budgets for one in cities), strict=True)
    ]

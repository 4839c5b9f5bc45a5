"""The path of tickets once, up to alerting's door; then alerting's step again and again under other thresholds.

Both are the live functions: a recorder is a Path that writes down what it is handed.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path as Folder
from typing import Any

from agents.alerting.alert import AlertEvent
from agents.alerting.desk import Desk
from agents.alerting.order import News
from agents.city import City
from agents.grading.grade import Graded
from agents.problems.problem import Gathered
from agents.problems.signature import Told
from streams.path import Path
from streams.replay import Stopwatch, replay
from streams.results import Results, written_only
from weisu import wiring
from weisu.city_folder import load_city
from weisu.evaluation.outcome import Outcome, outcome_of
from weisu.evaluation.truth import CityTruth, read_truth
from weisu.replaying import newest, no_collections, with_attic
from weisu.settings import Settings
from weisu.simulator.simulate import simulate
from weisu.simulator.stories import Rates
from weisu.simulator.truth import Truth

UNLIMITED = 1e6
"""Alerts a day of a budget that never holds anything."""


@dataclass(frozen=True)
class Plan:
    """Which cities are played, and from which day on they are scored."""

    city: Folder
    start: date
    days: int
    tickets_per_day: int
    warm_up: int
    rates: Rates = field(default_factory=Rates)


@dataclass(frozen=True)
class Seen:
    """A ticket as the product knew it when it was called in: what a simpler detector has to go by."""

    ticket_id: str
    at: datetime
    caller: str
    """Pseudonym; where the platform names nobody the ticket's own id."""
    district: str
    street: str
    spot: str
    """The narrowest named part of the place without its house number; "" when nothing is known."""
    category: str
    problem: str


@dataclass(repr=False)
class Recorder(Path):
    """The path of tickets, writing down in which order alerting heard what."""

    tape: list[News | datetime] = field(default_factory=list)
    seen: dict[str, Seen] = field(default_factory=dict)

    def on_news(self, news: News) -> tuple[AlertEvent, ...]:
        self.tape.append(news)
        return super().on_news(news)

    def on_tick(self, at: datetime) -> tuple[Gathered, tuple[AlertEvent, ...]]:
        self.tape.append(at)
        return super().on_tick(at)

    def on_graded(self, graded: Graded, told: Told | None = None) -> Gathered:
        gathered = super().on_graded(graded, told)
        if graded.ticket.ticket_id not in self.seen and gathered.count is not None:
            self.seen[graded.ticket.ticket_id] = _seen(graded, gathered)
        return gathered


def _seen(graded: Graded, gathered: Gathered) -> Seen:
    ticket, place, count = graded.ticket, graded.ticket.place, gathered.count
    assert count is not None
    named = place.community or (place.address or "").rstrip("0123456789号栋楼#") or place.street
    return Seen(
        ticket_id=ticket.ticket_id,
        at=count.at,
        caller=ticket.reporter or ticket.ticket_id,
        district=place.district or "",
        street=place.street or "",
        spot=f"{place.district or ''}/{named}" if named else "",
        category=count.category,
        problem=gathered.changes[-1].problem.problem_id,
    )


@dataclass(frozen=True, repr=False)
class Played:
    """A city played through the whole path once."""

    truth: CityTruth
    outcome: Outcome
    tape: list[News | datetime]
    seen: list[Seen]
    city: City


def play(plan: Plan, seed: int, settings: Settings, uncapped: bool = False) -> Played:
    """Simulate a city and walk its events through the live path, with event time as the only clock.

    `uncapped`: the platform names a caller of its own for every call, so that nobody can be told from many.
    """
    truth = Truth()
    city = load_city(plan.city)
    events: Iterable[Mapping[str, Any]] = simulate(
        city, seed, plan.start, plan.days, plan.tickets_per_day, plan.rates, truth
    )
    if uncapped:
        events = map(_as_stranger, events)
    lines = (
        (number, json.dumps(event, ensure_ascii=False).encode()) for number, event in enumerate(events, 1)
    )
    path = Recorder(**vars(with_attic(wiring.make_path(settings.model_copy(update={"city": plan.city})))))
    with no_collections():
        results = asyncio.run(replay(lines, path, Stopwatch(), results=written_only(newest())))
    assert path.desk is not None
    return Played(
        read_truth(truth.lines()), outcome_of(results), path.tape, list(path.seen.values()), path.desk.city
    )


def _as_stranger(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**event, "caller": {"id": f"call-{event['ticket_id']}"}} if "content" in event else event


def at_threshold(city: City, evidence: float) -> City:
    """The city with one fixed λ* from its first day and no budget: a point of the curve."""
    thresholds = replace(
        city.thresholds,
        evidence=evidence,
        alerts_per_day=UNLIMITED,
        tickets_per_alert=1e-6,
    )
    return replace(city, thresholds=thresholds, version=f"{city.version}λ{evidence:g}")


def with_budget(city: City, alerts_per_day: float) -> City:
    """The city with another budget."""
    thresholds = replace(city.thresholds, alerts_per_day=alerts_per_day, tickets_per_alert=1e-6)
    return replace(city, thresholds=thresholds, version=f"{city.version}B{alerts_per_day:g}")


def decide_again(tape: Iterable[News | datetime], city: City, problem_of: Mapping[str, str]) -> Outcome:
    """Alerting's step over what it heard, with other thresholds: the same functions, a desk of its own."""
    path, results = Path(desk=Desk(city, {})), Results()
    for item in tape:
        events = path.on_tick(item)[1] if isinstance(item, datetime) else path.on_news(item)
        for event in events:
            results.hear(event)
    return replace(outcome_of(results), problem_of=problem_of)

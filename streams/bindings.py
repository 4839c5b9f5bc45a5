"""From bytes to a step of the path and back to records: what each Faust agent does with one input."""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from pydantic import BaseModel

from agents.alerting.alert import AlertEvent, Command
from agents.alerting.decide import Desk
from agents.alerting.desk import STATE
from agents.alerting.follow import ask_of, follows_of
from agents.alerting.order import News, Waiting
from agents.city import City
from agents.grading.grade import Graded
from agents.grading.ladder import Ladder
from agents.intake.accept import Intake
from agents.intake.ticket import Ticket
from agents.notifying.route import TOLD, Delivery, Routing
from agents.notifying.send import NotDelivered, Sender
from agents.problems.books import Books
from agents.problems.calendar import Calendar
from agents.problems.member import Member
from agents.problems.merging import Ask
from agents.problems.problem import Candidate, Count, Gathered, Problem
from agents.problems.rate import Rate
from agents.problems.rising import Recall
from streams.asks import is_ask, read_ask, write_ask
from streams.delivery import Arrived, Entry, Series, TryAgain
from streams.outbox import Output
from streams.path import Path
from streams.tables import Tables
from streams.ticks import Clock, is_tick, read_tick, write_tick
from streams.worker import Worker

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """What the roles need beside Kafka; weisu/wiring.py fills it, a role leaves what it does not need out."""

    city: City
    key: bytes = b""
    """Secret of the callers' hashes: core."""
    grader: Ladder | None = None
    routing: Routing | None = None
    sender: Sender | None = None
    hide_doors: bool = False
    """Whether the numbers of flats and houses are masked: core."""

    @property
    def city_key(self) -> str:
        """Key of what the whole city shares."""
        return self.city.name or "city"


@dataclass
class DeskLine:
    """Alerting on one partition: its state, what waits for its turn, and its event time."""

    path: Path
    waiting: Waiting[Entry]
    clock: Clock = field(default_factory=Clock)

    def take(self, news: News | datetime, entry: Entry) -> list[tuple[News, Entry]]:
        """What may be decided now that this arrived."""
        return self.waiting.advance(news) if isinstance(news, datetime) else self.waiting.push(news, entry)


class Core:
    """The core role: fast, pure, and the owner of the state, which lives and dies with its partition."""

    def __init__(self, worker: Worker, parts: Parts) -> None:
        self._worker = worker
        self._parts = parts
        self._topics = worker.topics
        tables = Tables(worker.app, self._topics.table_partitions, self._forget)
        self.journal = tables.journal
        self._tickets = tables.open("tickets", Ticket)
        self._problems = tables.open("problems", Problem)
        self._members = tables.open("members", Member)
        self._rates = tables.open("rates", Rate)
        self._calendars = tables.open("calendars", Calendar)
        self._state = tables.open("desk", STATE)
        self._news: dict[str, type[Candidate] | type[Count] | type[Command]] = {
            self._topics.candidates: Candidate,
            self._topics.counts: Count,
            self._topics.commands: Command,
        }
        self._intakes: dict[int, Path] = {}
        self._books: dict[int, Path] = {}
        self._clocks: dict[int, Clock] = {}
        self._desks: dict[int, DeskLine] = {}

    def _forget(self) -> None:
        """After a rebalance nothing derived from the old state may stay."""
        for held in (self._intakes, self._books, self._clocks, self._desks):
            held.clear()

    # tickets.events → tickets.accepted, alerts.candidates

    def accept(self, event: Arrived) -> list[Output]:
        """Intake of one event. Raises InvalidEvent."""
        path = self._intake(event.message.partition)
        assert path.intake is not None
        # Event time never goes back: one event of a far year would close all problems and make the rest late.
        path.intake.until = datetime.now(UTC) + timedelta(hours=self._worker.settings.ahead_h)
        accepted, hazards = path.on_event(event.value or b"")
        ticket = accepted.ticket
        accepted_ticket = self._worker.output(self._topics.accepted, ticket.ticket_id, ticket)
        return [accepted_ticket, *self._to_city(self._topics.candidates, hazards)]

    def _intake(self, partition: int) -> Path:
        if partition not in self._intakes:
            tickets = self._tickets.shelf(partition)
            self._intakes[partition] = Path(
                intake=Intake(self._parts.city, self._parts.key, tickets, self._parts.hide_doors)
            )
        return self._intakes[partition]

    def recall(self, event: Arrived) -> list[Output]:
        """tickets.recalls → tickets.accepted: the ticket as it stands, graded and gathered once more."""
        asked = Recall.model_validate_json(event.value or b"")
        # By its key it lies where its events are, unless the platform chooses partitions in a way of its own.
        ticket = self._tickets.shelf(event.message.partition).get(asked.ticket_id)
        return (
            [] if ticket is None else [self._worker.output(self._topics.accepted, ticket.ticket_id, ticket)]
        )

    # tickets.graded → problems, alerts.candidates, city.counts

    async def gather(self, event: Arrived, series: Series) -> None:
        """One graded ticket, and the hours that have struck before it."""
        entry = await series.take(event)
        raw, partition = event.value or b"", event.message.partition
        try:
            if is_ask(raw):
                await series.run(entry, partial(self._regroup, partition, read_ask(raw)))
                return
            news = read_tick(raw) if is_tick(raw) else Graded.model_validate_json(raw)
        except Exception as error:
            await series.refuse(entry, error)
            return
        at, ticket_id = (
            (news, "") if isinstance(news, datetime) else (news.ticket.trigger_at, news.ticket.ticket_id)
        )
        for tick in self._clocks.setdefault(partition, Clock()).see(at, time.monotonic(), ticket_id):
            await series.aside(entry, partial(self._gather_on_tick, partition, tick))
        await series.run(
            entry, list if isinstance(news, datetime) else partial(self._gather, partition, news)
        )

    def _gather(self, partition: int, graded: Graded) -> list[Output]:
        return self._gathered(self._book(partition).on_graded(graded), graded.ticket.trigger_at)

    def _gather_on_tick(self, partition: int, at: datetime) -> list[Output]:
        return self._gathered(self._book(partition).on_tick(at)[0], at)

    def _regroup(self, partition: int, ask: Ask) -> list[Output]:
        return self._gathered(self._book(partition).on_ask(ask), ask.at)

    def _book(self, partition: int) -> Path:
        if partition not in self._books:
            problems, members = self._problems.shelf(partition), self._members.shelf(partition)
            rates, calendars = self._rates.shelf(partition), self._calendars.shelf(partition)
            books = Books(self._parts.city, problems, members, rates, calendars)
            self._books[partition] = Path(books=books)
        return self._books[partition]

    def _gathered(self, gathered: Gathered, at: datetime) -> list[Output]:
        changes = [
            self._worker.output(self._topics.problems, change.problem.problem_id, change)
            for change in gathered.changes
        ]
        counts = [] if gathered.count is None else [gathered.count]
        candidates = self._to_city(self._topics.candidates, gathered.candidates)
        follows = self._to_city(self._topics.commands, follows_of(gathered))
        recalls = [
            self._worker.output(self._topics.recalls, ticket_id, Recall(ticket_id=ticket_id, at=at))
            for ticket_id in (*gathered.recalled, *gathered.moved)
        ]
        return changes + candidates + self._to_city(self._topics.counts, counts) + follows + recalls

    def _to_city(self, topic: str, values: Iterable[BaseModel]) -> list[Output]:
        return [self._worker.output(topic, self._parts.city_key, value) for value in values]

    # alerts.candidates, city.counts, alerts.commands → alerts

    async def decide(self, event: Arrived, series: Series) -> None:
        """One piece of news; it is decided when event time has passed it, and unacknowledged until then."""
        entry = await series.take(event)
        if entry.dropped:
            return
        raw = event.value or b""
        try:
            kind = self._news[event.message.topic]
            news = read_tick(raw) if is_tick(raw) else kind.model_validate_json(raw)
        except Exception as error:
            await series.refuse(entry, error)
            return
        if isinstance(news, Command) and (ask := ask_of(news)) is not None:
            await series.run(entry, partial(self._pass_on, ask))
            return
        desk = self._desk(event.message.partition)
        await self._strike(desk, news, entry, series)
        for released, held in desk.take(news, entry):
            await series.run(held, partial(self._decide, desk, released))
        if isinstance(news, datetime):
            await series.run(entry, list)

    def _pass_on(self, ask: Ask) -> list[Output]:
        """What an officer asks of problems, to where they are."""
        return [Output(self._topics.graded, self._parts.city_key.encode(), write_ask(ask))]

    async def _strike(self, desk: DeskLine, news: News | datetime, entry: Entry, series: Series) -> None:
        """The hours that have struck before `news`. A command carries an officer's clock and strikes none."""
        if isinstance(news, Command):
            return
        at = news if isinstance(news, datetime) else news.at
        for tick in desk.clock.see(at, time.monotonic()):
            for released, held in desk.waiting.advance(tick):
                await series.run(held, partial(self._decide, desk, released))
            await series.aside(entry, partial(self._decide_on_tick, desk, tick))

    def _desk(self, partition: int) -> DeskLine:
        if partition not in self._desks:
            settings = self._worker.settings
            waiting: Waiting[Entry] = Waiting(timedelta(seconds=settings.lateness_s), settings.waiting)
            path = Path(desk=Desk(self._parts.city, self._state.shelf(partition)))
            self._desks[partition] = DeskLine(path, waiting)
        return self._desks[partition]

    def _decide(self, desk: DeskLine, news: News) -> list[Output]:
        return self._alerts(desk.path.on_news(news))

    def _decide_on_tick(self, desk: DeskLine, at: datetime) -> list[Output]:
        return self._alerts(desk.path.on_tick(at)[1])

    def _alerts(self, events: Iterable[AlertEvent]) -> list[Output]:
        outputs = []
        for event in events:
            self._worker.metrics.count("weisu_alert_events_total", event=event.event)
            if event.event in TOLD and (dropped := event.alert.figures.get("dropped_sentences", 0.0)):
                self._worker.metrics.count("weisu_sentences_dropped_total", dropped)
            outputs.append(self._worker.output(self._topics.alerts, event.alert.alert_id, event))
        return outputs

    # time that passes while nothing arrives

    def ticks_for_idle(self, wall: float) -> list[Output]:
        """Ticks for partitions whose event time stands still although time goes on; `wall`: monotonic
        seconds."""
        topics, patience_s = self._topics, self._worker.settings.tick_s
        found = [(topics.graded, partition, clock.due(wall)) for partition, clock in self._clocks.items()]
        for partition, desk in self._desks.items():
            pressing = len(desk.waiting) > 0 and desk.clock.idle_s(wall) >= patience_s
            at = desk.clock.now(wall) if pressing else desk.clock.due(wall)
            found.append((topics.candidates, partition, at))
        return [
            Output(topic, None, write_tick(at), partition=partition)
            for topic, partition, at in found
            if at is not None
        ]


class Telling:
    """The notifying role: waits for webhooks. At least once to each channel."""

    def __init__(self, worker: Worker, parts: Parts) -> None:
        if parts.sender is None:
            raise ValueError("the notifying role needs a sender")
        self._worker = worker
        self._city_key = parts.city_key
        self._commands = worker.topics.commands
        self._path = Path(routing=parts.routing)
        self._sender = parts.sender
        tables = Tables(worker.app, worker.topics.table_partitions, lambda: None)
        self.journal = tables.journal
        self._delivered = tables.open("delivered", str)

    async def tell(self, event: Arrived) -> Sequence[Output]:
        """alerts → messages; what became of each is reported to alerting.

        A channel that does not answer keeps none of the others waiting. Raises TryAgain when all were asked.
        """
        alert = AlertEvent.model_validate_json(event.value or b"")
        outputs, silent = [], list[TryAgain]()
        for delivery in self._path.on_alert(alert):
            outcome = self._delivered.shelf(event.message.partition).get(delivery.key)
            if outcome is None:
                try:
                    outcome = await self._send(delivery)
                except TryAgain as error:
                    silent.append(error)
                    continue
                self._delivered.shelf(event.message.partition)[delivery.key] = outcome
            # Reported again when it went out before: the report may be what a crash has lost.
            outputs.append(self._report(delivery, outcome))
        if silent:
            raise silent[0]
        return outputs

    async def _send(self, delivery: Delivery) -> str:
        """What became of it: sent, historical, refused. Raises TryAgain when the channel does not answer."""
        outcome: str
        try:
            outcome = (await self._sender.send(delivery)).outcome
        except NotDelivered as error:
            if error.retry:
                raise TryAgain(error.why) from error
            log.error("a message was refused: %s key=%s", error.why, delivery.key)
            outcome = "refused"
        self._worker.metrics.count("weisu_deliveries_total", outcome=outcome)
        return outcome

    def _report(self, delivery: Delivery, outcome: str) -> Output:
        command = Command(
            command="delivered",
            command_id=delivery.key,
            alert_id=delivery.event.alert.alert_id,
            by=delivery.channel,
            at=delivery.event.at,
            note=outcome,
        )
        return self._worker.output(self._commands, self._city_key, command)

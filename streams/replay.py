"""The same path over a file: event time is the only clock, and twice the same input gives the same bytes."""

import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from agents.alerting.alert import AlertEvent, Command
from agents.alerting.follow import ask_of, follows_of
from agents.alerting.order import News, Waiting
from agents.grading.grade import Graded
from agents.intake.accept import Accepted
from agents.intake.event_time import FAR, EventTime
from agents.intake.events import InvalidEvent
from agents.intake.ticket import News as Read
from agents.problems.problem import Candidate, Gathered
from agents.problems.signature import Told
from streams.lines import Damage
from streams.path import Path
from streams.results import Rejected, Results

TICK = timedelta(hours=1)
BATCH = 256
"""Lines that one step of the path takes before the next one does: a processor that does one thing for a while does
it faster."""
LONG_GAP = timedelta(days=2)
"""Silence longer than this is ticked through by days: a file of ten years is not walked by hours."""


class Front(NamedTuple):
    """What the first half of the path (intake, grading) makes of one line. Depends on earlier lines of the same ticket only."""

    line: int
    accepted: Accepted | None = None
    hazards: tuple[Candidate, ...] = ()
    graded: Graded | None = None
    told: Told | None = None
    rejected: Rejected | None = None


class Stopwatch:
    """Where the time went, by stage, in seconds of this process."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now


async def walk_front(
    lines: Iterable[tuple[int, bytes | Damage]], path: Path, watch: Stopwatch
) -> AsyncIterator[list[Front]]:
    """Intake and grading for each line, in order, a batch of lines at a time.

    Each step goes through the batch before the next, for none asks for a later step of an earlier line.
    """
    rest = iter(lines)
    while taken := list(islice(rest, BATCH)):
        watch.lap("read")
        read = [(number, _read(number, raw, path)) for number, raw in taken]
        for _, news in read:
            if not isinstance(news, Rejected):
                path.foresee(news)
        batch = [_take(number, news, path) for number, news in read]
        watch.lap("intake")
        graded = [await _grade(front, path) for front in batch]
        watch.lap("grading")
        told = [path.tell(one) if one is not None else None for one in graded]
        watch.lap("problems")
        yield [
            Front(front.line, front.accepted, front.hazards, one, said) if said is not None else front
            for front, one, said in zip(batch, graded, told, strict=True)
        ]


def _read(number: int, raw: bytes | Damage, path: Path) -> Read | Rejected:
    if isinstance(raw, Damage):
        return Rejected(number, "damaged_file", raw.detail)
    try:
        return path.read(raw)
    except InvalidEvent as error:
        return Rejected(number, error.reason, error.detail)


def _take(number: int, news: Read | Rejected, path: Path) -> Front:
    if isinstance(news, Rejected):
        return Front(number, rejected=news)
    accepted, hazards = path.on_read(news)
    return Front(number, accepted, hazards if accepted.changed else ())


async def _grade(front: Front, path: Path) -> Graded | None:
    accepted = front.accepted
    if accepted is None or not accepted.changed or accepted.ticket.created_at is None:
        return None
    return (await path.on_accepted(accepted.ticket)).graded


class Back:
    """The second half of the path: problems, and alerting behind them, each in the order of the lines."""

    def __init__(
        self,
        path: Path,
        watch: Stopwatch,
        on_alert: Callable[[AlertEvent], None] = lambda _: None,
        results: Results | None = None,
        commands: Iterable[Command] = (),
    ) -> None:
        self.path, self.watch, self.results = path, watch, results or Results()
        self._commands = deque(sorted(commands, key=lambda command: (command.at, command.command_id)))
        self._waiting: Waiting[None] = Waiting()
        self._on_alert = on_alert
        self._ticker = Ticker()
        self._news: list[News] = []
        """For alerting, in order: it knows nothing of problems, nor they of it, so that it may come after them."""

    def take(self, batch: Iterable[Front]) -> None:
        """Some lines' share of the work."""
        for front in batch:
            self._take(front)
        self._decide()

    def _take(self, front: Front) -> None:
        self.results.count("lines")
        if front.rejected is not None:
            self.results.rejected.append(front.rejected)
            return
        assert front.accepted is not None
        ticket = front.accepted.ticket
        if not front.accepted.changed:
            self.results.count("redelivered")
            return
        self.results.count("events")
        self._tick_to(ticket.trigger_at, ticket.ticket_id)
        self._news += front.hazards
        if front.graded is None:
            self.results.waiting[ticket.ticket_id] = None
        else:
            self.results.waiting.pop(ticket.ticket_id, None)
            self._gather(front.graded, front.told)

    def finish(self) -> Results:
        """Release what still waits for its turn in event time."""
        for news, _ in self._waiting.drain():
            self._keep(self.path.on_news(news))
        while self._commands:
            self._obey(self._commands.popleft())
        self._decide()
        return self.results

    def _gather(self, graded: Graded, told: Told | None) -> None:
        gathered = self.path.on_graded(graded, told)
        if not self._keep_gathered(gathered):
            self.results.keep(graded)
        self._news += gathered.candidates
        if gathered.count is not None:
            self._news.append(gathered.count)

    def _obey(self, command: Command) -> None:
        """What an officer asked, when event time has come to it."""
        self._decide()
        ask = ask_of(command)
        if ask is None:
            self._keep(self.path.on_news(command))
        else:
            self._keep_gathered(self.path.on_ask(ask))

    def _obey_until(self, at: datetime) -> None:
        while self._commands and self._commands[0].at <= at:
            self._obey(self._commands.popleft())

    def _keep_gathered(self, gathered: Gathered) -> bool:
        """Keep all but what alerting weighs; whether a ticket's own state was among it."""
        has_ticket = has_record = False
        for change in gathered.changes:
            self.results.problems[change.problem.problem_id] = change.problem
            if change.record is not None:
                self.results.records.append(change)
                has_record = True
            if change.graded is not None and change.joined != "left":
                self.results.keep(change.graded, change.problem.problem_id, change.score)
                has_ticket = True
        for ticket_id in gathered.recalled:
            self.results.rise(ticket_id)
        for ticket_id, problem_id in gathered.moved.items():
            self.results.move(ticket_id, problem_id)
        if has_record:
            self._news += follows_of(gathered)
        return has_ticket

    def _decide(self) -> None:
        """What has been gathered comes to alerting."""
        self.watch.lap("problems")
        for item in self._news:
            for released, _ in self._waiting.push(item, None):
                self._keep(self.path.on_news(released))
        self._news.clear()
        self.watch.lap("alerting")

    def _keep(self, events: Iterable[AlertEvent]) -> None:
        for event in events:
            if self.results.hear(event):
                self._on_alert(event)

    def _tick_to(self, at: datetime, ticket_id: str) -> None:
        """Event time has come to `at`: let the hours before it strike."""
        for tick in self._ticker.see(at, ticket_id):
            self._decide()
            self._obey_until(tick)
            for news, _ in self._waiting.advance(tick):
                self._keep(self.path.on_news(news))
            gathered, events = self.path.on_tick(tick)
            self._keep_gathered(gathered)
            self.watch.lap("ticks")
            self._news += gathered.candidates
            self._decide()
            self._keep(events)
        if self._commands and self._ticker.is_at(at):
            self._obey_until(at)


class Ticker:
    """Tells which ticks an event brings about, live and in a replay. One date far ahead of all others brings
    about none: a typing error would close every problem and stop event time for the years between."""

    def __init__(self) -> None:
        self.last: datetime | None = None
        """Tick. None: nothing seen yet."""
        self._time = EventTime()

    def see(self, at: datetime, ticket_id: str = "") -> Iterable[datetime]:
        """The ticks that come before an event of time `at`, of that ticket where it is known."""
        if not self._time.see(at, ticket_id):
            return ()
        if self.last is None or self.last - at > FAR:
            # Event time itself says where to begin: it takes back a first date that stood alone.
            assert self._time.at is not None
            self.last = min(self.last or at, self._time.at).replace(minute=0, second=0, microsecond=0)
        return () if at - self.last < TICK else self._strike(at)

    def _strike(self, at: datetime) -> Iterator[datetime]:
        assert self.last is not None
        for tick in ticks_between(self.last, at):
            self.last = tick
            yield tick

    def is_at(self, at: datetime) -> bool:
        """Whether event time has come near `at`: not where that is a date in doubt."""
        return self.last is not None and at - self.last <= FAR


def ticks_between(last: datetime, at: datetime) -> Iterator[datetime]:
    """The instants after `last` up to `at` at which time is told: hours, days in a long silence."""
    while at - last >= TICK:
        last += timedelta(days=1) if at - last > LONG_GAP else TICK
        yield last


async def replay(
    lines: Iterable[tuple[int, bytes | Damage]],
    path: Path,
    watch: Stopwatch,
    on_alert: Callable[[AlertEvent], None] = lambda _: None,
    results: Results | None = None,
    commands: Iterable[Command] = (),
) -> Results:
    """The whole path in this process. `results` are filled; None: new ones that keep everything.

    `commands`: what officers asked, each decided when event time has come to it.
    """
    back = Back(path, watch, on_alert, results, commands)
    async for batch in walk_front(lines, path, watch):
        back.take(batch)
    return back.finish()

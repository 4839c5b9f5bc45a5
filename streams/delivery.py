"""At-least-once without gaps: what was read is acknowledged in order, and only when all it led to is
delivered.

Why Faust's own ways are not used: docs/decisions and the lint test tests/house/test_faust_ban.py.

    TryAgain       something outside does not answer now   → the same input again, later; never a dead letter
    any other      this input cannot be handled            → dead letter (streams/deadletters.py)
    TooManyDead    nearly all inputs fail: the fault is ours → the worker stops, nothing more is read
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, Protocol

from streams.outbox import Halt, Held, Outbox, Output, Sleep, pauses

log = logging.getLogger(__name__)


class TryAgain(Exception):
    """What is needed outside does not answer now. The same input is tried again until it passes."""


class TooManyDead(Exception):
    """So many inputs fail that going on would only empty the topic into the dead letters."""


class Arrived(Protocol):
    """One input. Faust's Event over a raw topic fits."""

    key: Any
    value: Any
    message: Any
    headers: Any

    def ack(self) -> bool: ...


class Dead(Protocol):
    """Judges failing inputs; streams/deadletters.py is the one there is."""

    def good(self, topic: str) -> None:
        """An input of `topic` was handled."""
        ...

    def bury(self, event: Arrived, error: Exception, attempt: int) -> Output:
        """The dead letter of an input after that many attempts. Raises TooManyDead."""
        ...


class Entry:
    """One input's place in the line of its partition."""

    __slots__ = ("_acker", "_line", "_missing", "_owed", "dropped", "event", "ready")

    def __init__(self, acker: "OrderedAcker", line: "_Line", event: Arrived) -> None:
        self._acker = acker
        self._line = line
        self._missing = 0
        self._owed: list[asyncio.Future[None]] = []
        self.event = event
        self.ready = False
        self.dropped = False

    def owe(self, futures: Iterable["asyncio.Future[None]"]) -> None:
        """Outputs that must be delivered too before this input counts as done. Call before finish()."""
        self._owed.extend(futures)

    def finish(self, futures: Iterable["asyncio.Future[None]"] = ()) -> None:
        """The work is done; acknowledge once `futures` (its outputs) are done and all before it are
        acknowledged."""
        self._missing = 1
        for future in (*self._owed, *futures):
            if not future.done() or not _succeeded(future):
                self._missing += 1
                future.add_done_callback(self._delivered)
        self._count_down()

    def _delivered(self, future: "asyncio.Future[None]") -> None:
        if _succeeded(future):
            self._count_down()

    def _count_down(self) -> None:
        self._missing -= 1
        if self._missing == 0:
            self.ready = True
            self._acker._advance(self._line)


def _succeeded(future: "asyncio.Future[None]") -> bool:
    return not future.cancelled() and future.exception() is None


class _Line:
    """The unacknowledged inputs of one partition in one generation of the consumer group, in offset order."""

    __slots__ = ("entries", "generation", "place")

    def __init__(self, place: tuple[str, int], generation: int) -> None:
        self.place = place
        self.generation = generation
        self.entries: deque[Entry] = deque()


class OrderedAcker:
    """Acknowledges each partition strictly in offset order, so that Faust never sees a gap.

    Inputs of an older generation are never acknowledged: they will be delivered again, to whoever owns them
    now.
    """

    def __init__(
        self,
        generation: Callable[[], int],
        max_unacked: int,
        on_ack: Callable[[str, int], None] = lambda topic, acked: None,
    ) -> None:
        self._generation = generation
        self._room = asyncio.Semaphore(max_unacked)
        self._on_ack = on_ack
        self._lines: dict[tuple[str, int, int], _Line] = {}
        self._closed = -2
        self.in_flight = 0

    async def room(self) -> None:
        """Wait until fewer than `max_unacked` inputs are unacknowledged, and take one place. Then call
        add()."""
        await self._room.acquire()

    def add(self, event: Arrived) -> Entry:
        """Stand in line. Call in the order of delivery, each after room()."""
        message = event.message
        generation = -1 if message.generation_id is None else message.generation_id
        key = (message.topic, message.partition, generation)
        self.in_flight += 1
        if generation <= self._closed:
            entry = Entry(self, _Line(key[:2], generation), event)
            self._drop(entry)
            return entry
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(key[:2], generation)
        entry = Entry(self, line, event)
        line.entries.append(entry)
        return entry

    def close(self, generation: int) -> None:
        """Let go of everything of `generation` and before: never acknowledged by us, delivered again to the
        next owner.

        Called when partitions are revoked or the worker stops, for what cannot be finished in time.
        """
        self._closed = max(self._closed, generation)
        for key in [key for key in self._lines if key[2] <= self._closed]:
            entries = self._lines.pop(key).entries
            while entries:
                self._drop(entries.popleft())

    def _drop(self, entry: Entry) -> None:
        entry.dropped = True
        # Faust waits for every message that it handed out. This ends its waiting without counting as done:
        # only Consumer.ack() moves the offset that is committed.
        entry.event.message.acked = True
        self._free(1)

    def _free(self, places: int) -> None:
        self.in_flight -= places
        for _ in range(places):
            self._room.release()

    def _advance(self, line: _Line) -> None:
        entries, acked, freed = line.entries, 0, 0
        current = line.generation == self._generation()
        while entries and entries[0].ready:
            event = entries.popleft().event
            freed += 1
            if current:
                event.ack()
                acked += 1
            else:
                event.message.acked = True
        if not entries:
            self._lines.pop((*line.place, line.generation), None)
        self._free(freed)
        if acked:
            self._on_ack(line.place[0], acked)


class Series:
    """One input at a time: state is changed in line, deliveries are waited for out of line, `max_unacked`
    at most."""

    def __init__(
        self,
        acker: OrderedAcker,
        outbox: Outbox,
        dead: Dead,
        halt: Halt,
        writes: Callable[[], Sequence[Output]] = tuple,
        on_step: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self.acker = acker
        self._outbox = outbox
        self._dead = dead
        self._halt = halt
        self._writes = writes
        self._on_step = on_step

    async def take(self, event: Arrived) -> Entry:
        """A place in line for `event`; blocking here is the back-pressure. Finish it with run()."""
        await self.acker.room()
        return self.acker.add(event)

    async def submit(self, event: Arrived, step: Callable[[Arrived], Sequence[Output]]) -> None:
        """Take `event` and run `step` on it."""
        entry = await self.take(event)
        await self.run(entry, lambda: step(event))

    async def run(self, entry: Entry, step: Callable[[], Sequence[Output]]) -> None:
        """Do the work of one entry and send what it leads to. Never raises: what fails becomes a dead
        letter."""
        if entry.dropped:
            return
        began = time.perf_counter()
        try:
            # Before anything is awaited: the writes taken here are this step's own.
            outputs = [*step(), *self._writes()]
            self._outbox.require_fit(outputs)
        except Exception as error:
            await self.refuse(entry, error)
            return
        self._on_step(time.perf_counter() - began)
        self._dead.good(entry.event.message.topic)
        entry.finish([await self._outbox.put(output) for output in outputs])

    async def refuse(self, entry: Entry, error: Exception) -> None:
        """The entry cannot be handled: a dead letter, or the end of the worker when there are too many."""
        if entry.dropped:
            return
        try:
            outputs = [self._dead.bury(entry.event, error, 1), *self._writes()]
        except TooManyDead as limit:
            self._halt(Held(limit))
            return
        entry.finish([await self._outbox.put(output) for output in outputs])

    async def aside(self, entry: Entry, step: Callable[[], Sequence[Output]]) -> None:
        """Work that `entry` only gave occasion to: its outputs ride with the entry, its failure is not the
        entry's."""
        try:
            outputs = [*step(), *self._writes()]
        except Exception as error:
            log.error("work aside failed, going on error=%s", type(error).__name__)
            outputs = []
        for output in outputs:
            if (why := self._outbox.excess(output)) is not None:
                log.error("work aside made a record that cannot be sent, going on without it: %s", why)
            else:
                entry.owe([await self._outbox.put(output)])


class KeyedPool:
    """Many inputs at once, those of one key one after the other; `max_unacked` of the acker bounds the
    window.

    Across a rebalance an old owner's last work may overlap the new owner's: outputs must be idempotent.
    """

    def __init__(
        self,
        handler: Callable[[Arrived], Awaitable[Sequence[Output]]],
        acker: OrderedAcker,
        outbox: Outbox,
        dead: Dead,
        halt: Halt,
        *,
        concurrency: int,
        longest_pause: float = 30.0,
        sleep: Sleep = asyncio.sleep,
        on_retry: Callable[[], None] = lambda: None,
        writes: Callable[[], Sequence[Output]] = tuple,
        on_step: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self.acker = acker
        self._handler = handler
        self._outbox = outbox
        self._dead = dead
        self._halt = halt
        self._running = asyncio.Semaphore(concurrency)
        self._longest_pause = longest_pause
        self._sleep = sleep
        self._on_retry = on_retry
        self._writes = writes
        self._on_step = on_step
        self._tails: dict[Any, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, event: Arrived) -> None:
        """Start work on `event`; returns when there is room for it, which is the back-pressure."""
        await self.acker.room()
        entry = self.acker.add(event)
        message = event.message
        key = (
            (message.topic, event.key)
            if event.key is not None
            else (message.topic, message.offset, message.partition)
        )
        task = asyncio.create_task(self._go(entry, self._tails.get(key)))
        self._tails[key] = task
        self._tasks.add(task)
        task.add_done_callback(partial(self._end, key))

    def close(self, generation: int) -> None:
        """Give up what runs, and let go of its inputs: see OrderedAcker.close."""
        self.acker.close(generation)
        for task in list(self._tasks):
            task.cancel()

    def _end(self, key: Any, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if self._tails.get(key) is task:
            del self._tails[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            # A fault of this very runtime: the entry's place would be lost for good, and silently.
            self._halt(f"the delivery runtime failed: {type(error).__name__}")

    async def _go(self, entry: Entry, before: "asyncio.Task[None] | None") -> None:
        if before is not None:
            await asyncio.wait([before])
        if entry.dropped:
            return
        try:
            outputs = await self._work(entry.event)
        except TooManyDead as limit:
            self._halt(Held(limit))
            return
        entry.finish([await self._outbox.put(output) for output in outputs])

    async def _work(self, event: Arrived) -> list[Output]:
        for attempt, pause in enumerate(pauses(0.5, self._longest_pause), start=1):
            try:
                # What waits for its next attempt takes no other input's turn.
                async with self._running:
                    began = time.perf_counter()
                    outputs = [*await self._handler(event), *self._writes()]
                self._outbox.require_fit(outputs)
            except (TryAgain, OSError) as error:
                # OSError holds ConnectionError and TimeoutError: an outage, not a fault of this input.
                if attempt % 10 == 1:
                    log.warning(
                        "no answer, trying again topic=%s partition=%s offset=%s attempt=%s error=%s",
                        event.message.topic,
                        event.message.partition,
                        event.message.offset,
                        attempt,
                        type(error).__name__,
                    )
                self._on_retry()
                await self._sleep(pause)
            except Exception as error:
                return [self._dead.bury(event, error, attempt), *self._writes()]
            else:
                self._on_step(time.perf_counter() - began)
                self._dead.good(event.message.topic)
                return outputs
        raise AssertionError("pauses() has no end")

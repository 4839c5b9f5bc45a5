"""Delivery: acks come in order, none is lost, keys keep their order, the window is bounded."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.delivery import Entry, KeyedPool, OrderedAcker, Series, TooManyDead, TryAgain
from streams.outbox import Outbox, Output

GENERATION = 7


@dataclass
class Message:
    offset: int
    partition: int = 0
    topic: str = "in"
    generation_id: int | None = GENERATION
    acked: bool = False


@dataclass
class Event:
    """An input whose acknowledgement is written down."""

    message: Message
    log: list[tuple[int, int]]
    key: bytes | None = b"k"
    value: bytes | None = b"v"
    headers: dict[str, bytes] = field(default_factory=dict)

    def ack(self) -> bool:
        self.log.append((self.message.partition, self.message.offset))
        return True


class Dead:
    """Dead letters with an optional bound."""

    def __init__(self, limit: int = 1000) -> None:
        self.limit = limit
        self.buried: list[tuple[int, str, int]] = []

    def good(self, topic: str) -> None:
        return None

    def bury(self, event: Any, error: Exception, attempt: int) -> Output:
        if len(self.buried) >= self.limit:
            raise TooManyDead("too many")
        self.buried.append((event.message.offset, type(error).__name__, attempt))
        return Output("in.dlq", event.key, event.value)


class Broker:
    """A producer whose deliveries are moved by hand; `refuse` many sends fail at once."""

    def __init__(self, by_hand: bool = False) -> None:
        self.by_hand = by_hand
        self.refuse = 0
        self.sent: list[Output] = []
        self.pending: list[asyncio.Future[Any]] = []

    async def send(self, output: Output) -> "asyncio.Future[Any]":
        if self.refuse:
            self.refuse -= 1
            raise ConnectionError("refused")
        self.sent.append(output)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.pending.append(future)
        if not self.by_hand:
            future.set_result(None)
        return future


async def no_sleep(seconds: float) -> None:
    await asyncio.sleep(0)


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


def events(count: int, log: list[tuple[int, int]], partitions: int = 1) -> list[Event]:
    return [Event(Message(number, number % partitions), log) for number in range(count)]


@given(st.permutations(range(12)), st.integers(1, 3))
@settings(max_examples=50)
def test_acks_are_in_order_for_any_order_of_completion(order: list[int], partitions: int) -> None:
    async def story() -> None:
        log: list[tuple[int, int]] = []
        acker = OrderedAcker(lambda: GENERATION, 100)
        entries = []
        for event in events(12, log, partitions):
            await acker.room()
            entries.append(acker.add(event))
        for done, number in enumerate(order):
            entries[number].finish()
            for partition in range(partitions):
                acked = [offset for at, offset in log if at == partition]
                mine = [n for n in range(12) if n % partitions == partition]
                finished = {n for n in order[: done + 1] if n % partitions == partition}
                first_open = next((n for n in mine if n not in finished), 99)
                assert acked == [n for n in mine if n < first_open]
        assert len(log) == 12
        assert acker.in_flight == 0

    asyncio.run(story())


@given(st.permutations(range(6)))
@settings(max_examples=30)
def test_an_entry_waits_for_its_outputs(order: list[int]) -> None:
    async def story() -> None:
        log: list[tuple[int, int]] = []
        acker = OrderedAcker(lambda: GENERATION, 100)
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[None]] = [loop.create_future() for _ in range(6)]
        first, second = (acker.add(event) for event in events(2, log))
        second.finish(futures[3:])
        first.owe(futures[:1])
        first.finish(futures[1:3])
        for number in order:
            futures[number].set_result(None)
            await asyncio.sleep(0)
            done = {n for n in range(6) if futures[n].done()}
            first_done = {0, 1, 2} <= done
            assert log == [(0, 0)] * first_done + [(0, 1)] * (first_done and {3, 4, 5} <= done)

    asyncio.run(story())


async def test_a_failed_delivery_is_never_acknowledged() -> None:
    log: list[tuple[int, int]] = []
    acker = OrderedAcker(lambda: GENERATION, 10)
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    failed.set_exception(ConnectionError())
    cancelled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    first, second = (acker.add(event) for event in events(2, log))
    first.finish([failed])
    second.finish([cancelled])
    cancelled.cancel()
    await settle()
    assert log == []


async def test_an_old_generation_is_not_acknowledged_but_set_free() -> None:
    log: list[tuple[int, int]] = []
    acker = OrderedAcker(lambda: GENERATION + 1, 2)
    event = Event(Message(0), log)
    await acker.room()
    acker.add(event).finish()
    assert log == []
    assert event.message.acked
    assert acker.in_flight == 0


async def test_closing_lets_go_of_everything_and_keeps_the_commit_behind() -> None:
    log: list[tuple[int, int]] = []
    acker = OrderedAcker(lambda: GENERATION, 3)
    held, done, late = events(3, log)
    entries = []
    for event in (held, done):
        await acker.room()
        entries.append(acker.add(event))
    entries[1].finish()
    acker.close(GENERATION)
    await acker.room()
    entries.append(acker.add(late))
    for entry in entries:
        entry.finish()
    assert log == []
    assert held.message.acked and done.message.acked and late.message.acked
    assert acker.in_flight == 0
    for _ in range(3):
        await acker.room()


async def test_the_next_generation_is_acknowledged_after_a_closing() -> None:
    log: list[tuple[int, int]] = []
    acker = OrderedAcker(lambda: GENERATION + 1, 3)
    acker.close(GENERATION)
    acker.add(Event(Message(5, generation_id=GENERATION + 1), log)).finish()
    assert log == [(0, 5)]


def series(broker: Broker, dead: Dead, acker: OrderedAcker, halts: list[str], **more: Any) -> Series:
    return Series(acker, Outbox(broker.send, halts.append, sleep=no_sleep), dead, halts.append, **more)


async def test_outputs_do_not_wait_in_line() -> None:
    log: list[tuple[int, int]] = []
    broker = Broker(by_hand=True)
    one = series(broker, Dead(), OrderedAcker(lambda: GENERATION, 10), [])
    for event in events(3, log):
        await one.submit(event, lambda e: [Output("out", e.key, e.value)])
    assert len(broker.sent) == 3
    broker.pending[1].set_result(None)
    await settle()
    assert log == []
    broker.pending[0].set_result(None)
    await settle()
    assert log == [(0, 0), (0, 1)]


async def test_the_window_is_bounded_by_what_is_acknowledged() -> None:
    log: list[tuple[int, int]] = []
    broker = Broker(by_hand=True)
    one = series(broker, Dead(), OrderedAcker(lambda: GENERATION, 2), [])

    async def feed() -> None:
        for event in events(5, log):
            await one.submit(event, lambda e: [Output("out", e.key, e.value)])

    task = asyncio.create_task(feed())
    await settle()
    assert len(broker.sent) == 2
    broker.pending[1].set_result(None)
    await settle()
    assert len(broker.sent) == 2
    broker.pending[0].set_result(None)
    await settle()
    assert len(broker.sent) == 4
    task.cancel()


async def test_a_failing_input_becomes_a_dead_letter_before_its_ack() -> None:
    log: list[tuple[int, int]] = []
    broker, dead = Broker(by_hand=True), Dead()
    one = series(broker, dead, OrderedAcker(lambda: GENERATION, 10), [])

    def fail(event: Any) -> Sequence[Output]:
        raise ValueError("bad")

    await one.submit(events(1, log)[0], fail)
    assert dead.buried == [(0, "ValueError", 1)]
    assert log == []
    broker.pending[0].set_result(None)
    await settle()
    assert log == [(0, 0)]


async def test_too_many_dead_letters_stop_the_worker_and_ack_nothing() -> None:
    log: list[tuple[int, int]] = []
    halts: list[str] = []
    one = series(Broker(), Dead(limit=1), OrderedAcker(lambda: GENERATION, 10), halts)

    def fail(event: Any) -> Sequence[Output]:
        raise ValueError("bad")

    for event in events(2, log):
        await one.submit(event, fail)
    await settle()
    assert halts == ["too many"]
    assert log == [(0, 0)]


async def test_the_writes_of_a_step_ride_with_its_input() -> None:
    log: list[tuple[int, int]] = []
    writes: list[Output] = []

    def take() -> list[Output]:
        taken, writes[:] = list(writes), []
        return taken

    broker = Broker(by_hand=True)
    one = series(broker, Dead(), OrderedAcker(lambda: GENERATION, 10), [], writes=take)

    def step(event: Any) -> Sequence[Output]:
        writes.append(Output("changelog", b"0/t", b"state"))
        return []

    await one.submit(events(1, log)[0], step)
    assert [output.topic for output in broker.sent] == ["changelog"]
    assert log == []
    broker.pending[0].set_result(None)
    await settle()
    assert log == [(0, 0)]


async def test_work_aside_that_fails_does_not_cost_the_input() -> None:
    log: list[tuple[int, int]] = []
    dead = Dead()
    one = series(Broker(), dead, OrderedAcker(lambda: GENERATION, 10), [])
    entry = await one.take(events(1, log)[0])

    def fail() -> Sequence[Output]:
        raise ValueError("tick")

    await one.aside(entry, fail)
    await one.run(entry, list)
    await settle()
    assert log == [(0, 0)]
    assert dead.buried == []


async def test_a_held_input_is_acknowledged_when_it_is_released() -> None:
    log: list[tuple[int, int]] = []
    one = series(Broker(), Dead(), OrderedAcker(lambda: GENERATION, 10), [])
    held: list[Entry] = [await one.take(event) for event in events(2, log)]
    await one.run(held[1], list)
    await settle()
    assert log == []
    await one.run(held[0], list)
    await settle()
    assert log == [(0, 0), (0, 1)]


async def test_a_refused_output_is_sent_again_until_it_is_delivered() -> None:
    halts: list[str] = []
    broker = Broker()
    broker.refuse = 3
    outbox = Outbox(broker.send, halts.append, sleep=no_sleep)
    delivered = await outbox.put(Output("out", b"k", b"v"))
    await settle()
    assert delivered.done()
    assert len(broker.sent) == 1
    assert halts == []


async def test_a_delivery_that_fails_later_is_sent_again() -> None:
    broker = Broker(by_hand=True)
    outbox = Outbox(broker.send, lambda why: None, sleep=no_sleep)
    delivered = await outbox.put(Output("out", b"k", b"v"))
    broker.pending[0].set_exception(ConnectionError())
    await settle()
    assert not delivered.done()
    broker.pending[1].set_result(None)
    await settle()
    assert delivered.done()


async def test_an_output_that_cannot_pass_stops_the_worker() -> None:
    halts: list[str] = []
    broker = Broker()
    broker.refuse = 1000
    outbox = Outbox(broker.send, halts.append, tries=3, sleep=no_sleep)
    delivered = await outbox.put(Output("out", b"k", b"v"))
    await settle()
    assert len(halts) == 1 and "out" in halts[0]
    assert not delivered.done()


Handler = Callable[[Any], Awaitable[Sequence[Output]]]


def pool(
    handler: Handler, dead: Dead, acker: OrderedAcker, halts: list[str], concurrency: int = 4
) -> KeyedPool:
    outbox = Outbox(Broker().send, halts.append, sleep=no_sleep)
    return KeyedPool(handler, acker, outbox, dead, halts.append, concurrency=concurrency, sleep=no_sleep)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=25), st.integers(1, 5))
@settings(max_examples=40)
def test_each_key_keeps_its_order_and_all_are_acknowledged(
    work: list[tuple[int, int]], concurrency: int
) -> None:
    async def story() -> None:
        log: list[tuple[int, int]] = []
        seen: dict[bytes, list[int]] = {}
        running = most = 0

        async def handler(event: Any) -> Sequence[Output]:
            nonlocal running, most
            running += 1
            most = max(most, running)
            for _ in range(work[event.message.offset][1]):
                await asyncio.sleep(0)
            seen.setdefault(event.key, []).append(event.message.offset)
            running -= 1
            return [Output("out", event.key, event.value)]

        acker = OrderedAcker(lambda: GENERATION, 6)
        many = pool(handler, Dead(), acker, [], concurrency)
        for offset, (key, _) in enumerate(work):
            await many.submit(Event(Message(offset), log, key=b"%d" % key))
            assert acker.in_flight <= 6
        while acker.in_flight:
            await asyncio.sleep(0)
        assert log == [(0, offset) for offset in range(len(work))]
        assert all(offsets == sorted(offsets) for offsets in seen.values())
        assert most <= concurrency

    asyncio.run(story())


@pytest.mark.parametrize("error", [TryAgain("model"), ConnectionError(), TimeoutError(), OSError()])
async def test_an_outage_is_waited_for_and_never_a_dead_letter(error: Exception) -> None:
    log: list[tuple[int, int]] = []
    failures = [error] * 25
    dead = Dead()

    async def handler(event: Any) -> Sequence[Output]:
        if failures:
            raise failures.pop()
        return []

    many = pool(handler, dead, OrderedAcker(lambda: GENERATION, 4), [])
    await many.submit(events(1, log)[0])
    for _ in range(200):
        await asyncio.sleep(0)
    assert log == [(0, 0)]
    assert dead.buried == []


async def test_a_bug_on_one_input_costs_that_input_only() -> None:
    log: list[tuple[int, int]] = []
    dead = Dead()

    async def handler(event: Any) -> Sequence[Output]:
        if event.message.offset == 1:
            raise KeyError("bug")
        return []

    many = pool(handler, dead, OrderedAcker(lambda: GENERATION, 4), [])
    for event in events(3, log):
        await many.submit(event)
    await settle()
    assert log == [(0, 0), (0, 1), (0, 2)]
    assert dead.buried == [(1, "KeyError", 1)]


async def test_closing_a_pool_gives_up_what_waits_for_an_outage() -> None:
    log: list[tuple[int, int]] = []
    tries = 0

    async def handler(event: Any) -> Sequence[Output]:
        nonlocal tries
        tries += 1
        raise TryAgain("gone")

    acker = OrderedAcker(lambda: GENERATION, 4)
    many = pool(handler, Dead(), acker, [])
    first = events(1, log)[0]
    await many.submit(first)
    await settle()
    many.close(GENERATION)
    await settle()
    before = tries
    await settle()
    assert tries == before
    assert log == []
    assert first.message.acked and acker.in_flight == 0

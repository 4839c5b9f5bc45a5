"""Delivery in order: acks come in order, none is lost, the window is bounded."""

import asyncio
from collections.abc import Sequence
from typing import Any

from fakes.inputs import GENERATION, Broker, Dead, Event, Message, events, no_sleep, settle
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.delivery import Entry, OrderedAcker, Series
from streams.outbox import Outbox, Output


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

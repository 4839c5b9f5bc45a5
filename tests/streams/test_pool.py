"""Delivery side by side: keys keep their order, an outage is waited for, a bug costs one input."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from fakes.inputs import GENERATION, Broker, Dead, Event, Message, events, no_sleep, settle
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.delivery import KeyedPool, OrderedAcker, TryAgain
from streams.outbox import Outbox, Output

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


async def test_what_waits_for_its_next_attempt_takes_no_other_inputs_turn() -> None:
    log: list[tuple[int, int]] = []
    done: list[int] = []
    over = asyncio.Event()

    async def wait(_: float) -> None:
        await over.wait()

    async def handler(event: Any) -> Sequence[Output]:
        if event.message.offset == 0 and not over.is_set():
            raise TryAgain("the channel is silent")
        done.append(event.message.offset)
        return []

    outbox = Outbox(Broker().send, pytest.fail, sleep=no_sleep)
    acker = OrderedAcker(lambda: GENERATION, 6)
    one = KeyedPool(handler, acker, outbox, Dead(), pytest.fail, concurrency=1, sleep=wait)
    waiting, other = (Event(Message(offset), log, key=b"%d" % offset) for offset in range(2))
    await one.submit(waiting)
    await settle()
    await one.submit(other)
    await settle()
    assert (done, log) == ([1], [])
    over.set()
    await settle()
    assert (done, log) == ([1, 0], [(0, 0), (0, 1)])


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

"""What a topic will never take must not stop the worker for ever: its input is a dead letter."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from streams.deadletters import DeadLetters
from streams.delivery import KeyedPool, OrderedAcker, Series
from streams.outbox import ENVELOPE, Outbox, Output, OutputTooLarge
from streams.settings import DlqSettings
from streams.topics import LARGE, Topics


class Message:
    topic, partition, offset, generation_id, acked = "in", 0, 0, 1, False


class Event:
    """One input; acknowledged or not."""

    def __init__(self) -> None:
        self.key, self.value, self.headers, self.message = b"k", b"v", {}, Message()
        self.is_acked = False

    def ack(self) -> bool:
        self.is_acked = True
        return True


class Broker:
    """Takes everything and answers at once."""

    def __init__(self) -> None:
        self.sent: list[Output] = []

    async def send(self, output: Output) -> "asyncio.Future[Any]":
        self.sent.append(output)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(10):
        await asyncio.sleep(0)


HUGE, SMALL = Output("out", b"k", b"x" * 2_000), Output("out", b"k", b"x")


def outbox(broker: Broker, halts: list[str]) -> Outbox:
    return Outbox(broker.send, halts.append, limits={"out": 1_000})


def test_key_value_headers_and_envelope_count() -> None:
    box = Outbox(Broker().send, [].append, limits={"out": ENVELOPE + 10})
    box.require_fit([Output("out", b"12", b"345", (("ab", b"678"),)), Output("free", None, b"x" * 9_999)])
    with pytest.raises(OutputTooLarge, match="out: "):
        box.require_fit([Output("out", b"12", b"3456", (("ab", b"678"),), None)] * 2 + [HUGE])


async def test_a_step_whose_output_is_too_large_is_a_dead_letter_with_its_reason() -> None:
    broker, halts, event = Broker(), list[str](), Event()
    acker, dead = OrderedAcker(lambda: 1, 10), DeadLetters(DlqSettings())
    one = Series(acker, outbox(broker, halts), dead, halts.append)
    await one.submit(event, lambda _: [SMALL, HUGE])
    await settle()
    assert [output.topic for output in broker.sent] == ["in.dlq"]
    assert dict(broker.sent[0].headers)["reason"] == b"output_too_large"
    assert (event.is_acked, halts) == (True, [])


async def test_a_pool_buries_it_too() -> None:
    broker, halts, event = Broker(), list[str](), Event()

    async def handle(_: Any) -> Sequence[Output]:
        return [HUGE]

    acker, dead = OrderedAcker(lambda: 1, 10), DeadLetters(DlqSettings())
    pool = KeyedPool(handle, acker, outbox(broker, halts), dead, halts.append, concurrency=1)
    await pool.submit(event)
    await settle()
    assert [output.topic for output in broker.sent] == ["in.dlq"]
    assert (event.is_acked, halts) == (True, [])


async def test_work_aside_goes_on_without_the_record() -> None:
    broker, halts, event = Broker(), list[str](), Event()
    acker, dead = OrderedAcker(lambda: 1, 10), DeadLetters(DlqSettings())
    one = Series(acker, outbox(broker, halts), dead, halts.append)
    entry = await one.take(event)
    await one.aside(entry, lambda: [HUGE, SMALL])
    await one.run(entry, list)
    await settle()
    assert broker.sent == [SMALL]
    assert event.is_acked


def test_a_dead_letter_of_the_largest_message_fits_its_topic() -> None:
    topics = Topics()
    dead = DeadLetters(DlqSettings())
    letter = dead.letter(topics.events, 0, 0, b"k", b"x" * (LARGE - ENVELOPE), ValueError("bad"))
    limits = {topic.name: topic.max_bytes for topic in topics.all}
    assert Outbox(Broker().send, [].append, limits=limits).excess(letter) is None

"""Outputs are sent until they are delivered; what a topic will never take makes a dead letter of its input."""

from collections.abc import Sequence
from typing import Any

import pytest
from fakes.inputs import GENERATION, Broker, events, no_sleep, settle

from streams.deadletters import DeadLetters
from streams.delivery import KeyedPool, OrderedAcker, Series
from streams.outbox import ENVELOPE, Outbox, Output, OutputTooLarge
from streams.settings import DlqSettings
from streams.topics import LARGE, Topics

HUGE, SMALL = Output("out", b"k", b"x" * 2_000), Output("out", b"k", b"x")


def outbox(broker: Broker, halts: list[str]) -> Outbox:
    return Outbox(broker.send, halts.append, limits={"out": 1_000})


def test_key_value_headers_and_envelope_count() -> None:
    box = Outbox(Broker().send, [].append, limits={"out": ENVELOPE + 10})
    box.require_fit([Output("out", b"12", b"345", (("ab", b"678"),)), Output("free", None, b"x" * 9_999)])
    with pytest.raises(OutputTooLarge, match="out: "):
        box.require_fit([Output("out", b"12", b"3456", (("ab", b"678"),), None)] * 2 + [HUGE])


async def test_a_step_whose_output_is_too_large_is_a_dead_letter_with_its_reason() -> None:
    broker, halts, log = Broker(), list[str](), list[tuple[int, int]]()
    (event,) = events(1, log)
    acker, dead = OrderedAcker(lambda: GENERATION, 10), DeadLetters(DlqSettings())
    one = Series(acker, outbox(broker, halts), dead, halts.append)
    await one.submit(event, lambda _: [SMALL, HUGE])
    await settle()
    assert [output.topic for output in broker.sent] == ["in.dlq"]
    assert dict(broker.sent[0].headers)["reason"] == b"output_too_large"
    assert (log, halts) == ([(0, 0)], [])


async def test_a_pool_buries_it_too() -> None:
    broker, halts, log = Broker(), list[str](), list[tuple[int, int]]()
    (event,) = events(1, log)

    async def handle(_: Any) -> Sequence[Output]:
        return [HUGE]

    acker, dead = OrderedAcker(lambda: GENERATION, 10), DeadLetters(DlqSettings())
    pool = KeyedPool(handle, acker, outbox(broker, halts), dead, halts.append, concurrency=1)
    await pool.submit(event)
    await settle()
    assert [output.topic for output in broker.sent] == ["in.dlq"]
    assert (log, halts) == ([(0, 0)], [])


async def test_work_aside_goes_on_without_the_record() -> None:
    broker, halts, log = Broker(), list[str](), list[tuple[int, int]]()
    (event,) = events(1, log)
    acker, dead = OrderedAcker(lambda: GENERATION, 10), DeadLetters(DlqSettings())
    one = Series(acker, outbox(broker, halts), dead, halts.append)
    entry = await one.take(event)
    await one.aside(entry, lambda: [HUGE, SMALL])
    await one.run(entry, list)
    await settle()
    assert broker.sent == [SMALL]
    assert log == [(0, 0)]


def test_a_dead_letter_of_the_largest_message_fits_its_topic() -> None:
    topics = Topics()
    dead = DeadLetters(DlqSettings())
    letter = dead.letter(topics.events, 0, 0, b"k", b"x" * (LARGE - ENVELOPE), ValueError("bad"))
    limits = {topic.name: topic.max_bytes for topic in topics.all}
    assert Outbox(Broker().send, [].append, limits=limits).excess(letter) is None


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

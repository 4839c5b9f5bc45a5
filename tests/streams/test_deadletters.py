"""Dead letters keep the original bytes and say why; a flood of them stops the worker."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition
from pydantic import BaseModel, ValidationError

from agents.intake.events import InvalidEvent
from streams.deadletters import DeadLetters, DlqLimit, describe, list_letters, read_letter, replay_letters
from streams.delivery import TooManyDead
from streams.settings import DlqSettings
from streams.topics import Topics, WrongTopics, create, ends_of


@dataclass
class Message:
    topic: str = "p.tickets.events"
    partition: int = 3
    offset: int = 42


@dataclass
class Event:
    key: bytes | None = b"T1"
    value: bytes | None = b'{"broken'
    message: Message = field(default_factory=Message)
    headers: dict[str, bytes] = field(default_factory=dict)

    def ack(self) -> bool:
        return True


@dataclass
class Record:
    topic: str
    headers: Any
    key: bytes | None
    value: bytes | None
    partition: int = 0
    offset: int = 7


class Shape(BaseModel):
    number: int


def test_a_letter_holds_the_bytes_and_the_origin() -> None:
    letter = DeadLetters(DlqSettings()).bury(Event(), InvalidEvent("not_json", "line 1"), attempt=2)
    assert (letter.topic, letter.key, letter.value) == ("p.tickets.events.dlq", b"T1", b'{"broken')
    assert dict(letter.headers) == {
        "reason": b"not_json",
        "error": b"line 1",
        "origin-topic": b"p.tickets.events",
        "origin-partition": b"3",
        "origin-offset": b"42",
        "attempt": b"2",
    }


def test_a_letter_can_be_read_back() -> None:
    output = DeadLetters(DlqSettings()).bury(Event(), InvalidEvent("not_json", "line 1"), attempt=2)
    letter = read_letter(Record(output.topic, output.headers, output.key, output.value))
    assert (letter.origin_topic, letter.origin_partition, letter.origin_offset) == ("p.tickets.events", 3, 42)
    assert (letter.reason, letter.error, letter.attempt, letter.value) == (
        "not_json",
        "line 1",
        2,
        b'{"broken',
    )
    assert letter.name == "0:7"


def test_a_letter_without_headers_goes_back_to_its_topic() -> None:
    letter = read_letter(Record("alerts.dlq", None, None, b"x"))
    assert letter.origin_topic == "alerts"
    assert letter.reason == ""


def test_what_went_wrong_is_told_without_the_input() -> None:
    with pytest.raises(ValidationError) as caught:
        Shape.model_validate_json('{"number": "张三 13800000000"}')
    reason, detail = describe(caught.value)
    assert reason == "wrong_shape"
    assert detail == "number: int_parsing"
    try:
        raise KeyError("张三")
    except KeyError as error:
        reason, detail = describe(error)
    assert reason == "failed"
    assert "张三" not in detail and "KeyError" in detail and "test_deadletters.py" in detail


def test_a_run_of_failures_stops() -> None:
    limit = DlqLimit(DlqSettings(run=3, window=100, ratio=1))
    assert [limit.dead() is None for _ in range(4)] == [True, True, True, False]


def test_a_good_input_ends_a_run() -> None:
    limit = DlqLimit(DlqSettings(run=3, window=100, ratio=1))
    for _ in range(10):
        assert limit.dead() is None
        limit.good()


def test_a_high_share_of_failures_stops() -> None:
    limit = DlqLimit(DlqSettings(run=100, window=10, ratio=0.5))
    verdicts = []
    for _ in range(10):
        limit.good(1)
        verdicts += [limit.dead(), limit.dead()]
    assert verdicts[:6] == [None] * 6
    assert verdicts[-1] is not None and "of the last 10" in verdicts[-1]


@given(st.lists(st.booleans(), max_size=80), st.integers(1, 10))
def test_few_failures_never_stop(outcomes: list[bool], window: int) -> None:
    limit = DlqLimit(DlqSettings(run=100, window=window, ratio=1))
    for bad in outcomes:
        if bad:
            assert limit.dead() is None
        else:
            limit.good()


def test_the_stop_names_topic_reason_and_place() -> None:
    dead = DeadLetters(DlqSettings(run=1))
    dead.bury(Event(), InvalidEvent("not_json", "x"), 1)
    with pytest.raises(TooManyDead, match=r"p\.tickets\.events.*not_json.*partition 3 offset 42"):
        dead.bury(Event(), InvalidEvent("not_json", "x"), 1)


def test_topics_are_judged_apart_and_counted() -> None:
    counted: list[tuple[str, str]] = []
    dead = DeadLetters(DlqSettings(run=1), on_dead=lambda topic, reason: counted.append((topic, reason)))
    for topic in ("a", "b"):
        dead.bury(Event(message=Message(topic=topic)), InvalidEvent("not_json", "x"), 1)
    assert counted == [("a", "not_json"), ("b", "not_json")]


async def names_in(broker: str, topic: str) -> list[str]:
    return [letter.name async for letter in list_letters(broker, topic)]


async def test_letters_are_listed_to_the_last_and_the_chosen_ones_go_back(
    embedded_broker: str, prefix: str
) -> None:
    topics = Topics(prefix)
    await asyncio.to_thread(create, embedded_broker, topics)
    dlq = topics.dlq(topics.audit)
    assert await names_in(embedded_broker, dlq) == []
    producer = AIOKafkaProducer(bootstrap_servers=embedded_broker)
    await producer.start()
    for number in range(30):
        letter = DeadLetters(DlqSettings()).letter(
            topics.audit, 0, number, b"T", b"%d" % number, ValueError()
        )
        await producer.send_and_wait(letter.topic, letter.value, key=letter.key, headers=list(letter.headers))
    await producer.stop()
    assert await names_in(embedded_broker, dlq) == [f"0:{number}" for number in range(30)]
    assert await replay_letters(embedded_broker, dlq, {"0:3", "0:29"}) == 2
    places = [TopicPartition(topics.audit, number) for number in range(topics.partitions(topics.audit))]
    assert sum((await asyncio.to_thread(ends_of, embedded_broker, places)).values()) == 2


async def test_a_topic_that_is_not_there_is_named(embedded_broker: str, prefix: str) -> None:
    with pytest.raises(WrongTopics, match=r"nothing\.dlq is missing"):
        await names_in(embedded_broker, f"{prefix}nothing.dlq")

"""The index lane on a broker: everything is written once it can be, what cannot be read is a dead letter."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from agents.grading.grade import Grade, Graded
from agents.intake.ticket import Place, Ticket
from agents.problems.merging import Ask
from indexing.index import Document, IndexUnavailable, Written
from streams.asks import write_ask
from streams.deadletters import DeadLetters, list_letters, replay_letters
from streams.lane import Lane
from streams.metrics import Metrics
from streams.settings import BulkSettings, DlqSettings, LaneSettings
from streams.ticks import write_tick
from streams.topics import Topics, create, lag

pytestmark = pytest.mark.faults
AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class MemoryIndex:
    """Keeps the newest version; does not answer for the first `gone` writes; refuses `bad`."""

    def __init__(self, gone: int = 0, bad: str = "") -> None:
        self.gone, self.bad = gone, bad
        self.kept: dict[str, Document] = {}

    async def write(self, documents: Sequence[Document]) -> Written:
        if self.gone:
            self.gone -= 1
            raise IndexUnavailable("gone")
        refused = tuple((document, "mapping") for document in documents if document.id == self.bad)
        taken = [document for document in documents if document.id != self.bad]
        for document in taken:
            held = self.kept.get(document.id)
            if held is None or held.version <= document.version:
                self.kept[document.id] = document
        return Written(tuple(document.id for document in taken), (), (), refused)


def ticket(number: int, revision: int = 1) -> Ticket:
    at = AT + timedelta(minutes=number)
    return Ticket(
        ticket_id=f"T{number}",
        revision=revision,
        edition=revision,
        created_at=at,
        updated_at=at,
        trigger_at=at,
        content="没水了",
        place=Place(district="区1"),
    )


def graded(number: int) -> Graded:
    grade = Grade(
        summary="停水",
        kind="complaint",
        category="供水",
        urgency="normal",
        urgency_reason="",
        matter="停水",
        confidence=1,
        source="rules",
        rules="1",
    )
    return Graded(ticket=ticket(number), grade=grade)


async def send(address: str, records: Sequence[tuple[str, bytes | None]]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=address)
    await producer.start()
    for topic, value in records:
        await producer.send(topic, value, key=b"k")
    await producer.stop()


def make_lane(address: str, topics: Topics, index: Any) -> Lane:
    settings = LaneSettings(session_s=6, bulk=BulkSettings(size=50, age_s=0.2))
    return Lane(address, topics, settings, index, DeadLetters(DlqSettings()), Metrics(), pytest.fail)


def behind(address: str, topics: Topics) -> int:
    return sum(place.behind for place in lag(address, topics.group("index"), topics.inputs("index")))


async def until_drained(lane: Lane, address: str, topics: Topics) -> None:
    """Run the lane until it has committed everything."""
    stop = asyncio.Event()
    running = asyncio.create_task(lane.run(stop))
    async with asyncio.timeout(180):
        while await asyncio.to_thread(behind, address, topics) and not running.done():
            await asyncio.sleep(0.2)
    stop.set()
    await running


async def test_the_lane_writes_all_and_buries_what_it_cannot_read(embedded_broker: str, prefix: str) -> None:
    topics = Topics(prefix)
    await asyncio.to_thread(create, embedded_broker, topics, 1)
    records: list[tuple[str, bytes | None]] = []
    for number in range(120):
        records.append((topics.accepted, ticket(number).model_dump_json().encode()))
        records.append((topics.accepted, ticket(number, 2).model_dump_json().encode()))
    records.append((topics.graded, graded(200).model_dump_json().encode()))
    records += [
        (topics.graded, write_tick(AT)),
        (topics.graded, write_ask(Ask(ask_id="m1", at=AT, by="王五", problem_id="p-1", into="p-2"))),
        (topics.accepted, b"{broken"),
        (topics.problems, None),
    ]
    await send(embedded_broker, records)
    index = MemoryIndex(gone=2, bad="T7")
    await until_drained(make_lane(embedded_broker, topics, index), embedded_broker, topics)
    assert set(index.kept) == {f"T{number}" for number in [*range(120), 200] if number != 7}
    assert {document.version // 1000 for document in index.kept.values() if document.id != "T200"} == {2}
    letters = [letter async for letter in list_letters(embedded_broker, topics.dlq(topics.accepted))]
    assert {letter.reason for letter in letters} == {"wrong_shape", "not_indexed"}
    assert b"{broken" in {letter.value for letter in letters}


async def test_a_second_lane_goes_on_where_the_first_was_stopped(embedded_broker: str, prefix: str) -> None:
    topics = Topics(prefix)
    await asyncio.to_thread(create, embedded_broker, topics, 1)
    for start in (0, 100):
        await send(
            embedded_broker,
            [
                (topics.accepted, ticket(number).model_dump_json().encode())
                for number in range(start, start + 100)
            ],
        )
        index = MemoryIndex()
        await until_drained(make_lane(embedded_broker, topics, index), embedded_broker, topics)
        assert set(index.kept) == {f"T{number}" for number in range(start, start + 100)}


async def test_letters_go_back_to_where_they_came_from(embedded_broker: str, prefix: str) -> None:
    topics = Topics(prefix)
    await asyncio.to_thread(create, embedded_broker, topics, 1)
    await send(embedded_broker, [(topics.accepted, b"{broken"), (topics.accepted, b"[]")])
    await until_drained(make_lane(embedded_broker, topics, MemoryIndex()), embedded_broker, topics)
    dlq = topics.dlq(topics.accepted)
    letters = [letter async for letter in list_letters(embedded_broker, dlq)]
    assert len(letters) == 2
    assert await replay_letters(embedded_broker, dlq, {letters[0].name}) == 1
    await until_drained(make_lane(embedded_broker, topics, MemoryIndex()), embedded_broker, topics)
    again = [letter async for letter in list_letters(embedded_broker, dlq)]
    assert [letter.value for letter in again[2:]] == [letters[0].value]

"""Sending a file: every line is delivered or named, and a ticket's lines keep their order."""

import json
from collections.abc import Iterator

from kafka import KafkaConsumer, TopicPartition

from streams.lines import Damage
from streams.send import Pace, instant_of, key_of, send
from streams.topics import Topics, create

EVENTS = [
    json.dumps({"ticket_id": f"T{n % 7}", "n": n, "occurred_at": "2026-03-02T08:00:00+08:00"}).encode()
    for n in range(200)
]


def lines() -> Iterator[tuple[int, bytes | Damage]]:
    yield from enumerate(EVENTS, 1)
    yield 201, b"\xff not json"
    yield 202, Damage("the file breaks off here")


def test_all_lines_arrive_in_order_per_ticket_and_damage_is_named(embedded_broker: str, prefix: str) -> None:
    topics = Topics(prefix)
    create(embedded_broker, topics)
    seen: list[int] = []
    sent = send(lines(), embedded_broker, topics.events, progress=seen.append)
    assert (sent.delivered, sent.failed) == (201, [(202, "the file breaks off here")])
    assert seen[-1] == 201

    consumer = KafkaConsumer(bootstrap_servers=embedded_broker, enable_auto_commit=False, group_id=None)
    consumer.assign([TopicPartition(topics.events, number) for number in range(4)])
    consumer.seek_to_beginning()
    found: dict[bytes, list[int]] = {}
    while sum(map(len, found.values())) < 201:
        for records in consumer.poll(timeout_ms=2000).values():
            for record in records:
                value = json.loads(record.value)["n"] if record.key else -1
                found.setdefault(record.key or b"", []).append(value)
    consumer.close()
    assert found.pop(b"") == [-1]
    assert all(numbers == sorted(numbers) for numbers in found.values())
    assert len(found) == 7


def test_key_is_the_ticket_and_nothing_for_what_is_no_event() -> None:
    assert key_of('{"ticket_id": "工单1"}'.encode()) == "工单1".encode()
    for raw in (b"", b"[1]", b'{"ticket_id": 5}', b'{"ticket_id": ""}', b"\xff", b"[" * 100_000):
        assert key_of(raw) is None


def test_pace_passes_what_has_no_time_at_once() -> None:
    assert instant_of(b'{"occurred_at": "yesterday"}') is None
    Pace(1.0).wait(b"not json")

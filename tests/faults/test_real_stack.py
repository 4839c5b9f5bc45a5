"""Real Kafka, real Elasticsearch, all roles as processes: workers join, leave and are killed; nothing is lost or doubled."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from faults.stack import Stack

pytestmark = [pytest.mark.faults, pytest.mark.kafka, pytest.mark.elastic, pytest.mark.xdist_group("kafka")]

BAD = [
    b"not json",
    b'{"event": "created"}',
    b"\xff\xfe\x00",
    b'{"event_id": "x", "event": "exploded", "ticket_id": "1"}',
]


@pytest.fixture
def stack(kafka: str, elastic: str, prefix: str, tmp_path: Path) -> Iterator[Stack]:
    running = Stack(kafka, elastic, prefix, tmp_path)
    yield running
    running.stop_all()


def test_nothing_is_lost_or_doubled_while_workers_come_and_go(stack: Stack) -> None:
    simulated = stack.weisu(
        "simulate", "--out", str(stack.folder), "--days", "1", "--tickets-per-day", "900", "--seed", "5"
    )
    assert simulated.returncode == 0, simulated.stderr
    events = [
        json.loads(line)
        for line in gzip.decompress((stack.folder / "events.jsonl.gz").read_bytes()).splitlines()
    ]
    tickets = {event["ticket_id"] for event in events if event["event"] == "created"}
    with gzip.open(stack.folder / "events.jsonl.gz", "ab") as file:
        file.writelines(line + b"\n" for line in BAD)

    stack.start_all()
    sent = stack.weisu("send", str(stack.folder / "events.jsonl.gz"))
    assert sent.stdout.strip() == f"{len(events) + len(BAD)} events sent, 0 not sent", sent.stderr

    stack.wait_until("first events accepted", lambda: stack.committed("core", stack.topics.events) > 100)
    stack.start("second core", "core")
    stack.wait_until("half accepted", lambda: stack.committed("core", stack.topics.events) > len(events) // 2)
    stack.kill("core")
    stack.start("third core", "core")
    stack.wait_until("the rest accepted", lambda: stack.committed("core", stack.topics.events) >= len(events))
    stack.kill("second core")
    stack.kill("grading")
    stack.start("second grading", "grading")
    stack.start("fourth core", "core")
    stack.wait_until("all drained", lambda: stack.behind() == 0)
    assert stack.stop("fourth core") == 0
    stack.wait_until("drained after the hand-over", lambda: stack.behind() == 0)

    assert {ticket["ticket_id"] for ticket in stack.read(stack.topics.accepted)} == {
        e["ticket_id"] for e in events
    }
    assert {
        graded["ticket"]["ticket_id"] for graded in stack.read(stack.topics.graded) if "ticket" in graded
    } == tickets
    dead = list(stack.read_raw(stack.topics.dlq(stack.topics.events)))
    assert sorted(dead) == sorted(BAD)
    twice = [alert_id for alert_id, times in stack.raised().items() if times > 1]
    assert twice == []
    index = Elasticsearch(stack.elastic)
    name = stack.environment["WEISU_INDEX__PREFIX"]
    index.indices.refresh(index=f"{name}*")
    found = index.search(
        index=f"{name}tickets",
        size=0,
        aggs={"ids": {"cardinality": {"field": "ticket_id", "precision_threshold": 40000}}},
        track_total_hits=True,
    )
    index.close()
    assert found["hits"]["total"]["value"] == len(tickets) == found["aggregations"]["ids"]["value"]

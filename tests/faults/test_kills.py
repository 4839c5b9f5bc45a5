"""Workers are killed in the middle of a backlog: every ticket comes out, and its state is whole."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams.topics import Role, Topics, create

TICKETS = 800
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WITHIN_S = 480.0
SCRIPT = Path(__file__).with_name("role_worker.py")


def created(number: int) -> dict[str, Any]:
    return {
        "event": "created",
        "revision": 1,
        "occurred_at": (START + timedelta(seconds=2 * number)).isoformat(),
        "content": "没水了，家里老人急用水",
        "place": {"district": f"区{number % 5}", "street": f"街{number % 40}"},
        "caller": {"id": f"c{number}"},
    }


def closed(number: int) -> dict[str, Any]:
    at = START + timedelta(seconds=2 * number, hours=2)
    return {"event": "closed", "revision": 2, "occurred_at": at.isoformat(), "unit": "水务"}


async def send(address: str, topic: str, make: Callable[[int], dict[str, Any]]) -> None:
    """One event for each ticket."""
    producer = AIOKafkaProducer(bootstrap_servers=address, linger_ms=20)
    await producer.start()
    for number in range(TICKETS):
        event = make(number)
        event |= {"ticket_id": f"T{number}", "event_id": f"T{number}-{event['event']}"}
        await producer.send(topic, json.dumps(event, ensure_ascii=False).encode(), key=b"T%d" % number)
    await producer.stop()


class Watcher:
    """Reads topics from their beginning and keeps what it saw."""

    def __init__(self, address: str, topics: list[str]) -> None:
        self._consumer = AIOKafkaConsumer(
            *topics, bootstrap_servers=address, auto_offset_reset="earliest", group_id=None
        )
        self.seen: dict[str, list[Any]] = {topic: [] for topic in topics}

    async def __aenter__(self) -> "Watcher":
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def until(self, enough: Callable[[], bool]) -> None:
        """Read until `enough`, or fail after WITHIN_S."""
        deadline = time.monotonic() + WITHIN_S
        while not enough():
            assert time.monotonic() < deadline, {topic: len(seen) for topic, seen in self.seen.items()}
            for records in (await self._consumer.getmany(timeout_ms=200, max_records=2000)).values():
                for record in records:
                    self.seen[record.topic].append(json.loads(record.value))


class Workers:
    """The processes of this test, by role."""

    def __init__(self, address: str, prefix: str, folder: Path) -> None:
        self._arguments = [address, prefix, str(folder)]
        self._folder = folder
        self._running: dict[Role, subprocess.Popen[bytes]] = {}

    def start(self, *roles: Role) -> None:
        for role in roles:
            log = (self._folder / f"{role}.log").open("ab")
            command = [sys.executable, str(SCRIPT), role, *self._arguments]
            self._running[role] = subprocess.Popen(command, stdout=log, stderr=log)
            log.close()

    def end(self, how: signal.Signals, *roles: Role) -> list[int]:
        """Exit statuses."""
        for role in roles:
            self._running[role].send_signal(how)
        return [self._running.pop(role).wait(180) for role in roles]

    def kill_all(self) -> None:
        for process in self._running.values():
            with suppress(ProcessLookupError):
                process.kill()
            process.wait(60)


async def play(address: str, topics: Topics, workers: Workers) -> Watcher:
    """Backlog first; then two kills, a stop and the rest."""
    await send(address, topics.events, created)
    async with Watcher(address, [topics.accepted, topics.graded, topics.problems]) as watcher:

        def count(topic: str, name: Callable[[Any], str]) -> int:
            return len({name(value) for value in watcher.seen[topic]})

        def count_closed() -> int:
            return len({v["ticket_id"] for v in watcher.seen[topics.accepted] if v["edition"] == 2})

        def graded_tickets() -> list[Any]:
            return [value["ticket"] for value in watcher.seen[topics.graded]]

        workers.start("core", "grading")
        await watcher.until(lambda: len(watcher.seen[topics.accepted]) > TICKETS // 4)
        workers.end(signal.SIGKILL, "core", "grading")
        workers.start("core", "grading")
        await watcher.until(lambda: count(topics.accepted, lambda v: v["ticket_id"]) > TICKETS // 2)
        await send(address, topics.events, closed)
        workers.end(signal.SIGKILL, "core")
        workers.start("core")
        await watcher.until(lambda: count_closed() > TICKETS // 4)
        assert workers.end(signal.SIGTERM, "core", "grading") == [0, 0]
        workers.start("core", "grading")
        # An event that comes again is answered with the ticket as it is by then, so only the last edition is sure.
        await watcher.until(
            lambda: (
                count_closed() >= TICKETS
                and len({t["ticket_id"] for t in graded_tickets() if t["edition"] == 2}) >= TICKETS
                and len(joined(watcher.seen[topics.problems])) >= TICKETS
                and open_tickets(watcher.seen[topics.problems]) == 0
            )
        )
        return watcher


def joined(changes: list[Any]) -> set[str]:
    """Tickets that are in a problem."""
    return {change["graded"]["ticket"]["ticket_id"] for change in changes if change.get("graded")}


def last_states(changes: list[Any]) -> list[Any]:
    """Each problem's last state, by its version."""
    last: dict[str, Any] = {}
    for change in changes:
        problem = change["problem"]
        held = last.get(problem["problem_id"])
        if held is None or problem["version"] >= held["version"]:
            last[problem["problem_id"]] = problem
    return list(last.values())


def open_tickets(changes: list[Any]) -> int:
    return sum(problem["open_tickets"] for problem in last_states(changes))


@pytest.mark.faults
def test_workers_killed_in_a_backlog_lose_and_double_nothing(
    embedded_broker: str, prefix: str, tmp_path: Path
) -> None:
    topics = Topics(prefix)
    create(embedded_broker, topics, 1)
    workers = Workers(embedded_broker, prefix, tmp_path)
    try:
        watcher = asyncio.run(play(embedded_broker, topics, workers))
    finally:
        workers.kill_all()
    tickets = {f"T{number}" for number in range(TICKETS)}
    assert {value["ticket_id"] for value in watcher.seen[topics.accepted]} == tickets
    assert {value["ticket"]["ticket_id"] for value in watcher.seen[topics.graded]} == tickets
    assert joined(watcher.seen[topics.problems]) == tickets
    # Neither lost nor counted twice, whatever was delivered again.
    assert sum(problem["tickets"] for problem in last_states(watcher.seen[topics.problems])) == TICKETS

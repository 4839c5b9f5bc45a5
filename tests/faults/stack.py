"""The full stack as processes on a real Kafka and a real Elasticsearch, for tests that join, stop and kill them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from streams.topics import Role, Topics, create, lag

SESSION_S = "6"
WITHIN_S = 300.0
"""For any one thing, on the slowest machine."""


@dataclass
class Stack:
    """Workers of every role under one prefix. Each has its own log in `folder`."""

    kafka: str
    elastic: str
    prefix: str
    folder: Path
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def topics(self) -> Topics:
        return Topics(self.prefix)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("WEISU_")},
            "WEISU_STREAM__ADDRESS": self.kafka,
            "WEISU_STREAM__PREFIX": self.prefix,
            "WEISU_STREAM__SESSION_S": SESSION_S,
            "WEISU_STREAM__LANE__SESSION_S": SESSION_S,
            "WEISU_STREAM__DATA_DIR": str(self.folder / "workers"),
            "WEISU_INDEX__ENGINE": "elasticsearch",
            "WEISU_INDEX__URL": self.elastic,
            "WEISU_INDEX__PREFIX": self.prefix.rstrip(".") + "-",
            "WEISU_PSEUDONYM_KEY": "a key for this test",
            "WEISU_DATA": str(self.folder / "data"),
        }

    def weisu(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one command to its end."""
        command = [sys.executable, "-m", "weisu", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=600)

    def start(self, name: str, role: Role) -> None:
        with (self.folder / f"{name}.log").open("ab") as out:
            command = [sys.executable, "-m", "weisu", "work", "--role", role]
            self.workers[name] = subprocess.Popen(command, env=self.environment, stdout=out, stderr=out)

    def start_all(self) -> None:
        create(self.kafka, self.topics, 1)
        for role in ("core", "grading", "notifying", "index"):
            self.start(role, role)  # type: ignore[arg-type]  # the loop's values are roles

    def kill(self, name: str) -> None:
        """kill -9: no goodbye, nothing flushed."""
        worker = self.workers.pop(name)
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    def stop(self, name: str) -> int:
        worker = self.workers.pop(name)
        worker.terminate()
        return worker.wait(180)

    def stop_all(self) -> None:
        for name in list(self.workers):
            self.workers[name].terminate()
        for name in list(self.workers):
            worker = self.workers.pop(name)
            try:
                worker.wait(60)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()

    def behind(self) -> int:
        """Inputs of all roles that nobody has acknowledged."""
        return sum(
            place.behind
            for role in ("core", "grading", "notifying", "index")
            for place in lag(self.kafka, self.topics.group(role), self.topics.inputs(role))
        )

    def committed(self, role: Role, topic: str) -> int:
        """Inputs of a topic that a role has acknowledged."""
        return sum(place.committed or 0 for place in lag(self.kafka, self.topics.group(role), [topic]))

    def wait_until(self, what: str, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not done():
            dead = [name for name, worker in self.workers.items() if worker.poll() is not None]
            assert not dead, f"{dead} ended by itself; see {self.folder}"
            assert time.monotonic() < deadline, f"not within {WITHIN_S:.0f} s: {what}; see {self.folder}"
            time.sleep(1)

    def read(self, topic: str) -> Iterator[dict[str, Any]]:
        """Every record of a topic as JSON, in partition and offset order."""
        return (json.loads(value) for value in self.read_raw(topic))

    def read_raw(self, topic: str) -> Iterator[bytes]:
        """Every record of a topic, in partition and offset order."""
        consumer = KafkaConsumer(bootstrap_servers=self.kafka, enable_auto_commit=False, group_id=None)
        try:
            places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
            ends = consumer.end_offsets(places)
            for place in sorted(places):
                consumer.assign([place])
                consumer.seek_to_beginning(place)
                while consumer.position(place) < ends[place]:
                    for records in consumer.poll(timeout_ms=1000).values():
                        yield from (record.value for record in records)
        finally:
            consumer.close()

    def raised(self) -> Counter[str]:
        """Alert id → distinct raisings on the topic `alerts` (a redelivered record has the same number and counts once)."""
        events = {
            (event["alert"]["alert_id"], event["seq"])
            for event in self.read(self.topics.alerts)
            if event["event"] == "raised"
        }
        return Counter(alert_id for alert_id, _ in events)

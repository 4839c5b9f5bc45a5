"""No event is lost when workers join, leave and are killed while a backlog drains: on a real Kafka.

The same harness shows that Faust's own consumer does lose events, so a pass of ours proves something.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from streams.topics import lag

pytestmark = [pytest.mark.faults, pytest.mark.kafka, pytest.mark.xdist_group("kafka")]

EVENTS = 1400
PLAIN_ROUNDS = 8
"""At most: one is enough where it loses something, as it nearly always does. The loss is a race."""
STILL_S = 30.0
"""Longer than a rebalance after a kill takes: session time-out 6 s, then the join."""


@dataclass
class Crowd:
    """Workers of one group on one topic, and what they have processed."""

    name: str
    broker: str
    folder: Path
    consumer: str
    workers: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def fill(self) -> None:
        """Create the topics and send the backlog."""
        admin = KafkaAdminClient(bootstrap_servers=self.broker)
        compact = {"cleanup.policy": "compact"}
        admin.create_topics(
            [
                NewTopic(f"{self.name}-in", 4, 1),
                NewTopic(f"{self.name}-out", 1, 1),
                NewTopic(f"{self.name}-seen-changelog", 4, 1, topic_configs=compact),
            ]
        )
        admin.close()
        producer = KafkaProducer(bootstrap_servers=self.broker, linger_ms=20)
        for number in range(EVENTS):
            producer.send(f"{self.name}-in", key=b"%d" % (number % 500), value=b"%d" % number)
        producer.flush()
        producer.close()

    def join(self, number: int) -> None:
        place = {"NAME": self.name, "BROKER": self.broker, "FOLDER": str(self.folder), "NUMBER": str(number)}
        command = [sys.executable, str(Path(__file__).with_name("rejoin_worker.py"))]
        with (self.folder / f"{number}.log").open("ab") as log:
            self.workers[number] = subprocess.Popen(
                [*command, "worker", "--loglevel", "warn", "--without-web"],
                env={**os.environ, **place, "CONSUMER": self.consumer},
                stdout=log,
                stderr=log,
            )

    def leave(self, number: int) -> None:
        worker = self.workers.pop(number)
        worker.terminate()
        worker.wait(60)

    def kill(self, number: int) -> None:
        worker = self.workers.pop(number)
        worker.kill()
        worker.wait()

    def kill_all(self) -> None:
        for number in list(self.workers):
            self.kill(number)

    def processed(self) -> set[int]:
        files = self.folder.glob("*.processed")
        lines = [line.split() for file in files for line in file.read_text().splitlines()]
        return {int(words[2]) for words in lines if len(words) == 3}  # a kill may cut the last line

    def wait_for(self, count: int) -> None:
        """Until so many different events are processed, or nothing new has come for STILL_S."""
        best, since = len(self.processed()), time.monotonic()
        while best < count and time.monotonic() - since < STILL_S:
            time.sleep(0.3)
            found = len(self.processed())
            if found > best:
                best, since = found, time.monotonic()

    def behind(self) -> int:
        """What the group has not committed."""
        return sum(place.behind for place in lag(self.broker, self.name, [f"{self.name}-in"]))

    def is_read_to_the_end(self) -> bool:
        """Whether everything is committed, at once or within STILL_S."""
        deadline = time.monotonic() + STILL_S
        while self.behind() and time.monotonic() < deadline:
            time.sleep(0.5)
        return self.behind() == 0

    def lost(self) -> int:
        """How many events no worker has processed."""
        return EVENTS - len(self.processed())


@pytest.fixture
def crowds(kafka: str, prefix: str, tmp_path: Path) -> Iterator["Crowds"]:
    made = Crowds(kafka, prefix.rstrip("."), tmp_path)
    yield made
    for crowd in made.crowds:
        crowd.kill_all()


@dataclass
class Crowds:
    broker: str
    prefix: str
    folder: Path
    crowds: list[Crowd] = field(default_factory=list)

    def gather(self, consumer: str) -> Crowd:
        name = f"{self.prefix}-{len(self.crowds)}"
        folder = self.folder / name
        folder.mkdir()
        crowd = Crowd(name, self.broker, folder, consumer)
        self.crowds.append(crowd)
        crowd.fill()
        return crowd


def shake(crowd: Crowd) -> None:
    """Workers join, leave and die while the backlog drains; a fresh one looks for what is left."""
    crowd.join(1)
    for share, change, number in (
        (50, crowd.join, 2),
        (250, crowd.join, 3),
        (450, crowd.kill, 1),
        (650, crowd.join, 1),
        (850, crowd.leave, 2),
        (1050, crowd.kill, 3),
    ):
        crowd.wait_for(share)
        change(number)
    crowd.wait_for(EVENTS)
    if crowd.lost():
        crowd.leave(1)
        crowd.join(4)
        crowd.wait_for(EVENTS)


def test_plain_consumer_loses_events_when_workers_join_leave_and_die(crowds: Crowds) -> None:
    """Proof that the harness can fail. Should this ever fail, Faust was mended and our consumer may go."""
    for _ in range(PLAIN_ROUNDS):
        crowd = crowds.gather("plain")
        shake(crowd)
        crowd.kill_all()
        if crowd.lost():
            return
    pytest.fail(f"Faust's own consumer lost nothing in {PLAIN_ROUNDS} rounds")


def test_contiguous_consumer_loses_nothing_when_workers_join_leave_and_die(crowds: Crowds) -> None:
    crowd = crowds.gather("contiguous")
    shake(crowd)
    assert (crowd.lost(), crowd.is_read_to_the_end()) == (0, True)

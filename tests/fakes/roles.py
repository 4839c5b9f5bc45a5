"""Roles without Kafka: inputs whose acknowledgement is written down, and senders that take everything."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from agents.city import City
from agents.grading.ladder import Ladder
from agents.grading.rules import RulesGrader
from agents.notifying.route import Delivery, Routing
from agents.notifying.send import NotDelivered, Sender, Sent
from streams.app import Role
from streams.bindings import Core, Parts
from streams.deadletters import DeadLetters
from streams.delivery import OrderedAcker, Series
from streams.metrics import Metrics
from streams.outbox import Outbox, Output
from streams.settings import StreamSettings
from streams.worker import Worker

CITY = City(name="试城")
LADDER = Ladder(RulesGrader(CITY))


@dataclass
class Message:
    topic: str
    offset: int
    partition: int = 0
    generation_id: int | None = 1
    acked: bool = False


@dataclass
class Event:
    value: bytes | None
    message: Message
    log: list[tuple[str, int]] = field(default_factory=list)
    key: bytes | None = b"k"
    headers: dict[str, bytes] = field(default_factory=dict)

    def ack(self) -> bool:
        self.log.append((self.message.topic, self.message.offset))
        return True


class Memory:
    """A producer that takes everything at once."""

    def __init__(self) -> None:
        self.sent: list[Output] = []

    async def send(self, output: Output) -> "asyncio.Future[Any]":
        self.sent.append(output)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future

    def of(self, topic: str) -> list[Output]:
        return [output for output in self.sent if output.topic == topic]


class Pager(Sender):
    """Writes down what it was asked to send; fails as it is told."""

    def __init__(self, *failures: NotDelivered) -> None:
        super().__init__({})
        self.failures = list(failures)
        self.told: list[str] = []
        self.channels: list[str] = []

    async def send(self, delivery: Delivery) -> Sent:
        if self.failures:
            raise self.failures.pop(0)
        self.told.append(delivery.key)
        self.channels.append(delivery.channel)
        return Sent("sent")


async def settle() -> None:
    """Let deliveries reach their entries."""
    for _ in range(5):
        await asyncio.sleep(0)


def parts(sender: Sender | None = None) -> Parts:
    return Parts(CITY, b"k" * 32, LADDER, Routing(CITY), sender or Pager())


def make(role: Role, settings: StreamSettings) -> Worker:
    return Worker(role, settings, Metrics(), pytest.fail)


def series(core: Core, memory: Memory) -> Series:
    return Series(
        OrderedAcker(lambda: 1, 100),
        Outbox(memory.send, pytest.fail),
        DeadLetters(StreamSettings().dlq),
        pytest.fail,
        writes=core.journal.take,
    )

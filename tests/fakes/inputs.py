"""Inputs whose acknowledgement is written down, dead letters, and a producer moved by hand: delivery without Kafka."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from streams.delivery import TooManyDead
from streams.outbox import Output

GENERATION = 7


@dataclass
class Message:
    offset: int
    partition: int = 0
    topic: str = "in"
    generation_id: int | None = GENERATION
    acked: bool = False


@dataclass
class Event:
    """An input whose acknowledgement is written down."""

    message: Message
    log: list[tuple[int, int]]
    key: bytes | None = b"k"
    value: bytes | None = b"v"
    headers: dict[str, bytes] = field(default_factory=dict)

    def ack(self) -> bool:
        self.log.append((self.message.partition, self.message.offset))
        return True


class Dead:
    """Dead letters with an optional bound."""

    def __init__(self, limit: int = 1000) -> None:
        self.limit = limit
        self.buried: list[tuple[int, str, int]] = []

    def good(self, topic: str) -> None:
        return None

    def bury(self, event: Any, error: Exception, attempt: int) -> Output:
        if len(self.buried) >= self.limit:
            raise TooManyDead("too many")
        self.buried.append((event.message.offset, type(error).__name__, attempt))
        return Output("in.dlq", event.key, event.value)


class Broker:
    """A producer whose deliveries are moved by hand; `refuse` many sends fail at once."""

    def __init__(self, by_hand: bool = False) -> None:
        self.by_hand = by_hand
        self.refuse = 0
        self.sent: list[Output] = []
        self.pending: list[asyncio.Future[Any]] = []

    async def send(self, output: Output) -> "asyncio.Future[Any]":
        if self.refuse:
            self.refuse -= 1
            raise ConnectionError("refused")
        self.sent.append(output)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.pending.append(future)
        if not self.by_hand:
            future.set_result(None)
        return future


async def no_sleep(seconds: float) -> None:
    await asyncio.sleep(0)


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


def events(count: int, log: list[tuple[int, int]], partitions: int = 1) -> list[Event]:
    return [Event(Message(number, number % partitions), log) for number in range(count)]

"""Dead letters: what cannot be handled is kept as it came, with the reason, and never in silence or in
masses."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from kafka.structs import TopicPartition as Place
from pydantic import ValidationError

from streams.delivery import Arrived, TooManyDead
from streams.outbox import Output
from streams.settings import DlqSettings
from streams.topics import ANSWERS_WITHIN_S, WrongTopics, ends_of

SUFFIX = ".dlq"
REASON, ERROR = "reason", "error"
ORIGIN_TOPIC, ORIGIN_PARTITION, ORIGIN_OFFSET = "origin-topic", "origin-partition", "origin-offset"
ATTEMPT = "attempt"


class DlqLimit:
    """Judges one topic by its last inputs. Source: the idea of getsentry/arroyo's DlqLimit."""

    def __init__(self, settings: DlqSettings) -> None:
        self._settings = settings
        self._last: deque[bool] = deque()
        self._dead = 0
        self._run = 0

    def good(self, inputs: int = 1) -> None:
        """That many inputs were handled."""
        self._run = 0
        for _ in range(min(inputs, self._settings.window)):
            self._remember(False)

    def dead(self) -> str | None:
        """One more dead letter; the reason to stop when that is one too many."""
        self._run += 1
        self._remember(True)
        if self._run > self._settings.run:
            return f"{self._run} inputs one after the other failed"
        full = len(self._last) >= self._settings.window
        if full and self._dead > self._settings.ratio * self._settings.window:
            return f"{self._dead} of the last {self._settings.window} inputs failed"
        return None

    def _remember(self, dead: bool) -> None:
        self._last.append(dead)
        self._dead += dead
        if len(self._last) > self._settings.window:
            self._dead -= self._last.popleft()


class DeadLetters:
    """Makes dead letters, and refuses to when a topic passes its limit."""

    def __init__(
        self, settings: DlqSettings, on_dead: Callable[[str, str], None] = lambda topic, reason: None
    ) -> None:
        self._settings = settings
        self._on_dead = on_dead
        self._limits: dict[str, DlqLimit] = {}

    def good(self, topic: str) -> None:
        """An input of `topic` was handled."""
        self._limit(topic).good()

    def bury(self, event: Arrived, error: Exception, attempt: int) -> Output:
        """The dead letter of `event`. Deliver it before the input is acknowledged. Raises TooManyDead."""
        message = event.message
        return self.letter(
            message.topic, message.partition, message.offset, event.key, event.value, error, attempt
        )

    def letter(
        self,
        topic: str,
        partition: int,
        offset: int,
        key: bytes | None,
        value: bytes | None,
        error: Exception,
        attempt: int = 1,
    ) -> Output:
        """As bury(), for inputs that no agent read. Raises TooManyDead."""
        reason, detail = describe(error)
        self._on_dead(topic, reason)
        too_many = self._limit(topic).dead()
        if too_many is not None:
            raise TooManyDead(
                f"stopped reading {topic}: {too_many}, the last one for {reason} ({detail}) at partition"
                f" {partition} offset {offset}; nothing more is read until the cause is gone and the worker"
                " is started again"
            )
        headers = {
            REASON: reason,
            ERROR: detail,
            ORIGIN_TOPIC: topic,
            ORIGIN_PARTITION: str(partition),
            ORIGIN_OFFSET: str(offset),
            ATTEMPT: str(attempt),
        }
        return Output(
            topic + SUFFIX, key, value, tuple((name, text.encode()) for name, text in headers.items())
        )

    def _limit(self, topic: str) -> DlqLimit:
        return self._limits.setdefault(topic, DlqLimit(self._settings))


def describe(error: Exception) -> tuple[str, str]:
    """(reason, detail) of a failed input: fields, types and places in our code, never the input's own
    words."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        places = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['type']}" for fault in faults[:5]]
        return "wrong_shape", "; ".join(places)
    reason, detail = getattr(error, "reason", None), getattr(error, "detail", None)
    if isinstance(reason, str) and isinstance(detail, str):
        return reason, detail
    return "failed", f"{type(error).__name__} at {_origin(error)}"


def _origin(error: Exception) -> str:
    trace = error.__traceback__
    if trace is None:
        return "unknown place"
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    return f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter as it lies in its topic."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    reason: str
    error: str
    origin_topic: str
    origin_partition: int
    origin_offset: int
    attempt: int

    @property
    def name(self) -> str:
        """How `weisu deadletters` calls it: partition:offset within its topic."""
        return f"{self.partition}:{self.offset}"


def read_letter(record: Any) -> Letter:
    """A Letter from an aiokafka record; headers that are missing are empty, 0 or the topic's own name."""
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers or ()}
    return Letter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=record.key,
        value=record.value,
        reason=headers.get(REASON, ""),
        error=headers.get(ERROR, ""),
        origin_topic=headers.get(ORIGIN_TOPIC) or record.topic.removesuffix(SUFFIX),
        origin_partition=int(headers.get(ORIGIN_PARTITION, 0)),
        origin_offset=int(headers.get(ORIGIN_OFFSET, 0)),
        attempt=int(headers.get(ATTEMPT, 0)),
    )


async def list_letters(address: str, topic: str) -> AsyncIterator[Letter]:
    """All dead letters of `topic` (a `….dlq`) in partition and offset order; ends at what is there now.

    Raises WrongTopics: there is no such topic, or what lies in it does not come.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=address, enable_auto_commit=False, auto_offset_reset="earliest", group_id=None
    )
    try:
        await consumer.start()
        for place, end in (await _ends(consumer, address, topic)).items():
            consumer.assign([place])
            await consumer.seek_to_beginning(place)
            while await consumer.position(place) < end:
                for record in await _next_of(consumer, place):
                    yield read_letter(record)
    finally:
        await consumer.stop()


async def _ends(consumer: Any, address: str, topic: str) -> dict[Any, int]:
    """Each partition of the topic, and the offset behind its last record."""
    await consumer.topics()
    numbers = consumer.partitions_for_topic(topic)
    if not numbers:
        raise WrongTopics(f"{topic} is missing on {address}: `weisu topics verify` names the topics")
    ends = await asyncio.to_thread(ends_of, address, [Place(topic, number) for number in sorted(numbers)])
    return {TopicPartition(place.topic, place.partition): end for place, end in ends.items()}


async def _next_of(consumer: Any, place: Any) -> list[Any]:
    found = await consumer.getmany(place, timeout_ms=int(ANSWERS_WITHIN_S * 1000))
    if not found:
        raise WrongTopics(f"{place.topic} holds more and it does not come: is its leader up?")
    records: list[Any] = found[place]
    return records


async def replay_letters(address: str, topic: str, chosen: Collection[str] | None = None) -> int:
    """Send dead letters back to where they came from: those named in `chosen` (Letter.name), None: all.

    Returns how many were sent. They stay in the dead-letter topic; sending one twice is a redelivery, which changes
    nothing. Raises WrongTopics.
    """
    producer = AIOKafkaProducer(bootstrap_servers=address, acks="all", max_request_size=16 << 20)
    sent = 0
    try:
        await producer.start()
        async for letter in list_letters(address, topic):
            if chosen is None or letter.name in chosen:
                await producer.send_and_wait(letter.origin_topic, letter.value, key=letter.key)
                sent += 1
    finally:
        await producer.stop()
    return sent

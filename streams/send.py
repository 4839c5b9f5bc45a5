"""Sends event lines to `tickets.events`: a file as fast as the broker takes it, or a city's day at a chosen speed."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams.lines import Damage

IN_FLIGHT = 2_000
"""Sends that may wait for the broker's answer: bounds memory, and what must be sent again after a fault."""


@dataclass
class Sent:
    """How a run of sending ended. Every line is in exactly one of the two."""

    delivered: int = 0
    failed: list[tuple[int, str]] = field(default_factory=list)
    """(line number, reason)."""


def key_of(raw: bytes) -> bytes | None:
    """The ticket id as the record's key; None for a line that is no event: intake will say why."""
    try:
        ticket_id = json.loads(raw)["ticket_id"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return ticket_id.encode("utf-8", "replace") if isinstance(ticket_id, str) and ticket_id else None


def instant_of(raw: bytes) -> float | None:
    """Event time in epoch seconds, for pacing; None when the line has none."""
    try:
        return datetime.fromisoformat(json.loads(raw)["occurred_at"]).timestamp()
    except (ValueError, TypeError, LookupError, RecursionError, OverflowError):
        return None


class Pace:
    """Holds lines back so that event time runs `speed` times as fast as the clock."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._first: tuple[float, float] | None = None

    def wait(self, raw: bytes) -> None:
        at = instant_of(raw)
        if at is None:
            return
        if self._first is None:
            self._first = (at, time.monotonic())
        due = self._first[1] + (at - self._first[0]) / self._speed
        if (delay := due - time.monotonic()) > 0:
            time.sleep(delay)


def send(
    lines: Iterable[tuple[int, bytes | Damage]],
    broker: str,
    topic: str,
    speed: float | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Sent:
    """Send every line, keyed by ticket; order per ticket is kept. Raises KafkaError when no broker answers at all.

    `speed`: event seconds per second of the clock; None: as fast as possible. A broker that goes away for a while is
    waited for. `progress` gets the number of lines handed over.
    """
    result = Sent()
    waiting: list[Any] = []
    pace = Pace(speed) if speed else None
    producer = KafkaProducer(
        bootstrap_servers=broker,
        acks="all",
        linger_ms=5 if speed else 20,
        max_request_size=16 * 1024 * 1024,
        retries=1_000,
        delivery_timeout_ms=300_000,
        max_in_flight_requests_per_connection=1,
    )
    try:
        for number, raw in lines:
            if isinstance(raw, Damage):
                result.failed.append((number, raw.detail))
                continue
            if pace is not None:
                pace.wait(raw)
            try:
                future = producer.send(topic, key=key_of(raw), value=raw)
            except KafkaError as error:
                result.failed.append((number, type(error).__name__))
                continue
            future.add_errback(partial(_note_failure, result, number))
            waiting.append(future)
            if len(waiting) >= IN_FLIGHT:
                producer.flush()
                result.delivered += _delivered(waiting)
            progress(number)
        producer.flush()
        result.delivered += _delivered(waiting)
    finally:
        producer.close()
    return result


def _delivered(waiting: list[Any]) -> int:
    count = sum(1 for future in waiting if future.succeeded())
    waiting.clear()
    return count


def _note_failure(result: Sent, number: int, error: BaseException) -> None:
    result.failed.append((number, type(error).__name__))

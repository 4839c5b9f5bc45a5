"""Ticks 时点: the event-time heartbeat that lets a partition decide what needs no new ticket."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from streams.replay import TICK, Ticker

_HEAD = b'{"tick"'


def is_tick(raw: bytes) -> bool:
    """Whether a record is a tick and not what its topic is for."""
    return raw.startswith(_HEAD)


def write_tick(at: datetime) -> bytes:
    return json.dumps({"tick": at.isoformat()}).encode()


def read_tick(raw: bytes) -> datetime:
    """The tick's event time. Raises ValueError."""
    at = datetime.fromisoformat(str(json.loads(raw)["tick"]))
    if at.tzinfo is None:
        raise ValueError("a tick needs an offset")
    return at


@dataclass
class Clock:
    """Event time of one partition: moved by what arrives, and by wall time only while nothing does.

    `wall` arguments are monotonic seconds.
    """

    _seen: datetime | None = None
    _moved: float = 0.0
    _ticker: Ticker = field(default_factory=Ticker)

    def see(self, at: datetime, wall: float, ticket_id: str = "") -> list[datetime]:
        """Something of event time `at` arrived; the ticks that come before it, as in a replay."""
        self._moved = wall
        ticks = list(self._ticker.see(at, ticket_id))
        if self._ticker.is_at(at) and (self._seen is None or at > self._seen):
            self._seen = at
        return ticks

    def idle_s(self, wall: float) -> float:
        """Seconds since anything arrived."""
        return wall - self._moved

    def now(self, wall: float) -> datetime | None:
        """Event time of an idle partition: the last one plus the wall time since. None: nothing seen yet."""
        return None if self._seen is None else self._seen + timedelta(seconds=self.idle_s(wall))

    def due(self, wall: float) -> datetime | None:
        """Event time when an idle partition has passed a tick that nothing brought about."""
        at, last = self.now(wall), self._ticker.last
        if at is None or last is None or at - last < TICK:
            return None
        return at

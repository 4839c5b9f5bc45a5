"""The way out: a record that was handed over is delivered, or the worker stops."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]
Halt = Callable[[str], None]
"""Ends the worker with a non-zero exit; the argument is the one line that says why."""


class Held(str):
    """Why a worker stops that would only do harm if it were started again at once: see health.HELD."""


@dataclass(frozen=True, slots=True)
class Output:
    """One record to be sent. `partition` None: chosen by the key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None


ENVELOPE = 512
"""Bytes that Kafka adds to a record at most: batch header, lengths, timestamps."""


class OutputTooLarge(Exception):
    """A record that its topic will never take: its input is a dead letter, or it would stop the worker for ever."""

    reason = "output_too_large"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


Send = Callable[[Output], Awaitable["asyncio.Future[Any]"]]


def pauses(first: float, longest: float) -> Iterator[float]:
    """Seconds to wait before each next attempt: doubling, never more than `longest`, without end."""
    pause = first
    while True:
        yield pause
        pause = min(pause * 2, longest)


class Outbox:
    """Sends outputs and answers for them: a future that it hands out is done only when the broker has the
    record."""

    def __init__(
        self,
        send: Send,
        halt: Halt,
        *,
        tries: int = 8,
        sleep: Sleep = asyncio.sleep,
        limits: Mapping[str, int] | None = None,
    ) -> None:
        """`limits`: topic → bytes of its largest message; a topic without one takes anything."""
        self._send = send
        self._halt = halt
        self._tries = tries
        self._sleep = sleep
        self._limits = limits or {}
        self._retries: set[asyncio.Task[None]] = set()

    def excess(self, output: Output) -> str | None:
        """Why the topic will never take `output`; None: it fits."""
        most = self._limits.get(output.topic)
        if most is None:
            return None
        headers = sum(len(name) + len(value) for name, value in output.headers)
        size = len(output.key or b"") + len(output.value or b"") + headers + ENVELOPE
        return None if size <= most else f"{output.topic}: {size} bytes, takes {most}"

    def require_fit(self, outputs: Iterable[Output]) -> None:
        """Raises OutputTooLarge."""
        for output in outputs:
            if (why := self.excess(output)) is not None:
                raise OutputTooLarge(why)

    async def put(self, output: Output) -> "asyncio.Future[None]":
        """Hand `output` to the producer. The future never fails: what cannot be delivered ends the worker."""
        delivered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            sent = await self._send(output)
        except Exception as error:
            self._retry(output, delivered, error)
        else:
            sent.add_done_callback(partial(self._settle, output, delivered))
        return delivered

    def _settle(self, output: Output, delivered: "asyncio.Future[None]", sent: "asyncio.Future[Any]") -> None:
        error = asyncio.CancelledError() if sent.cancelled() else sent.exception()
        if error is not None:
            self._retry(output, delivered, error)
        elif not delivered.done():
            delivered.set_result(None)

    def _retry(self, output: Output, delivered: "asyncio.Future[None]", error: BaseException) -> None:
        task = asyncio.get_running_loop().create_task(self._send_again(output, delivered, error))
        self._retries.add(task)
        task.add_done_callback(self._retries.discard)

    async def _send_again(
        self, output: Output, delivered: "asyncio.Future[None]", error: BaseException
    ) -> None:
        for _, pause in zip(range(self._tries), pauses(0.1, 10.0), strict=False):
            log.warning(
                "output refused, sending again topic=%s error=%s pause_s=%s",
                output.topic,
                type(error).__name__,
                pause,
            )
            await self._sleep(pause)
            try:
                await (await self._send(output))
            except Exception as again:
                error = again
            else:
                if not delivered.done():
                    delivered.set_result(None)
                return
        self._halt(
            f"an output to {output.topic} was refused {self._tries + 1} times ({type(error).__name__});"
            " its input stays unacknowledged: see that the topic exists and takes records of this size"
        )

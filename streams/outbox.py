"""The way out: a record that was handed over is delivered, or the worker stops."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]
Halt = Callable[[str], None]
"""Ends the worker with a non-zero exit; the argument is the one line that says why."""


@dataclass(frozen=True, slots=True)
class Output:
    """One record to be sent. `partition` None: chosen by the key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None


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

    def __init__(self, send: Send, halt: Halt, *, tries: int = 8, sleep: Sleep = asyncio.sleep) -> None:
        self._send = send
        self._halt = halt
        self._tries = tries
        self._sleep = sleep
        self._retries: set[asyncio.Task[None]] = set()

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

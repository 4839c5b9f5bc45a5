"""Bulk writing to the index: many documents at once, none lost, acknowledged only after the write."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from indexing.index import Document, IndexUnavailable, Written
from streams.outbox import Sleep, pauses
from streams.settings import BulkSettings

log = logging.getLogger(__name__)


class Writes(Protocol):
    """The part of the Index that the Bulker needs."""

    async def write(self, documents: Sequence[Document]) -> Written: ...


@dataclass(frozen=True)
class Refusal:
    """A document that the index will not take."""

    document: Document
    why: str


@dataclass
class Outcome:
    """What became of one flush."""

    stored: int = 0
    stale: int = 0
    refused: list[Refusal] = field(default_factory=list)


def keep_newest(documents: Sequence[Document]) -> list[Document]:
    """One document per (collection, id): the one with the largest version, of equals the last; in the order in which
    each was first seen."""
    newest: dict[tuple[str, str], Document] = {}
    for document in documents:
        key = (document.collection, document.id)
        held = newest.get(key)
        if held is None or document.version >= held.version:
            newest[key] = document
    return list(newest.values())


class Bulker:
    """Gathers documents and writes them in one go when there are enough of them or the first has waited
    long enough.

    The caller adds, asks `due`, flushes, and acknowledges after flush() has returned: flush() returns only when
    every document is stored, superseded, or refused for good. An engine that does not answer is waited for, without
    end.
    """

    def __init__(
        self,
        index: Writes,
        settings: BulkSettings,
        clock: Callable[[], float],
        *,
        sleep: Sleep = asyncio.sleep,
        on_wait: Callable[[], None] = lambda: None,
    ) -> None:
        self._index = index
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._on_wait = on_wait
        self._batch: list[Document] = []
        self._since: float | None = None

    def __len__(self) -> int:
        return len(self._batch)

    def add(self, documents: Sequence[Document]) -> None:
        """Put `documents` to the batch."""
        if documents and self._since is None:
            self._since = self._clock()
        self._batch.extend(documents)

    @property
    def wait_s(self) -> float:
        """Seconds until the batch is due by age; the full age when it is empty."""
        if self._since is None:
            return self._settings.age_s
        return max(0.0, self._since + self._settings.age_s - self._clock())

    @property
    def due(self) -> bool:
        """Whether it is time to flush()."""
        return len(self._batch) >= self._settings.size or (self._since is not None and self.wait_s == 0.0)

    def clear(self) -> None:
        """Forget the batch: its inputs will be read again by whoever owns them now."""
        self._batch, self._since = [], None

    async def flush(self) -> Outcome:
        """Write the batch, `size` documents at a time, and empty it."""
        documents = keep_newest(self._batch)
        outcome = Outcome()
        for start in range(0, len(documents), self._settings.size):
            await self._settle(documents[start : start + self._settings.size], outcome)
        self.clear()
        return outcome

    async def _settle(self, documents: list[Document], outcome: Outcome) -> None:
        waits = pauses(0.2, 10.0)
        taken, tries = 0, 0
        while documents:
            written = await self._write(documents)
            outcome.stored += len(written.stored)
            outcome.stale += len(written.stale)
            outcome.refused.extend(Refusal(document, why) for document, why in written.refused)
            taken += len(documents) - len(written.retry)
            documents = list(written.retry)
            # An engine that puts off everything is overloaded, and waited for; one that takes the others is
            # not.
            tries += taken > 0
            if documents and tries >= self._settings.tries:
                why = f"put off {tries} times while others were taken"
                outcome.refused.extend(Refusal(document, why) for document in documents)
                return
            if documents:
                self._on_wait()
                await self._sleep(next(waits))

    async def _write(self, documents: list[Document]) -> Written:
        """One write that the engine answered: whole-batch failures keep the batch and back off."""
        write: Callable[[Sequence[Document]], Awaitable[Written]] = self._index.write
        for attempt, pause in enumerate(pauses(0.5, 15.0), start=1):
            try:
                return await write(documents)
            except (IndexUnavailable, OSError) as error:
                if attempt % 10 == 1:
                    log.warning(
                        "index does not answer, keeping the batch documents=%s attempt=%s error=%s",
                        len(documents),
                        attempt,
                        type(error).__name__,
                    )
                self._on_wait()
                await self._sleep(pause)
        raise AssertionError("pauses() has no end")

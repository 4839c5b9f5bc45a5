"""The port of the index: what is written, and what can be asked. Two engines stand behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Collection = Literal["tickets", "problems", "alerts", "ledger", "audit"]
Interval = Literal["hour", "day", "week", "month"]


@dataclass(frozen=True)
class Document:
    """One document as both engines store it. `version` decides which of two states wins: the larger."""

    collection: Collection
    id: str
    version: int
    body: dict[str, Any]
    """JSON-ready; fields as in indexing/documents.py. Instants are RFC 3339 strings with offset."""


@dataclass(frozen=True)
class Query:
    """What an analyst asks. All conditions must hold; an empty query finds everything, newest first."""

    collection: Collection = "tickets"
    text: str = ""
    """Free words; parts in “quotes” or "quotes" are phrases and must occur verbatim."""
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Keyword field → accepted values (any of them)."""
    since: datetime | None = None
    until: datetime | None = None
    """Half-open [since, until) on the collection's own time field."""
    facets: tuple[str, ...] = ()
    """Keyword fields to count."""
    histogram: Interval | None = None
    utc_offset_minutes: int = 480
    """Local time of the histogram's buckets."""
    sort: Literal["relevance", "newest", "oldest"] = "relevance"
    offset: int = 0
    size: int = 20


@dataclass(frozen=True)
class Hit:
    id: str
    body: dict[str, Any]
    score: float
    highlights: dict[str, tuple[str, ...]]
    """Field → fragments with 〖…〗 round each match. Plain text: the reader escapes it."""


@dataclass(frozen=True)
class Found:
    total: int
    hits: tuple[Hit, ...]
    facets: dict[str, tuple[tuple[str, int], ...]]
    """Field → (value, count), largest first, ties by value."""
    histogram: tuple[tuple[str, int], ...]
    """(start of the bucket in local time, RFC 3339, count), in order, empty buckets left out."""


@dataclass(frozen=True)
class Written:
    """Outcome of a bulk write; every document is in exactly one of the lists."""

    stored: tuple[str, ...]
    stale: tuple[str, ...]
    """A newer version is there already: a success."""
    retry: tuple[Document, ...]
    """Refused for now (429, 503): try again."""
    refused: tuple[tuple[Document, str], ...]
    """Will never fit, with the reason: dead letter."""


class IndexUnavailable(Exception):
    """The engine does not answer: keep the batch and try again."""


class WrongQuery(ValueError):
    """No engine can answer this: an unknown field, a page too deep. The message says what to ask."""


class Index(Protocol):
    """One interface, two engines. All methods raise IndexUnavailable when the engine does not answer."""

    async def setup(self) -> None:
        """Create templates or tables; safe to repeat."""
        ...

    async def write(self, documents: Sequence[Document]) -> Written: ...

    async def get(self, collection: Collection, id: str) -> dict[str, Any] | None: ...

    async def search(self, query: Query) -> Found: ...

    async def forget(self, collection: Collection, before: datetime) -> int:
        """Delete the documents whose own time is earlier; how many there were."""
        ...

    async def refresh(self) -> None:
        """Make everything written so far findable."""
        ...

    async def close(self) -> None: ...

"""What both engines do with a batch before they write it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from indexing.fields import COLLECTIONS, FIELDS, ID_FIELD, TIME_FIELD
from indexing.index import Collection, Document

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KNOWN = {name: frozenset(field.name for field in FIELDS[name]) for name in COLLECTIONS}
_INSTANTS = {name: [field.name for field in FIELDS[name] if field.type == "date"] for name in COLLECTIONS}
_LONGEST_ID = 512
_LARGEST = 2**63 - 1


@dataclass
class Batch:
    """A batch sorted out: of each document only the newest state is worth writing."""

    documents: list[Document] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    """Ids of states that a newer one of the same batch replaces."""
    refused: list[tuple[Document, str]] = field(default_factory=list)


def sort_out(documents: Sequence[Document]) -> Batch:
    """The newest state of each document, in order of first appearance; of two equal versions the first."""
    batch = Batch()
    newest: dict[tuple[str, str], Document] = {}
    for document in documents:
        if reason := _unfit(document):
            batch.refused.append((document, reason))
            continue
        key = (document.collection, document.id)
        held = newest.get(key)
        if held is None or document.version > held.version:
            newest[key] = document
        if held is not None:
            batch.stale.append(document.id)
    batch.documents = list(newest.values())
    return batch


def _unfit(document: Document) -> str | None:
    """Why no engine can keep it: caught here, where one bad id would make Elasticsearch refuse a whole
    request.
    """
    if document.collection not in COLLECTIONS:
        return f"collection: expected one of {', '.join(COLLECTIONS)}"
    if not 0 < len(document.id.encode("utf-8", "replace")) <= _LONGEST_ID:
        return f"id: expected 1 to {_LONGEST_ID} bytes"
    if not 0 <= document.version <= _LARGEST:
        return "version: expected a number from 0 to 2^63 - 1"
    if document.body.get(ID_FIELD[document.collection]) != document.id:
        return f"{ID_FIELD[document.collection]}: expected the document's id"
    return _unfit_body(document.collection, document.body)


def _unfit_body(collection: Collection, body: dict[str, Any]) -> str | None:
    if unknown := sorted(body.keys() - _KNOWN[collection]):
        return f"{unknown[0][:64]}: no field of {collection}"
    if collection != "tickets" and body.get(TIME_FIELD[collection]) is None:
        return f"{TIME_FIELD[collection]}: missing"
    for name in _INSTANTS[collection]:
        if name in body:
            try:
                millis(datetime.fromisoformat(body[name]))
            except (TypeError, ValueError):
                return f"{name}: expected an RFC 3339 instant with offset"
    return None


def millis(at: datetime) -> int:
    """Milliseconds since 1970, rounded down: the resolution of both engines. Raises TypeError without an
    offset.
    """
    return (at - _EPOCH) // timedelta(milliseconds=1)


def local_zone(utc_offset_minutes: int) -> str:
    """The offset as Elasticsearch and RFC 3339 write it, such as "+08:00"."""
    sign = "-" if utc_offset_minutes < 0 else "+"
    return f"{sign}{abs(utc_offset_minutes) // 60:02d}:{abs(utc_offset_minutes) % 60:02d}"

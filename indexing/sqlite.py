"""The embedded index: SQLite with FTS5 from the standard library, in one file, for one machine.

Each collection has a table of documents (keyword fields as columns, the whole body as JSON) and a contentless
word table: `u` holds single tokens for phrases, `b` pairs for free text. One writer, several readers, write-
ahead log.
"""

import asyncio
import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic_core import to_json

from indexing import analysis
from indexing.batch import millis, sort_out
from indexing.fields import COLLECTIONS, FIELDS, LONGEST_KEYWORD, TIME_FIELD, check, keywords_of, words_of
from indexing.index import Collection, Document, Found, Hit, IndexUnavailable, Query, Written
from indexing.sqlite_query import Question

T = TypeVar("T")

_READERS = 4
_BUSY_MS = 5_000
_KEPT_BACK = 500
"""Ids asked for in one statement."""
# No text holds it (tidy() replaces private characters): a phrase cannot run from one field into the next.
_BETWEEN = "\ue000"


class SqliteIndex:
    """The Index of one file. Several processes may open it; each write is one transaction."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._writer = ThreadPoolExecutor(1, "index-writer")
        self._readers = ThreadPoolExecutor(_READERS, "index-reader")
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._opening = threading.Lock()

    async def setup(self) -> None:
        await self._run(self._writer, self._setup)

    async def write(self, documents: Sequence[Document]) -> Written:
        return await self._run(self._writer, lambda connection: _write(connection, documents))

    async def get(self, collection: Collection, id: str) -> dict[str, Any] | None:
        return await self._run(self._readers, lambda connection: _get(connection, collection, id))

    async def search(self, query: Query) -> Found:
        check(query)
        return await self._run(self._readers, lambda connection: _search(connection, query))

    async def forget(self, collection: Collection, before: datetime) -> int:
        gone = 0
        while some := await self._run(
            self._writer, lambda connection: _forget(connection, collection, before)
        ):
            gone += some
        return gone

    async def refresh(self) -> None:
        """Nothing to wait for: a write is findable when it returns."""

    async def close(self) -> None:
        for pool in (self._writer, self._readers):
            await asyncio.to_thread(pool.shutdown, True, cancel_futures=True)
        for connection in self._opened:
            connection.close()
        self._opened.clear()

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[sqlite3.Connection], T]) -> T:
        def run() -> T:
            try:
                return work(self._connection())
            except sqlite3.Error as error:
                # The type and SQLite's own words: statements and values are never part of them.
                raise IndexUnavailable(f"{self._path.name}: {type(error).__name__}: {error}") from error

        try:
            return await asyncio.get_running_loop().run_in_executor(pool, run)
        except RuntimeError as error:
            if "shutdown" in str(error):
                raise IndexUnavailable(f"{self._path.name}: closed") from error
            raise

    def _connection(self) -> sqlite3.Connection:
        """This thread's own connection."""
        held: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if held is None:
            held = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            held.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
            held.execute("PRAGMA synchronous=NORMAL")
            held.execute("PRAGMA temp_store=MEMORY")
            held.execute("PRAGMA cache_size=-65536")
            self._local.connection = held
            with self._opening:
                self._opened.append(held)
        return held

    def _setup(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS made_by (collection TEXT PRIMARY KEY, digest TEXT NOT NULL)"
            )
            made = dict(connection.execute("SELECT collection, digest FROM made_by").fetchall())
            for collection in COLLECTIONS:
                digest = _digest(collection)
                if made.get(collection) != digest:
                    _make(connection, collection, rebuild=collection in made)
                    connection.execute("INSERT OR REPLACE INTO made_by VALUES (?, ?)", (collection, digest))


def _columns(collection: Collection) -> tuple[str, ...]:
    return tuple(keywords_of(collection))


def _digest(collection: Collection) -> str:
    """Changes when the fields or the tokenizer do: the tables are then made anew from the bodies."""
    told = repr((analysis.VERSION, FIELDS[collection], TIME_FIELD[collection]))
    return hashlib.sha256(told.encode()).hexdigest()


def _make(connection: sqlite3.Connection, collection: Collection, *, rebuild: bool) -> None:
    if rebuild:
        connection.execute(f"DROP TABLE {collection}_words")
        connection.execute(f"ALTER TABLE {collection} RENAME TO {collection}_before")
        connection.execute(f"DROP INDEX {collection}_at")
    keyword_columns = "".join(f', "{name}" TEXT' for name in _columns(collection))
    connection.execute(
        f"CREATE TABLE {collection} (number INTEGER PRIMARY KEY, _id TEXT NOT NULL UNIQUE,"
        f" version INTEGER NOT NULL, at INTEGER, body TEXT NOT NULL{keyword_columns})"
    )
    connection.execute(f"CREATE INDEX {collection}_at ON {collection} (at, _id)")
    connection.execute(
        f"CREATE VIRTUAL TABLE {collection}_words USING fts5(u, b, content='',"
        " tokenize=\"ascii tokenchars '.,;:''_'\")"
    )
    if not rebuild:
        return
    words = _Words(collection)
    for id, version, text in connection.execute(f"SELECT _id, version, body FROM {collection}_before"):
        body = json.loads(text)
        words.note(_put(connection, Document(collection, id, version, body)) or 0, body, None)
    words.write(connection)
    connection.execute(f"DROP TABLE {collection}_before")


# --- writing ------------------------------------------------------------------------------------------------


def _write(connection: sqlite3.Connection, documents: Sequence[Document]) -> Written:
    batch = sort_out(documents)
    stored: list[str] = []
    refused = list(batch.refused)
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        for collection in COLLECTIONS:
            chosen = [document for document in batch.documents if document.collection == collection]
            before = _bodies(connection, collection, [document.id for document in chosen])
            changes = _Words(collection)
            for document in chosen:
                try:
                    number = _put(connection, document)
                except (ValueError, TypeError) as error:
                    refused.append((document, f"body: {type(error).__name__}"))
                    continue
                if number is None:
                    batch.stale.append(document.id)
                else:
                    changes.note(number, document.body, before.get(document.id))
                    stored.append(document.id)
            changes.write(connection)
    return Written(stored=tuple(stored), stale=tuple(batch.stale), retry=(), refused=tuple(refused))


def _bodies(connection: sqlite3.Connection, collection: Collection, ids: list[str]) -> dict[str, str]:
    """Bodies that are there now. The transaction holds the only writer's lock: they stay until it ends."""
    bodies: dict[str, str] = {}
    for start in range(0, len(ids), _KEPT_BACK):
        some = [_sound(id) for id in ids[start : start + _KEPT_BACK]]
        marks = ",".join("?" * len(some))
        bodies.update(
            connection.execute(f"SELECT _id, body FROM {collection} WHERE _id IN ({marks})", some).fetchall()
        )
    return bodies


def _put(connection: sqlite3.Connection, document: Document) -> int | None:
    """Number of the row written; None when a state as new is there already."""
    kept = connection.execute(UPSERT[document.collection], row_of(document)).fetchone()
    return None if kept is None else kept[0]


def _forget(connection: sqlite3.Connection, collection: Collection, before: datetime) -> int:
    """Delete some of what is older; how many. Not all at once: the lane writes in between."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        rows = connection.execute(
            f"SELECT number, body FROM {collection} WHERE at < ? LIMIT {_KEPT_BACK}", (millis(before),)
        ).fetchall()
        words = _Words(collection)
        for number, body in rows:
            words.drop(number, body)
        words.write(connection)
        connection.executemany(
            f"DELETE FROM {collection} WHERE number = ?", [(number,) for number, _ in rows]
        )
    return len(rows)


class _Words:
    """Changes to a word table, written together: FTS5 flushes when other tables are written in between."""

    def __init__(self, collection: Collection) -> None:
        self._collection: Collection = collection
        self._out: list[tuple[int, str, str]] = []
        self._in: list[tuple[int, str, str]] = []

    def note(self, number: int, body: dict[str, Any], before: str | None) -> None:
        words = words_in(self._collection, body)
        if before is not None:
            old = words_in(self._collection, json.loads(before))
            if old == words:
                return
            self._out.append((number, *old))
        self._in.append((number, *words))

    def drop(self, number: int, before: str) -> None:
        self._out.append((number, *words_in(self._collection, json.loads(before))))

    def write(self, connection: sqlite3.Connection) -> None:
        table = f"{self._collection}_words"
        # Contentless: a row is taken out by naming its old words.
        connection.executemany(
            f"INSERT INTO {table}({table}, rowid, u, b) VALUES ('delete', ?, ?, ?)", self._out
        )
        connection.executemany(f"INSERT INTO {table}(rowid, u, b) VALUES (?, ?, ?)", self._in)


def row_of(document: Document) -> tuple[str | int | None, ...]:
    """Values of UPSERT. Raises ValueError for a body that is no JSON."""
    body, at = document.body, document.body.get(TIME_FIELD[document.collection])
    return (
        document.id,
        document.version,
        None if at is None else millis(datetime.fromisoformat(at)),
        to_json(body).decode(),
        *(_column(body.get(name)) for name in _columns(document.collection)),
    )


def _upsert(collection: Collection) -> str:
    names = ["_id", "version", "at", "body", *(f'"{name}"' for name in _columns(collection))]
    marks = ",".join("?" * len(names))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    return (
        f"INSERT INTO {collection} ({', '.join(names)}) VALUES ({marks})"
        f" ON CONFLICT(_id) DO UPDATE SET {changes}"
        f" WHERE excluded.version > {collection}.version RETURNING number"
    )


UPSERT: dict[Collection, str] = {collection: _upsert(collection) for collection in COLLECTIONS}


def _column(value: Any) -> str | None:
    """A keyword as it is, several as a JSON list; one too long to be looked for is left to the body."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_KEYWORD else None
    return None if value is None else to_json(value).decode()


def _texts(collection: Collection, body: dict[str, Any]) -> Iterable[str]:
    for name in words_of(collection):
        value = body.get(name)
        if isinstance(value, str):
            yield value
        elif value:
            yield from value


def words_in(collection: Collection, body: dict[str, Any]) -> tuple[str, str]:
    """What the word table holds of a body: single tokens, and pairs."""
    cut = [analysis.tokens(text) for text in _texts(collection, body)]
    singles = f" {_BETWEEN} ".join(" ".join(tokens) for tokens in cut)
    return singles, " ".join(" ".join(analysis.pairs(tokens)) for tokens in cut)


# --- reading ------------------------------------------------------------------------------------------------


def _sound(value: str) -> str:
    """Half characters, which SQLite cannot take, as question marks: they match nothing, and break nothing."""
    return value.encode("utf-8", "replace").decode()


def _get(connection: sqlite3.Connection, collection: Collection, id: str) -> dict[str, Any] | None:
    row = connection.execute(f"SELECT body FROM {collection} WHERE _id = ?", (_sound(id),)).fetchone()
    return None if row is None else json.loads(row[0])


def _search(connection: sqlite3.Connection, query: Query) -> Found:
    question = Question(query)
    connection.execute("BEGIN")
    with connection:
        question.find_words(connection)
        rows = question.page(connection)
        found = Found(
            total=question.total(connection),
            hits=tuple(_hit(question.asked, query.collection, *row) for row in rows),
            facets={name: question.facet(connection, name) for name in query.facets},
            histogram=question.histogram(connection),
        )
    return found


def _hit(asked: analysis.Asked, collection: Collection, id: str, text: str, score: float) -> Hit:
    body = json.loads(text)
    return Hit(id, body, score, analysis.highlights(body, words_of(collection), asked))

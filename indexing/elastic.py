"""The index of the full stack: Elasticsearch 9.x, with what every distribution of it has.

Tickets lie in one index a month, `tickets-YYYY.MM`, found through the alias `tickets`; the other collections
in one index each (`problems-1` under the alias `problems`, so that a later `problems-2` can take its place).
A ticket whose `created` has not arrived lies in `tickets_pending`, outside the alias: it can be got, and is
not searched.

Versions are external: a write counts when its version is larger than the one that is there. Not
`external_gte`: the same version carries the same body, so to write it again would only cost a segment; and
were two bodies ever made under one version, the order of arrival would decide between them, differently on
every run.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Iterator, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any, TypeVar, cast

from elasticsearch import ApiError, AsyncElasticsearch, NotFoundError, TransportError
from pydantic_core import to_json

from indexing import analysis
from indexing.batch import sort_out
from indexing.elastic_query import found_in, request_for
from indexing.fields import COLLECTIONS, TIME_FIELD, check
from indexing.index import Collection, Document, Found, IndexUnavailable, Query, Written

T = TypeVar("T")

TEMPLATES = (*COLLECTIONS, "pending")
_CHUNK = 500
_CHUNK_BYTES = 5_000_000
_IN_FLIGHT = 2
"""Requests of one write at the same time: measured 1.4 to 1.7 times the speed of one."""
_FOR_NOW = frozenset({401, 403, 404, 408, 429})
"""Statuses that say nothing about the document: full, closed, forbidden or not made yet. Like all of 500 and
above.
"""


class ElasticIndex:
    """The Index of a cluster. `prefix` stands before every index, alias and template name."""

    def __init__(
        self,
        url: str,
        prefix: str = "",
        *,
        user: str | None = None,
        password: str | None = None,
        api_key: str | None = None,
        timeout_s: float = 30.0,
    ) -> None:
        basic = (user, password or "") if user is not None and api_key is None else None
        # The transport's own retries follow within a millisecond: whoever hands in the batch waits properly.
        self._client = AsyncElasticsearch(
            url,
            basic_auth=basic,
            api_key=api_key,
            request_timeout=timeout_s,
            max_retries=0,
            retry_on_timeout=False,
        )
        self._prefix = prefix

    async def setup(self) -> None:
        """A user who may only read templates passes when they are as they must be already."""
        for name in TEMPLATES:
            title, body = f"{self._prefix}weisu-{name}", self._template(name)
            try:
                await _answer(self._client.indices.put_index_template(name=title, body=body))
            except IndexUnavailable as refused:
                if not _is_forbidden(refused):
                    raise
                if not await self._is_there(title, body["_meta"]["digest"]):
                    raise IndexUnavailable(
                        f"index template {title} is missing or old and this user may not make it:"
                        " run `weisu setup` as one who may"
                    ) from refused

    async def write(self, documents: Sequence[Document]) -> Written:
        batch = sort_out(documents)
        outcome = _Outcome([], list(batch.stale), [], list(batch.refused))
        lines = []
        for document in batch.documents:
            try:
                lines.append((document, self.lines_of(document)))
            except ValueError as error:
                outcome.refused.append((document, f"body: {type(error).__name__}"))
        gate = asyncio.Semaphore(_IN_FLIGHT)
        results = await asyncio.gather(
            *(self._send(chunk, outcome, gate) for chunk in _chunks(lines)), return_exceptions=True
        )
        for result in results:
            if result is not None:
                raise result
        return outcome.written()

    async def get(self, collection: Collection, id: str) -> dict[str, Any] | None:
        """The body by id. A ticket written within the last refresh interval may still be missing: its month
        is unknown.
        """
        names = [self._prefix + collection]
        if collection == "tickets":
            names.append(f"{self._prefix}tickets_pending")
        response = await _answer(
            self._client.search(
                index=names,
                ignore_unavailable=True,
                query={"ids": {"values": [id.encode("utf-8", "replace").decode()]}},
                version=True,
                size=10,
            )
        )
        hits = response["hits"]["hits"]
        return max(hits, key=lambda hit: hit["_version"])["_source"] if hits else None

    async def search(self, query: Query) -> Found:
        check(query)
        asked = analysis.parse(query.text)
        response = await _answer(
            self._client.search(
                index=self._prefix + query.collection, ignore_unavailable=True, **request_for(query, asked)
            )
        )
        return found_in(response.body, query, asked)

    async def forget(self, collection: Collection, before: datetime) -> int:
        """By search and bulk: delete-by-query is a module that not every distribution has."""
        gone, older = 0, {"range": {TIME_FIELD[collection]: {"lt": before.isoformat()}}}
        while True:
            search = self._client.search(
                index=self._prefix + collection,
                ignore_unavailable=True,
                query=older,
                size=_CHUNK,
                source=False,
            )
            found = await _answer(search)
            if not (hits := found["hits"]["hits"]):
                return gone
            deletes = [{"delete": {"_index": hit["_index"], "_id": hit["_id"]}} for hit in hits]
            done = await _answer(self._client.bulk(operations=deletes, refresh=True))
            if not (now := sum(item["delete"]["status"] == 200 for item in done["items"])):
                raise IndexUnavailable(f"Elasticsearch deletes nothing of {self._prefix}{collection}")
            gone += now

    async def refresh(self) -> None:
        names = [f"{self._prefix}{name}" for name in (*COLLECTIONS, "tickets_pending")]
        await _answer(self._client.indices.refresh(index=names, ignore_unavailable=True))

    async def close(self) -> None:
        await self._client.close()

    async def _is_there(self, title: str, digest: str) -> bool:
        try:
            found = await _answer(self._client.indices.get_index_template(name=title))
        except NotFoundError:
            return False
        stored = [entry["index_template"].get("_meta", {}) for entry in found["index_templates"]]
        return [meta.get("digest") for meta in stored] == [digest]

    def _template(self, name: str) -> dict[str, Any]:
        """A committed template with the prefix put before its patterns and its alias, and its digest."""
        body: dict[str, Any] = json.loads(
            (files("indexing") / "templates" / f"{name}.json").read_text("utf-8")
        )
        body["index_patterns"] = [self._prefix + pattern for pattern in body["index_patterns"]]
        if aliases := body["template"].get("aliases"):
            body["template"]["aliases"] = {self._prefix + alias: given for alias, given in aliases.items()}
        told = json.dumps(body, sort_keys=True).encode()
        body["_meta"] = {**body["_meta"], "digest": hashlib.sha256(told).hexdigest()[:16]}
        return body

    def _home(self, document: Document) -> str:
        if document.collection != "tickets":
            return f"{self._prefix}{document.collection}-1"
        created = document.body.get("created_at")
        # Local time is that of the instant's own offset: the month is read off as it is written.
        return (
            f"{self._prefix}tickets-{created[:4]}.{created[5:7]}"
            if created
            else f"{self._prefix}tickets_pending"
        )

    def lines_of(self, document: Document) -> bytes:
        """The two lines of a bulk request; the body alone on its own line, so that no field of it is taken
        for a setting.
        """
        action = {
            "index": {
                "_index": self._home(document),
                "_id": document.id,
                "version": document.version,
                "version_type": "external",
            }
        }
        return to_json(action) + b"\n" + to_json(document.body)

    async def _send(
        self, chunk: "Sequence[tuple[Document, bytes]]", outcome: "_Outcome", gate: asyncio.Semaphore
    ) -> None:
        # The client sends bytes as they are, though its types know only mappings.
        lines = [line for _, line in chunk]
        try:
            async with gate:
                response = await self._client.bulk(operations=cast("Sequence[dict[str, Any]]", lines))
        except ApiError as error:
            await self._after_refusal(error, chunk, outcome, gate)
            return
        except TransportError as error:
            raise IndexUnavailable(f"Elasticsearch does not answer: {type(error).__name__}") from error
        for (document, _), item in zip(chunk, response["items"], strict=True):
            outcome.take(document, item["index"])

    async def _after_refusal(
        self,
        error: ApiError,
        chunk: "Sequence[tuple[Document, bytes]]",
        outcome: "_Outcome",
        gate: asyncio.Semaphore,
    ) -> None:
        """The whole request was refused: for now, or because of a document in it, which halving finds."""
        if error.status_code == 429:
            outcome.retry += [document for document, _ in chunk]
        elif error.status_code not in (400, 413):
            raise IndexUnavailable(f"Elasticsearch answers {error.status_code}") from error
        elif len(chunk) == 1:
            outcome.refused.append((chunk[0][0], f"{error.status_code}: {error.error}"))
        else:
            half = len(chunk) // 2
            await self._send(chunk[:half], outcome, gate)
            await self._send(chunk[half:], outcome, gate)


class _Outcome:
    """Written, while it is being found out."""

    def __init__(
        self,
        stored: list[str],
        stale: list[str],
        retry: list[Document],
        refused: list[tuple[Document, str]],
    ) -> None:
        self.stored, self.stale, self.retry, self.refused = stored, stale, retry, refused

    def take(self, document: Document, item: dict[str, Any]) -> None:
        """Sort one document by what its item of the answer says."""
        status, error = item["status"], item.get("error") or {}
        if status < 300:
            self.stored.append(document.id)
        elif status == 409:
            self.stale.append(document.id)
        elif status in _FOR_NOW or status >= 500 or error.get("type") == "validation_exception":
            # A cluster at its limit of shards answers 400 validation_exception: nothing is wrong with the
            # document.
            self.retry.append(document)
        else:
            self.refused.append((document, f"{status}: {_reason(error)}"))

    def written(self) -> Written:
        return Written(tuple(self.stored), tuple(self.stale), tuple(self.retry), tuple(self.refused))


def _reason(error: dict[str, Any]) -> str:
    """Type of the error and the field it names; the rest of the message may quote the document's text."""
    told = f"{error.get('reason') or ''} {(error.get('caused_by') or {}).get('reason') or ''}"
    field = re.search(r"(?:field|introduction of) \[([A-Za-z0-9_.]{1,64})\]", told)
    return f"{error.get('type', 'unknown')}{f' in {field.group(1)}' if field else ''}"


def _chunks(lines: Sequence[tuple[Document, bytes]]) -> Iterator[list[tuple[Document, bytes]]]:
    """Requests of at most _CHUNK documents and about _CHUNK_BYTES."""
    chunk: list[tuple[Document, bytes]] = []
    size = 0
    for document, line in lines:
        if chunk and (len(chunk) == _CHUNK or size + len(line) > _CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append((document, line))
        size += len(line)
    if chunk:
        yield chunk


def _is_forbidden(error: IndexUnavailable) -> bool:
    return isinstance(error.__cause__, ApiError) and error.__cause__.status_code == 403


async def _answer(call: Awaitable[T]) -> T:
    """What Elasticsearch answers. Raises IndexUnavailable when it cannot just now, or does not let us in."""
    try:
        return await call
    except ApiError as error:
        if error.status_code in (401, 403, 408, 429) or error.status_code >= 500:
            raise IndexUnavailable(f"Elasticsearch answers {error.status_code}") from error
        raise
    except TransportError as error:
        raise IndexUnavailable(f"Elasticsearch does not answer: {type(error).__name__}") from error

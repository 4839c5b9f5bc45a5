"""Elasticsearch at its worst: full, slow, gone; played by a server that answers what a test tells it."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from indexing.elastic import ElasticIndex
from indexing.index import Document, IndexUnavailable, Query
from tests.indexing.notes import NOTES

Answer = Callable[[list[dict[str, Any]]], tuple[int, dict[str, Any]]]


@dataclass
class Fake:
    """Answers each bulk request by `answer(actions)`, anything else by `status`."""

    answer: Answer | None = None
    status: int = 200
    requests: list[list[dict[str, Any]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def fake() -> Any:
    told = Fake()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            told.headers.append({name.lower(): value for name, value in self.headers.items()})
            status, body = told.status, {"error": {"type": "told"}, "status": told.status}
            if self.path.startswith("/_bulk") and told.answer is not None:
                actions = [json.loads(line)["index"] for line in raw.splitlines()[::2]]
                told.requests.append(actions)
                status, body = told.answer(actions)
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("x-elastic-product", "Elasticsearch")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_PUT = do_POST
        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
async def index(fake: Fake) -> AsyncIterator[ElasticIndex]:
    opened = ElasticIndex(fake.url, "p-")
    yield opened
    await opened.close()


def _items(
    actions: list[dict[str, Any]], status: Callable[[str], int], **error: Any
) -> tuple[int, dict[str, Any]]:
    items = [
        {
            "index": {
                "_id": a["_id"],
                "status": status(a["_id"]),
                **({"error": error} if status(a["_id"]) >= 300 else {}),
            }
        }
        for a in actions
    ]
    return 200, {"errors": True, "items": items}


def _documents(count: int) -> list[Document]:
    return [
        Document("tickets", f"T{n}", 5, {"ticket_id": f"T{n}", "created_at": "2024-03-31T23:30:00+08:00"})
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("status", "type", "where"),
    [
        (201, "", "stored"),
        (409, "version_conflict_engine_exception", "stale"),
        (429, "es_rejected_execution_exception", "retry"),
        (503, "unavailable_shards_exception", "retry"),
        (500, "engine_closed_exception", "retry"),
        (403, "cluster_block_exception", "retry"),
        (404, "index_not_found_exception", "retry"),
        (400, "validation_exception", "retry"),
        (400, "document_parsing_exception", "refused"),
    ],
)
async def test_sorts_each_document_by_its_own_answer(
    fake: Fake, index: ElasticIndex, status: int, type: str, where: str
) -> None:
    fake.answer = lambda actions: _items(actions, lambda id: status if id == "T1" else 201, type=type)
    written = await index.write(_documents(3))
    lists = {
        "stored": set(written.stored),
        "stale": set(written.stale),
        "retry": {document.id for document in written.retry},
        "refused": {document.id for document, _ in written.refused},
    }
    assert "T1" in lists.pop(where)
    assert all("T1" not in ids for ids in lists.values())


async def test_writes_with_external_versions_to_the_month_of_local_creation(
    fake: Fake, index: ElasticIndex
) -> None:
    fake.answer = lambda actions: _items(actions, lambda id: 201)
    await index.write([*_documents(1), Document("tickets", "W", 1, {"ticket_id": "W"})])
    march, waiting = fake.requests[0]
    assert march == {"_index": "p-tickets-2024.03", "_id": "T0", "version": 5, "version_type": "external"}
    assert waiting["_index"] == "p-tickets_pending"


async def test_a_reason_never_quotes_the_citizen(fake: Fake, index: ElasticIndex) -> None:
    reason = "failed to parse field [closed_at] of type [date]. Preview of field's value: '某人 的话'"
    fake.answer = lambda actions: _items(
        actions, lambda id: 400, type="document_parsing_exception", reason=reason
    )
    written = await index.write(_documents(1))
    assert written.refused[0][1] == "400: document_parsing_exception in closed_at"


async def test_a_full_cluster_gives_the_batch_back(fake: Fake, index: ElasticIndex) -> None:
    fake.answer = lambda actions: (429, {"error": {"type": "circuit_breaking_exception"}, "status": 429})
    documents = _documents(1_200)
    written = await index.write(documents)
    assert {document.id for document in written.retry} == {document.id for document in documents}
    assert len(fake.requests) == 3, "the client's own retries are off"


@pytest.mark.parametrize("status", [400, 413])
async def test_halving_finds_the_document_that_spoils_a_request(
    fake: Fake, index: ElasticIndex, status: int
) -> None:
    def answer(actions: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
        if any(action["_id"] == "T13" for action in actions):
            return status, {"error": {"type": "told"}, "status": status}
        return _items(actions, lambda id: 201)

    fake.answer = answer
    written = await index.write(_documents(40))
    assert [document.id for document, _ in written.refused] == ["T13"]
    assert len(written.stored) == 39


@pytest.mark.parametrize("status", [401, 403, 500, 502, 503, 504])
async def test_a_cluster_that_cannot_answer_is_unavailable(
    fake: Fake, index: ElasticIndex, status: int
) -> None:
    fake.status = status
    fake.answer = lambda actions: (status, {"error": {"type": "told"}, "status": status})
    for call in (
        index.write(NOTES),
        index.search(Query()),
        index.get("alerts", "x"),
        index.refresh(),
        index.setup(),
    ):
        with pytest.raises(IndexUnavailable, match=str(status)):
            await call


async def test_a_cluster_that_is_not_there_is_unavailable() -> None:
    index = ElasticIndex("http://127.0.0.1:9")
    for call in (index.write(NOTES), index.search(Query()), index.refresh()):
        with pytest.raises(IndexUnavailable):
            await call
    await index.close()


@pytest.mark.parametrize(
    ("login", "header"),
    [
        ({"user": "weisu", "password": "secret"}, "Basic d2Vpc3U6c2VjcmV0"),
        ({"api_key": "abc=="}, "ApiKey abc=="),
    ],
)
async def test_logs_in_by_password_or_key(fake: Fake, login: dict[str, str], header: str) -> None:
    index = ElasticIndex(fake.url, **login)  # type: ignore[arg-type]  # a table of arguments
    fake.answer = lambda actions: _items(actions, lambda id: 201)
    await index.write(_documents(1))
    await index.close()
    assert fake.headers[0]["authorization"] == header


@pytest.mark.elastic
@pytest.mark.xdist_group("elastic")
async def test_months_are_found_through_the_alias_and_made_by_the_template(elastic: str, prefix: str) -> None:
    index = ElasticIndex(elastic, prefix)
    await index.setup()
    await index.setup()
    await index.write([*NOTES, Document("tickets", "W", 1, {"ticket_id": "W"})])
    await index.close()
    with Elasticsearch(elastic) as client:
        months = sorted(client.indices.get_alias(name=f"{prefix}tickets"))
        assert months == [f"{prefix}tickets-2024.{month:02d}" for month in (3, 4, 5)]
        assert client.indices.get_mapping(index=months[0])[months[0]]["mappings"]["dynamic"] == "strict"
        assert client.indices.exists(index=f"{prefix}tickets_pending")

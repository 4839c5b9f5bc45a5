"""What a user with few rights can do: a worker's own user may not make index templates."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from indexing.elastic import TEMPLATES, ElasticIndex
from indexing.index import IndexUnavailable


@dataclass
class Templates:
    """A cluster's templates behind a door that may be shut for writing."""

    url: str = ""
    may_write: bool = True
    kept: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
def cluster() -> Iterator[Templates]:
    told = Templates()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if told.may_write:
                told.kept[self.path.split("/")[-1]] = body
                self.say(200, {"acknowledged": True})
            else:
                self.say(403, {"error": {"type": "security_exception"}, "status": 403})

        def do_GET(self) -> None:
            name = self.path.split("/")[-1]
            if name in told.kept:
                self.say(200, {"index_templates": [{"name": name, "index_template": told.kept[name]}]})
            else:
                self.say(404, {"error": {"type": "resource_not_found_exception"}, "status": 404})

        def say(self, status: int, body: dict[str, Any]) -> None:
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("x-elastic-product", "Elasticsearch")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


async def set_up(cluster: Templates, prefix: str = "") -> None:
    index = ElasticIndex(cluster.url, prefix)
    try:
        await index.setup()
    finally:
        await index.close()


async def test_worker_passes_once_an_administrator_has_set_up(cluster: Templates) -> None:
    await set_up(cluster)
    assert list(cluster.kept) == [f"weisu-{name}" for name in TEMPLATES]
    cluster.may_write = False
    await set_up(cluster)


async def test_worker_waits_for_templates_that_are_not_there(cluster: Templates) -> None:
    cluster.may_write = False
    with pytest.raises(IndexUnavailable, match=r"weisu-tickets is missing or old .* run `weisu setup`"):
        await set_up(cluster)


async def test_worker_waits_while_the_templates_are_of_an_older_version(cluster: Templates) -> None:
    await set_up(cluster)
    cluster.may_write = False
    cluster.kept["weisu-alerts"]["_meta"]["digest"] = "older"
    with pytest.raises(IndexUnavailable, match="weisu-alerts is missing or old"):
        await set_up(cluster)


async def test_templates_of_another_prefix_do_not_count(cluster: Templates) -> None:
    await set_up(cluster)
    cluster.may_write = False
    with pytest.raises(IndexUnavailable, match="hz-weisu-tickets"):
        await set_up(cluster, "hz-")


@pytest.mark.elastic
@pytest.mark.xdist_group("elastic")
def test_real_cluster_tells_the_digest_that_it_was_given(elastic: str, prefix: str) -> None:
    async def twice() -> None:
        index = ElasticIndex(elastic, prefix)
        try:
            await index.setup()
            await index.setup()
        finally:
            await index.close()

    asyncio.run(twice())
    with Elasticsearch(elastic) as client:
        found = client.indices.get_index_template(name=f"{prefix}weisu-*")["index_templates"]
    digests = {entry["name"]: entry["index_template"]["_meta"]["digest"] for entry in found}
    assert digests.keys() == {f"{prefix}weisu-{name}" for name in TEMPLATES}
    assert all(re.fullmatch("[0-9a-f]{16}", digest) for digest in digests.values())
    assert len(set(digests.values())) == len(TEMPLATES)

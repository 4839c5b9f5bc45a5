"""The role of deploy/accounts.sh on a real Elasticsearch that asks who one is: what a worker needs, and no more."""

import asyncio
import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from distributions import is_installed
from elasticsearch import ApiError, Elasticsearch
from fakes.secured_elastic import ADMIN, PASSWORD, secured_elastic

from indexing.elastic import ElasticIndex
from indexing.index import Collection, Document, IndexUnavailable, Query

pytestmark = [pytest.mark.elastic, pytest.mark.xdist_group("elastic")]

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "accounts.sh"
OLD, NEW = "2026-03-02T08:00:00+08:00", "2026-09-02T08:00:00+08:00"
BETWEEN = datetime.fromisoformat("2026-06-01T00:00:00+08:00")
DOCUMENTS = [
    Document("tickets", "T1", 10, {"ticket_id": "T1", "created_at": OLD, "content": "新华小区停水"}),
    Document("tickets", "T2", 10, {"ticket_id": "T2"}),
    Document("problems", "P1", 1, {"problem_id": "P1", "last_seen": OLD}),
    Document("alerts", "A1", 1, {"alert_id": "A1", "raised_at": OLD}),
    Document("ledger", "L1", 1, {"alert_id": "L1", "raised_at": OLD}),
    Document("audit", "U1", 1, {"audit_id": "U1", "ticket_id": "T1", "asked_at": OLD}),
    Document("audit", "U2", 1, {"audit_id": "U2", "ticket_id": "T1", "asked_at": NEW}),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """With Weisu's templates, and everything written once by the worker's own user."""
    if not is_installed("elastic"):
        assert os.environ.get("CI") != "true", "the real servers are not optional in CI"
        pytest.skip("elastic is not installed: run `python3 dev.py servers`")
    found = re.search(r"/_security/role/weisu '(\{.*?\})'", SCRIPT.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    with secured_elastic({"weisu": json.loads(found[1])}) as address:
        with pytest.raises(IndexUnavailable, match="run `weisu setup` as one who may"):
            asyncio.run(by(address, "weisu", ElasticIndex.setup))
        asyncio.run(by(address, ADMIN, ElasticIndex.setup))
        asyncio.run(by(address, "weisu", fill))
        yield address


async def by(address: str, user: str, act: Callable[[ElasticIndex], Any]) -> Any:
    index = ElasticIndex(address, user=user, password=PASSWORD)
    try:
        return await act(index)
    finally:
        await index.close()


async def fill(index: ElasticIndex) -> None:
    await index.setup()
    written = await index.write(DOCUMENTS)
    assert len(written.stored) == len(DOCUMENTS), written
    await index.refresh()


def test_worker_reads_what_it_wrote(cluster: str) -> None:
    async def read(index: ElasticIndex) -> list[object]:
        return [await index.get(one.collection, one.id) for one in DOCUMENTS if one.id != "U1"]

    assert None not in asyncio.run(by(cluster, "weisu", read))


@pytest.mark.parametrize("collection", ["tickets", "problems", "alerts", "ledger", "audit"])
def test_worker_searches_every_collection(cluster: str, collection: Collection) -> None:
    found = asyncio.run(by(cluster, "weisu", lambda index: index.search(Query(collection))))
    assert found.total >= 1


def test_worker_writes_a_newer_state_over_an_older_one(cluster: str) -> None:
    newer = Document("tickets", "T1", 20, {**DOCUMENTS[0].body, "content": "新华小区停电"})

    async def write(index: ElasticIndex) -> Any:
        return await index.write([newer]), await index.write([DOCUMENTS[0]])

    first, second = asyncio.run(by(cluster, "weisu", write))
    assert (first.stored, second.stale) == (("T1",), ("T1",))


def test_worker_finds_a_tickets_questions_and_forgets_the_old_ones_only(cluster: str) -> None:
    async def forget(index: ElasticIndex) -> Any:
        gone = await index.forget("audit", BETWEEN)
        return gone, await index.search(Query("audit", filters={"ticket_id": ("T1",)}))

    gone, found = asyncio.run(by(cluster, "weisu", forget))
    assert (gone, [hit.id for hit in found.hits]) == (1, ["U2"])


@pytest.mark.parametrize("collection", ["tickets", "problems", "alerts", "ledger"])
def test_worker_deletes_nothing_else(cluster: str, collection: Collection) -> None:
    with pytest.raises(IndexUnavailable, match="deletes nothing"):
        asyncio.run(by(cluster, "weisu", lambda index: index.forget(collection, BETWEEN)))


FORBIDDEN: list[tuple[str, Callable[[Elasticsearch], Any]]] = [
    ("delete a ticket", lambda es: es.delete(index="tickets-2026.03", id="T1")),
    ("delete an index", lambda es: es.indices.delete(index="tickets-2026.03")),
    ("delete the audit", lambda es: es.indices.delete(index="audit-1")),
    ("close an index", lambda es: es.indices.close(index="tickets-2026.03")),
    ("merge an index", lambda es: es.indices.forcemerge(index="tickets-2026.03")),
    ("clear caches", lambda es: es.indices.clear_cache(index="tickets-2026.03")),
    (
        "change settings",
        lambda es: es.indices.put_settings(index="audit-1", settings={"refresh_interval": "9s"}),
    ),
    ("make an alias", lambda es: es.indices.put_alias(index="tickets-2026.03", name="x")),
    ("make a template", lambda es: es.indices.put_index_template(name="weisu-tickets", index_patterns=["x"])),
    ("drop a template", lambda es: es.indices.delete_index_template(name="weisu-tickets")),
    ("write elsewhere", lambda es: es.index(index="other", document={})),
    ("write for another city", lambda es: es.index(index="hz-tickets-2026.03", document={})),
    ("read elsewhere", lambda es: es.search(index="other")),
    ("read the accounts", lambda es: es.search(index=".security")),
    ("list users", lambda es: es.security.get_user()),
    ("make a user", lambda es: es.security.put_user(username="x", password=PASSWORD, roles=["superuser"])),
    ("take a password", lambda es: es.security.change_password(username=ADMIN, password=PASSWORD)),
    (
        "change the cluster",
        lambda es: es.cluster.put_settings(persistent={"action.auto_create_index": "false"}),
    ),
    ("see snapshots", lambda es: es.snapshot.get_repository()),
]


@pytest.mark.parametrize(("name", "act"), FORBIDDEN, ids=[name for name, _ in FORBIDDEN])
def test_worker_may_not(cluster: str, name: str, act: Callable[[Elasticsearch], Any]) -> None:
    with Elasticsearch(cluster, basic_auth=("weisu", PASSWORD)) as client, pytest.raises(ApiError) as refused:
        act(client)
    assert refused.value.status_code == 403

"""Writing to both engines: versions, batches, restarts, what is kept apart."""

import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexing.index import Document, Index, Query
from tests.indexing.engines import ENGINES, Open, ids_found, opener, using
from tests.indexing.notes import NOTES


@pytest.fixture(params=ENGINES)
def open_empty(request: pytest.FixtureRequest, tmp_path: Path, prefix: str) -> Open:
    """An index that is set up and empty."""
    open_index = opener(request.param, request, tmp_path, prefix)
    using(open_index, lambda index: index.setup())
    return open_index


@pytest.fixture
async def empty(open_empty: Open) -> AsyncIterator[Index]:
    index = open_empty()
    yield index
    await index.close()


def _state(id: str, version: int, title: str | None = None) -> Document:
    body = {
        "ticket_id": id,
        "created_at": "2024-03-01T08:00:00+08:00",
        "title": title or f"第{version}版",
        "category": f"v{version}",
    }
    return Document("tickets", id, version, body)


async def test_a_newer_state_replaces_and_an_older_is_stale(empty: Index) -> None:
    assert (await empty.write([_state("T", 15, "路灯坏了")])).stored == ("T",)
    assert (await empty.write([_state("T", 10, "停水")])).stale == ("T",)
    assert (await empty.write([_state("T", 15, "停水")])).stale == ("T",)
    assert (await empty.write([_state("T", 16, "修好了")])).stored == ("T",)
    await empty.refresh()
    assert (await empty.get("tickets", "T") or {})["title"] == "修好了"
    assert await ids_found(empty, text="路灯") == set()
    assert await ids_found(empty, text="修好") == {"T"}


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.lists(st.tuples(st.sampled_from("甲乙丙"), st.integers(0, 6)), max_size=5), min_size=1, max_size=5
    ),
)
def test_any_order_of_states_ends_with_the_newest(
    open_empty: Open, batches: list[list[tuple[str, int]]]
) -> None:
    # A run of its own for every example: hypothesis tries many on one index.
    run, newest = secrets.token_hex(4), dict[str, int]()

    async def write(index: Index) -> None:
        for batch in batches:
            written = await index.write([_state(f"{run}{id}", version) for id, version in batch])
            assert len(written.stored) + len(written.stale) == len(batch)
            assert not written.retry and not written.refused
            for id, version in batch:
                newest[id] = max(version, newest.get(id, 0))
        await index.refresh()
        for id, version in newest.items():
            assert (await index.get("tickets", f"{run}{id}") or {})["category"] == f"v{version}"
            found = await index.search(Query(filters={"ticket_id": (f"{run}{id}",)}))
            assert found.total == 1
        words = await index.search(
            Query(text="“版”", filters={"ticket_id": tuple(f"{run}{id}" for id in newest)})
        )
        assert words.total == len(newest)

    using(open_empty, write)


async def test_one_bad_document_spoils_no_other(empty: Index) -> None:
    good, other = _state("good", 1), _state("other", 1)
    bad = [
        Document("tickets", "bad1", 1, {"ticket_id": "bad1", "no_such_field": 1}),
        Document("tickets", "bad2", 1, {"ticket_id": "bad2", "created_at": "2024-03-01 8 点"}),
        Document("tickets", "bad3", 1, {"ticket_id": "bad3", "created_at": "2024-03-01T08:00:00"}),
        Document("tickets", "bad4", -1, {"ticket_id": "bad4"}),
        Document("tickets", "bad5", 2**63, {"ticket_id": "bad5"}),
        Document("tickets", "x" * 513, 1, {"ticket_id": "x" * 513}),
        Document("tickets", "bad6", 1, {"ticket_id": "another"}),
        Document("tickets", "bad7", 1, {"ticket_id": "bad7", "title": "\ud800"}),
        Document("problems", "bad8", 1, {"problem_id": "bad8"}),
    ]
    written = await empty.write([good, *bad, other])
    assert set(written.stored) == {"good", "other"}
    assert {document.id for document, _ in written.refused} == {document.id for document in bad}
    await empty.refresh()
    assert await ids_found(empty) == {"good", "other"}


async def test_a_batch_written_by_half_is_completed_by_writing_it_again(empty: Index) -> None:
    batch = [_state(f"T{number}", 1) for number in range(40)]
    await empty.write(batch[:23])
    written = await empty.write(batch)
    assert (len(written.stored), len(written.stale)) == (17, 23)
    await empty.refresh()
    assert (await empty.search(Query())).total == 40


async def test_an_empty_batch_is_written(empty: Index) -> None:
    written = await empty.write([])
    assert written.stored == written.stale == written.retry == written.refused == ()


async def test_what_is_written_is_there_after_a_restart(open_empty: Open) -> None:
    first = open_empty()
    await first.write([*NOTES])
    await first.refresh()
    await first.close()
    second = open_empty()
    await second.setup()
    found = await second.search(Query(text="燃气泄漏"))
    await second.close()
    assert {hit.id for hit in found.hits} == {"T06", "T07"}


async def test_nothing_is_found_in_an_empty_index(empty: Index) -> None:
    for collection in ("tickets", "problems", "alerts", "ledger"):
        found = await empty.search(
            Query(collection=collection, text="停水", facets=("category",), histogram="day")
        )  # type: ignore[arg-type]  # a table
        assert (found.total, found.hits, found.facets, found.histogram) == (0, (), {"category": ()}, ())
        assert await empty.get(collection, "nobody") is None  # type: ignore[arg-type]  # a table


async def test_a_ticket_without_creation_is_kept_but_notids_found(empty: Index) -> None:
    waiting = Document(
        "tickets", "T", 1, {"ticket_id": "T", "updated_at": "2024-03-31T23:00:00+08:00", "unit": "城管局"}
    )
    await empty.write([waiting])
    await empty.refresh()
    assert await empty.get("tickets", "T") == waiting.body
    assert await ids_found(empty) == set()
    created = Document("tickets", "T", 2, {**waiting.body, "created_at": "2024-02-29T23:00:00+08:00"})
    await empty.write([created])
    await empty.write([waiting])
    await empty.refresh()
    assert await empty.get("tickets", "T") == created.body
    assert await ids_found(empty) == {"T"}


async def test_collections_keep_apart(empty: Index) -> None:
    at = "2024-03-01T08:00:00+08:00"
    same = [
        Document("problems", "x", 1, {"problem_id": "x", "last_seen": at, "title": "停水"}),
        Document("alerts", "x", 1, {"alert_id": "x", "raised_at": at, "title": "停水"}),
        Document(
            "ledger", "x", 0, {"alert_id": "x", "raised_at": at, "title": "停水", "suppressed": "budget"}
        ),
    ]
    assert len((await empty.write(same)).stored) == 3
    await empty.refresh()
    assert await ids_found(empty, collection="tickets") == set()
    assert await ids_found(empty, collection="ledger", text="停水", filters={"suppressed": ("budget",)}) == {
        "x"
    }
    assert (await empty.get("alerts", "x") or {}).get("suppressed") is None


async def test_old_documents_of_a_collection_are_forgotten_and_no_others(empty: Index) -> None:
    def asked(number: int) -> Document:
        at = f"2024-03-{number:02}T08:00:00+08:00"
        return Document(
            "audit", f"u{number}", 1, {"audit_id": f"u{number}", "asked_at": at, "ticket_id": "T"}
        )

    ticket = Document("tickets", "T", 1, {"ticket_id": "T", "created_at": "2024-03-01T08:00:00+08:00"})
    await empty.write([ticket, *(asked(number) for number in range(1, 6))])
    await empty.refresh()
    assert await empty.forget("audit", datetime.fromisoformat("2024-03-04T00:00:00+08:00")) == 3
    await empty.refresh()
    assert await ids_found(empty, collection="audit", filters={"ticket_id": ("T",)}) == {"u4", "u5"}
    assert await ids_found(empty) == {"T"}
    assert await empty.forget("audit", datetime.fromisoformat("2024-03-04T00:00:00+08:00")) == 0


async def test_forgotten_words_are_found_no_more(empty: Index) -> None:
    at = "2024-03-01T08:00:00+08:00"
    await empty.write([Document("alerts", "x", 1, {"alert_id": "x", "raised_at": at, "title": "停水"})])
    await empty.refresh()
    assert await empty.forget("alerts", datetime.fromisoformat("2024-04-01T00:00:00+08:00")) == 1
    await empty.refresh()
    assert await ids_found(empty, collection="alerts", text="停水") == set()

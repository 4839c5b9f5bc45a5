"""Both engines, ready to be asked: what one suite runs on."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest

from indexing.elastic import ElasticIndex
from indexing.index import Index, Query
from indexing.sqlite import SqliteIndex

T = TypeVar("T")


class Open(Protocol):
    """Opens the same index again: another client of one store. The caller closes it."""

    def __call__(self) -> Index: ...


ENGINES = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("elastic", id="elastic", marks=[pytest.mark.elastic, pytest.mark.xdist_group("elastic")]),
]


def opener(engine: str, request: pytest.FixtureRequest, folder: Path, prefix: str) -> Open:
    """How to open the engine `engine`; an Elasticsearch that is not installed skips the test."""
    if engine == "sqlite":
        return lambda: SqliteIndex(folder / f"{prefix}index.db")
    url = request.getfixturevalue("elastic")
    return lambda: ElasticIndex(url, prefix)


def using(open_index: Open, work: Callable[[Index], Coroutine[Any, Any, T]]) -> T:
    """Run `work` on a freshly opened index, in a loop of its own."""

    async def run() -> T:
        index = open_index()
        try:
            return await work(index)
        finally:
            await index.close()

    return asyncio.run(run())


async def ids_found(index: Index, **asked: object) -> set[str]:
    """Ids of all documents that a query finds."""
    found = await index.search(Query(size=100, **asked))  # type: ignore[arg-type]  # a table of arguments
    assert found.total == len(found.hits)
    return {hit.id for hit in found.hits}

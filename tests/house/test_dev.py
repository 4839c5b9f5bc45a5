"""dev.py: which Python makes the environment."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def dev() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where another Python of this version stands, alone on the path."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "python{}.{}".format(*sys.version_info)


def write(python: Path, *lines: str) -> None:
    python.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    python.chmod(0o755)


def test_a_clearly_faster_python_of_the_same_version_is_taken(dev: ModuleType, other: Path) -> None:
    write(other, "echo 0.000001 True")
    assert dev.fastest_python() == str(other)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["echo 0.000001 False"], id="of another version"),
        pytest.param(["exit 1"], id="that makes no environment"),
        pytest.param(["echo 1000 True"], id="that is slower"),
        pytest.param(["echo '?'"], id="that is none"),
    ],
)
def test_no_other_python_is_taken(dev: ModuleType, other: Path, lines: list[str]) -> None:
    write(other, *lines)
    assert dev.fastest_python() == sys.executable


def test_without_another_python_the_one_that_runs_is_taken(dev: ModuleType, other: Path) -> None:
    assert dev.fastest_python() == sys.executable


def test_a_python_tells_how_long_its_work_takes(dev: ModuleType) -> None:
    assert 0 < dev.seconds_of(sys.executable) < 60
    assert dev.seconds_of("/no/such/python") == float("inf")

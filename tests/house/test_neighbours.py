"""Weisu refuses to run with another distribution's `agents`, `streams`, `indexing` or `prompts`."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("agents", "streams", "indexing", "prompts")


def import_weisu(*places: Path) -> subprocess.CompletedProcess[str]:
    """`import weisu` in a Python that finds packages at these places only, in this order."""
    code = f"import sys; sys.path[:0] = {[str(place) for place in places]!r}; import weisu; print(weisu.__version__)"
    # -S: without the editable install, which would put our own packages first again
    return subprocess.run([sys.executable, "-S", "-c", code], cwd="/", capture_output=True, text=True)


def put_package(folder: Path, name: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").touch()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with our front door and empty neighbours."""
    home = tmp_path / "home"
    (home / "weisu").mkdir(parents=True)
    shutil.copy(ROOT / "weisu" / "__init__.py", home / "weisu")
    for name in NAMES:
        put_package(home, name)
    return home


def test_own_neighbours_are_welcome(home: Path) -> None:
    assert import_weisu(home).returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_foreign_package_is_refused_in_one_clear_line(home: Path, tmp_path: Path, name: str) -> None:
    put_package(tmp_path / "foreign", name)
    answer = import_weisu(tmp_path / "foreign", home)
    assert answer.returncode == 1
    last = answer.stderr.strip().splitlines()[-1]
    assert last.startswith(f"ImportError: Weisu's package '{name}' is expected at {home / name}")
    assert str(tmp_path / "foreign" / name) in last
    assert last.endswith("give Weisu an environment of its own.")


def test_missing_neighbour_is_refused(home: Path) -> None:
    shutil.rmtree(home / "prompts")
    answer = import_weisu(home)
    assert answer.returncode == 1
    assert "Weisu's package 'prompts' is expected" in answer.stderr.strip().splitlines()[-1]

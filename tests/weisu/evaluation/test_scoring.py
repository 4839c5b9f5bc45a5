"""A city scored from its files, and by hand."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from fakes.small_city import alert, call, thing, truth_of
from typer.testing import CliRunner

from weisu.__main__ import app
from weisu.city_folder import load_city
from weisu.evaluation.outcome import Outcome, load_outcome
from weisu.evaluation.printed import printed
from weisu.evaluation.scoring import score
from weisu.evaluation.truth import load_truth
from weisu.replaying import run_replay
from weisu.settings import Settings
from weisu.simulator.simulate import simulate, write
from weisu.simulator.truth import Truth

EXAMPLE = Path(__file__).resolve().parents[3] / "weisu" / "example_city"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    simulated, replayed, truth = tmp_path_factory.mktemp("city"), tmp_path_factory.mktemp("out"), Truth()
    write(simulate(load_city(EXAMPLE), 3, date(2026, 6, 1), 3, 250, truth=truth), truth, simulated, True)
    run_replay(simulated / "events.jsonl.gz", replayed, Settings(city=EXAMPLE))
    return simulated, replayed


def test_files_are_scored(folders: tuple[Path, Path]) -> None:
    simulated, replayed = folders
    figures = score(load_truth(simulated), load_outcome(replayed), 0)
    assert figures["days"] == 3
    assert figures["tickets"] == (replayed / "tickets.jsonl").read_bytes().count(b"\n")
    lines = printed(figures)
    assert "incidents told" in lines
    assert json.loads(json.dumps(figures)) == figures


def test_verb_prints_and_gives_json(folders: tuple[Path, Path]) -> None:
    arguments = [
        "evaluate",
        "alerts",
        "--simulated",
        str(folders[0]),
        "--replayed",
        str(folders[1]),
        "--warm-up",
        "1",
    ]
    told = CliRunner().invoke(app, [*arguments, "--json"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["days"] == 2
    assert "2 days scored after 1 of warm-up" in CliRunner().invoke(app, arguments).stdout


def test_missing_folders_are_one_clear_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "weisu",
            "evaluate",
            "alerts",
            "--simulated",
            tmp_path,
            "--replayed",
            tmp_path,
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "truth.jsonl" in done.stderr
    assert "weisu simulate" in done.stderr


def test_alerts_of_the_warm_up_are_not_counted() -> None:
    truth = truth_of([call(f"x{n}", n * 12, n) for n in range(8)])
    early, late = alert("x1", ["x0", "x1"], 12), alert("x5", ["x4", "x5"], 60)
    figures = score(truth, Outcome((early, late), {}, {}), 2)
    assert figures["false"]["total"] == 1  # type: ignore[index]  # JSON
    assert figures["alerts"]["mean"] == 0.5  # type: ignore[index]  # JSON


def test_what_stands_for_weeks_may_be_told_in_the_warm_up() -> None:
    calls = [call(f"k{n}", 6 * n, n, "t1") for n in range(12)]
    truth = truth_of(calls, thing("t1", "chronic", calls))
    early = alert("k3", ["k1", "k2", "k3"], 18, kind="chronic")
    figures = score(truth, Outcome((early,), {}, {}), 1)
    kinds = figures["kinds"]
    assert isinstance(kinds, dict)
    assert (kinds["chronic"]["alerts"], kinds["chronic"]["planted"], kinds["chronic"]["told"]) == (0, 1, 1)


@pytest.mark.parametrize(
    ("kind", "says", "later_says", "told"),
    [
        ("burst", False, False, 0),
        ("burst", True, False, 1),
        ("burst", False, True, 1),
        ("campaign", True, True, 1),
    ],
)
def test_campaign_is_told_when_a_person_hears_of_the_copies(
    kind: str, says: bool, later_says: bool, told: int
) -> None:
    calls = [call(f"c{n}", 30 + n, n, "t1") for n in range(12)]
    truth = truth_of([call("first", 1, 99), *calls], thing("t1", "campaign", calls))
    crowd = alert("c3", ["c1", "c2", "c3"], 33, kind=kind, again=[(38, ["c6", "c7", "c8"])])
    first, again = crowd.tellings
    crowd = replace(
        crowd, tellings=(replace(first, names_copies=says), replace(again, names_copies=later_says))
    )
    figures = score(truth, Outcome((crowd,), {}, {}), 1)
    kinds = figures["kinds"]
    assert isinstance(kinds, dict)
    assert (kinds["campaign"]["alerts"], kinds["campaign"]["true"], kinds["campaign"]["told"]) == (told,) * 3
    assert kinds["campaign"]["planted"] == 1


@pytest.mark.parametrize(
    ("callers", "planted"), [((1, 2, 3), 1), ((1, 2, 1), 1), ((1, 2, 2), 0), ((1, 1), 0), ((1, 2), 0)]
)
def test_a_return_is_due_once_two_people_call_after_the_closing(
    callers: tuple[int, ...], planted: int
) -> None:
    calls = [
        call(f"r{n}", 100 * n, caller, "t1", "road/lamp", closed=30 if n == 0 else None)
        for n, caller in enumerate(callers)
    ]
    truth = truth_of([*calls, call("z", 300, 99)], thing("t1", "after_closure", calls))
    kinds = score(truth, Outcome((), {}, {}), 1)["kinds"]
    assert isinstance(kinds, dict)
    assert kinds["recurrence"]["planted"] == planted

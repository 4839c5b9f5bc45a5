"""What a replay with a model tells of who graded: the endpoint is a real HTTP server."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fakes.model_server import ModelServer, Scripted, model_server

from weisu import replaying
from weisu.replaying import graders_of, newest, run_replay, without_model
from weisu.settings import Settings

TEXTS = [f"新华小区停水一上午了,什么时候能来水?{number}" for number in range(8)]


@pytest.fixture
def events(tmp_path: Path) -> Path:
    file = tmp_path / "events.jsonl"
    lines = [
        {
            "event_id": f"e{number}",
            "event": "created",
            "ticket_id": f"T{number}",
            "occurred_at": f"2026-03-02T08:{number:02}:00+08:00",
            "content": text,
        }
        for number, text in enumerate([*TEXTS, "〔电话1〕"])
    ]
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return file


def replayed(events: Path, server: ModelServer, workers: int = 1, **ladder: Any) -> dict[str, Any]:
    endpoint = {"model": "m0", "base_url": server.base_url, "variant": "json_schema"}
    settings = Settings.model_validate({"ladder": {"endpoints": [endpoint], **ladder}})
    return run_replay(events, events.parent / "out", settings, workers)


def test_report_says_who_graded(events: Path) -> None:
    with model_server() as server:
        report = replayed(events, server)
    assert (report["graded_by"], report["no_model"]) == ({"rules": 1, "m0": 8}, {"no_words": 1})
    assert without_model(report) == ""


def test_wrong_key_is_one_clear_line_and_stands_in_the_report(events: Path) -> None:
    out = events.parent / "out"
    with model_server() as server:
        server.always = Scripted(status=401)
        endpoints = [{"model": "m0", "base_url": server.base_url, "api_key": "wrong"}]
        command = [sys.executable, "-m", "weisu", "replay", str(events), "--out", str(out), "--grader", "llm"]
        environment = {**os.environ, "WEISU_LADDER__ENDPOINTS": json.dumps(endpoints)}
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert ran.returncode == 0 and len(server.requests) == 1
    (line,) = ran.stderr.splitlines()
    assert "8 of 9 tickets graded by rules" in line and "api_key" in line
    report = json.loads((out / "report.json").read_text())
    assert report["graded_by"] == {"rules": 9}
    assert report["no_model"] == {"m0: breaker_open": 7, "m0: wrong_setting": 1, "no_words": 1}


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_workers_of_a_replay_share_one_budget(events: Path, workers: int) -> None:
    with model_server() as server:
        report = replayed(events, server, workers, tokens_per_day=7_200)
    asked = report["graded_by"].get("m0", 0)
    assert 0 < asked == len(server.requests) and 400 * asked <= 7_200
    assert report["no_model"].get("m0: budget_spent", 0) == 8 - asked
    assert ("budget_spent" in without_model(report)) is (asked < 8)


def test_budget_too_small_for_one_question_is_said_at_the_start(events: Path) -> None:
    out = events.parent / "out"
    with model_server() as server:
        told = {"WEISU_LADDER__ENDPOINTS": json.dumps([{"model": "m0", "base_url": server.base_url}])}
        told["WEISU_LADDER__TOKENS_PER_DAY"] = "1000"
        command = [sys.executable, "-m", "weisu", "replay", str(events), "--out", str(out), "--grader", "llm"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **told})
    first, last = ran.stderr.splitlines()
    assert "no model will be asked" in first and "budget_spent (8)" in last
    assert server.requests == []


@pytest.mark.parametrize(
    ("container", "objects"),
    [
        pytest.param(None, 614_400, id="no container: half of the machine's 24.6 GB, 20 KB a ticket"),
        pytest.param("max", 614_400, id="a container without a bound"),
        pytest.param("8000000000", 200_000, id="half of what the container may take"),
        pytest.param("99000000000", 614_400, id="a container that may take more than there is"),
        pytest.param("1000000000", 30_000, id="a small one: as many as a city has open"),
    ],
)
def test_how_much_stays_an_object_follows_from_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, container: str | None, objects: int
) -> None:
    bound = tmp_path / "memory.max"
    if container is not None:
        bound.write_text(f"{container}\n")
    monkeypatch.setattr(replaying, "CONTAINER", bound)
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 6_000_000}.__getitem__)
    assert newest() == objects


def test_where_the_memory_is_not_known_the_least_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf")
    assert newest() == 30_000


def test_of_several_processes_one_gathers() -> None:
    assert [graders_of(workers) for workers in (1, 2, 3, 8)] == [1, 1, 2, 7]

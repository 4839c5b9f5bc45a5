"""What a replay with a model tells of who graded: the endpoint is a real HTTP server."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fakes.model_server import ModelServer, Scripted, model_server

from weisu.replaying import run_replay, without_model
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

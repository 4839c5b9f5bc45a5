"""The command line as a user meets it: what it prints, and its exit status."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from agents.intake.ticket import Ticket
from indexing.documents import of_ticket
from indexing.sqlite import SqliteIndex
from weisu.commands.data import plain
from weisu.settings import NotifySettings, Settings, WrongSetup
from weisu.wiring import make_sender

HOME = Path(__file__).resolve().parents[2]


def weisu(*arguments: str, cwd: Path = HOME, **environment: str) -> "subprocess.CompletedProcess[str]":
    import os

    bare = {name: value for name, value in os.environ.items() if not name.startswith("WEISU_")}
    return subprocess.run(
        [sys.executable, "-m", "weisu", *arguments],
        cwd=cwd,
        env={**bare, **environment},
        capture_output=True,
        text=True,
        timeout=600,
    )


def event(number: int, **more: object) -> str:
    shape = {
        "event_id": f"e{number}",
        "event": "created",
        "ticket_id": f"T{number}",
        "occurred_at": f"2026-03-02T08:{number:02d}:00+08:00",
        "caller": {"id": f"c{number}"},
        "content": f"新华小区停水了,第{number}户",
        "place": {"district": "城东区", "community": "新华小区"},
    }
    return json.dumps({**shape, **more}, ensure_ascii=False)


def test_replay_writes_its_files_and_says_what_it_did(tmp_path: Path) -> None:
    lines = [event(1), "not json", event(2), event(2), event(3)]
    (tmp_path / "e.jsonl").write_text("\n".join(lines), encoding="utf-8")
    done = weisu("replay", str(tmp_path / "e.jsonl"), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("1 lines rejected")
    report = json.loads((tmp_path / "out/report.json").read_text())
    assert (report["counts"]["tickets"], report["counts"]["redelivered"], report["counts"]["rejected"]) == (
        3,
        1,
        1,
    )
    (rejected,) = [json.loads(line) for line in (tmp_path / "out/rejected.jsonl").read_text().splitlines()]
    assert (rejected["line"], rejected["reason"]) == (2, "not_json")


def test_replay_of_a_missing_file_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = weisu("replay", str(tmp_path / "none.jsonl"), "--out", str(tmp_path / "out"))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert not (tmp_path / "out").exists()


def test_sending_a_missing_file_names_the_file_not_kafka(tmp_path: Path) -> None:
    done = weisu("send", str(tmp_path / "none.jsonl"), WEISU_STREAM__ADDRESS="127.0.0.1:1")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "none.jsonl" in done.stderr and "Kafka" not in done.stderr


def test_a_city_that_cannot_be_made_is_one_line_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = weisu("city", "new", str(tmp_path / "file" / "city"))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_unknown_setting_is_one_line_and_status_2() -> None:
    done = weisu("settings", WEISU_CITTY="x")
    assert (done.returncode, done.stderr.strip()) == (
        2,
        "weisu: unknown setting WEISU_CITTY: `weisu settings` lists the known ones",
    )


@pytest.mark.parametrize("key", [{}, {"WEISU_PSEUDONYM_KEY": ""}, {"WEISU_PSEUDONYM_KEY": " "}])
def test_work_refuses_to_start_without_the_key(key: dict[str, str]) -> None:
    done = weisu("work", "--role", "core", WEISU_STREAM__ADDRESS="127.0.0.1:1", **key)
    assert done.returncode == 2
    assert "WEISU_PSEUDONYM_KEY" in done.stderr


def test_schema_prints_what_is_committed() -> None:
    assert weisu("schema").stdout == (HOME / "docs/contract/events.schema.json").read_text(encoding="utf-8")
    assert weisu("schema", "asyncapi").stdout == (HOME / "docs/contract/asyncapi.json").read_text(
        encoding="utf-8"
    )


def test_city_begun_from_the_example_checks_clean_and_a_fault_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "mycity"
    assert weisu("city", "new", str(folder)).returncode == 0
    assert weisu("city", "check", str(folder)).returncode == 0
    streets = folder / "streets.csv"
    streets.write_text(streets.read_text(encoding="utf-8") + "无名街道,无此区,,1\n", encoding="utf-8")
    done = weisu("city", "check", str(folder))
    assert done.returncode == 2
    assert "streets.csv" in done.stderr and "无此区" in done.stderr


def test_simulated_events_replay_and_can_be_searched_in_the_schema_of_the_contract(tmp_path: Path) -> None:
    done = weisu("simulate", "--out", str(tmp_path / "sim"), "--days", "1", "--tickets-per-day", "60")
    assert done.returncode == 0, done.stderr
    done = weisu(
        "replay",
        str(tmp_path / "sim/events.jsonl.gz"),
        "--out",
        str(tmp_path / "out"),
        "--city",
        "weisu/example_city",
    )
    assert done.returncode == 0, done.stderr
    assert "0 lines rejected" in done.stdout


def test_simulating_where_nothing_can_be_written_or_nobody_lives_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "city.toml").write_text('name = "空城"\n', encoding="utf-8")
    small = ("simulate", "--days", "1", "--tickets-per-day", "20")
    for more in (
        ("--out", str(tmp_path / "city.toml" / "x")),
        ("--out", str(tmp_path / "o"), "--city", str(tmp_path)),
    ):
        done = weisu(*small, *more)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr


def test_search_shows_the_citys_time_whatever_offset_the_platform_writes(tmp_path: Path) -> None:
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    ticket = Ticket(
        ticket_id="T1",
        revision=1,
        edition=1,
        created_at=at,
        updated_at=at,
        trigger_at=at,
        content="小区停水了",
    )

    async def fill() -> None:
        index = SqliteIndex(tmp_path / "index.sqlite")
        await index.setup()
        await index.write([of_ticket(ticket)])
        await index.close()

    asyncio.run(fill())
    done = weisu("search", "停水", WEISU_DATA=str(tmp_path), COLUMNS="160")
    assert done.returncode == 0, done.stderr
    assert "2026-03-02 07:30" in done.stdout


@pytest.mark.parametrize("condition", ["urgency", "nothing=1"])
def test_search_names_what_it_cannot_ask(tmp_path: Path, condition: str) -> None:
    done = weisu("search", "停水", "--where", condition, WEISU_DATA=str(tmp_path))
    assert done.returncode == 2
    assert condition.split("=")[0] in done.stderr


def test_what_others_wrote_cannot_steer_a_terminal() -> None:
    shown = plain("\x1b[31m红\x9b0m\u202e[/x] [bold]停水[/bold]")
    assert str(shown) == " [31m红 0m [/x] [bold]停水[/bold]"
    assert shown.spans == []


def test_a_broker_that_does_not_answer_is_one_clear_line() -> None:
    done = weisu("deadletters", "list", WEISU_STREAM__ADDRESS="127.0.0.1:1")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("weisu: no Kafka answers at 127.0.0.1:1")
    assert "Traceback" not in done.stderr


def test_a_wrong_channel_is_one_clear_line_without_its_address() -> None:
    channels = {"duty": SecretStr("http:///s3cr3t-token")}
    with pytest.raises(WrongSetup, match="duty") as refused:
        make_sender(Settings(notify=NotifySettings(channels=channels)))
    assert "s3cr3t" not in str(refused.value)

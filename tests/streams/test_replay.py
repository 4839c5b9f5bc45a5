"""Replay: the same bytes for any number of processes, and no line of a file can harm another."""

import asyncio
import gzip
import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agents.grading.rules import RulesGrader
from agents.intake.accept import Accepted
from agents.intake.events import InvalidEvent
from streams.attic import json_attic
from streams.lines import Damage, UnreadableFile, read_lines
from streams.replay import Front, Stopwatch, walk_front
from weisu.city_folder import load_city
from weisu.replaying import make_front, run_replay
from weisu.settings import Settings, WrongSetup
from weisu.simulator.simulate import simulate, write
from weisu.simulator.truth import Truth

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "weisu" / "example_city"
OUTPUTS = ("tickets.jsonl", "problems.jsonl", "alerts.jsonl", "ledger.jsonl", "rejected.jsonl")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two simulated days of a small city."""
    folder, truth = tmp_path_factory.mktemp("day"), Truth()
    write(simulate(load_city(EXAMPLE), 3, date(2026, 6, 1), 2, 150, None, truth), truth, folder)
    return folder / "events.jsonl"


def digests(out: Path) -> dict[str, str]:
    return {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in OUTPUTS}


def report_of(out: Path) -> dict[str, Any]:
    """The report without what may differ: its speed."""
    report: dict[str, Any] = json.loads((out / "report.json").read_text(encoding="utf-8"))
    del report["speed"]
    return report


def replay_apart(events: Path, out: Path, seed: str, *options: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with its own hash seed."""
    command = [sys.executable, "-m", "weisu", "replay", str(events), "--out", str(out), *options]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)


def test_workers_and_hash_seeds_change_no_byte(day: Path, tmp_path: Path) -> None:
    city = ("--city", str(EXAMPLE))
    for seed, workers in (("0", "1"), ("1", "2"), ("2", "3")):
        ran = replay_apart(day, tmp_path / f"{seed}-{workers}", seed, *city, "--workers", workers)
        assert ran.returncode == 0, ran.stderr
    first = digests(tmp_path / "0-1")
    assert json.loads((tmp_path / "0-1" / "report.json").read_text())["counts"]["problems"] > 100
    for other in ("1-2", "2-3"):
        assert digests(tmp_path / other) == first
        assert report_of(tmp_path / other) == report_of(tmp_path / "0-1")


def test_the_same_run_twice_writes_the_same(day: Path, tmp_path: Path) -> None:
    settings = Settings(city=EXAMPLE)
    for name in ("one", "two"):
        run_replay(day, tmp_path / name, settings)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_a_batch_of_lines_is_what_they_are_one_by_one(day: Path) -> None:
    lines: list[tuple[int, bytes | Damage]] = [*read_lines(day)]
    lines[7:7] = [(0, b"no event"), (0, Damage("broken"))]
    lines += lines[:90]  # delivered again

    async def batches() -> list[Front]:
        walk = walk_front(lines, make_front(Settings(city=EXAMPLE), share=1.0), Stopwatch())
        return [front async for batch in walk for front in batch]

    path = make_front(Settings(city=EXAMPLE), share=1.0)

    def alone(raw: bytes | Damage) -> Accepted | None:
        try:
            return None if isinstance(raw, Damage) else path.on_event(raw)[0]
        except InvalidEvent:
            return None

    fronts = asyncio.run(batches())
    assert [front.line for front in fronts] == [number for number, _ in lines]
    assert [front.accepted for front in fronts] == [alone(raw) for _, raw in lines]
    grader = RulesGrader(load_city(EXAMPLE))
    for front in fronts[:200]:
        if front.graded is not None:
            assert front.graded.grade.matter == grader.grade(front.graded.ticket).matter


def event(number: int, **fields: object) -> dict[str, Any]:
    return {
        "event_id": f"e{number}",
        "event": "created",
        "ticket_id": f"t{number}",
        "occurred_at": "2026-03-02T08:00:00+08:00",
        "content": "小区停水一上午了",
        **fields,
    }


def line(number: int, **fields: object) -> bytes:
    return json.dumps(event(number, **fields), ensure_ascii=False).encode()


def without(name: str) -> bytes:
    fields = event(1)
    del fields[name]
    return json.dumps(fields).encode()


BAD_LINES: list[tuple[bytes, str]] = [
    (b"not json", "not_json"),
    (b"[1, 2]", "not_an_object"),
    ('{"event_id": "小区"}'.encode("gb18030"), "wrong_encoding"),
    (without("ticket_id"), "missing_field"),
    (without("content"), "missing_field"),
    (line(1, content=7), "wrong_field"),
    (line(1, event="vanished"), "unknown_event"),
    (line(1, content="水" * (5 * 1024 * 1024 // 3)), "too_large"),
    (line(1, content="水" * 20_001), "too_long"),
    (line(1, occurred_at="2026-03-02T08:00:00"), "no_offset"),
    (line(1, occurred_at="1970-01-01T00:00:00+08:00"), "implausible_time"),
    (line(1, occurred_at="2100-01-01T00:00:00+08:00"), "implausible_time"),
    (line(1, content="停水\x00了").replace(b"\x00", b"\\u0000"), "null_character"),
    (line(1).replace("停水".encode(), b"\x00"), "not_json"),
]


def test_bad_lines_are_told_and_passed_over(tmp_path: Path) -> None:
    lines = [part for number, (bad, _) in enumerate(BAD_LINES) for part in (bad, line(100 + number))]
    events = tmp_path / "events.jsonl"
    events.write_bytes(b"\n".join(lines) + b"\n")
    report = run_replay(events, tmp_path / "out", Settings())
    told = [json.loads(row) for row in (tmp_path / "out" / "rejected.jsonl").read_text("utf-8").splitlines()]
    expected = [(2 * number + 1, reason) for number, (_, reason) in enumerate(BAD_LINES)]
    assert [(row["line"], row["reason"]) for row in told] == expected
    assert not any("停水" in row["detail"] for row in told)
    assert report["counts"]["tickets"] == len(BAD_LINES)


def test_odd_but_valid_lines_lose_nothing(tmp_path: Path) -> None:
    """Twice the same event, revisions backwards, a `closed` whose ticket nobody knows."""
    closed = {**event(9), "event": "closed", "unit": "水务集团"}
    lines = [line(1, revision=5), line(1, revision=5), line(3, ticket_id="t1", revision=2, content="旧话")]
    lines += [json.dumps(closed).encode(), line(2)]
    events = tmp_path / "events.jsonl"
    events.write_bytes(b"\n".join(lines))
    counts = run_replay(events, tmp_path / "out", Settings())["counts"]
    assert (counts["rejected"], counts["redelivered"], counts["tickets"]) == (0, 1, 2)
    assert counts["tickets_without_created"] == 1


def test_an_empty_file_is_an_empty_result(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_bytes(b"")
    assert run_replay(events, tmp_path / "out", Settings())["counts"]["lines"] == 0
    assert all((tmp_path / "out" / name).read_bytes() == b"" for name in OUTPUTS)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_gzip_that_breaks_off_costs_only_its_end(day: Path, tmp_path: Path, workers: int) -> None:
    whole = gzip.compress(day.read_bytes(), mtime=0)
    events = tmp_path / "events.jsonl.gz"
    events.write_bytes(whole[: len(whole) // 2])
    counts = run_replay(events, tmp_path / "out", Settings(), workers)["counts"]
    (rejected,) = map(json.loads, (tmp_path / "out" / "rejected.jsonl").read_text("utf-8").splitlines())
    assert rejected["reason"] == "damaged_file" and rejected["line"] == counts["lines"]
    assert counts["tickets"] > 50


def test_bad_lines_end_with_status_zero_and_their_number(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_bytes(b"\n".join([line(1), b"{", b"\xff", line(2)]))
    ran = replay_apart(events, tmp_path / "out", "0")
    assert ran.returncode == 0
    assert ran.stdout.splitlines()[-1].startswith("2 lines rejected")


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("newest", [20_000, 2], ids=["fresh", "lines already"])
def test_those_who_called_before_the_crowd_are_urgent_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int, newest: int
) -> None:
    monkeypatch.setattr("weisu.replaying.newest", lambda: newest)
    events = tmp_path / "events.jsonl"
    lines = [
        {
            "event_id": f"e{number}",
            "event": "created",
            "ticket_id": f"T{number}",
            "occurred_at": f"2026-03-02T08:{number:02}:00+08:00",
            "content": "金桂花园门口夜里施工噪音太大,睡不着",
            "caller": {"id": f"p{number}"},
            "place": {"district": "城东区", "street": "新华街道", "community": "金桂花园"},
        }
        for number in range(14)
    ]
    events.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    run_replay(events, tmp_path / "out", Settings(), workers=workers)
    tickets = [json.loads(line) for line in (tmp_path / "out" / "tickets.jsonl").read_text().splitlines()]
    assert [ticket["grade"]["urgency"] for ticket in tickets] == ["urgent"] * 14
    assert {ticket["grade"]["proposed"]["rules"] for ticket in tickets} == {"normal"}


def test_an_unreadable_file_is_one_line_and_status_two(tmp_path: Path) -> None:
    ran = replay_apart(tmp_path / "nowhere.jsonl", tmp_path / "out", "0")
    assert ran.returncode == 2
    assert len((ran.stdout + ran.stderr).strip().splitlines()) == 1
    assert "nowhere.jsonl" in ran.stderr and not (tmp_path / "out").exists()


def test_a_folder_is_no_file_of_events(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be read"):
        next(iter(read_lines(tmp_path)))


def test_where_nothing_can_be_written_is_told_before_the_long_work(tmp_path: Path) -> None:
    events, out, read = tmp_path / "events.jsonl", tmp_path / "taken", list[int]()
    events.write_text("{}\n" * 300, encoding="utf-8")
    out.write_text("a file", encoding="utf-8")
    with pytest.raises(WrongSetup, match=r"taken: cannot be written .*choose another --out"):
        run_replay(events, out, Settings(), progress=read.append)
    assert read == []


def test_an_input_that_cannot_be_opened_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        run_replay(tmp_path / "none.jsonl", tmp_path / "out", Settings())
    assert not (tmp_path / "out").exists()


def test_an_attic_gives_back_old_values_in_their_first_order() -> None:
    attic = json_attic(tuple[int, str], newest=2)
    for number in range(5):
        attic[f"k{number}"] = (number, "旧")
    attic["k0"] = (0, "新")
    del attic["k3"]
    assert list(attic.items()) == [("k0", (0, "新")), ("k1", (1, "旧")), ("k2", (2, "旧")), ("k4", (4, "旧"))]
    assert "k3" not in attic and len(attic) == 4


def test_an_attic_is_asked_alike_before_and_after_something_is_old() -> None:
    attic = json_attic(tuple[int, str], newest=2)
    attic["k0"] = (0, "旧")
    assert attic.get("k0") == (0, "旧") and attic.get("none") is None
    for number in range(1, 5):
        attic[f"k{number}"] = (number, "旧")
    assert attic.is_old("k0") and attic.get("k0") == (0, "旧") and attic.get("none") is None


def test_an_attic_keeps_what_is_not_done_yet_as_it_is_but_not_without_end() -> None:
    attic = json_attic(tuple[int, str], newest=4, is_done=lambda value: value[1] == "完")
    for number in range(6):
        attic[f"k{number}"] = (number, "完" if number % 2 else "开")
    for number in range(100, 104):
        attic[f"k{number}"] = (number, "完")
    assert [f"k{number}" for number in range(6) if attic.is_old(f"k{number}")] == ["k1", "k3", "k5"]
    attic["k0"] = (0, "完")
    for number in range(200, 240):
        attic[f"k{number}"] = (number, "开")
    assert attic.is_old("k0") and attic.is_old("k2") and attic.is_old("k200") and not attic.is_old("k239")
    assert [attic[f"k{number}"] for number in (0, 1, 2, 200)] == [
        (0, "完"),
        (1, "完"),
        (2, "开"),
        (200, "开"),
    ]
    objects = [key for key in attic if not attic.is_old(key)]
    assert len(objects) <= 2 * 4 + 4


def test_of_what_is_not_done_the_newer_half_stays_when_there_is_too_much() -> None:
    attic = json_attic(tuple[int, str], newest=4, is_done=lambda value: value[1] == "完")
    for number in range(8):
        attic[f"k{number}"] = (number, "开")
    assert [number for number in range(8) if attic.is_old(f"k{number}")] == [0, 1, 2]


def test_what_was_read_from_the_attic_goes_back_there() -> None:
    attic = json_attic(tuple[int, str], newest=2)
    for number in range(4):
        attic[f"k{number}"] = (number, "旧")
    assert attic["k0"] == (0, "旧") and not attic.is_old("k0")
    for number in range(4, 8):
        attic[f"k{number}"] = (number, "旧")
    assert attic.is_old("k0")


def test_one_wrong_date_does_not_stop_event_time(tmp_path: Path) -> None:
    def call(number: int, at: str, text: str) -> str:
        event = {"event_id": f"e{number}", "event": "created", "ticket_id": f"t{number}"}
        told = {"occurred_at": f"{at}:00+08:00", "content": text, "caller": {"id": f"c{number}"}}
        return json.dumps(event | told | {"place": {"district": "城东区"}}, ensure_ascii=False)

    lines = [call(number, f"2026-03-02T08:0{number}", "新华小区停水了,没水做饭") for number in range(4)]
    lines.append(call(8, "2091-01-01T08:00", "路灯不亮"))
    lines.append(call(9, "2026-03-06T08:00", "垃圾没人清运"))
    (tmp_path / "events.jsonl").write_text("\n".join(lines), encoding="utf-8")
    run_replay(tmp_path / "events.jsonl", tmp_path, Settings())
    (alert,) = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    (ended,) = [update for update in alert["updates"] if update["event"] == "resolved"]
    assert ended["at"].startswith("2026-03-0")

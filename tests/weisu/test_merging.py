"""`weisu problems merge|split`, recorded commands in a replay, and what the explanations say of them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from weisu.__main__ import app
from weisu.settings import WrongSetup

SAID = ("停水了，水龙头没有水", "小区停水一上午", "楼下烧烤摊油烟呛人", "烧烤摊油烟太大了", "还是停水")


def _created(number: int, content: str) -> str:
    return json.dumps(
        {
            "event_id": f"e{number}",
            "event": "created",
            "ticket_id": f"t{number}",
            "occurred_at": f"2026-03-02T0{number}:00:00+08:00",
            "caller": {"id": f"人{number}"},
            "content": content,
            "place": {"district": "城东区", "community": "新华小区"},
        },
        ensure_ascii=False,
    )


def weisu(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def problems_of(out: Path) -> dict[str, str]:
    rows = map(json.loads, (out / "tickets.jsonl").read_text(encoding="utf-8").splitlines())
    return {row["ticket_id"]: row["problem_id"] for row in rows}


@pytest.fixture
def events(tmp_path: Path) -> Path:
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(_created(n, text) for n, text in enumerate(SAID, 1)), encoding="utf-8")
    return file


@pytest.fixture
def merged(events: Path, tmp_path: Path) -> Path:
    """The replay of the recorded merge of smoke into water, asked after the fourth call."""
    weisu("replay", events, "--out", tmp_path / "plain")
    was = problems_of(tmp_path / "plain")
    names = [was["t3"], was["t1"]]
    asked = ("--by", "王五", "--why", "同一家店", "--to", tmp_path / "asked.jsonl")
    weisu("problems", "merge", *names, *asked, "--at", "2026-03-02T04:30:00+0800")
    weisu("replay", events, "--out", tmp_path / "out", "--commands", tmp_path / "asked.jsonl")
    return tmp_path / "out"


def test_a_recorded_merge_is_decided_at_its_time(merged: Path, tmp_path: Path) -> None:
    was, now = problems_of(tmp_path / "plain"), problems_of(merged)
    assert was["t3"] == was["t4"] != was["t1"]
    assert set(now.values()) == {was["t1"]}
    (row,) = map(json.loads, (merged / "problems.jsonl").read_text(encoding="utf-8").splitlines())
    assert (row["reporters"], row["aliases"]) == (5, [was["t3"]])
    assert [(r["record"], r["by"], r["at"]) for r in row["records"]] == [
        ("merged", "王五", "2026-03-02T04:30:00+08:00")
    ]


def test_the_same_commands_give_the_same_files(merged: Path, events: Path, tmp_path: Path) -> None:
    weisu(
        "replay",
        events,
        "--out",
        tmp_path / "again",
        "--commands",
        tmp_path / "asked.jsonl",
        "--workers",
        "2",
    )
    for name in ("tickets.jsonl", "problems.jsonl", "alerts.jsonl", "ledger.jsonl"):
        assert (tmp_path / "again" / name).read_bytes() == (merged / name).read_bytes()


def test_a_reason_is_recorded_without_personal_data(tmp_path: Path) -> None:
    asked = tmp_path / "asked.jsonl"
    weisu("problems", "merge", "p-1", "p-2", "--by", "王五", "--why", "请拨13800138000核实", "--to", asked)
    assert json.loads(asked.read_text(encoding="utf-8"))["note"] == "请拨〔电话1〕核实"


@pytest.mark.parametrize("verb", [("problems", "show"), ("why",)])
def test_the_old_id_is_answered_with_who_and_why(merged: Path, tmp_path: Path, verb: tuple[str, ...]) -> None:
    was = problems_of(tmp_path / "plain")
    told = weisu(*verb, was["t3"], "--out", merged)
    assert f"问题 {was['t3']} 已并入 {was['t1']}。" in told
    assert f"2026-03-02 04:30 王五：并入问题 {was['t3']}（2件工单），理由：同一家店" in told


def test_a_moved_ticket_says_where_it_came_from(merged: Path, tmp_path: Path) -> None:
    was = problems_of(tmp_path / "plain")
    told = weisu("problems", "show", was["t1"], "--out", merged)
    assert told.count(f"原属问题 {was['t3']}，随并入或拆分转来") == 2


def test_a_split_is_recorded_and_replayed(merged: Path, events: Path, tmp_path: Path) -> None:
    was, asked = problems_of(tmp_path / "plain"), tmp_path / "asked.jsonl"
    more = ("--tickets", "t3, t4", "--by", "王五", "--to", asked, "--at", "2026-03-02T06:30:00+0800")
    weisu("problems", "split", was["t1"], *more)
    weisu("replay", events, "--out", tmp_path / "split", "--commands", asked)
    assert problems_of(tmp_path / "split") == was


@pytest.mark.parametrize(
    "line",
    [
        '{"command": "shout"}',
        '{"command": "merge_problems", "command_id": "c1", "problem_id": "p-1", "into": "p-2", "by": "王五", '
        '"at": "2026-03-02T08:00:00"}',
    ],
    ids=["unknown", "a time without an offset"],
)
def test_a_command_that_is_none_is_one_clear_line(events: Path, tmp_path: Path, line: str) -> None:
    (tmp_path / "asked.jsonl").write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(WrongSetup, match="line 1: no command"):
        weisu("replay", events, "--out", tmp_path / "out", "--commands", tmp_path / "asked.jsonl")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("merge", "p-1", "p-2", "--by", " "), "--by needs a name"),
        (("split", "p-1", "--tickets", " , ", "--by", "王五"), "--tickets takes"),
        (("merge", "p-1", "p-2", "--by", "a\udcffb"), "encoding, UTF-8"),
    ],
)
def test_what_is_asked_must_be_whole(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(WrongSetup, match=said):
        weisu("problems", *arguments, "--to", tmp_path / "asked.jsonl")


def test_proposals_are_listed_for_a_person(merged: Path, tmp_path: Path) -> None:
    assert "没有待核对的并入建议。" in weisu("problems", "proposals", "--out", merged)
    rows = [
        json.loads(line) for line in (tmp_path / "plain" / "problems.jsonl").read_text("utf-8").splitlines()
    ]
    proposal = {
        "record": "merge_proposed",
        "other_id": rows[1]["problem_id"],
        "score": 2.5,
        "record_id": "m-1",
    }
    rows[0] |= {"review": ["merge"], "proposals": [proposal | {"why": "工单 t9 与两个问题都相符"}]}
    (tmp_path / "plain" / "problems.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    told = weisu("problems", "proposals", "--out", tmp_path / "plain")
    assert f"{rows[0]['problem_id']} " in told and f"⇄ {rows[1]['problem_id']} " in told
    assert "工单 t9 与两个问题都相符（把握 2.5）" in told
    assert "请人核对" in weisu("problems", "show", rows[0]["problem_id"], "--out", tmp_path / "plain")

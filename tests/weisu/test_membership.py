"""`weisu problems show`: why each ticket is in its problem."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from weisu.__main__ import app
from weisu.replaying import run_replay
from weisu.settings import Settings, WrongSetup


def _created(number: int, caller: str, content: str) -> str:
    return json.dumps(
        {
            "event_id": f"e{number}",
            "event": "created",
            "ticket_id": f"t{number}",
            "occurred_at": f"2026-03-02T0{number}:00:00+08:00",
            "caller": {"id": caller},
            "content": content,
            "place": {"district": "城东区", "community": "新华小区"},
        },
        ensure_ascii=False,
    )


@pytest.fixture
def out(tmp_path: Path) -> Path:
    events = tmp_path / "events.jsonl"
    said = ("停水了，水龙头没有水", "小区停水一上午", "楼下烧烤摊油烟呛人")
    events.write_text(
        "\n".join(_created(n, f"人{n}", text) for n, text in enumerate(said, 1)), encoding="utf-8"
    )
    run_replay(events, tmp_path / "out", Settings())
    return tmp_path / "out"


def _shown(out: Path, id: str) -> str:
    result = CliRunner().invoke(app, ["problems", "show", id, "--out", str(out)])
    if result.exception is not None:
        raise result.exception
    return result.output


def _problem_of(out: Path, ticket_id: str) -> str:
    rows = map(json.loads, (out / "tickets.jsonl").read_text(encoding="utf-8").splitlines())
    return next(row["problem_id"] for row in rows if row["ticket_id"] == ticket_id)


def test_every_ticket_of_a_problem_is_explained_with_its_words(out: Path) -> None:
    told = _shown(out, _problem_of(out, "t1"))
    assert "2件工单，2名诉求人" in told
    assert "工单 t1：由它立案" in told
    assert "工单 t2：归入，因为同一地点，事项与类别" in told
    assert "停水" in told.partition("原话：")[2]
    assert "t3" not in told


def test_an_unknown_problem_is_one_clear_line(out: Path) -> None:
    with pytest.raises(WrongSetup, match="no problem 'p-none'"):
        _shown(out, "p-none")

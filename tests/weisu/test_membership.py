"""`weisu problems show`: why each ticket is in its problem."""

import asyncio
import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agents.city import City
from indexing.index import Collection
from weisu.__main__ import app
from weisu.membership import explain_members
from weisu.replaying import run_replay
from weisu.settings import Settings, WrongSetup
from weisu.why import Body


def _created(number: int, caller: str, content: str, **place: str) -> str:
    return json.dumps(
        {
            "event_id": f"e{number}",
            "event": "created",
            "ticket_id": f"t{number}",
            "occurred_at": f"2026-03-02T0{number}:00:00+08:00",
            "caller": {"id": caller},
            "content": content,
            "place": place or {"district": "城东区", "street": "新华街道", "community": "新华小区"},
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


def test_a_district_learned_from_other_tickets_says_so(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    known = _created(1, "人1", "停水了，水龙头没有水")
    silent = _created(2, "人2", "新华小区停水一上午", city="试城")
    events.write_text(f"{known}\n{silent}", encoding="utf-8")
    run_replay(events, tmp_path / "out", Settings())
    told = _shown(tmp_path / "out", _problem_of(tmp_path / "out", "t2"))
    assert "2件工单，2名诉求人" in told
    assert "工单未写明城东区、新华街道，由提到“新华小区”的其他工单得知" in told


def test_an_unknown_problem_is_one_clear_line(out: Path) -> None:
    with pytest.raises(WrongSetup, match="no problem 'p-none'"):
        _shown(out, "p-none")


def test_a_huge_problem_says_how_many_tickets_it_has() -> None:
    class Huge:
        async def get(self, collection: Collection, id: str) -> Body | None:
            return {"problem_id": id, "title": "停水", "tickets": 50_000, "reporters": 9}

        async def find(
            self, collection: Collection, field: str, value: str, until: datetime | None = None
        ) -> list[Body]:
            at = "2026-03-02T01:00:00+05:00"
            return [
                {"ticket_id": f"t{number}", "problem_id": value, "created_at": at} for number in range(200)
            ]

    told = asyncio.run(explain_members("p-1", Huge(), City()))
    # Of a city without an offset the event's own time, wherever this machine stands.
    assert told[1].startswith("  工单 t0（2026-03-02 01:00）：")
    assert "50000件工单" in told[0] and told[-1] == "……另有49950件"

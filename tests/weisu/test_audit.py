"""What was asked of a model about a ticket, on the command line and on the ticket's page."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest
from fakes.console_city import HOSTILE, ConsoleCity, MemoryCommander, filled, morning
from starlette.testclient import TestClient
from typer.testing import CliRunner

from agents.grading.audit import Call, audit_of, reuse_of
from agents.intake.ticket import Ticket
from indexing.documents import of_audit
from indexing.index import Document
from indexing.sqlite import SqliteIndex
from weisu.__main__ import app
from weisu.console.app import create

AT = datetime.fromisoformat("2025-03-03T08:02:00+08:00")


def called(ticket_id: str, attempt: int, outcome: str, answer: str = "{}") -> Document:
    ticket = Ticket(
        ticket_id=ticket_id,
        revision=1,
        edition=1,
        created_at=AT,
        updated_at=AT,
        trigger_at=AT,
        content="停水",
    )
    call = Call(
        model="m0",
        attempt=attempt,
        outcome=outcome,
        message="<<<\n新华小区停水了\n>>>",
        answer=answer,
        tokens_in=300,
        tokens_out=100,
        cost_cny=0.0014,
        latency_ms=2500,
        asked_at=AT.timestamp() + attempt,
    )
    return of_audit(audit_of(ticket, 1, "grade@1+5f0c12ab", call))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    async def fill() -> None:
        index = SqliteIndex(tmp_path / "index.sqlite")
        await index.setup()
        await index.write([called("T2", 1, "bad_json", "好的\x1b[31m[/b][red]"), called("T2", 2, "answered")])
        await index.close()

    asyncio.run(fill())
    monkeypatch.setenv("WEISU_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def test_command_lists_the_calls_newest_first(data: Path) -> None:
    done = CliRunner().invoke(app, ["audit", "T2"])
    assert done.exit_code == 0
    assert done.stdout.index("已答") < done.stdout.index("不合结构")
    assert "300+100" in done.stdout and "2.5 秒" in done.stdout and "新华小区" not in done.stdout


def test_ticket_with_the_answer_of_another_says_whose(data: Path) -> None:
    first = Ticket(ticket_id="T7", revision=1, edition=1, updated_at=AT, trigger_at=AT)
    call = Call(model="m0", attempt=1, outcome="answered", message="<<<\n停水\n>>>", asked_at=AT.timestamp())
    second = first.model_copy(update={"ticket_id": "T8"})

    async def write() -> None:
        index = SqliteIndex(data / "index.sqlite")
        await index.write([of_audit(reuse_of(audit_of(first, 1, "grade@1+5f0c12ab", call), second))])
        await index.close()

    asyncio.run(write())
    done = CliRunner().invoke(app, ["audit", "T8"])
    assert "沿用同文工单的答案：T7" in done.stdout and "0+0" in done.stdout


def test_full_shows_question_and_answer_without_what_a_terminal_obeys(data: Path) -> None:
    done = CliRunner().invoke(app, ["audit", "T2", "--full"])
    assert "新华小区停水了" in done.stdout and "好的" in done.stdout
    assert "\x1b[31m" not in done.stdout and "[/b][red]" in done.stdout


def test_ticket_without_a_call_is_one_clear_line(data: Path) -> None:
    done = CliRunner().invoke(app, ["audit", "T9"])
    assert done.exit_code != 0
    assert "T9" in str(done.exception) and "90 days" in str(done.exception)


def test_page_of_a_ticket_shows_its_calls_escaped(tmp_path: Path) -> None:
    city = ConsoleCity(morning())
    index = filled(tmp_path, [*city.documents(), called("T2", 1, "off_text", HOSTILE)])
    with TestClient(create(index, MemoryCommander(), city.city), base_url="http://127.0.0.1") as page:
        html = page.get("/tickets/T2").text
        other = page.get("/tickets/T3").text
    assert "模型审计" in html and "答非所问" in html and "grade@1+5f0c12ab" in html
    assert HOSTILE not in html
    assert "模型审计" not in other

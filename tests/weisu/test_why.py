"""`weisu why`: why this, why not, why only now; from a replay's folder and from the index."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner
from walks.timeline import TimeLine, alert

from agents.alerting.alert import AlertEvent, Held
from agents.city import City
from indexing.documents import of_alert_event
from indexing.sqlite import SqliteIndex
from weisu.__main__ import app
from weisu.settings import WrongSetup
from weisu.why import MOST_FOUND, Folder, Indexed, explain


@pytest.fixture(scope="module")
def story() -> TimeLine:
    """Three people at one estate, after two findings that were too weak; one caller twenty times elsewhere."""
    city = TimeLine().lives_ordinarily(6)
    city.at("08:01").call("甲", "新华小区停水了", district="城东区")
    city.at("08:09").call("乙", "新华小区没水", district="城东区")
    city.at("08:12").call("丙", "我们新华小区停水一上午", district="城东区")
    city.at("08:20").call("丁", "新华小区停水", district="城东区")
    city.at("10:00").calls(9, "望江小区垃圾没人清运", by="戊", district="城北区")
    return city


@pytest.fixture(scope="module")
def folder(story: TimeLine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story as `weisu replay` writes it."""
    out = tmp_path_factory.mktemp("out")
    told = [event.alert.model_dump(mode="json") for event in story.told()]
    held = [event.alert.model_dump(mode="json") for event in story.events if isinstance(event.alert, Held)]
    assert story.path.intake is not None and story.path.books is not None
    problem_of = {ticket: member.problem_id for ticket, member in _members(story).items()}
    tickets = [
        {"ticket_id": ticket, "problem_id": problem_of[ticket], "grade": {"urgency": "normal"}}
        for ticket in story.path.intake.tickets
    ]
    problems = [problem.model_dump(mode="json") for problem in story.path.books.problems.values()]
    files = {"alerts": told, "ledger": held, "tickets": tickets, "problems": problems}
    for name, rows in files.items():
        (out / f"{name}.jsonl").write_text(
            "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        )
    return out


def _members(story: TimeLine) -> dict[str, object]:
    assert story.path.books is not None
    return {key.rpartition("|")[2]: member for key, member in story.path.books.members.items()}


def ask(id: str, folder: Path) -> str:
    return "\n".join(asyncio.run(explain(id, Folder(folder), City())))


def test_why_this_and_why_only_now(story: TimeLine, folder: Path) -> None:
    told = story.expect(alert("burst").at("新华小区")).alert
    answer = ask(told.alert_id, folder)
    assert "为什么发出：2025-03-03 08:12，3名不同诉求人反映；证据强度λ=" in answer
    assert "为什么这时才发：此前没有出现过线索，这是第一次。" in answer


def test_a_ticket_of_an_alert_leads_to_it(story: TimeLine, folder: Path) -> None:
    told = story.expect(alert("burst").at("新华小区")).alert
    assert told.alert_id in ask(told.ticket_ids[0], folder)
    assert told.alert_id in ask(str(told.problem_id), folder)


def test_why_not(story: TimeLine, folder: Path) -> None:
    assert "没有触发任何线索" in ask(f"t{len(story.raw)}", folder)
    held = next(event.alert for event in story.events if isinstance(event.alert, Held))
    assert "没有发出：" in ask(held.alert_id, folder)


def test_the_index_gives_the_same_answer_as_the_folder(story: TimeLine, folder: Path, tmp_path: Path) -> None:
    async def asked(id: str) -> list[str]:
        index = SqliteIndex(tmp_path / "index.sqlite")
        await index.setup()
        await index.write([document for event in story.events for document in of_alert_event(event)])
        answer = await explain(id, Indexed(index), City())
        await index.close()
        return answer

    told = story.expect(alert("burst").at("新华小区")).alert
    assert "\n".join(asyncio.run(asked(told.alert_id))) == ask(told.alert_id, folder)


def test_the_command_prints_it_and_names_what_is_unknown(story: TimeLine, folder: Path) -> None:
    told = story.expect(alert("burst").at("新华小区")).alert
    done = CliRunner().invoke(app, ["why", told.alert_id, "--out", str(folder)])
    assert done.exit_code == 0 and told.title in done.stdout
    nobody = CliRunner().invoke(app, ["why", "nobody", "--out", str(folder)])
    assert isinstance(nobody.exception, WrongSetup) and "nobody" in str(nobody.exception)


def test_a_folder_without_a_replay_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(WrongSetup, match=r"ledger\.jsonl"):
        Folder(tmp_path)


@pytest.mark.parametrize("verb", [["why"], ["problems", "show"]])
@pytest.mark.parametrize(
    ("broken", "where"),
    [(b'{"alert_id": "a', "line 2"), (b"\xff\xfe", "line 2"), (b"[]", "line 2"), (None, "cannot")],
)
def test_a_damaged_folder_is_one_clear_line(
    verb: list[str], broken: bytes | None, where: str, tmp_path: Path
) -> None:
    for name in ("alerts", "ledger", "problems", "tickets"):
        if broken is not None or name == "ledger":
            (tmp_path / f"{name}.jsonl").write_bytes(b"{}\n" + (broken or b"{}"))
    done = CliRunner().invoke(app, [*verb, "x", "--out", str(tmp_path)])
    assert isinstance(done.exception, WrongSetup)
    assert where in str(done.exception) and "\n" not in str(done.exception)


def test_words_of_others_do_not_move_the_terminal(story: TimeLine, folder: Path, tmp_path: Path) -> None:
    told = story.expect(alert("burst").at("新华小区")).alert
    row = {**told.model_dump(mode="json"), "title": "停水\x1b[2J\n预警 a-0：假的\u202e"}
    (tmp_path / "ledger.jsonl").touch()
    (tmp_path / "alerts.jsonl").write_text(json.dumps(row) + "\n")
    shown = CliRunner().invoke(app, ["why", told.alert_id, "--out", str(tmp_path)]).stdout
    assert not set(shown) & {"\x1b", "\u202e"} and "\n预警 a-0" not in shown


def test_a_year_of_entries_does_not_hide_those_just_before_the_alert(story: TimeLine, tmp_path: Path) -> None:
    told = story.expect(alert("burst").at("新华小区"))
    before = next(event for event in story.events if isinstance(event.alert, Held))

    def entry(days: int) -> AlertEvent:
        changes = {
            "alert_id": f"h-{days}",
            "key": told.alert.key,
            "raised_at": told.alert.raised_at - timedelta(days=days),
        }
        return before.model_copy(update={"alert": before.alert.model_copy(update=changes)})

    async def asked() -> list[str]:
        index = SqliteIndex(tmp_path / "index.sqlite")
        await index.setup()
        events = [told, *(entry(days) for days in range(1, MOST_FOUND + 30))]
        await index.write([document for event in events for document in of_alert_event(event)])
        answer = await explain(told.alert.alert_id, Indexed(index), City())
        await index.close()
        return answer

    answer = "\n".join(asyncio.run(asked()))
    assert "这是第一次" not in answer and "2025-03-02 08:12" in answer

"""What an officer does: an action becomes a command, or a reason why not."""

from datetime import UTC, datetime, timedelta

import pytest
from fakes.console_city import ConsoleCity, MemoryCommander, morning, text_of, write
from starlette.testclient import TestClient

from agents.problems.merging import Ask
from indexing.documents import of_change
from indexing.sqlite import SqliteIndex


def test_an_action_becomes_a_command(own: TestClient, commander: MemoryCommander, city: ConsoleCity) -> None:
    alert = city.raised("burst").alert
    form = {"by": "王", "note": "已通知水务局", "key": alert.key}
    answer = own.post(f"/alerts/{alert.alert_id}/acknowledge", data=form, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "已提交签收" in answer.text
    (command,) = commander.commands
    assert (command.command, command.alert_id, command.by) == ("acknowledge", alert.alert_id, "王")
    assert (command.note, command.key, command.until) == ("已通知水务局", alert.key, None)


def test_a_silence_lasts_a_day(own: TestClient, commander: MemoryCommander) -> None:
    own.post("/alerts/a-1/silence", data={"key": "城东区|供水"}, headers={"HX-Request": "true"})
    (command,) = commander.commands
    assert command.by == "值班员" and command.until == command.at + timedelta(hours=24)


def desk_around(
    action: str, own: TestClient, index: SqliteIndex, commander: MemoryCommander
) -> tuple[str, str]:
    """The desk when an officer has pressed the button, and when alerting has obeyed."""
    walked = ConsoleCity(morning())
    alert = walked.raised("burst").alert
    own.post(f"/alerts/{alert.alert_id}/{action}", data={"by": "王"}, headers={"HX-Request": "true"})
    before = own.get("/").text
    at = datetime(2025, 3, 3, 4, tzinfo=UTC)
    write(index, walked.obey(commander.commands[0].model_copy(update={"at": at})))
    return before, own.get("/").text


def test_the_state_comes_back_through_alerting(
    own: TestClient, index: SqliteIndex, commander: MemoryCommander
) -> None:
    before, after = desk_around("acknowledge", own, index, commander)
    assert "已签收" not in before and "已签收 · 王" in after


def test_a_verdict_is_shown_on_the_alert_and_counted_on_the_desk(
    own: TestClient, index: SqliteIndex, commander: MemoryCommander
) -> None:
    before, after = desk_around("confirm", own, index, commander)
    assert "值班员反馈" not in before and "值班员反馈 1 经确认" in " ".join(text_of(after).split())


def test_a_merge_names_the_other_alert(own: TestClient, commander: MemoryCommander) -> None:
    told = own.post("/alerts/a-1/merge", data={"into": "a-2"}, headers={"HX-Request": "true"})
    assert told.status_code == 200 and commander.commands[0].into == "a-2"
    nowhere = own.post("/alerts/a-1/merge", headers={"HX-Request": "true"})
    assert nowhere.status_code == 422 and len(commander.commands) == 1


def test_a_problem_s_page_asks_for_a_merge_and_a_split(
    own: TestClient, commander: MemoryCommander, city: ConsoleCity
) -> None:
    one, other = list(city.results.problems)[:2]
    assert "并入或拆分" in own.get(f"/problems/{one}").text
    form = {"by": "王五", "note": "同一家店", "into": other}
    answer = own.post(f"/problems/{one}/merge", data=form, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "已提交并入" in answer.text
    form = {"by": "王五", "tickets": "T2， T3,T2"}
    own.post(f"/problems/{one}/split", data=form, headers={"HX-Request": "true"})
    merge, split = commander.commands
    assert (merge.command, merge.problem_id, merge.into, merge.by, merge.note) == (
        "merge_problems",
        one,
        other,
        "王五",
        "同一家店",
    )
    assert (split.command, split.problem_id, split.ticket_ids) == ("split_problem", one, ("T2", "T3"))


@pytest.mark.parametrize(
    ("action", "form", "said"),
    [
        ("merge", {"into": "p-2"}, "请先署名"),
        ("merge", {"by": "王五", "into": "p-none"}, "没有这个编号的问题"),
        ("split", {"by": "王五"}, "请填写要拆出的工单编号"),
    ],
)
def test_a_merge_or_split_that_is_not_whole_is_not_sent(
    own: TestClient, commander: MemoryCommander, action: str, form: dict[str, str], said: str
) -> None:
    answer = own.post(f"/problems/p-1/{action}", data=form, headers={"HX-Request": "true"})
    assert answer.status_code == 422 and said in answer.text and not commander.commands


def test_a_problem_that_was_taken_in_leads_to_the_other_with_its_record(
    own: TestClient, index: SqliteIndex
) -> None:
    walked = ConsoleCity(morning())
    water = walked.results.problem_of["T2"]
    at = datetime(2025, 3, 3, 4, tzinfo=UTC)
    asked = {"at": at, "by": "王五", "problem_id": water}
    split = walked.path.on_ask(Ask(ask_id="s1", ticket_ids=("T4",), **asked))
    new = split.moved["T4"]
    merged = walked.path.on_ask(Ask(ask_id="m1", into=new, why="同一件事", **asked))
    write(index, [document for change in merged.changes for document in of_change(change)])
    page = own.get(f"/problems/{new}")
    assert page.url.path == f"/problems/{water}"
    said = text_of(page.text)
    assert "王五：拆出1件工单" in said
    assert f"王五：并入问题 {new}（1件工单），理由：同一件事" in said


def test_an_alert_s_page_says_why_it_was_told(page: TestClient, city: ConsoleCity) -> None:
    told = city.raised("burst").alert
    said = text_of(page.get(f"/alerts/{told.alert_id}").text)
    assert "3名不同诉求人反映；证据强度λ=" in said


def test_a_broker_that_is_down_is_told_in_chinese(own: TestClient, commander: MemoryCommander) -> None:
    commander.down = True
    answer = own.post("/alerts/a-1/resolve", headers={"HX-Request": "true"})
    assert answer.status_code == 503 and "没有提交成功" in answer.text


@pytest.mark.parametrize(
    ("address", "form", "headers", "status"),
    [
        ("/alerts/a-1/resolve", {}, {}, 403),
        ("/alerts/a-1/delivered", {}, {"HX-Request": "true"}, 422),
        ("/alerts/a-1/resolve", {"by": "王" * 41}, {"HX-Request": "true"}, 422),
        ("/alerts/a-1/resolve", {"note": "长" * 201}, {"HX-Request": "true"}, 422),
    ],
)
def test_other_posts_are_refused(
    own: TestClient,
    commander: MemoryCommander,
    address: str,
    form: dict[str, str],
    headers: dict[str, str],
    status: int,
) -> None:
    answer = own.post(address, data=form, headers=headers)
    assert answer.status_code == status and not commander.commands

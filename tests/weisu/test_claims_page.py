"""A claim review on the console: the proposal is shown, two people's voices travel as events of the ticket."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.console_city import HOSTILE, MemoryCommander, filled, write
from starlette.testclient import TestClient

import weisu
from agents.grading.grade import Graded
from agents.grading.rules import RulesGrader
from agents.intake.accept import Intake, accept
from indexing.documents import of_graded
from indexing.index import Document
from indexing.sqlite import SqliteIndex
from weisu.city_folder import load_city
from weisu.console.app import create

CITY = load_city(Path(weisu.__file__).parent / "example_city")
GRADER = RulesGrader(CITY)
HX = {"hx-request": "true"}
SAID = "窗口晚开了一分钟，要求负责人登报道歉。楼上还着火了，你们也不管"


class Office:
    """Intake and grading of one ticket, and the documents they leave."""

    def __init__(self) -> None:
        self.intake = Intake(CITY, b"key")
        self.say({"event": "created", "event_id": "e1", "content": SAID, "revision": 1})

    def say(self, event: dict[str, object]) -> None:
        full = {"ticket_id": "T/1", "occurred_at": "2026-07-01T08:00:00+08:00", **event}
        self.take(json.dumps(full).encode())

    def take(self, raw: bytes) -> None:
        accept(raw, self.intake)

    def document(self) -> Document:
        ticket = self.intake.tickets["T/1"]
        return of_graded(Graded(ticket=ticket, grade=GRADER.grade(ticket)))


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def index(office: Office, tmp_path: Path) -> SqliteIndex:
    return filled(tmp_path, [office.document()])


@pytest.fixture
def commander() -> MemoryCommander:
    return MemoryCommander()


@pytest.fixture
def page(index: SqliteIndex, commander: MemoryCommander) -> Iterator[TestClient]:
    with TestClient(create(index, commander, CITY), base_url="http://127.0.0.1") as client:
        yield client


def test_the_page_shows_clause_quote_diversion_and_the_danger(page: TestClient) -> None:
    shown = page.get("/tickets/T%2F1").text
    assert "第六条第三项" in shown and "登报道歉" in shown and "建议，待两人确认" in shown
    assert "特急" in shown and "119 消防" in shown


def test_two_different_people_confirm_and_the_urgency_stays(
    page: TestClient, commander: MemoryCommander, office: Office, index: SqliteIndex
) -> None:
    states = []
    for name in ("甲", "甲", "乙"):
        assert page.post("/tickets/T%2F1/claim/confirm", data={"by": name}, headers=HX).status_code == 200
        office.take(commander.events[-1].model_dump_json().encode())
        write(index, [office.document()])
        body = office.document().body
        states.append((body["claim_status"], body["urgency"]))
    assert states == [
        ("confirmed_once", "critical"),
        ("confirmed_once", "critical"),
        ("confirmed_twice", "critical"),
    ]
    shown = page.get("/tickets/T%2F1").text
    assert "两人已确认" in shown and "乙确认" in shown


def test_one_who_objects_ends_it(page: TestClient, commander: MemoryCommander, office: Office) -> None:
    for name, verdict in (("甲", "confirm"), ("乙", "reject"), ("丙", "confirm")):
        page.post(f"/tickets/T%2F1/claim/{verdict}", data={"by": name}, headers=HX)
        office.take(commander.events[-1].model_dump_json().encode())
    assert office.document().body["claim_status"] == "rejected"


@pytest.mark.parametrize(
    ("address", "data", "headers", "status"),
    [
        ("/tickets/T%2F1/claim/confirm", {"by": " "}, HX, 422),
        ("/tickets/T%2F1/claim/confirm", {"by": "甲"}, {}, 403),
        ("/tickets/T%2F1/claim/maybe", {"by": "甲"}, HX, 422),
        ("/tickets/T9/claim/confirm", {"by": "甲"}, HX, 404),
    ],
)
def test_a_voice_without_name_page_or_proposal_is_refused(
    page: TestClient,
    commander: MemoryCommander,
    address: str,
    data: dict[str, str],
    headers: dict[str, str],
    status: int,
) -> None:
    assert page.post(address, data=data, headers=headers).status_code == status
    assert commander.events == []


def test_a_broker_that_is_down_is_told(page: TestClient, commander: MemoryCommander) -> None:
    commander.down = True
    answer = page.post("/tickets/T%2F1/claim/confirm", data={"by": "甲"}, headers=HX)
    assert answer.status_code == 503 and "没有提交成功" in answer.text


def test_a_hostile_name_stays_text(
    page: TestClient, commander: MemoryCommander, office: Office, index: SqliteIndex
) -> None:
    page.post("/tickets/T%2F1/claim/confirm", data={"by": HOSTILE[:40]}, headers=HX)
    office.take(commander.events[-1].model_dump_json().encode())
    write(index, [office.document()])
    assert HOSTILE[:40] not in page.get("/tickets/T%2F1").text

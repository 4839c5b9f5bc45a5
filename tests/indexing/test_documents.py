"""What an analyst finds of a ticket, a problem and an alert; and which state wins."""

from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from agents.alerting.alert import Alert, AlertEvent, Held
from agents.grading.audit import Call, audit_of
from agents.grading.grade import DutyProposal, Grade, Graded, Recurrence, Source
from agents.intake.ticket import Hazard, Place, PlacePart, Step, Ticket
from agents.problems.problem import Change, Evidence, Problem
from indexing.batch import sort_out
from indexing.documents import of_alert_event, of_audit, of_change, of_graded, of_ticket
from indexing.fields import FIELDS
from indexing.index import Document
from indexing.sqlite import SqliteIndex
from tests.indexing.notes import CHINA

AT = datetime(2024, 3, 31, 23, 30, tzinfo=CHINA)


def _step(number: int, event: str, **said: Any) -> Step:
    return Step(event_id=f"e{number}", event=event, at=AT + timedelta(hours=number), revision=number, **said)  # type: ignore[arg-type]  # a table


TICKET = Ticket(
    ticket_id="T1",
    revision=7,
    edition=6,
    created_at=AT,
    updated_at=AT + timedelta(hours=6),
    trigger_at=AT,
    channel="phone",
    reporter="c0ffee",
    kind="help",
    title="电梯困人",
    content="１２号楼电梯又困人了",
    place=Place(district="北湖区", street="学府街道", lat=30.1, lon=120.2),
    parts=(PlacePart(kind="building", name="12号楼", said="１２号楼", source="text", confidence=0.9),),
    category=("城建", "电梯"),
    hazards=(Hazard(name="trapped", level="critical", quote="困人"),),
    status="closed",
    unit="物业办",
    steps=(
        _step(1, "dispatched", unit="街道办"),
        _step(2, "returned", unit="街道办", reason="不归我们管"),
        _step(3, "dispatched", unit="物业办"),
        _step(4, "dispatched", unit="物业办"),
        _step(5, "closed", unit="物业办", reply="已修好", outcome="solved"),
        _step(6, "reviewed", satisfied="no", solved="no", rating=2, comment="又坏了"),
    ),
)


def _graded(source: Source = "rules", ticket: Ticket = TICKET) -> Graded:
    grade = Grade(
        summary="电梯困人",
        kind="complaint",
        category="电梯",
        urgency="critical",
        urgency_reason="有人被困",
        recurrence=Recurrence(kind="same_caller", cues=("又",), earlier=("T0",)),
        hazards=("fall",),
        matter="电梯困人",
        quotes=("１２号楼电梯",),
        duty=DutyProposal(unit="市场监管局", item="t-1 特种设备", confidence=0.7),
        confidence=0.8,
        source=source,
        rules="r1",
    )
    return Graded(ticket=ticket, grade=grade)


def _problem(version: int = 3) -> Problem:
    return Problem(
        problem_id="p-1",
        district="北湖区",
        title="学府街道 电梯困人",
        matter="电梯困人",
        category="电梯",
        place=Place(district="北湖区"),
        first_seen=AT,
        last_seen=AT,
        tickets=2,
        reporters=2,
        recent=("T0", "T1"),
        callers={"c0ffee": 2},
        version=version,
    )


def _alert(**more: Any) -> dict[str, Any]:
    told = {
        "alert_id": "a-1",
        "kind": "hazard",
        "level": "red",
        "scope": "problem",
        "key": "p-1",
        "raised_at": AT,
        "updated_at": AT,
        "title": "电梯困人",
        "text": "两人报告电梯困人。",
        "evidence": (Evidence(ticket_id="T1", quote="１２号楼电梯又困人了"),),
        "place": Place(district="北湖区"),
        "figures": {"lambda": 2.5},
    }
    return told | more


def test_a_ticket_tells_what_happened_to_it() -> None:
    document = of_ticket(TICKET)
    assert (document.collection, document.id, document.version) == ("tickets", "T1", TICKET.index_version)
    expected = {
        "stage": "accepted",
        "created_at": "2024-03-31T23:30:00+08:00",
        "closed_at": "2024-04-01T04:30:00+08:00",
        "content": "12号楼电梯又困人了",
        "category_path": ("城建", "电梯"),
        "places": ("12号楼",),
        "location": {"lat": 30.1, "lon": 120.2},
        "hazards": ("trapped",),
        "units": ("街道办", "物业办"),
        "returns": 1,
        "hops": 1,
        "replies": ["已修好"],
        "reasons": ["不归我们管"],
        "satisfied": "no",
        "rating": 2,
    }
    assert {name: document.body[name] for name in expected} == expected
    assert "urgency" not in document.body and "problem_id" not in document.body


def test_a_grade_adds_hazards_and_takes_none_away() -> None:
    assert of_graded(_graded()).body["hazards"] == ("fall", "trapped")


def test_a_change_brings_the_problem_and_its_ticket() -> None:
    problem, ticket = of_change(
        Change(problem=_problem(), graded=_graded(), joined="joined", score={"place": 1.0})
    )
    assert (problem.collection, problem.id, problem.version) == ("problems", "p-1", 3)
    assert problem.body["reporters"] == 2 and "callers" not in problem.body
    assert ticket.body["problem_id"] == "p-1"
    assert ticket.body["recurrence"] == "same_caller"
    assert ticket.body["stage"] == "gathered"


def test_a_change_without_ticket_or_by_leaving_brings_the_problem_alone() -> None:
    assert [document.id for document in of_change(Change(problem=_problem()))] == ["p-1"]
    assert [
        document.id for document in of_change(Change(problem=_problem(), graded=_graded(), joined="left"))
    ] == ["p-1"]


def test_an_alert_and_its_delivery_are_one_document() -> None:
    raised = AlertEvent(event="raised", at=AT, alert=Alert(**_alert()), seq=1)
    told = AlertEvent(
        event="delivered", at=AT + timedelta(seconds=3), alert=Alert(**_alert()), by="企业微信", seq=2
    )
    (first,), (second,) = of_alert_event(raised), of_alert_event(told)
    assert (first.collection, first.id, first.version) == ("alerts", "a-1", 1)
    assert (second.id, second.version, second.body["last_event"]) == ("a-1", 2, "delivered")
    assert second.body["evidence_lambda"] == 2.5
    assert second.body["quotes"] == ["12号楼电梯又困人了"]


def test_what_was_held_goes_to_the_ledger() -> None:
    held = Held(**_alert(), suppressed="budget")
    (document,) = of_alert_event(AlertEvent(event="held", at=AT, alert=held))
    assert (document.collection, document.body["suppressed"]) == ("ledger", "budget")


def _all() -> list[Document]:
    held = Held(**_alert(), suppressed="budget", under="a-0")
    return [
        of_ticket(TICKET),
        of_graded(_graded()),
        *of_change(Change(problem=_problem(), graded=_graded("llm"), joined="joined", score={"place": 0.5})),
        *of_alert_event(
            AlertEvent(event="raised", at=AT, alert=Alert(**_alert()), by="值班员", note="x", seq=1)
        ),
        *of_alert_event(AlertEvent(event="held", at=AT, alert=held)),
    ]


def test_every_field_is_in_the_table_and_every_document_fits() -> None:
    for document in _all():
        assert document.body.keys() <= {field.name for field in FIELDS[document.collection]}
        assert sort_out([document]).refused == []


async def test_the_newest_edition_and_then_the_last_stage_wins_in_any_order(tmp_path: Path) -> None:
    later = TICKET.model_copy(update={"edition": 7, "status": "open"})
    states = [
        of_ticket(TICKET),
        of_graded(_graded()),
        *of_change(Change(problem=_problem(), graded=_graded(), joined="joined"))[1:],
        of_graded(_graded("llm")),
        *of_change(Change(problem=_problem(), graded=_graded("llm"), joined="updated"))[1:],
    ]
    index = SqliteIndex(tmp_path / "i.db")
    await index.setup()
    for number, order in enumerate(permutations(states)):
        id = f"T{number}"
        for state in order:
            await index.write([Document("tickets", id, state.version, {**state.body, "ticket_id": id})])
        body = await index.get("tickets", id) or {}
        assert (body["problem_id"], body["source"], body["stage"]) == ("p-1", "llm", "gathered")
    await index.close()
    assert of_ticket(later).version > max(state.version for state in states)


@pytest.mark.parametrize("joined", ["moved"])
def test_a_moved_ticket_wins_over_where_it_was(joined: Any) -> None:
    before = of_change(Change(problem=_problem(), graded=_graded("llm"), joined="joined"))[1]
    after = of_change(Change(problem=_problem(), graded=_graded("rules"), joined=joined))[1]
    assert after.version > before.version


def test_each_merge_or_split_wins_over_where_the_ticket_was_and_yields_to_its_next_revision() -> None:
    crowd = _problem().model_copy(update={"reporters": 12, "patterns": ("burst",)})
    told = [
        of_change(Change(problem=crowd, graded=_graded("llm"), joined="joined"))[1],
        *(
            of_change(Change(problem=_problem(), graded=_graded("rules"), joined="moved", moves=moves))[1]
            for moves in (1, 2, 3)
        ),
    ]
    versions = [document.version for document in told]
    assert versions == sorted(set(versions))
    many = of_change(Change(problem=_problem(), graded=_graded("llm"), joined="moved", moves=5000))[1]
    assert (
        many.version < TICKET.model_copy(update={"revision": TICKET.revision + 1, "edition": 0}).index_version
    )


def test_a_problem_that_was_taken_in_says_where_it_is_now() -> None:
    gone = _problem().model_copy(update={"into": "p-older", "status": "merged"})
    kept = _problem().model_copy(update={"aliases": ("p-younger",)})
    assert of_change(Change(problem=gone))[0].body["into"] == "p-older"
    assert of_change(Change(problem=kept))[0].body["aliases"] == ("p-younger",)


def test_a_ticket_whose_creation_has_not_come_has_no_month() -> None:
    waiting = TICKET.model_copy(update={"created_at": None})
    assert "created_at" not in of_ticket(waiting).body


@pytest.mark.parametrize(("lat", "lon"), [(120.2, 30.1), (30.1, 181.0), (float("nan"), 1.0), (None, 1.0)])
def test_coordinates_off_the_globe_are_left_out(lat: float | None, lon: float) -> None:
    astray = TICKET.model_copy(update={"place": Place(district="北湖区", lat=lat, lon=lon)})
    assert "location" not in of_ticket(astray).body


def test_a_question_to_a_model_is_found_by_its_ticket() -> None:
    call = Call(
        model="m0",
        attempt=1,
        outcome="answered",
        variant="json_schema",
        message="<<<\n电梯困人\n>>>",
        answer="{}",
        tokens_in=300,
        tokens_out=100,
        cost_cny=0.0014,
        latency_ms=820,
        asked_at=AT.timestamp(),
    )
    document = of_audit(audit_of(TICKET, 1, "grade@1+5f0c12ab", call))
    assert (document.collection, document.body["ticket_id"], document.body["tokens_in"]) == (
        "audit",
        "T1",
        300,
    )
    assert datetime.fromisoformat(document.body["asked_at"]) == AT
    assert document.body.keys() <= {field.name for field in FIELDS["audit"]}

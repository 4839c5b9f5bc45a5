"""What is remembered of paid answers: whom they may serve again, what is told of it, and for how long."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fakes.model_city import AT, CALM, GAS, Clock, climb, climb_all, ladder, ticket
from fakes.model_server import ModelServer, Scripted, model_server

from agents.grading.memory import Memory
from agents.intake.ticket import Hazard, PlacePart, Step


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


def test_same_text_is_paid_once(server: ModelServer) -> None:
    first, second = climb(ladder(server), CALM, f" {CALM}\n")
    assert len(server.requests) == 1
    assert (first.tokens_in, second.tokens_in, second.why, second.source) == (300, 0, "reused from T0", "llm")


def test_copy_of_another_ticket_gets_its_words_and_a_record_that_says_whose_they_are(
    server: ModelServer,
) -> None:
    rungs = ladder(server)
    _, copy, later = climb_all(
        rungs, ticket(CALM, "T1"), ticket(CALM, "T2"), ticket(CALM, "T2", edition=2, later_s=60)
    )
    (record,) = copy.audits
    assert (record.ticket_id, record.call.outcome, record.call.detail) == ("T2", "reused", "T1")
    assert (record.call.message, record.call.answer, record.call.tokens_in) == ("", "", 0)
    assert [one.audit_id for one in later.audits] == [record.audit_id]
    assert (copy.calls, len(server.requests)) == (0, 1)


def test_later_state_of_the_same_words_leaves_no_second_record(server: ModelServer) -> None:
    _, later = climb_all(ladder(server), ticket(CALM), ticket(CALM, edition=2))
    assert (later.grade.why, later.audits) == ("reused from T1", ())


def test_danger_place_and_kind_of_a_copy_are_its_own(server: ModelServer) -> None:
    own = PlacePart(kind="community", name="新华小区", said="新华小区", source="text", confidence=0.9)
    danger = Hazard(name="gas_leak", level="critical", quote="停水")
    first, second = climb_all(
        ladder(server),
        ticket(CALM, "T1"),
        ticket(CALM, "T2", kind="complaint", parts=(own,)).model_copy(update={"hazards": (danger,)}),
    )
    assert (first.grade.kind, first.grade.urgency, first.grade.hazards) == (
        "help",
        "urgent",
        ("water_outage",),
    )
    assert (second.grade.kind, second.grade.urgency) == ("complaint", "critical")
    assert second.grade.hazards == ("gas_leak",)
    assert second.grade.summary == first.grade.summary
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "other",
    [
        "新华小区停水三天了,什么时候能来水?",
        "新华小区停水一上午了,什么时候能来水",
        "新华小区停水一上午了,什么时候能来电?",
    ],
)
def test_near_copy_is_asked_about(server: ModelServer, other: str) -> None:
    climb(ladder(server), CALM, other)
    assert len(server.requests) == 2


def test_answer_that_is_too_old_is_not_used(server: ModelServer) -> None:
    clock, day = Clock(), 86_400
    rungs = replace(ladder(server, clock=clock), kept_s=30 * day)
    for days, asked in ((0, 1), (30, 1), (31, 2), (60, 2)):
        clock.now = 1_000_000 + days * day
        climb(rungs, CALM)
        assert len(server.requests) == asked


def test_old_answers_are_forgotten_and_new_ones_stay(server: ModelServer) -> None:
    clock, memory = Clock(), Memory()
    rungs = ladder(server, clock=clock, memory=memory)
    climb(rungs, CALM)
    clock.now += 100
    climb(rungs, GAS)
    assert memory.forget(clock.now - 50) == 1
    assert [GAS in known.audit.call.message for known in memory.answers.values()] == [True]
    assert memory.forget(clock.now - 50) == 0


def test_redelivery_after_a_restart_pays_nothing_and_tells_the_same(server: ModelServer) -> None:
    memory = Memory()
    before = climb_all(ladder(server, memory=memory), CALM)
    after = climb_all(ladder(server, memory=memory), CALM)
    assert len(server.requests) == 1
    assert after[0].grade == before[0].grade
    assert after[0].audits == before[0].audits
    assert (before[0].calls, after[0].calls) == (1, 0)


@pytest.mark.parametrize(
    ("said", "calls"),
    [(Scripted(refusal="no"), 1), (Scripted(content="{"), 2), (Scripted({"summary": "No"}), 2)],
)
def test_redelivery_pays_no_failed_answer_twice(server: ModelServer, said: Scripted, calls: int) -> None:
    server.always = said
    rungs = ladder(server, own={"variant": "json_schema"})
    before, after = climb_all(rungs, ticket(CALM), ticket(CALM))
    assert (before.calls, after.calls, len(server.requests)) == (calls, 0, calls)
    assert (after.grade, after.audits) == (before.grade, before.audits)
    assert after.grade.source == "rules" and after.grade.why


def test_failed_answer_spares_nobody_else(server: ModelServer) -> None:
    server.script = [Scripted(refusal="no")]
    rungs = ladder(server)
    failed, later = climb_all(rungs, ticket(CALM), ticket(CALM, edition=2))
    assert (failed.grade.why, later.grade.source, len(server.requests)) == ("m0: refused", "llm", 2)


def test_outage_is_asked_about_again_when_it_is_delivered_again(server: ModelServer) -> None:
    server.script = [Scripted(status=500), Scripted(status=500)]
    rungs = ladder(server)
    first, again = climb_all(rungs, ticket(CALM), ticket(CALM))
    assert (first.grade.source, again.grade.source) == ("rules", "llm")


def test_redelivery_tells_every_call_again(server: ModelServer) -> None:
    memory = Memory()
    with model_server() as first:
        first.always = Scripted(status=500)
        server.script = [Scripted(content="不是JSON")]
        own = {"variant": "json_schema"}
        before = climb_all(ladder(first, server, memory=memory, own=own), CALM)
        after = climb_all(ladder(first, server, memory=memory, own=own), CALM)
    told = [(audit.rung, audit.call.outcome) for audit in after[0].audits]
    assert told == [(1, "broken"), (1, "broken"), (2, "bad_json"), (2, "answered")]
    assert after[0].audits == before[0].audits
    assert after[0].grade == before[0].grade
    assert (before[0].calls, after[0].calls) == (4, 0)


def test_changed_text_is_asked_about_again(server: ModelServer) -> None:
    rungs = ladder(server)
    climb_all(rungs, ticket(CALM), ticket(f"{CALM}已经三天了", edition=2))
    assert len(server.requests) == 2


def test_reopened_ticket_is_asked_about_again_with_what_is_new(server: ModelServer) -> None:
    rungs = ladder(server)
    step = Step(event_id="e2", event="reopened", at=AT, revision=2)
    climb_all(
        rungs, ticket(CALM), ticket(CALM, edition=2, steps=(step,)), ticket(CALM, edition=3, steps=(step,))
    )
    messages = [request["messages"][1]["content"] for request in server.requests]
    assert len(messages) == 2
    assert messages[1].startswith("系统记录:办结后重开1次。\n市民原文")


def test_answer_given_by_the_second_rung_is_not_bought_again_from_the_first(server: ModelServer) -> None:
    memory = Memory()
    with model_server() as first:
        first.script = [Scripted(status=500), Scripted(status=500)]
        rungs = ladder(first, server, memory=memory)
        climb(rungs, CALM)
        (again,) = climb(rungs, CALM)
        assert len(first.requests) == 2
    assert (again.model, len(server.requests)) == ("m1", 1)


def test_memory_of_answers_is_bounded(server: ModelServer) -> None:
    memory = Memory()
    climb(ladder(server, memory=memory, cache_size=3), *(f"{CALM}{n}" for n in range(6)))
    assert len(memory.answers) == 3

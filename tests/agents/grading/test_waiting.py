"""Tickets that the rules graded while no model could be asked."""

from typing import Any

import pytest
from fakes.model_city import CALM, GAS, RULES, Clock, climb_again, climb_all, ladder, ticket
from fakes.model_server import Scripted, model_server

from agents.grading.memory import Memory
from agents.grading.waiting import MOST_TRIES, Waiting, best, failed, note
from agents.intake.ticket import Ticket


def line(*tickets: Ticket, most: int = 100) -> dict[str, Waiting]:
    waiting: dict[str, Waiting] = {}
    for one in tickets:
        note(waiting, one, RULES.grade(one), ["broken"], most)
    return waiting


def ids(tickets: list[Ticket]) -> list[str]:
    return [one.ticket_id for one in tickets]


def test_urgent_then_new_come_first_and_closed_last() -> None:
    calm: dict[str, Any] = {"text": "咨询社保办理流程"}
    waiting = line(
        ticket(**calm, ticket_id="old"),
        ticket(**calm, ticket_id="new", later_s=60),
        ticket(GAS, "gas"),
        ticket(GAS, "shut", later_s=90, status="closed"),
    )
    assert ids(best(waiting, 10)) == ["gas", "new", "old", "shut"]


def test_line_is_bounded_and_gives_up_what_is_worth_least() -> None:
    waiting = line(*(ticket("咨询", f"T{n}", later_s=n) for n in range(5)), ticket(GAS, "gas"), most=3)
    assert set(waiting) == {"T3", "T4", "gas"}


def test_reasons_that_lie_with_the_text_do_not_wait() -> None:
    waiting: dict[str, Waiting] = {}
    one = ticket(CALM)
    note(waiting, one, RULES.grade(one), ["refused", "no_words"], 10)
    assert waiting == {}


def test_outage_puts_in_line_and_the_models_grade_takes_out() -> None:
    clock, memory = Clock(), Memory()
    with model_server() as server:
        server.script = [Scripted(status=500), Scripted(status=500)]
        rungs = ladder(server, clock=clock, memory=memory, breaker_failures=1)
        climb_all(rungs, ticket(CALM))
        assert list(memory.waiting) == ["T1"]
        assert rungs.due(8) == []  # the breaker is open: nobody is asked
        clock.now += 61
        assert ids(rungs.due(8)) == ["T1"]
        climb_all(rungs, ticket(CALM, edition=2))
    assert memory.waiting == {}


def test_budget_that_is_spent_puts_in_line() -> None:
    memory = Memory()
    with model_server() as server:
        climb_all(ladder(server, memory=memory, tokens_per_day=0), ticket(CALM))
    assert list(memory.waiting) == ["T1"]


def test_newest_state_is_the_one_that_waits() -> None:
    waiting = line(ticket(CALM), ticket(f"{CALM}急", edition=2))
    assert [entry.ticket.edition for entry in waiting.values()] == [2]


def test_ladder_without_endpoints_has_no_line() -> None:
    memory = Memory()
    climb_all(ladder(memory=memory), ticket(CALM))
    assert memory.waiting == {}


def test_rubbish_puts_behind_the_others_and_out_of_the_line_at_last() -> None:
    waiting = line(ticket(GAS, "gas"), ticket(CALM, "calm"))
    for _ in range(MOST_TRIES - 1):
        failed(waiting, ticket(GAS, "gas"), ["off_text"])
        assert ids(best(waiting, 10)) == ["calm", "gas"]
    failed(waiting, ticket(GAS, "gas"), ["off_text"])
    assert ids(best(waiting, 10)) == ["calm"]


def test_outage_in_between_costs_no_try_and_an_older_state_none_at_all() -> None:
    waiting = line(ticket(CALM, "calm", edition=2))
    failed(waiting, ticket(CALM, "calm", edition=2), ["bad_json", "breaker_open"])
    failed(waiting, ticket(CALM, "calm"), ["refused"])
    assert waiting["calm"].tries == 0
    failed(waiting, ticket(CALM, "calm", edition=2), ["refused"])
    assert waiting == {}


RUBBISH = {
    "prose": Scripted(content="很抱歉"),
    "nothing": Scripted(content=""),
    "English": Scripted({"summary": "No water since this morning"}),
    "another ticket": Scripted({"summary": "夜间施工", "quotes": ["工地半夜打桩"], "place_said": ["东风路"]}),
}


@pytest.mark.parametrize("said", RUBBISH.values(), ids=RUBBISH)
@pytest.mark.parametrize("variant", ["probe", "json_schema"])
def test_tickets_answered_with_rubbish_get_a_model_when_it_is_over(said: Scripted, variant: str) -> None:
    clock, memory = Clock(), Memory()
    with model_server() as server:
        server.always = said
        rungs = ladder(server, clock=clock, memory=memory, own={"variant": variant})
        grades = climb_all(rungs, *(ticket(f"{CALM}{n}", f"T{n}") for n in range(20)))
        assert {one.grade.source for one in grades} == {"rules"} and len(memory.waiting) == 20
        assert len(server.requests) <= 15
        server.always = Scripted()
        clock.now += 601
        better: set[str] = set()
        while due := rungs.due(1):
            (again,) = climb_again(rungs, *due)
            assert again.grade.source == "llm"
            rungs.graded(due[0])
            better.add(due[0].ticket_id)
    assert len(better) == 20


def test_redelivery_of_a_ticket_answered_with_rubbish_keeps_its_place_and_pays_nothing() -> None:
    memory = Memory()
    with model_server() as server:
        server.always = Scripted(content="很抱歉")
        rungs = ladder(server, memory=memory, own={"variant": "json_schema"})
        climb_all(rungs, ticket(CALM), ticket(CALM))
        assert (list(memory.waiting), len(server.requests)) == (["T1"], 2)


def test_text_that_no_model_can_grade_is_given_up() -> None:
    memory = Memory()
    with model_server() as server:
        server.always = Scripted(content="很抱歉")
        rungs = ladder(server, memory=memory, breaker_failures=50, own={"variant": "json_schema"})
        climb_all(rungs, ticket(CALM))
        while due := rungs.due(1):
            climb_again(rungs, *due)
    assert memory.waiting == {}
    assert len(server.requests) == 2 * (1 + MOST_TRIES)

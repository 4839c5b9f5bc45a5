"""Tickets that the rules graded while no model could be asked."""

from typing import Any

from fakes.model_city import CALM, GAS, RULES, Clock, climb_all, ladder, ticket
from fakes.model_server import Scripted, model_server

from agents.grading.memory import Memory
from agents.grading.waiting import Waiting, best, note
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
    note(waiting, one, RULES.grade(one), ["refused", "off_list", "bad_json"], 10)
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

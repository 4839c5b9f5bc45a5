"""The day's cap: hard, shared by partitions, and stepped down at, never stopped at."""

import asyncio
from typing import Any

import pytest
from fakes.model_city import CALM, Clock, climb, climb_all, ladder, ticket
from fakes.model_server import Scripted, model_server
from hypothesis import given
from hypothesis import strategies as st

from agents.grading.budget import BudgetSettings, Purse, Spent
from agents.grading.endpoint import Usage
from agents.grading.memory import Memory


def test_spent_budget_steps_down_and_returns_next_day() -> None:
    clock = Clock()
    with model_server() as server:
        rungs = ladder(server, clock=clock, tokens_per_day=3600)
        grades = climb(rungs, *(f"{CALM}{n}" for n in range(8)))
        assert {grade.source for grade in grades} == {"llm", "rules"}
        assert grades[-1].why == "m0: budget_spent"
        clock.now += 86_400
        assert climb(rungs, f"{CALM}四")[0].source == "llm"


def test_budget_of_zero_never_calls() -> None:
    with model_server() as server:
        tokens = climb(ladder(server, tokens_per_day=0), CALM)
        money = climb(ladder(server, cny_per_day=0), CALM)
    assert [grade.why for grade in (*tokens, *money)] == ["m0: budget_spent"] * 2
    assert server.requests == []


def test_money_has_a_cap_of_its_own() -> None:
    with model_server() as server:
        grades = climb(ladder(server, cny_per_day=0.012), *(f"{CALM}{n}" for n in range(4)))
    assert grades[0].source == "llm" and grades[-1].why == "m0: budget_spent"


async def test_calls_under_way_together_cannot_pass_the_cap() -> None:
    memory = Memory()
    with model_server() as server:
        server.go.clear()
        rungs = ladder(server, memory=memory, tokens_per_day=7000, own={"variant": "json_schema"})
        async with asyncio.TaskGroup() as all_at_once:
            for n in range(8):
                all_at_once.create_task(rungs.climb(ticket(f"{CALM}{n}", f"T{n}")))
            await server.reached(1)
            server.go.set()
    assert 0 < len(server.requests) < 8
    assert memory.spent["account"].tokens == 400 * len(server.requests) <= 7000


def test_two_workers_over_one_budget_stay_within_it_and_lose_nothing() -> None:
    cap = 12_000
    memories = [Memory(share=1 / 2), Memory(share=1 / 2)]
    with model_server() as server:
        workers = [ladder(server, memory=memory, tokens_per_day=cap) for memory in memories]
        grades = [
            climb_all(worker, ticket(f"{CALM}{place}{n}", f"T{place}{n}"))[0].grade
            for n in range(20)
            for place, worker in enumerate(workers)
        ]
    spent = sum(memory.spent["account"].tokens for memory in memories)
    assert len(grades) == 40
    assert spent == 400 * len(server.requests) <= cap
    assert sum(grade.source == "llm" for grade in grades) == len(server.requests)
    assert {grade.why for grade in grades if grade.source == "rules"} == {"m0: budget_spent"}


def test_server_that_ignores_the_longest_answer_is_reckoned_by_what_it_took() -> None:
    memory, cap = Memory(), 30_000
    with model_server() as server:
        server.always = Scripted(
            usage={"prompt_tokens": 300, "completion_tokens": 5000, "total_tokens": 5300}
        )
        rungs = ladder(server, memory=memory, tokens_per_day=cap, own={"variant": "json_schema"})
        grades = climb(rungs, *(f"{CALM}{n}" for n in range(12)))
    assert memory.spent["account"].tokens == 5300 * len(server.requests) <= cap
    assert (len(server.requests), grades[-1].why) == (5, "m0: budget_spent")


def test_wrong_count_of_an_answer_does_not_stop_tomorrows_questions() -> None:
    clock = Clock()
    wrong = {"prompt_tokens": 300, "completion_tokens": 900_000_000, "total_tokens": 0}
    with model_server(Scripted(usage=wrong)) as server:
        rungs = ladder(server, clock=clock)
        assert [grade.source for grade in climb(rungs, CALM, f"{CALM}急")] == ["llm", "rules"]
        clock.now += 86_400
        assert climb(rungs, f"{CALM}急")[0].source == "llm"


@pytest.mark.parametrize(
    ("partitions", "caps", "told"),
    [
        (12, {"tokens_per_day": 30_000}, "one of 12 partitions has 2500 tokens"),
        (1, {"tokens_per_day": 30_000}, ""),
        (12, {"tokens_per_day": 300_000}, ""),
        (4, {"cny_per_day": 0.01}, "yuan"),
        (12, {"tokens_per_day": 0}, ""),
        (12, {"cny_per_day": 0}, ""),
    ],
)
def test_share_that_cannot_pay_one_question_is_said_at_the_start(
    partitions: int, caps: dict[str, Any], told: str
) -> None:
    with model_server() as server:
        said = ladder(server, memory=Memory(share=1 / partitions), **caps).unaffordable()
    assert told in said and bool(said) is bool(told)


def test_account_survives_a_restart() -> None:
    memory = Memory(spent={"account": Spent(day=11, tokens=10_000_000)})
    with model_server() as server:
        (grade,) = climb(ladder(server, memory=memory), CALM)
    assert (grade.source, server.requests) == ("rules", [])


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400), st.booleans()), max_size=40))
def test_purse_never_passes_its_share(calls: list[tuple[int, int, bool]]) -> None:
    purse = Purse(BudgetSettings(tokens_per_day=2000, cny_per_day=1), share=0.5)
    under_way: list[tuple[Usage, Usage]] = []
    for most, real, ends in calls:
        need = Usage(most, 0, most / 1e4)
        if purse.reserve(need, day=1):
            used = min(most, real)
            under_way.append((need, Usage(used, 0, used / 1e4)))
        if ends and under_way:
            purse.settle(*under_way.pop(0), day=1)
    for need, used in under_way:
        purse.settle(need, used, day=1)
    spent = purse.spent.get("account", Spent(day=1))
    assert spent.tokens <= 1000 and spent.cost_cny <= 0.5 + 1e-9

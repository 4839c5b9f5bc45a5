"""The token bucket and the limit of concurrency, and both on a real endpoint."""

import asyncio

from fakes.model_city import CALM, Clock, climb_all, ladder, ticket
from fakes.model_server import Scripted, model_server
from hypothesis import given
from hypothesis import strategies as st

from agents.grading.pace import Bucket, Limit


def test_full_bucket_gives_a_minutes_worth_at_once() -> None:
    bucket = Bucket.full(60, at=0).draw(60, at=0)
    assert bucket.wait_s(1, at=0) == 1.0
    assert bucket.wait_s(1, at=1) == 0.0


def test_more_than_a_minutes_worth_waits_for_a_full_bucket_only() -> None:
    assert Bucket.full(60, at=0).wait_s(1000, at=0) == 0.0


def test_without_a_rate_nobody_waits() -> None:
    assert Bucket.full(0, at=0).draw(1e9, at=0).wait_s(1e9, at=0) == 0.0


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 20)), max_size=40))
def test_what_is_drawn_never_passes_rate_and_burst(steps: list[tuple[float, float]]) -> None:
    bucket, at, drawn = Bucket.full(60, at=0), 0.0, 0.0
    for pause, amount in steps:
        at += pause
        if bucket.wait_s(amount, at) == 0:
            bucket, drawn = bucket.draw(amount, at), drawn + amount
        assert drawn <= 60 + at * 60 / 60 + 1e-6


def test_limit_halves_once_for_failures_together_and_grows_by_one_a_round() -> None:
    limit = Limit.open(8).after_overload(at=0).after_overload(at=0.5)
    assert limit.places == 4
    for _ in range(5):
        limit = limit.after_success()
    assert limit.places == 5


def test_limit_never_falls_below_one_nor_grows_past_its_most() -> None:
    limit = Limit.open(3)
    for second in range(10):
        limit = limit.after_overload(at=second * 2.0)
    assert limit.places == 1
    for _ in range(100):
        limit = limit.after_success()
    assert limit.places == 3


async def test_no_more_questions_are_under_way_than_the_endpoint_takes() -> None:
    with model_server() as server:
        server.go.clear()
        rungs = ladder(server, own={"at_once": 2, "variant": "json_schema"})
        async with asyncio.TaskGroup() as all_at_once:
            for n in range(8):
                all_at_once.create_task(rungs.climb(ticket(f"{CALM}{n}", f"T{n}")))
            await server.reached(2)
            server.go.set()
    assert server.most_under_way == 2
    assert len(server.requests) == 8


def test_overload_lowers_the_number_of_questions_under_way() -> None:
    with model_server() as server:
        server.script = [Scripted(status=429, headers={"retry-after": "1"})]
        rungs = ladder(server, own={"at_once": 8, "variant": "json_schema"})
        climb_all(rungs, CALM)
    assert rungs.rungs[0].limit.places == 4


def test_rate_makes_questions_wait_and_a_long_wait_takes_the_next_rung() -> None:
    clock = Clock()
    with model_server() as server:
        rungs = ladder(server, clock=clock, longest_wait_s=20, own={"requests_per_minute": 2})
        grades = [one.grade for one in climb_all(rungs, *(f"{CALM}{n}" for n in range(3)))]
        assert [grade.source for grade in grades] == ["llm", "llm", "rules"]
        assert grades[2].why == "m0: throttled"
        clock.now += 15
        (later,) = climb_all(rungs, f"{CALM}9")
    assert later.grade.source == "llm"
    assert clock.slept == [15.0]

"""Kinds of repetition, and when a closed problem has come back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from agents.city import City, Thresholds
from agents.grading.grade import Graded
from agents.intake.ticket import Step
from agents.problems.problem import Problem
from agents.problems.recurrence import (
    chance_of_return,
    earlier_of,
    grade_of_return,
    is_over,
    kind_of,
    recurrence_window,
    says_solved,
)

Make = Callable[..., Graded]


@pytest.fixture
def problem(graded: Make) -> Problem:
    ticket = graded("a").ticket
    assert ticket.created_at is not None
    return Problem(
        problem_id="p-1",
        district="东城区",
        title="",
        matter="路灯不亮",
        category="照明",
        place=ticket.place,
        first_seen=ticket.created_at,
        last_seen=ticket.created_at,
        tickets=1,
        reporters=1,
        recent=("a",),
        callers={"甲": 1},
        open_tickets=1,
    )


def closed(problem: Problem, hours: float) -> Problem:
    at = problem.first_seen + timedelta(hours=hours)
    return problem.model_copy(update={"open_tickets": 0, "closed_at": at, "last_closed_at": at})


@pytest.mark.parametrize(
    ("caller", "hours", "kind", "closed_hours", "expected"),
    [
        ("甲", 5, "complaint", None, "same_caller"),
        ("乙", 5, "complaint", None, "many_callers"),
        ("乙", 20, "complaint", 10, "many_callers"),
        ("乙", 40, "complaint", 10, "after_closure"),
        ("甲", 40, "complaint", 10, "after_closure"),
        ("乙", 40, "consult", 10, "many_callers"),
        ("乙", 24 * 31 + 11, "complaint", 10, "many_callers"),
    ],
)
def test_kind_of_repetition(
    graded: Make,
    problem: Problem,
    caller: str,
    hours: float,
    kind: str,
    closed_hours: float | None,
    expected: str,
) -> None:
    before = problem if closed_hours is None else closed(problem, closed_hours)
    ticket = graded("b", caller, hours=hours, kind=kind)
    assert kind_of(before, ticket, caller, Thresholds()) == expected


def test_first_of_its_kind(graded: Make) -> None:
    assert kind_of(None, graded("a"), "甲", Thresholds()) == "first"


@pytest.mark.parametrize(
    ("matter", "category", "days"),
    [("夜间施工噪音", "噪声", 7), ("停水", "供水", 90), ("路灯不亮", "照明", 30)],
)
def test_window_depends_on_the_matter(problem: Problem, matter: str, category: str, days: int) -> None:
    one = problem.model_copy(update={"matter": matter, "category": category})
    assert recurrence_window(one, Thresholds()) == timedelta(days=days)


def test_problem_is_over_fourteen_quiet_days_after_its_closing(problem: Problem) -> None:
    one = closed(problem, 10)
    assert one.closed_at is not None
    assert not is_over(one, one.closed_at + timedelta(days=14))
    assert is_over(one, one.closed_at + timedelta(days=14, seconds=1))
    assert not is_over(problem, one.closed_at + timedelta(days=50))


@pytest.mark.parametrize(
    ("people", "newcomers", "says_so", "returns", "expected"),
    [
        (1, 0, True, 1, 1),
        (1, 1, False, 1, 1),
        (1, 1, True, 1, 2),
        (2, 1, False, 1, 2),
        (2, 2, False, 2, 3),
        (1, 0, False, 2, 1),
    ],
)
def test_grades_of_a_return(people: int, newcomers: int, says_so: bool, returns: int, expected: int) -> None:
    assert grade_of_return(people, newcomers, says_so, returns) == expected


def test_busy_places_always_come_back() -> None:
    # P(Poisson(2) ≥ 2) = 1 − 3e^−2.
    assert chance_of_return(2, 0.02, timedelta(hours=100)) == pytest.approx(0.59399, abs=1e-4)
    assert chance_of_return(2, 0.0001, timedelta(hours=100)) < 1e-4
    assert chance_of_return(0, 1.0, timedelta(hours=1)) == 1.0


def test_earlier_tickets_are_the_newest_ten_without_itself(problem: Problem) -> None:
    many = problem.model_copy(update={"recent": tuple(f"t{n}" for n in range(20))})
    assert earlier_of(many, "t19")[:2] == ("t18", "t17")
    assert len(earlier_of(many, "t19")) == 10
    assert earlier_of(None, "a") == ()


@pytest.mark.parametrize(
    ("reply", "is_promise"),
    [
        ("维修人员已更换主板，电梯恢复正常运行。", True),
        ("电梯已正常运行", True),
        ("水已通", True),
        ("已要求施工方整改，夜间已停止施工", True),
        ("已安排物业清理完毕", True),
        ("已转物业处理，现已修复", True),
        ("", True),
        ("尚未修复，待配件到货。", False),
        ("未处理完毕", False),
        ("问题未得到解决，继续跟进", False),
        ("已转物业处理", False),
        ("已安排维修人员处理，预计三天内完成", False),
        ("将于下月更换完毕", False),
        ("因产权不明无法修复", False),
        ("已向诉求人解释政策", False),
        ("The pothole has been repaired. Thank you", True),
        ("work has not been completed", False),
    ],
)
def test_what_a_unit_says_is_a_promise_or_none(reply: str, is_promise: bool) -> None:
    closing = Step(
        event_id="e",
        event="closed",
        at=datetime(2026, 3, 2, tzinfo=UTC),
        revision=2,
        reply=reply,
        outcome="unknown",
    )
    assert says_solved(closing, City()) is is_promise


@pytest.mark.parametrize(
    ("outcome", "is_promise"), [("solved", True), ("explained", False), ("unsolved", False)]
)
def test_the_outcome_says_more_than_the_reply(outcome: str, is_promise: bool) -> None:
    closing = Step.model_validate(
        {"event_id": "e", "event": "closed", "at": "2026-03-02T08:00:00Z", "revision": 2, "outcome": outcome}
    ).model_copy(update={"reply": "已修复" if not is_promise else "尚未修复"})
    assert says_solved(closing, City()) is is_promise

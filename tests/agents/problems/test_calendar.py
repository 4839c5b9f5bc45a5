"""The calendar of a spot: distinct people a week, bounded, and forgotten when it is worth nothing."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.grading.grade import Graded
from agents.problems.calendar import (
    IDLE_WEEKS,
    KEPT_WEEKS,
    MAX_RECENT,
    MAX_TAGS,
    Calendar,
    aged,
    calendar_topic,
    monday_of,
    spot_name,
    week_of_date,
    week_of_day,
    with_reply,
    with_ticket,
)
from agents.problems.member import Member
from agents.problems.signature import sign

Make = Callable[..., Graded]
WEEK = 7 * 86_400


def member_of(ticket: Graded, seq: int, at: float, caller: str) -> Member:
    return Member(
        ticket_id=ticket.ticket.ticket_id,
        district="东城区",
        problem_id="p-1",
        edition=1,
        first_edition=1,
        seq=seq,
        slot=seq,
        at=at,
        caller=caller,
        signature=sign(ticket),
        quote="水龙头没有水",
    )


def noted(graded: Make, calls: list[tuple[int, str]]) -> Calendar:
    """A calendar after (week, caller) in this order."""
    calendar = None
    for seq, (week, caller) in enumerate(calls, 1):
        ticket = graded(f"t{seq}")
        member = member_of(ticket, seq, week * WEEK + 3 * 86_400, caller)
        calendar = with_ticket(calendar, "community:新华小区", "供水", ticket.ticket, member)
    assert calendar is not None
    return calendar


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "community:新华小区"),
        ({"community": None}, "street:新华街道"),
        ({"community": None, "street": None}, ""),
    ],
)
def test_spot_is_the_most_exact_name(graded: Make, fields: dict[str, None], expected: str) -> None:
    ticket = graded("a", **fields)
    assert spot_name(ticket.ticket, sign(ticket)) == expected


def test_topic_is_the_matter_where_no_category_fits() -> None:
    assert calendar_topic("供水", "停水") == "供水"
    assert calendar_topic("other", "停水") == "停水"
    assert calendar_topic("other", "") == "other"


def test_weeks_begin_on_monday() -> None:
    monday = date(2026, 3, 2)
    week = week_of_date(monday)
    assert monday_of(week) == monday
    assert week_of_date(date(2026, 3, 8)) == week
    assert week_of_date(date(2026, 3, 9)) == week + 1
    assert week_of_day((monday - date(1970, 1, 1)).days) == week


def test_a_caller_counts_once_a_week_and_once_in_a_span(graded: Make) -> None:
    calendar = noted(graded, [(2900, "aaaa1"), (2900, "aaaa1"), (2901, "aaaa1"), (2901, "bbbb2")])
    assert len(calendar.callers(2900, 2900)) == 1
    assert len(calendar.callers(2900, 2901)) == 2


def test_a_ticket_with_a_number_that_is_in_changes_nothing(graded: Make) -> None:
    calendar = noted(graded, [(2900, "aaaa"), (2901, "bbbb")])
    late = graded("t1")
    member = member_of(late, 1, 2900 * WEEK, "cccc")
    assert with_ticket(calendar, calendar.spot, calendar.topic, late.ticket, member) is calendar


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    calls=st.lists(st.tuples(st.integers(2900, 2930), st.sampled_from("abcdefgh")), min_size=1, max_size=40)
)
def test_any_order_of_calls_counts_the_same_people(graded: Make, calls: list[tuple[int, str]]) -> None:
    forth, back = noted(graded, calls), noted(graded, calls[::-1])
    for week in range(2900, 2931):
        people = {caller for known, caller in calls if known == week}
        assert len(forth.callers(week, week)) == len(back.callers(week, week)) == len(people)
    assert forth.callers(2900, 2930) == back.callers(2900, 2930)


def test_it_is_bounded(graded: Make) -> None:
    calendar = noted(graded, [(2900 + n // 60, f"{n:04}") for n in range(600)])
    assert len(calendar.callers(2900, 2900)) == MAX_TAGS
    assert len(calendar.recent) == MAX_RECENT
    assert len(calendar.model_dump_json()) < 6_000


def test_the_last_reply_of_a_year_stays(graded: Make) -> None:
    calendar = noted(graded, [(2900, "aaaa")])
    for day, reply in (
        (date(2025, 8, 2), "已疏通"),
        (date(2025, 7, 1), "已安排"),
        (date(2026, 1, 1), "已修"),
    ):
        calendar = with_reply(calendar, day, reply)
    assert calendar.replies == {2025: ("2025-08-02", "已疏通"), 2026: ("2026-01-01", "已修")}


def test_three_years_are_kept(graded: Make) -> None:
    calendar = noted(graded, [(2700, "aaaa"), (2800, "bbbb"), (2801, "cccc"), (2802, "dddd")])
    kept = aged(calendar, 2701 + KEPT_WEEKS)
    assert kept is not None
    assert min(kept.weeks) == min(kept.quotes) == 2800
    assert aged(calendar, 2803 + KEPT_WEEKS) is None


def test_what_never_saw_three_people_is_forgotten_when_idle(graded: Make) -> None:
    two = noted(graded, [(2800, "aaaa"), (2801, "bbbb")])
    assert aged(two, 2801 + IDLE_WEEKS) is two
    assert aged(two, 2802 + IDLE_WEEKS) is None
    three = noted(graded, [(2800, "aaaa"), (2801, "bbbb"), (2802, "cccc")])
    assert aged(three, 2900) is three

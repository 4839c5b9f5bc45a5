"""Event time is moved by dates that can be believed, and by nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.intake.event_time import FAR, EventTime

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "believed", "now"),
    [
        ((0, 1, 2), "yyy", 2),
        ((0, 5000, 1), "yny", 1),
        ((0, 5000, 5000, 1), "ynny", 1),
        ((0, 5000, 5001), "yny", 5001),
        ((0, 5000, 1, 6000, 2), "ynyny", 2),
        ((5000, 0, 1), "yyy", 1),
        ((0, 1, -5000, 2), "yyyy", 2),
        ((-5000, 0, 1), "yny", 1),
    ],
)
def test_which_dates_are_believed(days: tuple[int, ...], believed: str, now: int) -> None:
    time = EventTime()
    assert [time.see(START + timedelta(days=day)) for day in days] == [said == "y" for said in believed]
    assert time.at == START + timedelta(days=now)


@pytest.mark.parametrize(
    ("tickets", "believed"), [(("a", "b", "b"), "ynn"), (("a", "b", "c"), "yny"), (("a", "b", ""), "yny")]
)
def test_a_ticket_bears_out_no_date_of_its_own(tickets: tuple[str, ...], believed: str) -> None:
    time = EventTime()
    seen = [
        time.see(START + timedelta(days=day), ticket)
        for day, ticket in zip((0, 5000, 5001), tickets, strict=True)
    ]
    assert seen == [said == "y" for said in believed]


@given(st.lists(st.integers(-100, 100).map(lambda day: timedelta(days=day)), min_size=2))
def test_one_date_alone_never_moves_it_far(gaps: list[timedelta]) -> None:
    time = EventTime()
    seen = [START + gap for gap in gaps]
    for number, at in enumerate(seen):
        before = time.at
        time.see(at)
        assert time.at in seen
        if before is not None and time.at is not None and time.at - before > FAR:
            assert seen[number - 1] - before > FAR


def test_a_tick_needs_no_bearing_out() -> None:
    time = EventTime()
    time.see(START)
    time.reach(START + 2 * FAR)
    time.reach(START)
    assert time.at == START + 2 * FAR

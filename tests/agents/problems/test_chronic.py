"""The weekly list of chronic problems: who is on it, in which order, and what a tick changes."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from agents.alerting.wording import compose
from agents.city import City
from agents.grading.grade import Graded
from agents.problems.books import Books
from agents.problems.chronic import persistence
from agents.problems.gather import gather
from agents.problems.problem import Candidate
from agents.problems.tick import gather_on_tick

Make = Callable[..., Graded]
CITY = City(utc_offset=timezone(timedelta(hours=8)))
MONDAY = datetime.fromisoformat("2026-03-02T00:00:00+08:00")
WEEK = 7 * 24.0
DAY = 24.0


def town(graded: Make, weeks: int, calls: list[tuple[float, str, str]]) -> Books:
    """`calls` (hours, caller, estate) about street lamps, among other people's calls about other things."""
    tickets = [
        graded(
            f"c{number}",
            caller,
            f"路灯第{number}回不亮了没有人修",
            hours,
            community=estate,
            matter="路灯",
            category="照明",
        )
        for number, (hours, caller, estate) in enumerate(calls)
    ]
    for number in range(weeks * 20):
        hours = number * WEEK / 20
        text, estate = f"第{number}件别的事情", f"小区{number % 30}"
        tickets.append(graded(f"q{number}", f"路人{number}", text, hours, community=estate, matter="别的"))
    books = Books(CITY, {}, {}, {})
    for ticket in sorted(tickets, key=lambda one: (one.ticket.trigger_at, one.ticket.ticket_id)):
        gather(ticket, books)
    return books


def neighbours(weeks: int, people: int = 5, estate: str = "新华小区") -> list[tuple[float, str, str]]:
    """Each week two of the neighbours call, on different days."""
    return [
        (week * WEEK + half * 2 * DAY, f"{estate}邻居{(week * 2 + half) % people}", estate)
        for week in range(weeks)
        for half in (0, 1)
    ]


def listed(books: Books, week: int) -> list[Candidate]:
    found = gather_on_tick(MONDAY + timedelta(weeks=week), books).candidates
    return [candidate for candidate in found if candidate.kind == "chronic"]


def test_neighbours_who_call_week_after_week_are_on_mondays_list(graded: Make) -> None:
    (found,) = listed(town(graded, 8, neighbours(8)), 8)
    assert (found.place.community, found.reporters) == ("新华小区", 5)
    assert found.figures["weeks"] == found.figures["active"] == 8.0
    assert found.figures["calls"] == 16.0
    assert found.trigger_ticket_id == found.ticket_ids[-1] == "c15"
    assert len({quote.ticket_id for quote in found.evidence}) == 3
    assert found.first_seen == MONDAY + timedelta(hours=8)


def test_the_problem_is_marked_once(graded: Make) -> None:
    books = town(graded, 8, neighbours(8))
    gathered = gather_on_tick(MONDAY + timedelta(weeks=8), books)
    (change,) = [change for change in gathered.changes if "chronic" in change.problem.patterns]
    assert change.problem.problem_id == gathered.candidates[0].problem_id
    again = gather_on_tick(MONDAY + timedelta(weeks=9), books)
    assert not [change for change in again.changes if "chronic" in change.problem.patterns]


def test_a_week_s_list_is_drawn_up_once(graded: Make) -> None:
    books = town(graded, 8, neighbours(8))
    listed(books, 7)
    days = [MONDAY + timedelta(weeks=7, days=3), MONDAY + timedelta(weeks=7, days=6, hours=23)]
    assert [gather_on_tick(at, books).candidates for at in days] == [(), ()]
    assert len(listed(books, 8)) == 1
    assert gather_on_tick(MONDAY + timedelta(weeks=8, hours=1), books).candidates == ()


@pytest.mark.parametrize("late", [timedelta(days=1), timedelta(days=6)])
def test_a_monday_without_a_tick_is_made_up_for_by_the_next(graded: Make, late: timedelta) -> None:
    books = town(graded, 8, neighbours(8))
    gather_on_tick(MONDAY + timedelta(weeks=7), books)
    (found,) = gather_on_tick(MONDAY + timedelta(weeks=8) + late, books).candidates
    assert found.kind == "chronic"
    assert gather_on_tick(MONDAY + timedelta(weeks=8, days=6, hours=5), books).candidates == ()


def test_the_same_monday_after_a_restart_gives_the_same_finding(graded: Make) -> None:
    books = town(graded, 8, neighbours(8))
    (before,) = listed(books, 8)
    after = Books(CITY, books.problems, books.members, books.rates, books.calendars)
    (again,) = gather_on_tick(MONDAY + timedelta(weeks=8, hours=5), after).candidates
    assert again.candidate_id == before.candidate_id


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("too young", neighbours(3)),
        ("one caller", [(week * WEEK, "甲", "新华小区") for week in range(8)]),
        ("two families", [(week * WEEK, f"人{week % 2}", "新华小区") for week in range(8)]),
        ("one crowd", [(5 * WEEK + n, f"人{n}", "新华小区") for n in range(20)]),
        ("always others", [(week * WEEK, f"人{week}", "新华小区") for week in range(8)]),
    ],
)
def test_what_is_not_chronic(graded: Make, name: str, calls: list[tuple[float, str, str]]) -> None:
    weeks = 3 if name == "too young" else 8
    assert listed(town(graded, weeks, calls), weeks) == []


def test_the_most_persistent_stands_first_and_the_list_is_short(graded: Make) -> None:
    calls = [call for number in range(25) for call in neighbours(8, 4 + number % 3, f"花园{number:02}")]
    found = listed(town(graded, 8, calls), 8)
    assert len(found) == 20
    strengths = [candidate.figures["persistence"] for candidate in found]
    assert strengths == sorted(strengths, reverse=True)


def test_the_alert_says_in_how_many_weeks(graded: Make) -> None:
    (found,) = listed(town(graded, 8, neighbours(8)), 8)
    wording = compose(found, CITY)
    assert wording.title == "新华小区路灯：长期未解决，5人反映"
    assert "近8周中有8周有人反映，不同周内再次反映11人次。" in wording.text
    assert wording.dropped == 0


def test_persistence_is_the_binomial_tail() -> None:
    # P(Binomial(3, 0.06) ≥ 2) = 3 · 0.06² · 0.94 + 0.06³.
    assert 10 ** -persistence(1, 3) == pytest.approx(3 * 0.06**2 * 0.94 + 0.06**3)
    assert persistence(5, 5) == 0.0

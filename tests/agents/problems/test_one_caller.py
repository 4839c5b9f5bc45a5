"""One caller's many tickets are a finding of their own, never a crowd, and hide no danger."""

from collections.abc import Callable

import pytest

from agents.alerting.wording import compose
from agents.city import City
from agents.grading.grade import Graded
from agents.problems.books import Books
from agents.problems.gather import gather
from agents.problems.one_caller import is_step
from agents.problems.problem import Candidate

Make = Callable[..., Graded]
DAY = 24.0


def play(tickets: list[Graded], books: Books | None = None) -> list[Candidate]:
    books = books or Books(City(), {}, {}, {})
    return [candidate for ticket in tickets for candidate in gather(ticket, books).candidates]


def of(kind: str, found: list[Candidate]) -> list[Candidate]:
    return [candidate for candidate in found if candidate.kind == kind]


@pytest.mark.parametrize(
    ("number", "expected"), [(5, False), (6, True), (7, False), (12, True), (18, False), (24, True)]
)
def test_told_again_when_doubled(number: int, expected: bool) -> None:
    assert is_step(number, 6) is expected


def test_a_storm_of_one_caller_is_no_crowd(graded: Make) -> None:
    found = play([graded(f"t{n:02}", "甲", f"小区停水没人管第{n}次说", n / 3) for n in range(20)])
    storms = of("harassment", found)
    assert [(c.trigger_ticket_id, c.figures["calls"], c.reporters) for c in storms] == [
        ("t05", 6.0, 1),
        ("t11", 12.0, 1),
    ]
    assert of("burst", found) == of("campaign", found) == []


def test_a_storm_over_many_matters_and_places_is_one_storm(graded: Make) -> None:
    tickets = [
        graded(
            f"t{n}",
            "甲",
            f"第{n}件毫不相干的事情",
            n,
            community=f"小区{n}",
            matter=f"事{n}",
            category=f"类{n}",
        )
        for n in range(6)
    ]
    (storm,) = of("harassment", play(tickets))
    assert storm.figures["problems"] == 6.0
    assert len(storm.ticket_ids) == 6


def test_six_calls_in_a_week_are_no_storm(graded: Make) -> None:
    found = play([graded(f"t{n}", "甲", f"小区停水没人管第{n}次说", n * 30) for n in range(6)])
    assert of("harassment", found) == []


def test_who_calls_for_weeks_about_one_problem_repeats(graded: Make) -> None:
    found = play([graded(f"t{n}", "甲", f"小区停水没人管第{n}次说", n * 3 * DAY) for n in range(11)])
    assert [c.figures["calls"] for c in of("same_caller", found)] == [5.0, 10.0]
    assert of("harassment", found) == of("burst", found) == []


def test_six_calls_within_a_week_are_not_weeks(graded: Make) -> None:
    found = play([graded(f"t{n}", "甲", f"小区停水没人管第{n}次说", n * DAY * 1.1) for n in range(6)])
    assert of("same_caller", found) == []


def test_few_callers_against_one_target(graded: Make) -> None:
    tickets = [graded(f"t{n}", f"人{n % 3}", f"老王饭店卫生太差第{n}次举报", n * DAY / 2) for n in range(12)]
    (found,) = of("harassment", play(tickets))
    assert (found.figures["calls"], found.figures["top_share"], found.reporters) == (10.0, 1.0, 3)


@pytest.mark.parametrize(
    ("others", "said"),
    [(0, "7天内共10件，均由3人提交。"), (2, "7天内共10件，其中来件最多的三人占80%，疑似集中针对同一对象。")],
)
def test_what_is_said_of_few_callers(graded: Make, others: int, said: str) -> None:
    callers = [*(f"旁人{n}" for n in range(others)), *(f"人{n % 3}" for n in range(12))]
    tickets = [
        graded(f"t{n}", who, f"老王饭店卫生太差第{n}次举报", n * DAY / 2) for n, who in enumerate(callers)
    ]
    wording = compose(of("harassment", play(tickets))[0], City())
    assert said in wording.text and wording.title.endswith("：少数诉求人短期内大量来件")


def test_one_caller_is_said_to_be_one(graded: Make) -> None:
    found = play([graded(f"t{n}", "甲", f"小区停水没人管第{n}次说", n / 10) for n in range(6)])
    assert compose(of("harassment", found)[0], City()).title.endswith("：同一诉求人短期内大量来件")


def test_ten_people_are_no_target_attack(graded: Make) -> None:
    tickets = [graded(f"t{n}", f"人{n}", f"老王饭店卫生太差第{n}次举报", n * DAY / 2) for n in range(12)]
    assert of("harassment", play(tickets)) == []


def test_nobody_is_no_one_caller(graded: Make) -> None:
    assert of("harassment", play([graded(f"t{n}", None, "小区停水没人管", n / 10) for n in range(30)])) == []


def test_a_restart_and_a_redelivery_give_the_same_findings(graded: Make) -> None:
    tickets = [graded(f"t{n:02}", "甲", f"小区停水没人管第{n}次说", n / 3) for n in range(13)]
    books = Books(City(), {}, {}, {})
    before = of("harassment", play(tickets[:12], books))
    restarted = Books(City(), books.problems, books.members, books.rates, books.calendars)
    assert of("harassment", play([tickets[11]], restarted)) == before[-1:]
    assert of("harassment", play([tickets[12]], restarted)) == []

"""A problem closed as solved that is back: who must say so, where, and when it is no more than habit."""

from collections.abc import Callable
from typing import Any

import pytest

from agents.city import City
from agents.grading.grade import Graded, Recurrence
from agents.problems.books import Books
from agents.problems.gather import gather
from agents.problems.merging import Ask, regroup
from agents.problems.problem import Candidate
from agents.problems.returns import chance_of_words

Make = Callable[..., Graded]
DAY = 24.0


def quiet_town(graded: Make) -> Books:
    """Forty days in which other people call about other things at other places."""
    books = Books(City(), {}, {}, {})
    for number in range(400):
        hours = number * 2.4
        ticket = graded(
            f"q{number}",
            f"路人{number}",
            f"第{number}件别的事情在这里说一说",
            hours,
            community=f"小区{number % 50}",
            matter=f"事{number % 9}",
            category=f"类{number % 9}",
        )
        gather(ticket, books)
    return books


def play(books: Books, *tickets: Graded) -> list[Candidate]:
    found = [candidate for ticket in tickets for candidate in gather(ticket, books).candidates]
    return [candidate for candidate in found if candidate.kind == "recurrence"]


def told(candidates: list[Candidate]) -> list[Candidate]:
    return [c for c in candidates if c.figures["lambda"] >= c.figures["least"]]


def solved(graded: Make, at: float, closed: float, outcome: str = "solved", **fields: Any) -> list[Graded]:
    """A ticket and its closing."""
    opened = graded("a", "甲", "小区停水一上午了，没有人管", at, **fields)
    done = graded("a", "甲", "小区停水一上午了，没有人管", at, edition=2, closed_hours=closed, **fields)
    step = done.ticket.steps[0].model_copy(update={"outcome": outcome})
    ticket = done.ticket.model_copy(update={"steps": (step,)})
    return [opened, done.model_copy(update={"ticket": ticket})]


def saying(ticket: Graded, *cues: str) -> Graded:
    grade = ticket.grade.model_copy(update={"recurrence": Recurrence(cues=cues)})
    return ticket.model_copy(update={"grade": grade})


def back(graded: Make, ticket_id: str, caller: str | None, hours: float, **fields: Any) -> Graded:
    return graded(ticket_id, caller, "小区又停水了没有人来管", hours, **fields)


def test_two_newcomers_on_two_days_name_the_reply_that_promised(graded: Make) -> None:
    books = quiet_town(graded)
    first = solved(graded, 41 * DAY, 42 * DAY)
    found = told(play(books, *first, back(graded, "b", "乙", 45 * DAY), back(graded, "c", "丙", 47 * DAY)))
    assert [(c.trigger_ticket_id, c.ticket_ids) for c in found] == [("c", ("a", "b", "c"))]
    assert found[0].facts["reply"] == "管网已修复"
    assert found[0].figures["grade"] == 2.0
    assert found[0].figures["newcomers"] == 2.0
    assert {quote.ticket_id for quote in found[0].evidence} <= {"a", "b", "c"}


def test_the_first_caller_alone_is_for_the_follow_up_not_an_alert(graded: Make) -> None:
    books = quiet_town(graded)
    again = [back(graded, f"b{n}", "甲", (45 + n) * DAY) for n in range(4)]
    assert play(books, *solved(graded, 41 * DAY, 42 * DAY), *again) == []


def test_the_first_caller_and_a_newcomer_are_two(graded: Make) -> None:
    books = quiet_town(graded)
    tickets = (back(graded, "b", "甲", 45 * DAY), back(graded, "c", "丙", 47 * DAY))
    (found,) = told(play(books, *solved(graded, 41 * DAY, 42 * DAY), *tickets))
    assert (found.figures["originals"], found.figures["newcomers"]) == (1.0, 1.0)


@pytest.mark.parametrize(("cues", "expected"), [(("修好没几天又坏了",), 1), ((), 0), (("长期",), 0)])
def test_one_newcomer_counts_when_the_words_say_it_is_back(
    graded: Make, cues: tuple[str, ...], expected: int
) -> None:
    books = quiet_town(graded)
    ticket = saying(back(graded, "b", "乙", 45 * DAY), *cues)
    assert len(told(play(books, *solved(graded, 41 * DAY, 42 * DAY), ticket))) == expected


@pytest.mark.parametrize(
    ("outcome", "expected"), [("solved", 1), ("explained", 0), ("unsolved", 0), ("unknown", 1)]
)
def test_only_a_promise_can_be_broken(graded: Make, outcome: str, expected: int) -> None:
    books = quiet_town(graded)
    tickets = (back(graded, "b", "乙", 45 * DAY), back(graded, "c", "丙", 47 * DAY))
    assert len(told(play(books, *solved(graded, 41 * DAY, 42 * DAY, outcome), *tickets))) == expected


def test_another_place_and_another_matter_are_no_return(graded: Make) -> None:
    books = quiet_town(graded)
    elsewhere = [back(graded, f"b{n}", f"乙{n}", (45 + n) * DAY, community="远方花园") for n in range(3)]
    other = [
        graded(f"c{n}", f"丙{n}", "路灯坏了很久", (45 + n) * DAY, matter="路灯不亮", category="照明")
        for n in range(3)
    ]
    assert play(books, *solved(graded, 41 * DAY, 42 * DAY), *elsewhere, *other) == []


def test_a_place_that_is_always_called_about_does_not_come_back(graded: Make) -> None:
    books = quiet_town(graded)
    habit = [
        graded(f"h{n}", f"常{n}", f"小区停水了第{n}回", (1 + n * 2) * DAY, closed_hours=(1.5 + n * 2) * DAY)
        for n in range(20)
    ]
    for ticket in sorted(habit, key=lambda one: one.ticket.trigger_at):
        gather(ticket, books)
    tickets = (back(graded, "b", "乙", 45 * DAY), back(graded, "c", "丙", 47 * DAY))
    assert told(play(books, *solved(graded, 41 * DAY, 42 * DAY), *tickets)) == []


def test_a_crowd_of_one_day_is_one_call(graded: Make) -> None:
    books = quiet_town(graded)
    crowd = [back(graded, f"b{n}", f"乙{n}", 45 * DAY + n / 10) for n in range(6)]
    found = play(books, *solved(graded, 41 * DAY, 42 * DAY), *crowd)
    alone = play(quiet_town(graded), *solved(graded, 41 * DAY, 42 * DAY), *crowd[:2])
    assert found and found[-1].figures["lambda"] <= alone[-1].figures["lambda"] + 0.2


def test_unnamed_callers_are_nobody(graded: Make) -> None:
    books = quiet_town(graded)
    unnamed = [back(graded, f"b{n}", None, (45 + n) * DAY) for n in range(5)]
    assert play(books, *solved(graded, 41 * DAY, 42 * DAY), *unnamed) == []


def test_the_second_broken_promise_is_of_the_third_grade(graded: Make) -> None:
    books = quiet_town(graded)
    play(books, *solved(graded, 41 * DAY, 42 * DAY))
    play(books, back(graded, "b", "乙", 45 * DAY), back(graded, "c", "丙", 47 * DAY))
    for known, caller, hours in (("b", "乙", 45), ("c", "丙", 47)):
        gather(back(graded, known, caller, hours * DAY, edition=2, closed_hours=49 * DAY), books)
    found = play(books, back(graded, "d", "丁", 52 * DAY), back(graded, "e", "戊", 54 * DAY))
    assert found[-1].figures["grade"] == 3.0


def test_a_redelivery_says_the_same_again(graded: Make) -> None:
    books = quiet_town(graded)
    tickets = (back(graded, "b", "乙", 45 * DAY), back(graded, "c", "丙", 47 * DAY))
    found = play(books, *solved(graded, 41 * DAY, 42 * DAY), *tickets)
    again = play(books, *tickets)
    assert [c.candidate_id for c in again] == [c.candidate_id for c in found]


def test_a_crowd_about_what_was_closed_as_solved_names_the_reply(graded: Make) -> None:
    books = quiet_town(graded)
    play(books, *solved(graded, 41 * DAY, 42 * DAY))
    calls = [back(graded, f"b{n}", f"乙{n}", 45 * DAY + n / 10) for n in range(4)]
    found = [one for call in calls for one in gather(call, books).candidates if one.kind == "burst"]
    assert {one.facts.get("reply") for one in found if one.scope == "problem"} == {"管网已修复"}


def test_the_words_of_each_who_called_since_count(graded: Make) -> None:
    silent, one, both = (
        play(
            quiet_town(graded),
            *solved(graded, 41 * DAY, 42 * DAY),
            saying(back(graded, "b", "乙", 45 * DAY), *first),
            saying(back(graded, "c", "丙", 47 * DAY), *second),
        )[-1].figures
        for first, second in (((), ()), (("修好没几天又坏了",), ()), (("修好没几天又坏了",),) * 2)
    )
    assert [found["said_so"] for found in (silent, one, both)] == [0.0, 1.0, 2.0]
    assert silent["lambda"] < one["lambda"] < both["lambda"]


@pytest.mark.parametrize(
    ("people", "saying_so", "chance"), [(1, 0, 1.0), (1, 1, 0.1), (2, 1, 0.19), (2, 2, 0.01), (3, 1, 0.271)]
)
def test_one_in_ten_says_so_anyway(people: int, saying_so: int, chance: float) -> None:
    assert chance_of_words(saying_so, people) == pytest.approx(chance)


@pytest.mark.parametrize(("cues", "expected"), [(("修好没几天又坏了",), 1), ((), 0)])
def test_an_open_ticket_does_not_hide_a_broken_promise_that_is_spoken_of(
    graded: Make, cues: tuple[str, ...], expected: int
) -> None:
    books = quiet_town(graded)
    opened, closed = solved(graded, 41 * DAY, 42 * DAY)
    still_open = back(graded, "z", "癸", 41 * DAY + 1)
    calls = (saying(back(graded, "b", "乙", 45 * DAY), *cues), back(graded, "c", "丙", 47 * DAY))
    found = told(play(books, opened, still_open, closed, *calls))
    assert len({one.key for one in found}) == expected
    assert {one.facts["reply"] for one in found} <= {"管网已修复"}
    again = play(books, *calls)
    assert [one.candidate_id for one in told(again)] == [one.candidate_id for one in found]


def test_a_merge_keeps_the_later_promise(graded: Make) -> None:
    books = quiet_town(graded)
    opened, closed = solved(graded, 41 * DAY, 42 * DAY)
    other = graded(
        "z", "癸", "电梯里停电了", 41 * DAY - 1, community="光明花园", matter="停电", category="供电"
    )
    for ticket in (other, opened, closed):
        gather(ticket, books)
    older, younger = (books.members[known].problem_id for known in ("z", "a"))
    ask = Ask(ask_id="m", at=closed.ticket.trigger_at, by="王科", problem_id=younger, into=older)
    regroup(ask, books)
    one = books.of("东城区").problem(older)
    assert one is not None
    assert (one.solved_at, one.solution) == (closed.ticket.trigger_at, "管网已修复")

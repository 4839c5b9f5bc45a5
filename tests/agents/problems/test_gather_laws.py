"""Laws of gathering: what comes again changes nothing, a restart or a crash neither, and state is bounded."""

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.city import City
from agents.grading.grade import Graded
from agents.problems import signature
from agents.problems.books import Books
from agents.problems.gather import gather
from agents.problems.problem import Gathered

Make = Callable[..., Graded]


ELSEWHERE = "西苑小区"
"""The one estate that lies in another district."""


def new_books() -> Books:
    return Books(City(), {}, {}, {})


def run(tickets: list[Graded], books: Books) -> list[Gathered]:
    return [gather(ticket, books) for ticket in tickets]


def state_of(books: Books) -> tuple[dict[str, object], ...]:
    return dict(books.problems), dict(books.members), dict(books.rates)


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[str, str, str, float, int, float | None]]:
    """Tickets of few people at few places, some updated or closed later: (id, caller, place, hours,
    edition, closed)."""
    story = []
    hours = 0.0
    for number in range(draw(st.integers(2, 12))):
        hours += draw(st.sampled_from([0.0, 0.1, 5.0, 40.0, 500.0]))
        place = draw(st.sampled_from(["新华小区", "光明花园"]))
        caller = draw(st.sampled_from(["甲", "乙", "丙", ""]))
        story.append((f"t{number}", caller, place, hours, 1, None))
        if draw(st.booleans()):
            story.append((f"t{number}", caller, place, hours, 2, hours + 2))
        if draw(st.booleans()):
            moved = draw(st.sampled_from(["光明花园", ELSEWHERE]))
            story.append((f"t{number}", caller, moved, hours, 3, hours + 3))
    return story


def tell(graded: Make, story: list[tuple[str, str, str, float, int, float | None]]) -> list[Graded]:
    return [
        graded(
            id_,
            caller or None,
            hours=hours,
            community=place,
            edition=edition,
            closed_hours=closed,
            **({"district": "西城区", "street": "西苑街道"} if place == ELSEWHERE else {}),
        )
        for id_, caller, place, hours, edition, closed in story
    ]


LAW = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


@LAW
@given(stories())
def test_what_a_ticket_says_may_be_worked_out_ahead(
    graded: Make, story: list[tuple[str, str, str, float, int, float | None]]
) -> None:
    silent = graded("s", "丁", "我住新华小区，又没有水了", 900, community=None, district=None, street=None)
    ended = silent.model_copy(update={"ticket": silent.ticket.model_copy(update={"edition": 2})})
    # Of one whose beginning came last only the second edition is heard.
    tickets = [*tell(graded, story), silent, ended, graded("l", "戊", hours=901, edition=2)]
    here, there = new_books(), new_books()
    ahead = [signature.tell(ticket) for ticket in tickets]
    assert [gather(ticket, here, told) for ticket, told in zip(tickets, ahead, strict=True)] == run(
        tickets, there
    )
    assert state_of(here) == state_of(there)


@LAW
@given(stories())
def test_redelivery_changes_nothing(
    graded: Make, story: list[tuple[str, str, str, float, int, float | None]]
) -> None:
    books = new_books()
    tickets = tell(graded, story)
    run(tickets, books)
    before = state_of(books)
    run(tickets, books)
    assert state_of(books) == before


@LAW
@given(stories())
def test_last_redelivery_repeats_its_outputs(
    graded: Make, story: list[tuple[str, str, str, float, int, float | None]]
) -> None:
    books = new_books()
    tickets = tell(graded, story)
    last = run(tickets, books)[-1]
    assert gather(tickets[-1], books) == last


@LAW
@given(stories())
def test_restart_before_every_ticket_decides_the_same(
    graded: Make, story: list[tuple[str, str, str, float, int, float | None]]
) -> None:
    kept, restarted = new_books(), new_books()
    for ticket in tell(graded, story):
        expected = gather(ticket, kept)
        restarted.forget()
        assert gather(ticket, restarted) == expected
    assert state_of(restarted) == state_of(kept)


class Crash(Exception):
    """The machine stops before this write."""


class Failing(dict[str, Any]):
    """State whose writes stop after a given number, over all mappings that share the counter."""

    def __init__(self, counter: Iterator[int], at: int) -> None:
        super().__init__()
        self.counter, self.at = counter, at

    def __setitem__(self, key: str, value: Any) -> None:
        if next(self.counter) == self.at:
            raise Crash
        super().__setitem__(key, value)


def test_crash_before_any_write_and_redelivery_end_in_the_same_state(graded: Make) -> None:
    story = [
        ("a", "甲", "新华小区", 0.0, 1, None),
        ("b", "乙", "光明花园", 1.0, 1, None),
        ("c", "丙", "新华小区", 2.0, 1, None),
        ("c", "丙", "光明花园", 2.0, 2, None),
        ("b", "乙", "光明花园", 1.0, 3, 5.0),
        ("d", "丁", "新华小区", 2000.0, 1, None),
        ("e", "戊", "光明花园", 500.0, 1, None),
        ("f", "己", "光明花园", 501.0, 1, None),
        ("e", "戊", ELSEWHERE, 500.0, 2, None),
        ("g", "庚", ELSEWHERE, 502.0, 1, None),
    ]
    tickets = tell(graded, story)
    whole = new_books()
    expected_outcomes = run(tickets, whole)
    expected = state_of(whole)
    crash_at = 0
    while True:
        counter = iter(range(10_000))
        problems, members, rates = (Failing(counter, crash_at) for _ in range(3))
        books = Books(City(), problems, members, rates)
        crashed = False
        outcomes = []
        for ticket in tickets:
            try:
                outcome = gather(ticket, books)
            except Crash:
                crashed = True
                books.forget()
                outcome = gather(ticket, books)
            outcomes.append(outcome)
        assert state_of(books) == expected
        assert outcomes == expected_outcomes
        if not crashed:
            break
        crash_at += 1
    assert crash_at > 20


def test_state_of_a_problem_of_thousands_stays_bounded(graded: Make) -> None:
    books = new_books()
    for number in range(700):
        gather(graded(f"t{number}", f"人{number}", f"停水第{number}户", number / 100), books)
    (problem,) = books.problems.values()
    assert problem.tickets == 700
    assert problem.reporters == 700
    assert len(problem.model_dump_json()) < 20_000
    assert max(len(rate.model_dump_json()) for rate in books.rates.values()) < 10_000
    assert sum(member.signature is not None for member in books.members.values()) <= 12

"""Urgency rises with the crowd, for those who called before it was there, too."""

from agents.city import City
from agents.grading.grade import Graded
from agents.problems.gather import Books, gather
from agents.problems.problem import Gathered
from agents.problems.rising import CROWD, rise
from tests.agents.problems.conftest import make_graded

BEFORE = CROWD - 1


def call(number: int, **more: object) -> Graded:
    return make_graded(f"T{number:02}", caller=f"p{number}", hours=number / 60, **more)  # type: ignore[arg-type]  # its options


def told(gathered: Gathered) -> Graded:
    graded = gathered.changes[-1].graded
    assert graded is not None
    return graded


def play(books: Books, *calls: Graded) -> list[Gathered]:
    return [gather(one, books) for one in calls]


def books() -> Books:
    return Books(City(), {}, {}, {})


def test_ticket_that_completes_a_crowd_rises_and_recalls_its_fellows_once() -> None:
    gathered = play(books(), *(call(number) for number in range(CROWD + 3)))
    assert [told(one).grade.urgency for one in gathered] == ["normal"] * BEFORE + ["urgent"] * 4
    assert [bool(one.recalled) for one in gathered] == [False] * BEFORE + [True] + [False] * 3
    assert gathered[BEFORE].recalled == tuple(f"T{number:02}" for number in range(BEFORE))


def test_grade_says_that_the_crowd_raised_it_and_keeps_what_it_was() -> None:
    grade = told(play(books(), *(call(number) for number in range(CROWD)))[-1]).grade
    assert grade.author("urgency") == "crowd"
    assert grade.proposed == {"rules": "normal"}
    assert str(CROWD) in grade.urgency_reason


def test_recalled_ticket_rises_when_it_comes_again_and_changes_nothing_else() -> None:
    known = books()
    play(known, *(call(number) for number in range(CROWD)))
    problems, members = dict(known.problems), dict(known.members)
    (again,) = play(known, call(3))
    assert told(again).grade.urgency == "urgent"
    assert again.recalled == ()
    assert (dict(known.problems), dict(known.members)) == (problems, members)


def test_redelivery_of_the_one_that_completed_it_recalls_again() -> None:
    known = books()
    first = play(known, *(call(number) for number in range(CROWD)))[-1]
    (again,) = play(known, call(BEFORE))
    assert again.recalled == first.recalled


def test_one_persistent_caller_is_no_crowd() -> None:
    gathered = play(
        books(), *(make_graded(f"T{number:02}", caller="甲", hours=number / 60) for number in range(30))
    )
    assert {told(one).grade.urgency for one in gathered} == {"normal"}


def test_closed_tickets_and_those_in_no_need_stay() -> None:
    known = books()
    play(known, *(call(number) for number in range(CROWD)))
    closed, asked = play(
        known,
        call(2, edition=2, closed_hours=5),
        call(20, kind="consult", urgency="low"),
    )
    assert (told(closed).grade.urgency, told(asked).grade.urgency) == ("normal", "low")


def test_rising_twice_is_rising_once() -> None:
    grade = rise(call(1).grade)
    assert rise(grade) == grade

"""A ticket whose district is corrected is counted where it belongs, and there only."""

from collections.abc import Callable

from agents.city import City
from agents.grading.grade import Graded
from agents.problems.books import Books
from agents.problems.gather import gather

Make = Callable[..., Graded]
WEST = {"district": "西城区", "street": "西苑街道", "community": "西苑小区"}


def test_it_joins_the_problem_there_and_leaves_the_one_here(graded: Make) -> None:
    books = Books(City(), {}, {}, {})
    for number in range(2):
        gather(graded(f"w{number}", f"西{number}", hours=number / 10, **WEST), books)
        gather(graded(f"e{number}", f"东{number}", hours=number / 10), books)
    east = gather(graded("x", "甲", hours=1), books).changes[-1].problem
    assert east.tickets == 3
    left, joined = gather(graded("x", "甲", hours=1, edition=2, **WEST), books).changes
    assert (left.joined, left.problem.problem_id, left.problem.tickets, left.problem.reporters) == (
        "left",
        east.problem_id,
        2,
        2,
    )
    assert (joined.problem.district, joined.problem.tickets, joined.problem.reporters) == ("西城区", 3, 3)
    counted = {key: rate.today for key, rate in books.rates.items() if "|district|" in key}
    assert counted == {"东城区|district|供水": 2.0, "西城区|district|供水": 3.0}


def test_what_comes_here_afterwards_does_not_find_it(graded: Make) -> None:
    books = Books(City(), {}, {}, {})
    gather(graded("x", "甲"), books)
    opened = gather(graded("x", "甲", edition=2, **WEST), books).changes[-1].problem
    here = gather(graded("y", "乙", hours=1), books).changes[-1]
    assert (here.joined, here.problem.tickets) == ("opened", 1)
    there = gather(graded("z", "丙", hours=1, **WEST), books).changes[-1]
    assert (there.problem.problem_id, there.problem.tickets) == (opened.problem_id, 2)


def test_a_district_that_was_not_known_is_none_to_stay_in(graded: Make) -> None:
    books = Books(City(), {}, {}, {})
    gather(graded("x", "甲", community=None, district=None, street=None), books)
    assert gather(graded("x", "甲", edition=2, **WEST), books).changes[-1].problem.district == "西城区"


def test_crowds_count_it_where_it_is_now(graded: Make) -> None:
    books = Books(City(), {}, {}, {})
    for number in range(6):
        gather(graded(f"t{number}", f"人{number}", hours=number / 10), books)
    found = []
    for number in range(6):
        moved = graded(f"t{number}", f"人{number}", hours=number / 10, edition=2, **WEST)
        found += gather(moved, books).candidates
    assert {candidate.district for candidate in found} == {"西城区"}


def test_what_a_person_has_put_somewhere_stays_there(graded: Make) -> None:
    books = Books(City(), {}, {}, {})
    gather(graded("x", "甲"), books)
    books.members["x"] = books.members["x"].model_copy(update={"regrouped": 1})
    gather(graded("x", "甲", edition=2, **WEST), books)
    assert books.members["x"].district == "东城区"


def test_the_district_that_it_left_forgets_it_and_takes_nothing_with_it(graded: Make) -> None:
    books = Books(City(), {}, {}, {})
    old = gather(graded("x", "甲"), books).changes[-1].problem
    gather(graded("x", "甲", edition=2, **WEST), books)
    here, there = books.of("东城区"), books.of("西城区")
    assert (here.calls_of("甲", 0.0), there.calls_of("甲", 0.0)) == ((), ("x",))
    left = here.stored(old.problem_id)
    assert left is not None and not left.tickets
    here.drop_problem(left)
    here.drop_members()
    assert "x" in books.members

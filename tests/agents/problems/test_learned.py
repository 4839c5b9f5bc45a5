"""A ticket that does not say its district takes it from what the city's other tickets have taught, once."""

from collections.abc import Callable

import pytest

from agents.city import City
from agents.grading.grade import Graded
from agents.problems.books import Books
from agents.problems.gather import gather
from agents.problems.problem import Gathered

Make = Callable[..., Graded]
SILENT = {"community": None, "district": None, "street": None}


def new_books() -> Books:
    return Books(City(), {}, {}, {})


def told(outcome: Gathered) -> tuple[str | None, str | None]:
    change = outcome.changes[-1]
    assert change.graded is not None
    place = change.graded.ticket.place
    return place.district, place.street


def test_a_ticket_without_district_joins_the_others_of_its_place(graded: Make) -> None:
    books = new_books()
    first = gather(graded("a", "甲", "停水一上午了"), books)
    second = gather(graded("b", "乙", "我住新华小区，家里水龙头没有一滴水", 1, **SILENT), books)
    assert second.changes[-1].problem.problem_id == first.changes[-1].problem.problem_id
    assert second.changes[-1].problem.reporters == 2
    assert told(second) == ("东城区", "新华街道")
    assert second.count is not None and second.count.district == "东城区"


def test_what_was_learned_says_from_which_name(graded: Make) -> None:
    books = new_books()
    gather(graded("a"), books)
    outcome = gather(graded("b", "乙", "新华小区没有水", 1, **SILENT), books)
    assert outcome.changes[-1].graded is not None
    learned = [part for part in outcome.changes[-1].graded.ticket.parts if part.source == "learned"]
    assert [(part.kind, part.name, part.said) for part in learned] == [
        ("district", "东城区", "新华小区"),
        ("street", "新华街道", "新华小区"),
    ]


@pytest.mark.parametrize(
    ("taught", "expected"),
    [
        # One name in two districts tells neither; on two streets of one district only the district.
        ([{}, {"district": "西城区"}], (None, None)),
        ([{}, {"street": "光明街道"}], ("东城区", None)),
        ([{"street": None}], ("东城区", None)),
        ([{"district": None, "street": None}], (None, None)),
        ([{"community": "光明花园"}], (None, None)),
        # One in five is about another estate of that name.
        ([{}] * 4 + [{"district": "西城区"}], ("东城区", "新华街道")),
        ([{}] * 3 + [{"district": "西城区"}], (None, None)),
    ],
)
def test_only_what_is_one_is_learned(
    graded: Make, taught: list[dict[str, str | None]], expected: tuple[str | None, str | None]
) -> None:
    books = new_books()
    for number, place in enumerate(taught):
        gather(graded(f"t{number}", f"人{number}", **place), books)
    assert told(gather(graded("z", "乙", "新华小区没有水", 1, **SILENT), books)) == expected


def test_a_street_is_learned_in_the_district_that_the_ticket_says_and_in_no_other(graded: Make) -> None:
    books = new_books()
    gather(graded("a"), books)
    silent = {"community": None, "street": None}
    assert told(gather(graded("b", "乙", "新华小区没有水", 1, **silent), books)) == ("东城区", "新华街道")
    there = gather(graded("c", "丙", "新华小区没有水", 1, district="西城区", **silent), books)
    assert told(there) == ("西城区", None)


def test_a_redelivery_is_answered_alike_whatever_is_known_by_then(graded: Make) -> None:
    books = new_books()
    early, late = (graded(name, name, "新华小区没有水", 1, **SILENT) for name in ("a", "b"))
    before = gather(early, books)
    gather(graded("t", "丙", hours=2), books)
    after = gather(late, books)
    assert told(before) == (None, None) and told(after) == ("东城区", "新华街道")
    gather(graded("u", "丁", hours=3, district="西城区"), books)
    assert told(gather(early, books)) == (None, None)
    again = gather(late, books)
    assert told(again) == ("东城区", "新华街道")
    assert again.count == after.count


def test_a_district_that_is_said_later_is_the_one_that_counts(graded: Make) -> None:
    books = new_books()
    gather(graded("a"), books)
    gather(graded("b", "乙", "新华小区没有水", 1, **SILENT), books)
    silent = {"community": None, "street": None}
    later = gather(graded("b", "乙", "新华小区没有水", 1, edition=2, district="西城区", **silent), books)
    assert told(later) == ("西城区", None)
    assert later.count is not None and books.members["b"].district == "西城区"
    assert [(change.joined, change.problem.tickets) for change in later.changes] == [
        ("left", 1),
        ("opened", 1),
    ]


def test_after_a_restart_as_much_is_known(graded: Make) -> None:
    books = new_books()
    gather(graded("a"), books)
    gather(graded("b", "乙", "新华小区没有水", 1, **SILENT), books)
    restarted = Books(City(), books.problems, books.members, books.rates, books.calendars)
    ticket = graded("c", "丙", "新华小区没有水", 2, **SILENT)
    assert gather(ticket, restarted) == gather(ticket, books)


def test_a_learned_street_counts_in_the_streets_stream(graded: Make) -> None:
    books = new_books()
    gather(graded("a"), books)
    gather(graded("b", "乙", "新华小区没有水", 1, **SILENT), books)
    counted = [rate.counted for key, rate in books.rates.items() if key.startswith("东城区|street|")]
    assert len(counted) == 1 and len(books.members["b"].streams) == 3


@pytest.mark.parametrize("community", ["反映", "庄", "\U0001f600", "——"])
def test_a_name_of_no_characters_or_one_teaches_and_breaks_nothing(graded: Make, community: str) -> None:
    books = new_books()
    gather(graded("a", community=community), books)
    gather(graded("b", "乙", community=community), books)
    assert told(gather(graded("c", "丙", f"{community}没有水", 1, **SILENT), books)) == (None, None)


@pytest.mark.parametrize("title", ["新华小区", "新华", "我在新华小区"])
def test_a_title_that_is_a_learned_name_is_compared_by_the_other_words(graded: Make, title: str) -> None:
    books = new_books()
    first = gather(graded("a", "甲", "停水一上午了"), books)
    text = "小区家里水龙头没有一滴水，一上午了"
    second = gather(graded("b", "乙", text, 1, title=title, **SILENT), books)
    assert second.changes[-1].problem.problem_id == first.changes[-1].problem.problem_id

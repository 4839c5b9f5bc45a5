"""Callers: a person is one, nobody in particular is one a day, and an account of many is no person."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.city import City
from agents.grading.grade import Graded
from agents.problems.books import Books
from agents.problems.callers import ACCOUNTS, SHARED, is_named, noted
from agents.problems.gather import gather
from agents.problems.rate import Rate

Make = Callable[..., Graded]


LEAST_SHARE = min(share for share, _, _ in SHARED)
LEAST_TICKETS = min(least for _, least, _ in SHARED)


def told(calls: list[tuple[str, int]]) -> Rate:
    """The stream of all tickets after calls of (caller, day)."""
    total = Rate()
    for name, day in calls:
        caller = "" if name in total.nobodies else name
        total = total.model_copy(update=noted(total, caller, day))
    return total


def mixed(share: float, days: int, a_day: int = 20) -> list[tuple[str, int]]:
    """Calls of which the account "柜台" makes `share`, the rest by people who call once."""
    theirs = int(share * a_day)
    return [
        ("柜台" if number < theirs else f"人{day}-{number}", day)
        for day in range(days)
        for number in range(a_day)
    ]


@pytest.mark.parametrize(
    ("calls", "is_nobody"),
    [
        (mixed(0.35, 30), True),
        (mixed(1.0, 30), True),
        (mixed(0.15, 60), False),
        (mixed(0.35, 13), False),  # not fourteen days yet
        (mixed(0.5, 19, a_day=10), False),  # not two hundred tickets yet
        (mixed(0.9, 6, a_day=12), True),  # nearly all
        (mixed(1.0, 4, a_day=20), False),  # not five days yet
        (mixed(1.0, 9, a_day=6), False),  # not sixty tickets yet
        (mixed(0.0, 30) + [("柜台", 30)] * 50_000, False),  # a flood of one day
    ],
)
def test_account_of_many_is_no_person(calls: list[tuple[str, int]], is_nobody: bool) -> None:
    assert ("柜台" in told(calls).nobodies) is is_nobody


def test_calls_of_nobody_count_as_unnamed() -> None:
    total = told(mixed(1.0, 30))
    assert total.named == 0
    assert total.unnamed >= LEAST_TICKETS


@given(
    st.lists(
        st.tuples(st.sampled_from([*"甲乙丙丁戊己庚辛壬癸", "", "~x"]), st.integers(0, 40)),
        min_size=LEAST_TICKETS,
        max_size=600,
    ).map(lambda calls: sorted(calls, key=lambda call: call[1]))
)
def test_who_is_told_to_be_nobody_made_a_fifth_of_the_calls_and_the_books_stay_small(
    calls: list[tuple[str, int]],
) -> None:
    total = told(calls)
    for name in total.nobodies:
        most = max(
            sum(caller == name for caller, _ in calls[:end]) / end
            for end in range(LEAST_TICKETS, len(calls) + 1)
        )
        assert most >= LEAST_SHARE
    assert len(total.often) <= ACCOUNTS
    assert total.named + total.unnamed == len(calls)
    assert total.named <= sum(is_named(caller) for caller, _ in calls)


def platform(graded: Make, share: float) -> list[Graded]:
    """Thirty-five days of ten tickets, a share of them under one account id."""
    return [
        graded(
            f"q{n}",
            "r-0001" if n % 10 < share * 10 else f"人{n}",
            f"第{n}盏路灯不亮",
            n * 2.4,
            community=f"小区{n}",
            category="照明",
            matter="路灯不亮",
        )
        for n in range(350)
    ]


@pytest.mark.parametrize(("share", "has_burst"), [(1.0, True), (0.5, False)])
def test_one_id_for_everybody_does_not_silence_crowds_where_nobody_else_is_named(
    graded: Make, share: float, has_burst: bool
) -> None:
    books = Books(City(), {}, {}, {})
    for ticket in platform(graded, share):
        gather(ticket, books)
    calls = [graded(f"x{n}", "r-0001", f"停水{n}小时", 841 + n / 3) for n in range(5)]
    found = [c for call in calls for c in gather(call, books).candidates if c.kind == "burst"]
    assert bool(found) is has_burst


def test_the_calls_of_one_caller_are_read_back_in_the_order_of_their_times(graded: Make) -> None:
    """A ticket whose text has changed is indexed anew, behind those that came after it."""
    books = Books(City(), {}, {}, {})
    for number in range(3):
        gather(graded(f"t{number}", "甲", hours=number), books)
    gather(graded("t0", "甲", "小区停水，也停电了，没有人管", edition=2), books)
    again = Books(City(), dict(books.problems), dict(books.members), dict(books.rates))
    calls = books.of("东城区").calls_of("甲", -math.inf)
    assert calls == again.of("东城区").calls_of("甲", -math.inf) == ("t0", "t1", "t2")
    first = books.members["t0"].at
    assert books.of("东城区").calls_of("甲", first) == calls
    assert books.of("东城区").calls_of("甲", first + 1.0) == calls[1:]

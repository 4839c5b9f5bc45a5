"""Merging and splitting problems: ids, counts, later tickets, redelivery, crashes and orders."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.city import City
from agents.grading.grade import Graded
from agents.problems.books import Books
from agents.problems.gather import gather
from agents.problems.merging import Ask, regroup
from agents.problems.problem import MAX_RECORDS, Gathered, Problem
from agents.problems.tick import gather_on_tick

from .conftest import START, make_graded

Make = Callable[..., Graded]
MATTERS = (
    ("停水", "供水", "小区停水一上午了，没有人管"),
    ("油烟扰民", "环保", "楼下烧烤摊半夜油烟呛人，睡不着"),
    ("路灯不亮", "市政", "门口路灯坏了半个月，晚上看不见路"),
)


def call(number: int, matter: int, caller: str, hours: float, **more: object) -> Graded:
    name, category, text = MATTERS[matter]
    return make_graded(f"t{number}", caller, text, hours, matter=name, category=category, **more)


def books_of(*tickets: Graded) -> Books:
    books = Books(City(), {}, {}, {})
    for ticket in tickets:
        gather(ticket, books)
    return books


def problem_of(books: Books, ticket_id: str) -> Problem:
    book = books.of("东城区")
    member = book.member(ticket_id)
    assert member is not None
    problem = book.stored(member.problem_id)
    assert problem is not None and problem.into is None
    return problem


def merge(books: Books, one: str, two: str, name: str = "m1", hours: float = 100.0) -> Gathered:
    at = START + timedelta(hours=hours)
    return regroup(Ask(ask_id=name, at=at, by="王五", problem_id=one, into=two, why="同一件事"), books)


def split(books: Books, one: str, *ticket_ids: str, name: str = "s1") -> Gathered:
    at = START + timedelta(hours=101)
    return regroup(Ask(ask_id=name, at=at, by="王五", problem_id=one, ticket_ids=ticket_ids), books)


def state_of(books: Books) -> tuple[dict[str, object], ...]:
    return dict(books.problems), dict(books.members), dict(books.rates)


def counts_of(books: Books) -> dict[str, object]:
    """Each living problem with what it counts."""
    names = ("tickets", "reporters", "callers", "days", "open_tickets", "first_seen", "last_seen", "recent")
    return {
        problem.problem_id: {name: getattr(problem, name) for name in names}
        for problem in books.problems.values()
        if problem.into is None
    }


@pytest.fixture
def two() -> Books:
    """Water: t1 by 甲, t2 by 乙. Smoke: t3 by 甲, t4 by 丙, t5 by 丙."""
    return books_of(
        call(1, 0, "甲", 0),
        call(2, 0, "乙", 1),
        call(3, 1, "甲", 2),
        call(4, 1, "丙", 3),
        call(5, 1, "丙", 4, closed_hours=5),
    )


def test_the_older_survives_and_people_are_counted_once(two: Books) -> None:
    older, younger = problem_of(two, "t1"), problem_of(two, "t3")
    outcome = merge(two, younger.problem_id, older.problem_id)
    after = problem_of(two, "t4")
    assert after.problem_id == older.problem_id
    assert (after.tickets, after.reporters, after.open_tickets) == (5, 3, 4)
    assert after.callers == {"甲": 2, "乙": 1, "丙": 2}
    assert outcome.moved == dict.fromkeys(("t3", "t4", "t5"), older.problem_id)
    record = outcome.changes[-1].record
    assert record is not None
    assert (record.record, record.by, record.why) == ("merged", "王五", "同一件事")
    assert (record.problem_id, record.other_id, record.tickets) == (older.problem_id, younger.problem_id, 3)
    assert record.at == START + timedelta(hours=100)


def test_the_younger_id_stands_for_the_older(two: Books) -> None:
    older, younger = problem_of(two, "t1"), problem_of(two, "t3")
    merge(two, older.problem_id, younger.problem_id)
    book = two.of("东城区")
    found = book.problem(younger.problem_id)
    assert found is not None and found.problem_id == older.problem_id
    assert found.aliases == (younger.problem_id,)
    gone = book.stored(younger.problem_id)
    assert gone is not None and (gone.status, gone.into) == ("merged", older.problem_id)


def test_later_tickets_that_match_the_younger_join_the_survivor(two: Books) -> None:
    older, younger = problem_of(two, "t1"), problem_of(two, "t3")
    merge(two, older.problem_id, younger.problem_id)
    outcome = gather(call(6, 1, "丁", 6), two)
    assert outcome.changes[-1].problem.problem_id == older.problem_id
    assert outcome.changes[-1].problem.reporters == 4
    rate = two.of("东城区").rate(two.of("东城区").stream("problem", older.problem_id))
    assert rate is not None and set(rate.callers) == {"甲", "乙", "丙", "丁"}


def test_a_ticket_told_again_after_a_merge_says_where_it_is_now(two: Books) -> None:
    older, younger = problem_of(two, "t1"), problem_of(two, "t3")
    merge(two, older.problem_id, younger.problem_id)
    before = state_of(two)
    change = gather(call(4, 1, "丙", 3), two).changes[-1]
    assert (change.problem.problem_id, change.joined, change.moves) == (older.problem_id, "moved", 1)
    assert state_of(two) == before


def test_an_update_after_a_merge_counts_in_the_survivor(two: Books) -> None:
    older, younger = problem_of(two, "t1"), problem_of(two, "t3")
    merge(two, older.problem_id, younger.problem_id)
    gather(call(4, 1, "丙", 3, edition=2, closed_hours=7), two)
    assert problem_of(two, "t1").open_tickets == 3


def test_the_stream_of_the_merged_counts_what_one_problem_would_have(two: Books) -> None:
    merge(two, problem_of(two, "t1").problem_id, problem_of(two, "t3").problem_id)
    book = two.of("东城区")
    rate = book.rate(book.stream("problem", problem_of(two, "t1").problem_id))
    assert rate is not None
    assert rate.today == 3.0 and len(rate.recent) == 5


def test_a_split_gives_the_larger_part_the_id(two: Books) -> None:
    whole = problem_of(two, "t3")
    outcome = split(two, whole.problem_id, "t4", "t5")
    assert problem_of(two, "t4").problem_id == whole.problem_id
    assert problem_of(two, "t3").problem_id != whole.problem_id
    assert (problem_of(two, "t3").tickets, problem_of(two, "t4").tickets) == (1, 2)
    assert problem_of(two, "t3").first_seen == START + timedelta(hours=2)
    assert outcome.moved == {"t3": problem_of(two, "t3").problem_id}
    record = outcome.changes[-1].record
    assert record is not None and record.record == "split"


def test_after_a_split_tickets_join_the_part_they_are_like() -> None:
    books = books_of(call(1, 0, "甲", 0), call(2, 0, "乙", 1), call(3, 1, "丙", 2))
    merge(books, problem_of(books, "t1").problem_id, problem_of(books, "t3").problem_id)
    split(books, problem_of(books, "t1").problem_id, "t3")
    gather(call(4, 1, "丁", 3), books)
    assert problem_of(books, "t4").problem_id == problem_of(books, "t3").problem_id
    assert problem_of(books, "t4").problem_id != problem_of(books, "t1").problem_id


def test_a_ticket_split_off_stays_there_when_its_text_is_added_to() -> None:
    books = books_of(*(call(number, 0, who, number) for number, who in enumerate("甲乙丙丁", 1)))
    whole = problem_of(books, "t1").problem_id
    split(books, whole, "t4")
    apart = problem_of(books, "t4").problem_id
    gather(make_graded("t4", "丁", "小区停水一上午了，没有人管，孩子等着用水", 4, edition=2), books)
    assert problem_of(books, "t4").problem_id == apart != whole
    assert [problem_of(books, ticket).tickets for ticket in ("t1", "t4")] == [3, 1]


def test_a_merge_taken_back_leaves_what_was(two: Books) -> None:
    younger = problem_of(two, "t3")
    before = counts_of(two)
    merge(two, problem_of(two, "t1").problem_id, younger.problem_id)
    split(two, younger.problem_id, "t1", "t2")
    after = {str(sorted(counts["recent"])): counts for counts in counts_of(two).values()}  # type: ignore[index]
    assert after == {str(sorted(counts["recent"])): counts for counts in before.values()}  # type: ignore[index]


def test_merging_twice_is_merging_once(two: Books) -> None:
    one, other = problem_of(two, "t1").problem_id, problem_of(two, "t3").problem_id
    first = merge(two, one, other)
    before = state_of(two)
    assert merge(two, one, other) == first
    assert merge(two, other, one, "m2").changes[-1].record is None
    assert state_of(two) == before


def test_a_merged_problem_can_be_merged_again_by_any_of_its_names() -> None:
    books = books_of(call(1, 0, "甲", 0), call(2, 1, "乙", 1), call(3, 2, "丙", 2))
    a, b, c = (problem_of(books, name).problem_id for name in ("t1", "t2", "t3"))
    merge(books, b, c)
    merge(books, c, a, "m2")
    assert problem_of(books, "t3").problem_id == a
    book = books.of("东城区")
    assert {book.problem(name).problem_id for name in (a, b, c)} == {a}  # type: ignore[union-attr]
    assert problem_of(books, "t1").aliases == (c, b)


@pytest.mark.parametrize("ticket_ids", [(), ("t9",), ("t1", "t2")])
def test_what_cannot_be_split_is_refused_and_recorded(two: Books, ticket_ids: tuple[str, ...]) -> None:
    before = counts_of(two)
    problem_id = problem_of(two, "t1").problem_id
    outcome = split(two, problem_id, *ticket_ids)
    assert [change.record.record for change in outcome.changes if change.record] == ["refused"]
    assert counts_of(two) == before
    assert split(two, problem_id, *ticket_ids) == outcome


def test_what_is_refused_pushes_out_no_record_of_what_was_done(two: Books) -> None:
    problem_id = problem_of(two, "t3").problem_id
    split(two, problem_id, "t3")
    for number in range(2 * MAX_RECORDS):
        split(two, problem_id, "t9", name=f"no{number}")
    records = problem_of(two, "t4").records
    assert [record.record for record in records] == ["split", *["refused"] * (MAX_RECORDS - 1)]
    before = state_of(two)
    split(two, problem_id, "t3")
    assert state_of(two) == before


def test_a_merge_with_an_unknown_problem_is_refused_and_with_two_says_nothing(two: Books) -> None:
    outcome = merge(two, problem_of(two, "t1").problem_id, "p-nowhere")
    assert [change.record.record for change in outcome.changes if change.record] == ["refused"]
    assert merge(two, "p-nowhere", "p-neither") == Gathered()


def test_of_a_reason_of_any_length_a_record_keeps_the_beginning(two: Books) -> None:
    names = {"problem_id": problem_of(two, "t1").problem_id, "into": problem_of(two, "t3").problem_id}
    regroup(Ask(ask_id="m1", at=START, by="王" * 9999, why="同" * 9999, **names), two)
    (record,) = problem_of(two, "t1").records
    assert (record.by, record.why) == ("王" * 200, "同" * 200)


def test_a_merge_that_names_one_problem_only_is_refused(two: Books) -> None:
    outcome = merge(two, problem_of(two, "t1").problem_id, "")
    assert [change.record.record for change in outcome.changes if change.record] == ["refused"]


def test_what_was_merged_is_forgotten_with_its_survivor(two: Books) -> None:
    merge(two, problem_of(two, "t1").problem_id, problem_of(two, "t3").problem_id)
    for day in range(70, 500, 10):
        gather_on_tick(START + timedelta(days=day), two)
    assert state_of(two)[:2] == ({}, {})


class Torn(dict[str, object]):
    """A mapping whose writes fail after so many of all of them."""

    left = 10**9

    def __setitem__(self, key: str, value: object) -> None:
        if Torn.left <= 0:
            raise ConnectionError
        Torn.left -= 1
        super().__setitem__(key, value)


@pytest.mark.parametrize("survived", range(14))
def test_a_crash_between_any_two_writes_is_made_good_by_the_redelivery(survived: int) -> None:
    """What a crash leaves is read back, and the same asks come again."""
    tickets = [call(1, 0, "甲", 0), call(2, 0, "乙", 1), call(3, 1, "甲", 2), call(4, 1, "丙", 3)]
    tickets += [call(5, 1, "丁", 4)]
    whole, torn = books_of(*tickets), Books(City(), Torn(), Torn(), Torn())  # type: ignore[arg-type]
    one, other = problem_of(whole, "t1").problem_id, problem_of(whole, "t3").problem_id
    for ticket in tickets:
        gather(ticket, torn)
    told = [merge(whole, one, other), split(whole, one, "t3", "t4", name="s1")]
    Torn.left = survived
    try:
        merge(torn, one, other)
        split(torn, one, "t3", "t4", name="s1")
    except ConnectionError:
        pass
    Torn.left = 10**9
    again = Books(City(), torn.problems, torn.members, torn.rates)
    merge(again, one, other)
    assert split(again, one, "t3", "t4", name="s1") == told[1]
    assert state_of(again) == state_of(whole)


@pytest.mark.parametrize("survived", range(12))
def test_a_crash_while_a_survivor_is_itself_taken_in_loses_none_of_its_names(survived: int) -> None:
    tickets = [call(1, 0, "甲", 0), call(3, 1, "甲", 2), call(5, 2, "丁", 4)]
    whole, torn = books_of(*tickets), Books(City(), Torn(), Torn(), Torn())  # type: ignore[arg-type]
    oldest, older, youngest = (problem_of(whole, f"t{number}").problem_id for number in (1, 3, 5))
    for books in (whole, torn):
        for ticket in tickets if books is torn else ():
            gather(ticket, books)
        merge(books, older, youngest, "m1")
    told = merge(whole, oldest, older, "m2")
    Torn.left = survived
    with suppress(ConnectionError):
        merge(torn, oldest, older, "m2")
    Torn.left = 10**9
    again = Books(City(), torn.problems, torn.members, torn.rates)
    assert merge(again, oldest, older, "m2") == told
    assert state_of(again) == state_of(whole)


asks = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), st.integers(1, 9), st.integers(1, 9)),
        st.tuples(st.just("split"), st.integers(1, 9), st.sets(st.integers(1, 9), min_size=1)),
    ),
    min_size=1,
    max_size=6,
)
calls = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from("甲乙丙丁"), st.integers(0, 90)), min_size=9, max_size=9
)


def played(said: list[tuple[int, str, int]], asked: list[tuple[str, int, object]]) -> Books:
    books = books_of(*(call(n, matter, who, hours) for n, (matter, who, hours) in enumerate(said, 1)))
    for number, (what, ticket, other) in enumerate(asked):
        one = problem_of(books, f"t{ticket}").problem_id
        if what == "merge":
            merge(books, one, problem_of(books, f"t{other}").problem_id, f"a{number}")
        else:
            assert isinstance(other, set)
            split(books, one, *(f"t{n}" for n in sorted(other)), name=f"a{number}")
    return books


@given(calls, asks)
@settings(max_examples=80)
def test_whatever_is_merged_and_split_every_ticket_is_counted_once(
    said: list[tuple[int, str, int]], asked: list[tuple[str, int, object]]
) -> None:
    books = played(said, asked)
    members = list(books.members.values())
    living = [problem for problem in books.problems.values() if problem.into is None]
    assert sum(problem.tickets for problem in living) == len(members)
    for problem in living:
        own = [member for member in members if member.problem_id == problem.problem_id]
        assert problem.tickets == len(own)
        assert sorted(problem.recent) == sorted(member.ticket_id for member in own)
        assert problem.reporters == len({member.caller for member in own}) == len(problem.callers)
        assert problem.open_tickets == len(own)
        assert all(book.problem(name) is problem for book in books.all() for name in problem.aliases)
    versions = [change.version for change in sorted(living, key=lambda p: p.version)]
    assert all(one <= two for one, two in pairwise(versions))


@given(calls, asks)
@settings(max_examples=60)
def test_what_is_read_back_decides_alike(
    said: list[tuple[int, str, int]], asked: list[tuple[str, int, object]]
) -> None:
    """A worker that starts anew with the stored state, and one that went on."""
    books = played(said, asked)
    again = Books(City(), dict(books.problems), dict(books.members), dict(books.rates))
    later = [call(20 + matter, matter, "戊", 95) for matter in range(3)]
    assert [gather(one, again) for one in later] == [gather(one, books) for one in later]
    assert state_of(again) == state_of(books)


@given(calls, st.permutations([1, 2, 3]), st.booleans())
@settings(max_examples=40)
def test_the_order_of_merges_does_not_matter(
    said: list[tuple[int, str, int]], order: list[int], swaps: bool
) -> None:
    """Three problems become one with the same counts and the same id, whatever is merged first."""
    said[:3] = [(matter, who, 0) for matter, (_, who, _) in enumerate(said[:3])]
    pairs = [("merge", order[n], order[n + 1]) for n in range(2)]
    if swaps:
        pairs = [(what, two, one) for what, one, two in reversed(pairs)]
    plain = played(said, [("merge", 1, 2), ("merge", 2, 3)])
    assert counts_of(played(said, pairs)) == counts_of(plain)  # type: ignore[arg-type]

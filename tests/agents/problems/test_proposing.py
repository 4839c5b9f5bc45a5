"""Merges are proposed where one ticket belongs to two problems as surely, and decided by a person."""

from datetime import timedelta

import pytest

from agents.city import City
from agents.problems.books import Books
from agents.problems.gather import gather
from agents.problems.merging import MACHINE, Ask, regroup
from agents.problems.problem import MAX_PROPOSALS, Gathered, Problem, Record
from agents.problems.proposing import with_proposal
from agents.problems.tick import gather_on_tick

from .conftest import START, make_graded

TANK = "三号楼水箱漏水把一楼大厅淹了，物业一直不处理"
LIFT = "电梯进水停运，老人下不了楼，维保不来"
CALLS = (
    make_graded("t1", "甲", TANK, 0, matter="水箱漏水", category="物业管理"),
    make_graded("t2", "乙", LIFT, 20, matter="电梯停运", category="物业管理"),
    make_graded("t3", "丙", f"{LIFT}，楼上水箱又漏水", 20.5, matter="水箱漏水", category="物业管理"),
)


@pytest.fixture
def books() -> Books:
    books = Books(City(), {}, {}, {})
    for call in CALLS:
        gather(call, books)
    return books


def problem_of(books: Books, ticket_id: str) -> Problem:
    problem = books.of("东城区").problem(books.members[ticket_id].problem_id)
    assert problem is not None
    return problem


def ask(books: Books, name: str, **more: object) -> Gathered:
    asked = {"ask_id": name, "at": START + timedelta(days=2), "by": "王五"}
    return regroup(
        Ask.model_validate({**asked, "problem_id": problem_of(books, "t1").problem_id, **more}), books
    )


def test_a_ticket_of_two_problems_proposes_that_they_are_one(books: Books) -> None:
    own, other = problem_of(books, "t3"), problem_of(books, "t1")
    assert own.problem_id == problem_of(books, "t2").problem_id != other.problem_id
    (proposal,) = own.proposals
    assert (proposal.record, proposal.by, proposal.other_id) == ("merge_proposed", MACHINE, other.problem_id)
    assert proposal.ticket_ids == ("t3",) and proposal.score >= 1.0
    assert (own.tickets, other.tickets) == (2, 1)


def test_a_redelivery_proposes_the_same_and_changes_nothing(books: Books) -> None:
    before = dict(books.problems)
    (change,) = gather(CALLS[2], books).changes
    assert (change.record,) == problem_of(books, "t3").proposals
    assert books.problems == before


def test_what_was_merged_is_proposed_no_more(books: Books) -> None:
    ask(books, "m1", into=problem_of(books, "t2").problem_id)
    assert problem_of(books, "t2").proposals == ()
    assert gather(CALLS[2], books).changes[-1].record is None
    assert problem_of(books, "t2").proposals == ()


def test_what_was_merged_by_another_name_is_proposed_no_more(books: Books) -> None:
    gather(make_graded("t0", "丁", "路灯整夜不亮", -30, matter="路灯不亮", category="市政"), books)
    ask(books, "m1", into=problem_of(books, "t0").problem_id)
    assert len(problem_of(books, "t3").proposals) == 1
    ask(books, "m2", into=problem_of(books, "t3").problem_id)
    assert problem_of(books, "t3").problem_id == problem_of(books, "t0").problem_id
    assert problem_of(books, "t3").proposals == ()


def test_a_problem_that_has_grown_quiet_proposes_nothing_any_more(books: Books) -> None:
    gather_on_tick(START + timedelta(days=70), books)
    assert problem_of(books, "t3").status == "closed"
    assert problem_of(books, "t3").proposals == ()


def test_what_a_person_split_is_not_proposed_again(books: Books) -> None:
    ask(books, "m1", into=problem_of(books, "t2").problem_id)
    ask(books, "s1", ticket_ids=("t1",))
    assert problem_of(books, "t1").problem_id != problem_of(books, "t3").problem_id
    assert gather(CALLS[2], books).changes[-1].record is None
    assert problem_of(books, "t3").proposals == ()


def test_a_problem_lists_few_proposals_and_of_a_pair_the_strongest(books: Books) -> None:
    problem = problem_of(books, "t3")

    def proposal(number: int, score: float) -> Record:
        return problem.proposals[0].model_copy(update={"record_id": f"m-{number}", "score": score})

    for number in range(20):
        problem = with_proposal(problem, proposal(number, 1.0))
    assert len(problem.proposals) == MAX_PROPOSALS
    assert with_proposal(problem, proposal(19, 0.5)) is problem
    assert with_proposal(problem, proposal(19, 2.0)).proposals[-1].score == 2.0

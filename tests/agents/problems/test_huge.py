"""A problem without end: each ticket costs what the first did, and what is kept of it is bounded."""

import json
import time

import pytest

from agents.city import City
from agents.grading.grade import Graded
from agents.problems.books import Books
from agents.problems.gather import gather
from agents.problems.problem import MAX_CALLERS, MAX_DAYS, MAX_RECENT
from agents.problems.rate import MAX_CALLERS as MAX_OF_STREAM
from agents.problems.search import INDEXED_MEMBERS

from .conftest import make_graded

SAID = (
    "小区停水一上午了，没有人管",
    "家里水龙头没有一滴水",
    "什么时候能来水，老人没法做饭",
    "又停水了，物业说不知道",
)


def call(number: int) -> Graded:
    return make_graded(f"t{number}", f"人{number}", f"{SAID[number % 4]}{number % 997}", number / 60)


@pytest.fixture(scope="module")
def flood() -> tuple[Books, list[float]]:
    """5,000 people about one matter at one place, one a minute; and the CPU seconds of each thousand."""
    books, spent = Books(City(), {}, {}, {}), []
    for thousand in range(5):
        calls = [call(number) for number in range(thousand * 1000, thousand * 1000 + 1000)]
        began = time.process_time()
        for one in calls:
            gather(one, books)
        spent.append(time.process_time() - began)
    return books, spent


def test_it_is_one_problem_with_every_ticket(flood: tuple[Books, list[float]]) -> None:
    books, _ = flood
    (problem,) = books.problems.values()
    assert problem.tickets == len(books.members) == 5000
    assert problem.reporters >= MAX_CALLERS


def test_what_is_kept_of_it_is_bounded(flood: tuple[Books, list[float]]) -> None:
    books, _ = flood
    (problem,) = books.problems.values()
    assert (len(problem.recent), len(problem.callers)) == (MAX_RECENT, MAX_CALLERS)
    assert len(problem.days) <= MAX_DAYS
    assert all(len(rate.callers) <= MAX_OF_STREAM and len(rate.recent) <= 50 for rate in books.rates.values())
    assert len(books.rates) == 4
    assert sum(member.signature is not None for member in books.members.values()) <= INDEXED_MEMBERS
    assert len(json.dumps(problem.model_dump(mode="json"))) < 20_000
    assert all(len(member.model_dump_json()) < 3_000 for member in list(books.members.values())[::500])


def test_each_ticket_costs_what_the_first_ones_did(flood: tuple[Books, list[float]]) -> None:
    """Twice as much would be noise of the machine; a cost that grows with the problem would be five times."""
    _, spent = flood
    assert min(spent[3:]) < 2.5 * min(spent[:2])

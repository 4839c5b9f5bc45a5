"""Bursts: what a crowd's own words, its place and its district's size change about it."""

from collections.abc import Callable

import pytest

from agents.city import City, District
from agents.grading.grade import Graded
from agents.problems.books import Books
from agents.problems.case import MAX_TICKETS
from agents.problems.crowd import MOST_AGREED, together
from agents.problems.gather import gather
from agents.problems.member import Member
from agents.problems.problem import Candidate

Make = Callable[..., Graded]
DAY = 24.0


def quiet(graded: Make, days: int, a_day: int) -> list[Graded]:
    """A district's everyday tickets, each about something else somewhere else."""
    return [
        graded(
            f"q{n}",
            f"旧{n}",
            f"第{n}件事情没人管",
            n * DAY / a_day,
            community=f"第{n}庄",
            matter=f"事{n % 40}",
            category=f"类{n % 20}",
            street=f"{n % 8}街道",
        )
        for n in range(days * a_day)
    ]


def crowd(graded: Make, *matters: str, at: float, apart: float = 0.1) -> list[Graded]:
    """One person for each matter, at one place."""
    return [
        graded(f"x{n}", f"新{n}", "小区一上午了没人管", at + n * apart, matter=matter, street="1街道")
        for n, matter in enumerate(matters)
    ]


def found_of(tickets: list[Graded], city: City | None = None) -> dict[str, Candidate]:
    """By scope, the bursts that the last ticket completes."""
    books = Books(city or City(), {}, {}, {})
    for ticket in tickets:
        candidates = gather(ticket, books).candidates
    return {candidate.scope: candidate for candidate in candidates if candidate.kind == "burst"}


BUSY, SPARSE = (4, 120), (30, 10)
LARGE = City(districts=(District("东城区"), *(District(f"{n}区") for n in range(40))))
ONE = ("停水", "停水", "停水")


@pytest.mark.parametrize(("matters", "gain"), [(ONE, MOST_AGREED), (("停水", "水费", "电梯"), -MOST_AGREED)])
def test_what_a_place_s_people_say_is_part_of_its_evidence(
    graded: Make, matters: tuple[str, ...], gain: float
) -> None:
    days, _ = BUSY
    found = found_of([*quiet(graded, *BUSY), *crowd(graded, *matters, at=days * DAY)])["problem"]
    assert found.figures["together"] == gain
    alone = found_of([*quiet(graded, *BUSY), *crowd(graded, "", "", "", at=days * DAY)])["problem"]
    assert alone.figures["together"] == 0.0
    assert found.figures["lambda"] == pytest.approx(alone.figures["lambda"] + gain, abs=0.01)


def test_in_a_sparse_district_they_are_told_whatever_they_say(graded: Make) -> None:
    days, _ = SPARSE
    found = found_of([*quiet(graded, *SPARSE), *crowd(graded, *ONE, at=days * DAY)])
    assert "together" not in found["problem"].figures
    assert "together" in found["street"].figures


def test_one_thing_said_lifts_a_crowd_that_chance_alone_would_hide_in_a_large_city(graded: Make) -> None:
    days, _ = BUSY
    earlier = [
        graded(f"h{n}", f"早{n}", "小区一上午了没人管", n * DAY, matter=ONE[0], street="1街道")
        for n in range(days)
    ]
    before = sorted([*quiet(graded, *BUSY), *earlier], key=lambda one: one.ticket.trigger_at)
    for matters, is_found in ((ONE, True), (("停水", "水费", "电梯"), False)):
        tickets = [*before, *crowd(graded, *matters, at=days * DAY + 0.1, apart=1.5)]
        assert ("problem" in found_of(tickets, LARGE)) is is_found


def test_a_wide_crowd_s_addresses_are_weighed_against_those_of_before_it_only(graded: Make) -> None:
    days, _ = BUSY
    pairs = [
        graded(
            f"x{n}", f"新{n}", "一上午没有水", days * DAY + n / 20, community=f"{n // 2}村", street="1街道"
        )
        for n in range(8)
    ]
    figures = found_of([*quiet(graded, *BUSY), *pairs])["street"].figures
    members = [Member.model_construct(caller=f"新{n}", problem_id=f"p{n // 2}") for n in range(8)]
    assert figures["together"] == pytest.approx(together("street", members, []), abs=1e-6)


def test_of_a_wide_crowd_larger_than_its_list_all_are_counted_and_each_listed_once(graded: Make) -> None:
    days, _ = BUSY
    many = [
        graded(f"x{n:02}", f"新{n}", "一上午没有水", days * DAY + n / 100, community=f"{n}村", street="1街道")
        for n in range(80)
    ]
    found = found_of([*quiet(graded, *BUSY), *many])["street"]
    assert found.reporters == 80
    assert len(found.ticket_ids) == len(set(found.ticket_ids)) == MAX_TICKETS


def test_a_ticket_that_comes_again_finds_the_same_again(graded: Make) -> None:
    days, _ = BUSY
    books = Books(City(), {}, {}, {})
    tickets = [*quiet(graded, *BUSY), *crowd(graded, *ONE, ONE[0], at=days * DAY)]
    found = [gather(ticket, books).candidates for ticket in tickets]
    assert len(found[-1]) == 3
    assert gather(tickets[-1], books).candidates == found[-1]
    # One from before tells of what has come since, under its own id, and lists no ticket twice.
    again = gather(tickets[-2], books).candidates
    assert {c.candidate_id for c in found[-2]} <= {c.candidate_id for c in again}
    assert all(sorted(c.ticket_ids) == ["x0", "x1", "x2", "x3"] for c in again)

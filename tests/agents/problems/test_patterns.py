"""Findings: hazards at once, bursts only when there is one, order of one instant without effect."""

from collections.abc import Callable
from itertools import permutations

import pytest

from agents.city import City
from agents.grading.grade import Graded
from agents.intake.ticket import Hazard
from agents.problems.books import Books
from agents.problems.gather import gather
from agents.problems.patterns import find_hazards_alone
from agents.problems.problem import Candidate
from agents.problems.tick import gather_on_tick

Make = Callable[..., Graded]


def with_hazards(ticket: Graded, *hazards: tuple[str, str]) -> Graded:
    found = tuple(Hazard(name=name, level=level, quote="燃气味很大") for name, level in hazards)
    return ticket.model_copy(update={"ticket": ticket.ticket.model_copy(update={"hazards": found})})


def candidates_of(tickets: list[Graded]) -> list[Candidate]:
    books = Books(City(), {}, {}, {})
    return [candidate for ticket in tickets for candidate in gather(ticket, books).candidates]


def test_critical_hazard_is_a_candidate_at_once(graded: Make) -> None:
    ticket = with_hazards(graded("a"), ("gas_leak", "critical"), ("pothole", "urgent")).ticket
    (candidate,) = find_hazards_alone(ticket)
    assert (candidate.kind, candidate.hazards, candidate.problem_id) == ("hazard", ("gas_leak",), None)
    assert candidate.evidence[0].quote == "燃气味很大"


def test_hazard_has_one_key_at_one_place_and_one_id_a_ticket(graded: Make) -> None:
    first, again, other = (
        find_hazards_alone(with_hazards(ticket, ("gas_leak", "critical")).ticket)[0]
        for ticket in (graded("a"), graded("a", edition=2), graded("b", "乙"))
    )
    assert first.candidate_id == again.candidate_id != other.candidate_id
    assert first.key == other.key


def test_hazard_without_a_place_is_keyed_by_its_ticket(graded: Make) -> None:
    keys = {
        find_hazards_alone(with_hazards(graded(id_, community=None), ("gas_leak", "critical")).ticket)[0].key
        for id_ in ("a", "b")
    }
    assert len(keys) == 2


def test_closed_ticket_raises_no_hazard(graded: Make) -> None:
    closed = with_hazards(graded("a", closed_hours=2, edition=2), ("gas_leak", "critical"))
    assert find_hazards_alone(closed.ticket) == ()


def test_hazard_of_the_rules_is_not_told_twice(graded: Make) -> None:
    assert candidates_of([with_hazards(graded("a", urgency="critical"), ("gas_leak", "critical"))]) == []


def test_steady_stream_of_many_matters_has_no_problem_burst(graded: Make) -> None:
    tickets = [
        graded(f"t{n}", f"人{n}", f"第{n}件事情", n / 2, community=f"小区{n % 97}", matter=f"事{n % 7}")
        for n in range(400)
    ]
    strong = [c for c in candidates_of(tickets) if c.kind == "burst" and c.figures["lambda"] >= 1.0]
    assert strong == []


def test_street_burst_over_many_estates_is_found_at_street_level(graded: Make) -> None:
    quiet = [
        graded(
            f"q{n}",
            f"旧{n}",
            f"第{n}件",
            n * 4,
            community=f"小区{n}",
            category="供水",
            matter="水压低",
            street=f"街{n % 9}",
        )
        for n in range(200)
    ]
    burst = [
        graded(f"x{n}", f"新{n}", f"第{n}户没有水", 800 + n / 20, community=f"新村{n}", street="街3")
        for n in range(8)
    ]
    found = [c for c in candidates_of(quiet + burst) if c.scope == "street" and c.trigger_ticket_id == "x7"]
    assert found
    assert found[0].reporters == 8
    assert found[0].place.street == "街3"
    assert found[0].place.community is None


def test_more_tickets_of_no_category_are_no_finding(graded: Make) -> None:
    quiet = [graded(f"q{n}", f"旧{n}", f"第{n}件", n * 8, community=f"小区{n}") for n in range(100)]
    burst = [
        graded(
            f"x{n}",
            f"新{n}",
            f"毫不相干的第{n}件",
            800 + n / 20,
            community=f"新村{n}",
            category="other",
            matter="other",
        )
        for n in range(12)
    ]
    assert [c for c in candidates_of(quiet + burst) if c.category == "other"] == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_order_inside_one_instant_does_not_change_the_counts(graded: Make, order: tuple[int, ...]) -> None:
    tickets = [graded(f"t{n}", f"人{n}", "小区停水一上午了", 5.0) for n in range(3)]
    books = Books(City(), {}, {}, {})
    for number in order:
        gather(tickets[number], books)
    (problem,) = books.problems.values()
    assert (problem.tickets, problem.reporters) == (3, 3)
    wide = [rate for key, rate in books.rates.items() if "|problem|" not in key]
    assert [rate.today for rate in wide] == [3.0] * len(wide)


def test_candidate_is_bounded_and_quotes_different_people(graded: Make) -> None:
    tickets = [graded(f"t{n}", f"人{n}", f"小区停水，第{n}户老人没有水喝", 600 + n / 50) for n in range(90)]
    last = candidates_of(tickets)[-1]
    assert len(last.ticket_ids) <= 50
    assert len(last.evidence) == 3
    assert len({quote.quote for quote in last.evidence}) == 3


@pytest.mark.parametrize(
    ("matters", "heading"),
    [
        (("小区停水",) * 6, "小区停水"),  # a matter of the word lists
        (("停水啦", "没水用了", "水停了") * 2, "供水"),  # free words for one thing: by category
    ],
)
def test_wide_streams_count_by_matter_where_the_word_lists_name_it(
    graded: Make, matters: tuple[str, ...], heading: str
) -> None:
    books = Books(City(), {}, {}, {})
    for number, matter in enumerate(matters):
        gather(graded(f"x{number}", f"人{number}", f"第{number}户", number, matter=matter), books)
    assert books.rates[f"东城区|street|{heading}|新华街道"].counted == 0.0
    assert len(books.rates[f"东城区|district|{heading}"].callers) == 6


def test_street_crowd_of_one_matter_is_found_among_many_others_of_its_category(graded: Make) -> None:
    quiet = [
        graded(f"q{n}", f"旧{n}", f"第{n}块水表", n * 2, community=f"小区{n}", matter="水费水表")
        for n in range(400)
    ]
    crowd = [
        graded(f"x{n}", f"新{n}", f"第{n}户没有水", 801 + n / 10, community=f"新村{n}", matter="小区停水")
        for n in range(4)
    ]
    found = [c for c in candidates_of(quiet + crowd) if c.scope == "street" and c.trigger_ticket_id == "x3"]
    assert [c.reporters for c in found] == [4]
    assert found[0].figures["lambda"] > 1.0


@pytest.mark.parametrize(
    ("filed", "told"),
    [
        (("供水", "供水", "供水", "供热"), "供水"),
        (("other", "other", "other", "供水"), "供水"),
        # Where as many are, the one that completed it says it.
        (("供水", "供热", "供水", "供热"), "供热"),
    ],
)
def test_a_wide_crowd_is_filed_under_what_most_of_it_is_filed_under(
    graded: Make, filed: tuple[str, ...], told: str
) -> None:
    quiet = [
        graded(f"q{n}", f"旧{n}", f"第{n}块水表", n * 2, community=f"小区{n}", matter="水费水表")
        for n in range(400)
    ]
    crowd = [
        graded(
            f"x{n}",
            f"新{n}",
            f"第{n}户没有水",
            801 + n / 10,
            community=f"新村{n}",
            matter="小区停水",
            category=category,
        )
        for n, category in enumerate(filed)
    ]
    found = [c for c in candidates_of(quiet + crowd) if c.trigger_ticket_id == "x3"]
    assert {(c.scope, c.category) for c in found} == {("street", told), ("district", told)}


def test_crowd_that_became_the_city_s_own_work_is_found_no_more_when_its_tickets_come_again(
    graded: Make,
) -> None:
    tickets = [graded(f"t{n}", f"人{n}", hours=n / 10) for n in range(6)]
    later = [
        graded(f"t{n}", f"人{n}", "现场看过，记录在案", n / 10, matter="巡查", edition=2) for n in range(6)
    ]
    books = Books(City(), {}, {}, {})
    found = [gather(ticket, books).candidates for ticket in tickets]
    assert {candidate.scope for candidate in found[-1]} == {"problem", "street", "district"}
    for ticket in (*later, *tickets):
        assert gather(ticket, books).candidates == ()


def test_silent_wide_streams_are_forgotten(graded: Make) -> None:
    books = Books(City(), {}, {}, {})
    gather(graded("a"), books)
    gather_on_tick(graded("b", hours=24 * 130).ticket.trigger_at, books)
    assert [key for key in books.rates if "|district|" in key or "|street|" in key] == []
    assert books.of("东城区").children.get("东城区|all", 0) == 0

"""What is usual of the streams of one ticket."""

from typing import NamedTuple

from agents.problems.baseline import SLOW_BELOW_PER_DAY, START_UP_DAYS, hourly
from agents.problems.case import Case, scope_of
from agents.problems.hours import Week

FIRST_RATE = 1 / 24
"""Tickets an hour of a district of which nothing is known."""
UNSEEN_CHILDREN = 10
"""Problems not met yet that a stream's rate is also divided among."""


class Usual(NamedTuple):
    """What is expected of the streams of one ticket."""

    hourly: dict[str, float]
    unaware: float
    """Of the narrowest stream, by its share alone: what one would expect who had not heard of the problem."""
    per_day: float
    sparse: bool
    week: Week


def expect(case: Case) -> Usual:
    """Usual reporters per hour of each stream: its own past, shrunk to its share of the wider stream's rate.

    A share is 1 / number of known streams below the wider one (a problem: half of that, as most of a street's
    tickets are problems met once). Before 28 days of history the wide streams' open days count too.
    """
    book, rates = case.book, case.rates
    total_key = book.total_key
    total = rates[total_key]
    at = total.at
    young = at - total.since < START_UP_DAYS * 86_400
    whole = hourly(total, FIRST_RATE, "all", at, young)
    expected: dict[str, float] = {}
    above, prior, unaware = total_key, whole, whole
    for key in case.member.streams:
        level = scope_of(key)
        if level == "problem":
            unmet = book.problem(case.problem.problem_id) is None
            share = 0.5 / (book.children.get(f"{above}|problems", 0) + unmet + UNSEEN_CHILDREN)
        else:
            # One more than are known, whether this one is stored yet or not.
            share = 1.0 / max(2, book.children.get(above, 0) + (book.rate(key) is None) + 1)
        unaware = prior * share
        prior = hourly(rates[key], unaware, level, at, young and level != "problem")
        expected[key] = prior
        above = key
    per_day = whole * 24.0
    week = book.weeks.of(rates[case.member.streams[0]].hours, total.hours)
    districts = max(1, len(case.city.districts))
    return Usual(expected, unaware, per_day * districts, per_day < SLOW_BELOW_PER_DAY, week)

"""Chronic problems 长期未决: few calls at a time, week after week, by several people who call again.

They are ranked, not cut off at a threshold. Source of the gates: alerting.md C.2. It ranks by the excess of
callers over the usual; on our simulated city, where a place's kind and size explain most of that, the first 20
by excess held 2 of 39 planted ones, the first 20 by how many people called again in another week 18.
"""

import math
from collections import Counter
from datetime import datetime
from typing import NamedTuple

from scipy.special import betainc

from agents.city import City
from agents.problems.book import Book
from agents.problems.calendar import Calendar, tags_of, week_of_day
from agents.problems.problem import Candidate
from agents.problems.standing import finding_of, newest_of

WEEKS = 8
LEAST_WEEKS = 4
"""Of history, before anything is called chronic."""
LEAST_CALLERS = 4
LEAST_ACTIVE = 5 / 8
"""Share of the weeks in which somebody called."""
MOST_OF_ONE_WEEK = 0.5
MOST_OF_ONE_CALLER = 0.4
LISTED = 20
"""A city and week."""
LEAST_PERSISTENCE = 1.3
"""One chance in twenty: a quiet city has no twenty chronic problems."""
CALLS_AGAIN = 0.06
"""Share of callers who call about the same in another week anyway: of the 12 % who phone again (alerting.md
A.1, after two days on average) about half."""
_DAY = 86_400


class Ranked(NamedTuple):
    persistence: float
    figures: dict[str, float]
    calendar: Calendar


def find_chronic(book: Book, at: datetime, now: float, city: City) -> list[Candidate]:
    """The district's part of the weekly list, the most certain first. `now` is `at` in local seconds."""
    total = book.rate(book.total_key)
    if total is None:
        return []
    this_week = week_of_day(int(now // _DAY))
    weeks = min(WEEKS, this_week - week_of_day(int(total.since // _DAY)))
    if weeks < LEAST_WEEKS:
        return []
    ranked = [
        Ranked(strength, figures | {"persistence": strength}, calendar)
        for calendar in book.own_calendars()
        if (figures := _gates(calendar, this_week, weeks)) is not None
        and (strength := persistence(figures["callers"], figures["calls"])) >= LEAST_PERSISTENCE
    ]
    ranked.sort(key=lambda one: (-one.persistence, one.calendar.spot, one.calendar.topic))
    quota = math.ceil(LISTED / max(1, len(city.districts)))
    return [_candidate(book, one, at, now, city) for one in ranked[:quota]]


def _gates(calendar: Calendar, this_week: int, weeks: int) -> dict[str, float] | None:
    """The figures of the last finished weeks, where they are those of a chronic problem."""
    if len(calendar.weeks) < LEAST_ACTIVE * weeks or calendar.spot.startswith("street:"):
        return None
    span = range(this_week - weeks, this_week)
    by_week = [calendar.weeks[week] for week in span if week in calendar.weeks]
    if len(by_week) < LEAST_ACTIVE * weeks:
        return None
    calls = Counter(tag for week in by_week for tag in tags_of(week))
    busiest = max(sum(1 for _ in tags_of(week)) for week in by_week)
    total = sum(calls.values())
    if len(calls) < LEAST_CALLERS or busiest > MOST_OF_ONE_WEEK * total:
        return None
    if max(calls.values()) > MOST_OF_ONE_CALLER * total:
        return None
    return {
        "weeks": float(weeks),
        "active": float(len(by_week)),
        "callers": float(len(calls)),
        "calls": float(total),
    }


def persistence(callers: float, calls: float) -> float:
    """−log10 P(Binomial(calls, q) ≥ calls − callers): how far the calls of other weeks are from chance.

    `calls` counts a caller once a week.
    """
    again = calls - callers
    if again <= 0:
        return 0.0
    return -math.log10(max(1e-30, float(betainc(again, callers + 1.0, CALLS_AGAIN))))


def _candidate(book: Book, one: Ranked, at: datetime, now: float, city: City) -> Candidate:
    problem = book.problem(one.calendar.problem_id)
    figures = one.figures | {"closures": float(problem.closures if problem is not None else 0)}
    since = now - one.figures["weeks"] * 7 * _DAY
    return finding_of(
        book,
        one.calendar,
        "chronic",
        at,
        now,
        city,
        members=newest_of(book, one.calendar, since),
        reporters=int(figures["callers"]),
        figures=figures,
        facts={},
    )

"""What the passing of time brings about in problems: the quiet ones close, old state goes, lists are drawn up."""

from collections.abc import Callable
from datetime import datetime

from agents.city import City
from agents.problems.book import Book
from agents.problems.books import Books
from agents.problems.calendar import IDLE_WEEKS, aged, week_of_day
from agents.problems.chronic import find_chronic
from agents.problems.hours import local_seconds
from agents.problems.problem import Candidate, Change, Gathered, Pattern
from agents.problems.seasonal import find_seasonal
from agents.problems.standing import marked

_DAY = 86_400


def gather_on_tick(at: datetime, books: Books) -> Gathered:
    """Quiet problems close and old state goes once a local day, the weekly lists are drawn up on Mondays or, where
    no tick came on that day, on the first after it; `at` is event time. All else is free of cost."""
    changes: list[Change] = []
    candidates: list[Candidate] = []
    now = local_seconds(at, books.city.utc_offset)
    day = int(now // _DAY)
    week = week_of_day(day)
    for book in books.due(day):
        changes += [Change(problem=problem) for problem in book.sweep(at, now)]
        if book.listed is None or book.listed < week:
            # After a restart once more: a finding of the same week has the same id.
            book.listed = week
            found, written = _list(book, at, now, books.city)
            candidates += found
            changes += written
    return Gathered(changes=tuple(changes), candidates=tuple(candidates))


def _list(book: Book, at: datetime, now: float, city: City) -> tuple[list[Candidate], list[Change]]:
    _age(book, week_of_day(int(now // _DAY)))
    found: list[Candidate] = []
    changes: list[Change] = []
    for pattern, find in LISTS:
        for candidate in find(book, at, now, city):
            found.append(candidate)
            changes += marked(book, candidate, pattern)
    return found, changes


LISTS: tuple[tuple[Pattern, Callable[[Book, datetime, float, City], list[Candidate]]], ...] = (
    ("seasonal", find_seasonal),
    ("chronic", find_chronic),
)


def _age(book: Book, week: int) -> None:
    """Let go of what the calendars need no more: nothing before the first of them is old."""
    if book.first_week >= week - IDLE_WEEKS:
        return
    for calendar in book.own_calendars():
        kept = aged(calendar, week)
        if kept is None:
            book.drop_calendar(calendar)
        elif kept is not calendar:
            book.store_calendar(kept)

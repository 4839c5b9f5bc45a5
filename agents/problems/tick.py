"""What the passing of time brings about in problems: the quiet ones close, old state goes."""

from datetime import datetime

from agents.problems.books import Books
from agents.problems.hours import local_seconds
from agents.problems.problem import Change, Gathered


def gather_on_tick(at: datetime, books: Books) -> Gathered:
    """Quiet problems close and old state goes, once a local day; `at` is event time. All else is free of
    cost."""
    changes: list[Change] = []
    now = local_seconds(at, books.city.utc_offset)
    for book in books.due(int(now // 86_400)):
        closed = book.sweep(at, now)
        changes += [Change(problem=problem) for problem in closed]
    return Gathered(changes=tuple(changes))

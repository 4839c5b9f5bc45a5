"""How often people call about a spot anyway: what chance alone would bring back after a closing."""

from agents.grading.grade import Graded
from agents.problems.baseline import hourly
from agents.problems.book import Book
from agents.problems.calendar import spot_name, week_of_day, with_reply, with_ticket
from agents.problems.member import Member
from agents.problems.problem import Share
from agents.problems.rate import Rate
from agents.problems.signature import category_of

HABIT_WEEKS = 8
HOURS = 168.0
"""Of a week."""
_DAY = 86_400.0
UNKNOWN_SPOTS = 10
"""Spots not met yet that the district's calls are also divided among."""


def remember(graded: Graded, member: Member, share: Share, book: Book) -> None:
    """Put a ticket into the calendar of its spot, and what the unit replied at its closing."""
    if member.signature is None:
        return
    spot, category = spot_name(graded.ticket, member.signature), category_of(graded)
    if not spot:
        return
    known = book.calendar(spot, category)
    after = known
    if member.was_open is None:
        after = with_ticket(known, spot, category, graded.ticket, member)
    if after is not None and share.reply and not share.open:
        after = with_reply(after, share.at.date(), share.reply)
    if after is not None and after is not known:
        book.store_calendar(after)


def usual_at(book: Book, spot: str, category: str, total: Rate, rate: Rate | None, until: float) -> float:
    """Distinct callers an hour about this category at this spot, as if nothing had happened there.

    From the weeks before `until` (local seconds) in which people called about it, one of them aside, drawn to
    what the spot's share of the district's calls and the category's share of them would make: crowded places
    are called about more often, whatever it is.
    """
    whole = hourly(total, 1 / 24, "all", total.at, include_open_days=True)
    independent = _calls_at(book, spot, total, whole) * _share_of(rate, whole, total.at)
    week = week_of_day(int(until // _DAY))
    calendar = book.calendar(spot, category)
    active = 0
    if calendar is not None:
        active = sum(known in calendar.weeks for known in range(week - HABIT_WEEKS, week + 1))
    exposure = max(0.0, min(HABIT_WEEKS * HOURS, (until - total.since) / 3600.0))
    return (max(0, active - 1) + 1.0) / (exposure + 1.0 / independent)


def _calls_at(book: Book, spot: str, total: Rate, whole: float) -> float:
    """Callers an hour about anything at the spot, drawn to an even share of the district's."""
    week = week_of_day(int(total.at // _DAY))
    known = max(1.0, min(HABIT_WEEKS * HOURS, (total.at - total.since) / 3600.0))
    callers = 0
    for category in book.spots.get(spot, ()):
        calendar = book.calendar(spot, category)
        if calendar is not None:
            callers += len(calendar.callers(week - HABIT_WEEKS, week))
    even = whole / (len(book.spots) + UNKNOWN_SPOTS)
    return (callers + 1.0) / (known + 1.0 / even)


def _share_of(rate: Rate | None, whole: float, at: float) -> float:
    """The category's share of the district's calls."""
    return min(1.0, hourly(rate, whole / 20, "district", at, include_open_days=True) / whole)

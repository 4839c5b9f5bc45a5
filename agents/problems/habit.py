"""How often people call about a spot anyway: what chance alone would bring back after a closing."""

from agents.city import City
from agents.grading.grade import Graded
from agents.problems.baseline import hourly
from agents.problems.book import Book
from agents.problems.calendar import Calendar, calendar_topic, spot_name, week_of_day, with_reply, with_ticket
from agents.problems.member import Member
from agents.problems.problem import Share
from agents.problems.rate import Rate
from agents.problems.signature import category_of

HABIT_WEEKS = 8
HOURS = 168.0
"""Of a week."""
UNKNOWN_TOPICS = 20
FIRST_RATE = 1 / 24
"""Tickets an hour of a district of which nothing is known."""
_DAY = 86_400.0
UNKNOWN_SPOTS = 10
"""Spots not met yet that the district's calls are also divided among."""


def calendar_after(graded: Graded, member: Member, share: Share, book: Book, city: City) -> Calendar | None:
    """The calendar of the ticket's spot and topic with the ticket in it, and with what the unit replied at
    its closing, on the city's day; None where no spot is known."""
    if member.signature is None:
        return None
    spot = spot_name(graded.ticket, member.signature)
    if not spot:
        return None
    topic = calendar_topic(category_of(graded), member.signature.matter)
    after = book.calendar(spot, topic)
    if member.was_open is None:
        after = with_ticket(after, spot, topic, graded.ticket, member)
    if after is not None and share.reply and not share.open:
        at = share.at.astimezone(city.utc_offset) if city.utc_offset is not None else share.at
        after = with_reply(after, at.date(), share.reply)
    return after


def usual_at(book: Book, calendar: Calendar, total: Rate, rate: Rate | None, until: float) -> float:
    """Distinct callers an hour about the topic of a calendar at its spot, as if nothing had happened there.

    From the weeks before `until` (local seconds) in which people called about it, one of them aside, drawn to
    what the spot's share of the district's calls and the topic's share of them would make: crowded places
    are called about more often, whatever it is.
    """
    independent = _calls_at(book, calendar, total) * _share_of(rate, total)
    week = week_of_day(int(until // _DAY))
    active = sum(known in calendar.weeks for known in range(week - HABIT_WEEKS, week + 1))
    exposure = max(0.0, min(HABIT_WEEKS * HOURS, (until - total.since) / 3600.0))
    return (max(0, active - 1) + 1.0) / (exposure + 1.0 / independent)


def _calls_at(book: Book, own: Calendar, total: Rate) -> float:
    """Callers an hour about anything at the spot of a calendar, drawn to an even share of the district's."""
    week = week_of_day(int(total.at // _DAY))
    known = max(1.0, min(HABIT_WEEKS * HOURS, (total.at - total.since) / 3600.0))
    callers = len(own.callers(week - HABIT_WEEKS, week))
    for topic in book.spots.get(own.spot, ()):
        other = book.calendar(own.spot, topic) if topic != own.topic else None
        if other is not None:
            callers += len(other.callers(week - HABIT_WEEKS, week))
    even = _whole(total) / (len(book.spots) + UNKNOWN_SPOTS)
    return (callers + 1.0) / (known + 1.0 / even)


def _share_of(rate: Rate | None, total: Rate) -> float:
    """A topic's share of the district's calls, of all days that are over: the open ones hold the very calls
    that are to be explained. What has never been called about has a share of its own, too."""
    whole = _whole(total)
    counted = rate.counted if rate is not None else 0.0
    return min(1.0, (counted + 0.5) / (total.exposure + 0.5 / (whole / UNKNOWN_TOPICS)) / whole)


def _whole(total: Rate) -> float:
    return hourly(total, FIRST_RATE, "all", total.at, include_open_days=True)

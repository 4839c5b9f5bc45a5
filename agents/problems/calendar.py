"""The calendar of a spot: who called about one category there, week by week, for three years.

What comes back in the same weeks of a year, what never ends, and how often people call about a place anyway can
be read from it long after the tickets themselves are forgotten.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from pydantic import Field

from agents.intake.ticket import Place, PlacePart, Ticket, Value
from agents.problems.member import Member
from agents.problems.signature import OTHER, Signature, hash_of

YEARS = 3
KEPT_WEEKS = 52 * YEARS + 14
"""Three years, and the weeks that a season may begin earlier or end later."""
IDLE_WEEKS = 26
"""A calendar that never saw three people within five weeks is forgotten when nothing came for so long."""
SEASON_WEEKS = 5
TAG = 4
"""Characters by which a caller is known within one calendar: 65,536 of them, enough to tell a few dozen apart."""
MAX_TAGS = 24
"""Callers told apart in one week; more are as many."""
MAX_RECENT = 24
MAX_QUOTE = 60
_MONDAY = date(1969, 12, 29)
_NUMBER = re.compile(r"\d+号")
"""A house number: its road is the spot, for who reads back over years."""
_KINDS = ("community", "site", "station", "building", "road")


class Calendar(Value):
    """Bounded: 24 callers a week, one quotation a week, one reply a year. `seq` guards it: a ticket with a
    number not above it is in it already."""

    seq: int = 0
    spot: str
    """ "community:新华小区", "road:解放路", "street:新华街道": the most exact name that is known."""
    topic: str
    """A category, or a matter that fits none."""
    place: Place = Place()
    """Of its newest ticket."""
    matter: str = ""
    problem_id: str = ""
    """Of its newest ticket."""
    weeks: dict[int, str] = Field(default_factory=dict)
    """Week → tags of its distinct callers, side by side."""
    quotes: dict[int, tuple[str, str]] = Field(default_factory=dict)
    """Week → the first ticket of that week and what its caller said."""
    replies: dict[int, tuple[str, str]] = Field(default_factory=dict)
    """Year → local day of its last closing, and what the unit replied."""
    recent: tuple[str, ...] = ()
    """Ids of the newest tickets, at most 24."""

    def callers(self, first: int, last: int) -> list[str]:
        """Distinct callers of the weeks from `first` to `last`, both included, in order of their tags."""
        found = {tag for week in range(first, last + 1) for tag in tags_of(self.weeks.get(week, ""))}
        return sorted(found)


def week_of_day(day: int) -> int:
    """Number of the week (Monday first) of a day counted from 1970-01-01."""
    return (day + 3) // 7


def monday_of(week: int) -> date:
    return _MONDAY + timedelta(weeks=week)


def week_of_date(day: date) -> int:
    return (day - _MONDAY).days // 7


def tag_of(caller: str) -> str:
    """What a caller is known by here; all unnamed ones are one."""
    return hash_of(caller)[:TAG]


def tags_of(week: str) -> Iterable[str]:
    return (week[start : start + TAG] for start in range(0, len(week), TAG))


def calendar_topic(category: str, matter: str) -> str:
    """What a calendar is about: the category; where the city's list has none that fits, the matter."""
    return matter or OTHER if category == OTHER else category


def spot_name(ticket: Ticket, signature: Signature) -> str:
    """The most exact place that has a name of its own: estate, site, station, building, road, else the street."""
    if ticket.place.community:
        return f"community:{ticket.place.community}"
    named = [name for name in signature.names if not _NUMBER.search(name)]
    if named:
        return min(named, key=lambda name: (_KINDS.index(name.partition(":")[0]), name))
    road = next((part for part in ticket.parts if _is_road(part)), None)
    if road is not None:
        return f"road:{road.name}"
    return f"street:{ticket.place.street}" if ticket.place.street else ""


def _is_road(part: PlacePart) -> bool:
    return part.kind == "road" and bool(part.name)


def with_ticket(calendar: Calendar | None, spot: str, topic: str, ticket: Ticket, member: Member) -> Calendar:
    """The calendar with a ticket in it; the same ticket twice is there once."""
    calendar = calendar or Calendar.trusted(spot=spot, topic=topic)
    if calendar.seq >= member.seq:
        return calendar
    week = week_of_day(int(member.at // 86_400))
    changes: dict[str, object] = {
        "seq": member.seq,
        "place": ticket.place,
        "problem_id": member.problem_id,
        "recent": (*calendar.recent, ticket.ticket_id)[-MAX_RECENT:],
    }
    if member.signature is not None and member.signature.matter:
        changes["matter"] = member.signature.matter
    known = calendar.weeks.get(week, "")
    tag = tag_of(member.caller)
    if len(known) < TAG * MAX_TAGS and tag not in tags_of(known):
        changes["weeks"] = {**calendar.weeks, week: known + tag}
    if week not in calendar.quotes:
        changes["quotes"] = {**calendar.quotes, week: (ticket.ticket_id, member.quote[:MAX_QUOTE])}
    return calendar.model_copy(update=changes)


def with_reply(calendar: Calendar, day: date, reply: str) -> Calendar:
    """The calendar with what was replied at a closing; the later one of a year stays."""
    known = calendar.replies.get(day.year)
    told = (day.isoformat(), reply[:MAX_QUOTE])
    if known is not None and known >= told:
        return calendar
    return calendar.model_copy(update={"replies": {**calendar.replies, day.year: told}})


def aged(calendar: Calendar, week: int) -> Calendar | None:
    """The calendar without what is older than three years before `week`; None: it is worth nothing any more."""
    newest = max(calendar.weeks)
    if newest < week - IDLE_WEEKS and not _has_peak(calendar):
        return None
    oldest = week - KEPT_WEEKS
    if newest < oldest:
        return None
    if min(calendar.weeks) >= oldest:
        return calendar
    year = monday_of(oldest).year
    return calendar.model_copy(
        update={
            "weeks": {known: tags for known, tags in calendar.weeks.items() if known >= oldest},
            "quotes": {known: said for known, said in calendar.quotes.items() if known >= oldest},
            "replies": {known: told for known, told in calendar.replies.items() if known >= year},
        }
    )


def _has_peak(calendar: Calendar) -> bool:
    return any(len(calendar.callers(week, week + SEASON_WEEKS - 1)) >= 3 for week in calendar.weeks)

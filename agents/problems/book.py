"""The problems one district knows: stored state by key, what is derived from it, and what is let go."""

import math
from bisect import bisect_left, insort
from collections.abc import Container, Iterable, Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from agents.problems.calendar import Calendar
from agents.problems.callers import is_named
from agents.problems.following import Following
from agents.problems.hours import Weeks
from agents.problems.member import Member
from agents.problems.problem import Problem
from agents.problems.rate import Rate, first
from agents.problems.recurrence import ABSORBS, is_over
from agents.problems.search import Search
from agents.problems.taught import Taught

RETENTION = timedelta(days=120)
"""A closed problem is forgotten so long after its last ticket; the longest recurrence window is 90 days."""
OPEN_RETENTION = timedelta(days=400)
"""The same for a problem that was never closed."""
QUIET = timedelta(days=60)
"""An open problem without a ticket for so long takes none in any more: the search window is over."""


MAX_CALLS = 64
"""Tickets by which one caller's many are known."""


@lru_cache(maxsize=65_536)
def key_of(district: str, *parts: str) -> str:
    """A key of state. The district stands first: what is a book's is told by it."""
    key = "|".join((district, *parts))
    if key.count("|") == len(parts):
        return key
    return "|".join(part.replace("|", "/") for part in (district, *parts))


class Book:
    """One district's problems, with the index over its tickets of the last 60 days."""

    def __init__(
        self,
        district: str,
        problems: MutableMapping[str, Problem],
        members: MutableMapping[str, Member],
        rates: MutableMapping[str, Rate],
        calendars: MutableMapping[str, Calendar],
        taught: Taught,
        matters: Container[str] = (),
    ) -> None:
        self.district = district
        self._matters = matters
        self.total_key = key_of(district, "all")
        """Of the stream of all its tickets."""
        self._prefix = key_of(district, "")
        self._problem_streams = key_of(district, "problem", "")
        self.problems = problems
        self.members = members
        self.rates = rates
        self.calendars = calendars
        self.seq = 0
        self.children: dict[str, int] = {}
        """Stream key → number of streams below it that are known."""
        self.swept: int | None = None
        self.listed: int | None = None
        """The week for which the weekly lists were drawn up last."""
        self.search = Search(district, taught, self.heading_of)
        self.following = Following(self.problem)
        self.weeks = Weeks()
        self.spots: dict[str, dict[str, str]] = {}
        """Spot → the topics that have a calendar there, and its key."""
        self.first_week = math.inf
        """The oldest week that any calendar has held."""
        self._calls: dict[str, list[tuple[float, str]]] = {}
        """Named caller → when and by which id the newest tickets were made: in this order, so that what is read back
        is alike."""
        self._own: dict[str, str] = {}
        """Ids of the district's tickets → their problems."""
        self._wide: dict[str, None] = {}
        """Keys of its street and district streams."""
        self._due: dict[str, int] = {}
        """Problem → the day, in UTC, before which a sweep need not look at it."""
        self._days: dict[int, list[str]] = {}
        """The same by day; an entry counts only while `_due` still says so."""

    # State by key

    def problem(self, problem_id: str) -> Problem | None:
        """The problem of this id, or the one that has taken it in."""
        problem = self.problems.get(self._prefix + problem_id)
        return problem if problem is None or problem.into is None else self.stored(problem.into)

    def stored(self, problem_id: str) -> Problem | None:
        """What stands under this id, also where another problem has taken it in."""
        return self.problems.get(self._prefix + problem_id)

    def member(self, ticket_id: str) -> Member | None:
        return self.members.get(ticket_id)

    def rate(self, key: str) -> Rate | None:
        """A stream's state. Most problems hold one ticket: theirs is not stored, it follows from that ticket."""
        rate = self.rates.get(key)
        if rate is None and key.startswith(self._problem_streams):
            return self._of_one_ticket(key[len(self._problem_streams) :])
        return rate

    def _of_one_ticket(self, problem_id: str) -> Rate | None:
        problem = self.problem(problem_id)
        member = self.member(problem.recent[0]) if problem is not None and len(problem.recent) == 1 else None
        if member is None or member.problem_id != problem_id:
            return None
        return first(0, member.at, member.caller, member.ticket_id)

    def store_problem(self, problem: Problem) -> None:
        key = self._prefix + problem.problem_id
        before = self.problems.get(key)
        known, stays = before is not None and before.into is None, problem.into is None
        if known is not stays:
            self._count_child(problem, 1 if stays else -1)
        if before is None:
            self.following.add(problem)
        self.problems[key] = problem
        if not stays:
            self._due.pop(problem.problem_id, None)
        elif before is None or not known or not _ends_no_sooner(problem, before):
            self._schedule(problem)
        self.seq = max(self.seq, problem.version)

    def store_member(self, member: Member) -> None:
        """Nothing is written where it has not changed."""
        before = self.members.get(member.ticket_id)
        if before is member:
            return
        if is_new := before is None or before.district != member.district:
            self._note_call(member)
        self.members[member.ticket_id] = member
        if is_new or before is None or before.problem_id != member.problem_id:
            self._own[member.ticket_id] = member.problem_id
        self.seq = max(self.seq, member.seq)

    def calls_of(self, caller: str, since: float) -> tuple[str, ...]:
        """Ids of a named caller's tickets made since then (local seconds), oldest first, of the newest 64."""
        calls = self._calls.get(caller, [])
        return tuple([ticket_id for _, ticket_id in calls[bisect_left(calls, (since, "")) :]])

    def _note_call(self, member: Member) -> None:
        if not is_named(member.caller):
            return
        calls = self._calls.setdefault(member.caller, [])
        insort(calls, (member.at, member.ticket_id))
        del calls[:-MAX_CALLS]

    def _forget_call(self, member: Member) -> None:
        left = [known for known in self._calls.get(member.caller, ()) if known[1] != member.ticket_id]
        if left:
            self._calls[member.caller] = left
        else:
            self._calls.pop(member.caller, None)

    def let_go(self, member: Member) -> None:
        """The ticket is another district's now; its member is that one's to write."""
        self._own.pop(member.ticket_id, None)
        self._forget_call(member)

    def store_rate(self, key: str, rate: Rate) -> None:
        """Nothing is written where it has not changed."""
        before = self.rates.get(key)
        if before is rate:
            return
        if before is None:
            if key.startswith(self._problem_streams) and len(rate.recent) == 1:
                return
            self.note_stream(key, 1)
        self.rates[key] = rate

    def calendar(self, spot: str, topic: str) -> Calendar | None:
        return self.calendars.get(key_of(self.district, spot, topic))

    def store_calendar(self, calendar: Calendar) -> None:
        """Nothing is written where it has not changed."""
        key = key_of(self.district, calendar.spot, calendar.topic)
        if self.calendars.get(key) is calendar:
            return
        self.calendars[key] = calendar
        self._note_calendar(calendar, key)

    def _note_calendar(self, calendar: Calendar, key: str) -> None:
        self.spots.setdefault(calendar.spot, {})[calendar.topic] = key
        self.first_week = min((self.first_week, *calendar.weeks))

    def drop_calendar(self, calendar: Calendar) -> None:
        del self.calendars[key_of(self.district, calendar.spot, calendar.topic)]
        del self.spots[calendar.spot][calendar.topic]
        if not self.spots[calendar.spot]:
            del self.spots[calendar.spot]

    def own_calendars(self) -> list[Calendar]:
        """Every calendar of the district, by spot and topic."""
        return [
            calendar
            for _, topics in sorted(self.spots.items())
            for _, key in sorted(topics.items())
            if (calendar := self.calendars.get(key)) is not None
        ]

    def drop_problem(self, problem: Problem) -> None:
        self._count_child(problem, -1)
        self._due.pop(problem.problem_id, None)
        del self.problems[self._prefix + problem.problem_id]
        self.following.remove(problem)
        for alias in problem.aliases:
            self.forget_alias(alias)
        self.drop_stream(problem.problem_id)

    def forget_alias(self, problem_id: str) -> None:
        """Let the id of a problem that was taken in stand for nothing any more."""
        problem = self.problems.pop(self._prefix + problem_id, None)
        if problem is not None:
            self.following.remove(problem)

    def drop_stream(self, problem_id: str) -> None:
        """Drop a problem's own stream, where it has one."""
        self.rates.pop(self.stream_of(problem_id), None)

    def members_of(self, problems: Sequence[Problem]) -> list[Member]:
        """Every ticket of these problems, oldest first. Of more than 64 the whole membership is read."""
        ids = {problem.problem_id for problem in problems}
        if all(problem.tickets <= len(problem.recent) for problem in problems):
            keys = sorted({ticket_id for problem in problems for ticket_id in problem.recent})
        else:
            keys = [key for key, problem_id in self._own.items() if problem_id in ids]
        members = [member for key in keys if (member := self.members.get(key)) is not None]
        return sorted((m for m in members if m.problem_id in ids), key=lambda m: (m.at, m.ticket_id))

    def own_problems(self, at: datetime) -> list[Problem]:
        """The problems of the district that a sweep at `at` has to look at, by id."""
        today = _day(at)
        ids = [
            problem_id
            for day in sorted(day for day in self._days if day <= today)
            for problem_id in self._days.pop(day)
            if self._due.get(problem_id) == day
        ]
        return [problem for known in sorted(set(ids)) if (problem := self.problem(known)) is not None]

    def _schedule(self, problem: Problem, after: datetime | None = None) -> None:
        """Have a sweep look at the problem when it may be over or old; not again before `after`."""
        day = _due_day(problem) if after is None else max(_due_day(problem), _day(after))
        if after is None and day >= self._due.get(problem.problem_id, day + 1):
            return
        self._due[problem.problem_id] = day
        self._days.setdefault(day, []).append(problem.problem_id)

    def drop_members(self) -> None:
        """Drop members whose problem is forgotten."""
        for key, problem_id in list(self._own.items()):
            if self._prefix + problem_id not in self.problems:
                member = self.members[key]
                self.search.discard(member.slot)
                self._forget_call(member)
                del self.members[key], self._own[key]

    def drop_streams(self, before: float) -> None:
        """Drop street and district streams that have been silent since `before`."""
        for key in list(self._wide):
            if self.rates[key].at < before:
                self.note_stream(key, -1)
                del self.rates[key]

    # Streams

    def stream(self, level: str, *parts: str) -> str:
        return key_of(self.district, level, *parts)

    def stream_of(self, problem_id: str) -> str:
        """The key of a problem's stream."""
        return self._problem_streams + problem_id

    def heading_of(self, matter: str, category: str) -> str:
        """What a street or a district counts a ticket under: its matter where the word lists name it, else its
        category. A matter in free words is one of many for the same thing, and would split the crowd."""
        return matter if matter in self._matters else category

    def streams_of(self, street: str, heading: str, problem_id: str) -> tuple[str, ...]:
        """The nested streams a ticket is counted in, widest first; a ticket without a street has none
        there."""
        middle = (self.stream("street", heading, street),) if street else ()
        return (self.stream("district", heading), *middle, self.stream_of(problem_id))

    def note_stream(self, key: str, number: int) -> None:
        """Keep the number of known streams under each stream, which divides its rate among them."""
        level, *parts = key[len(self._prefix) :].split("|")
        if level not in ("district", "street"):
            return
        self._bump(self.total_key if level == "district" else self.stream("district", parts[0]), number)
        if number > 0:
            self._wide[key] = None
        else:
            del self._wide[key]

    def _count_child(self, problem: Problem, number: int) -> None:
        heading = self.heading_of(problem.matter, problem.category)
        for key in self.streams_of(problem.place.street or "", heading, problem.problem_id)[:-1]:
            self._bump(key + "|problems", number)

    def _bump(self, key: str, number: int) -> None:
        self.children[key] = self.children.get(key, 0) + number

    # What is derived

    def restore(
        self,
        members: Iterable[Member],
        problems: Iterable[Problem],
        rates: Mapping[str, Rate],
        calendars: Iterable[Calendar],
    ) -> None:
        """Rebuild all that is derived, in the order in which it was first built."""
        for problem in problems:
            self.seq = max(self.seq, problem.version)
            self.following.add(problem)
            if problem.into is None:
                self._count_child(problem, 1)
                self._schedule(problem)
        for key, rate in rates.items():
            self.note_stream(key, 1)
            self.seq = max(self.seq, rate.seq)
        for calendar in calendars:
            self._note_calendar(calendar, key_of(self.district, calendar.spot, calendar.topic))
            self.seq = max(self.seq, calendar.seq)
        listed = sorted(members, key=lambda member: member.slot)
        for member in listed:
            self.seq = max(self.seq, member.seq)
            self._own[member.ticket_id] = member.problem_id
            self._note_call(member)
            if member.signature is not None:
                self.search.add(member)

    def tidy(self, problem_id: str, clock: float) -> None:
        """Let go of the texts of tickets that are out of the window, or too many of one problem."""
        for ticket_id in (*self.search.surplus(problem_id), *self.search.expired(clock)):
            if (member := self.member(ticket_id)) is not None:
                self.store_member(member.model_copy(update={"signature": None}))

    def sweep(self, at: datetime, now: float) -> list[Problem]:
        """Close the problems that are quiet, forget those that are old; those closed now, by id.

        `now` is `at` in local seconds. Meant for once a day; only what may be due is looked at.
        """
        self.tidy("", now)
        closed: list[Problem] = []
        forgets = False
        for problem in self.own_problems(at):
            age = at - max(problem.last_seen, problem.closed_at or problem.last_seen)
            if age > (OPEN_RETENTION if problem.open_tickets else RETENTION):
                self.drop_problem(problem)
                forgets = True
                continue
            if problem.status == "open" and (age > QUIET or is_over(problem, at)):
                problem = problem.model_copy(
                    update={"status": "closed", "proposals": (), "version": self.seq + 1}
                )
                self.store_problem(problem)
                closed.append(problem)
            self._schedule(problem, after=at)
        if forgets:
            self.drop_members()
        self.drop_streams(now - RETENTION.total_seconds())
        return closed


def _day(at: datetime) -> int:
    """Days since 1970 in UTC."""
    return int(at.timestamp() // 86_400)


def _ends_no_sooner(problem: Problem, before: Problem) -> bool:
    """Whether _due_day() of the newer state is surely not below that of the one before: most changes are such."""
    return (
        problem.last_seen >= before.last_seen
        and problem.closed_at == before.closed_at
        and problem.status == before.status
        and bool(problem.open_tickets) == bool(before.open_tickets)
    )


def _due_day(problem: Problem) -> int:
    """The first day on which a sweep may close or forget the problem as it is now."""
    last = problem.last_seen if problem.closed_at is None else max(problem.closed_at, problem.last_seen)
    if problem.status == "open":
        return _day(last + (QUIET if problem.closed_at is None else ABSORBS))
    return _day(last + (OPEN_RETENTION if problem.open_tickets else RETENTION))

"""A ticket just counted, and what every finding about it is made of."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from agents.city import City
from agents.grading.grade import Graded
from agents.intake.ticket import Ticket
from agents.problems.book import Book
from agents.problems.calendar import Calendar
from agents.problems.crowd import is_own_work_of
from agents.problems.member import Member
from agents.problems.problem import Candidate, CandidateKind, Problem, Scope
from agents.problems.problem import Evidence as Quote
from agents.problems.rate import Rate
from agents.problems.signature import OTHER, hash_of
from agents.problems.spots import shared_spot

RULES = "problems@1"
MAX_TICKETS = 50
MAX_QUOTES = 3
SUBJECT = 40
"""Characters of a caller's title that stand for the place where none is known."""


class Case(NamedTuple):
    """A ticket just counted, with the new state of all it was counted in."""

    graded: Graded
    at: datetime
    member: Member
    problem: Problem
    rates: Mapping[str, Rate]
    """The streams the ticket is counted in, and the stream of all tickets."""
    book: Book
    city: City
    calendar: Calendar | None = None
    """Of the ticket's spot and topic, with the ticket in it."""
    repeats: bool = False
    """The ticket was decided before: repeat those findings, make no new ones."""

    def fires(self, finding: str, is_found: bool) -> bool:
        return finding in self.member.fired if self.repeats else is_found


def scope_of(key: str) -> Scope:
    """The level of a stream key."""
    level = key.index("|") + 1
    if key.startswith("problem|", level):
        return "problem"
    return "street" if key.startswith("street|", level) else "district"


def is_placeless(case: Case) -> bool:
    """A board without districts, whose messages say where in words only: elsewhere a crowd has a place."""
    return not case.book.district


def is_own_work(case: Case) -> bool:
    """An inspection or an appointment: the city's own work, whose batches are no crowd and no return."""
    said = "/".join((case.problem.matter, case.graded.grade.matter, *case.graded.ticket.category))
    return is_own_work_of(case.city, said)


def members_within(case: Case, ticket_ids: tuple[str, ...], span: timedelta) -> list[Member]:
    """The ticket at hand last, before it the others of the span, oldest first."""
    since = case.member.at - span.total_seconds()
    return [*(other for other in others_of(case, ticket_ids) if other.at >= since), case.member]


def others_of(case: Case, ticket_ids: tuple[str, ...]) -> list[Member]:
    """The tickets of these ids beside the one at hand."""
    others = [case.book.member(known) for known in ticket_ids if known != case.member.ticket_id]
    return [other for other in others if other is not None]


def candidate_of(
    case: Case,
    kind: CandidateKind,
    scope: Scope,
    key: str,
    members: list[Member],
    reporters: int,
    figures: dict[str, float],
    facts: dict[str, str] | None = None,
) -> Candidate:
    ticket, problem = case.graded.ticket, case.problem
    single = scope == "problem"
    place = problem.place if single else ticket.place.model_copy(update=_WIDE[scope])
    first = min(member.at for member in members)
    known = {**(_facts(case, members) if single else {}), **(facts or {})}
    return Candidate(
        candidate_id=f"c-{hash_of(kind, key, ticket.ticket_id)}",
        kind=kind,
        scope=scope,
        key=key,
        at=case.at,
        problem_id=problem.problem_id if single else None,
        trigger_ticket_id=ticket.ticket_id,
        district=case.book.district,
        place=place,
        category=problem.category if single else _category_of(members, problem.category),
        matter=problem.matter if single else "",
        ticket_ids=tuple(member.ticket_id for member in members)[-MAX_TICKETS:],
        reporters=reporters,
        hazards=case.graded.grade.hazards,
        first_seen=created_of(ticket) - timedelta(seconds=case.member.at - first),
        evidence=quotes_of(members),
        figures=figures,
        facts=known,
        rules=f"{RULES}+{case.city.version}",
    )


def _category_of(members: Sequence[Member], own: str) -> str:
    """What most of a wide crowd's tickets are filed under; `own`, that of the ticket which completed it, where as many
    are. One pothole filed under heating is measured by the city's potholes, and told as such."""
    filed = Counter(member.signature.category for member in members if member.signature is not None)
    # What is filed under no category says nothing of it.
    filed.pop(OTHER, None)
    most = max(filed.values(), default=0)
    return own if filed[own] == most else min(name for name, number in filed.items() if number == most)


def _facts(case: Case, members: Sequence[Member]) -> dict[str, str]:
    """What the wording may say of a problem: where exactly, who has it now, how a caller titles it,
    and when it was closed as solved."""
    problem = case.problem
    is_back = case.member.recurrence == "after_closure" and problem.promised
    closed_at = problem.last_closed_at
    known = {
        "closed_at": closed_at.isoformat() if is_back and closed_at is not None else "",
        "reply": problem.promise if is_back else "",
        "unit": problem.units[-1] if problem.units else "",
        "spot": shared_spot(problem.place, members),
        "subject": case.graded.ticket.title[:SUBJECT],
    }
    return {name: fact for name, fact in known.items() if fact}


def created_of(ticket: Ticket) -> datetime:
    assert ticket.created_at is not None
    return ticket.created_at


_NOWHERE = {"community": None, "address": None, "lat": None, "lon": None}
_WIDE: dict[Scope, dict[str, None]] = {
    "street": _NOWHERE,
    "district": {**_NOWHERE, "street": None},
    "city": {**_NOWHERE, "street": None, "district": None},
}


def quotes_of(members: list[Member]) -> tuple[Quote, ...]:
    """Newest words first, one of each reporter, no wording twice."""
    callers: set[str] = set()
    quotes: dict[str, Quote] = {}
    for member in reversed(members):
        if (
            member.quote
            and member.quote not in quotes
            and (not member.caller or member.caller not in callers)
        ):
            quotes[member.quote] = Quote(ticket_id=member.ticket_id, quote=member.quote)
            callers.add(member.caller)
        if len(quotes) == MAX_QUOTES:
            break
    return tuple(quotes.values())

"""A finding that a tick makes from a calendar: no ticket decided it."""

from datetime import datetime, timedelta

from agents.city import City
from agents.problems.book import Book
from agents.problems.calendar import Calendar, week_of_day
from agents.problems.case import RULES, quotes_of
from agents.problems.member import Member
from agents.problems.problem import Candidate, CandidateKind, Change, Evidence, Pattern
from agents.problems.signature import hash_of


def newest_of(book: Book, calendar: Calendar, since: float) -> list[Member]:
    """The newest tickets of a calendar since `since` (local seconds), oldest first."""
    members = [book.member(ticket_id) for ticket_id in calendar.recent]
    return [member for member in members if member is not None and member.at >= since]


def finding_of(
    book: Book,
    calendar: Calendar,
    kind: CandidateKind,
    at: datetime,
    now: float,
    city: City,
    *,
    members: list[Member],
    quotes: tuple[Evidence, ...] = (),
    reporters: int,
    figures: dict[str, float],
    facts: dict[str, str],
) -> Candidate:
    """`now` is `at` in local seconds. One finding a week, kind and calendar, however often the tick comes."""
    key = f"{kind}:{book.district}|{calendar.spot}|{calendar.topic}"
    problem = book.problem(calendar.problem_id)
    known = {"spot": calendar.spot.partition(":")[2], **facts}
    if problem is not None and problem.units:
        known["unit"] = problem.units[-1]
    if problem is not None and problem.reply:
        known.setdefault("reply", problem.reply)
    evidence = quotes or quotes_of(members)
    ticket_ids = tuple(member.ticket_id for member in members) or tuple(said.ticket_id for said in evidence)
    return Candidate(
        candidate_id=f"c-{hash_of(kind, key, str(week_of_day(int(now // 86_400))))}",
        kind=kind,
        scope="problem",
        key=key,
        at=at,
        problem_id=problem.problem_id if problem is not None else calendar.problem_id or None,
        trigger_ticket_id=ticket_ids[-1] if ticket_ids else None,
        district=book.district,
        place=calendar.place,
        category=problem.category if problem is not None else calendar.topic,
        matter=calendar.matter,
        ticket_ids=ticket_ids,
        reporters=reporters,
        first_seen=at - timedelta(seconds=now - members[0].at) if members else None,
        evidence=evidence,
        figures={name: round(figure, 6) for name, figure in figures.items()},
        facts={name: fact for name, fact in known.items() if fact},
        rules=f"{RULES}+{city.version}",
    )


def marked(book: Book, candidate: Candidate, pattern: Pattern) -> tuple[Change, ...]:
    """The candidate's problem with the pattern written on it, where it is not yet."""
    problem = book.problem(candidate.problem_id) if candidate.problem_id else None
    if problem is None or pattern in problem.patterns:
        return ()
    changes = {"patterns": (*problem.patterns, pattern), "version": book.seq + 1}
    problem = problem.model_copy(update=changes)
    book.store_problem(problem)
    return (Change(problem=problem),)

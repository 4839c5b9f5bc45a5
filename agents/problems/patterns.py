"""Which findings a ticket triggers: one function a pattern, one list of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.city import City
from agents.grading.grade import Graded
from agents.intake.ticket import Ticket
from agents.problems.baseline import (
    FAST_TAUS,
    SLOW_BELOW_PER_DAY,
    SLOW_TAUS,
    START_UP_DAYS,
    Evidence,
    Rate,
    Week,
    hourly,
    week_of,
    weigh,
)
from agents.problems.book import Book
from agents.problems.crowd import alike, own_work_of, people_of
from agents.problems.member import Member
from agents.problems.problem import Candidate, CandidateKind, Problem, Scope
from agents.problems.problem import Evidence as Quote
from agents.problems.recurrence import SIGNIFICANT, chance_of_return, grade_of_return
from agents.problems.search import THETA
from agents.problems.signature import OTHER, hash_of
from agents.problems.spots import shared_spot, spot_of

RULES = "problems@1"
PERMISSIVE = -1.0
"""Least λ of a burst candidate; what reaches a person is decided in alerting, with the city's correction."""
MAX_TICKETS = 50
MAX_QUOTES = 3
RETURN_BY_WORDS = 0.45
"""Least score of a ticket that says a closed problem is back where no place is shared."""
SUBJECT = 40
"""Characters of a caller's title that stand for the place where none is known."""
FIRST_RATE = 1 / 24
"""Tickets an hour of a district of which nothing is known."""
UNSEEN_CHILDREN = 10
"""Problems not met yet that a stream's rate is also divided among."""


@dataclass(frozen=True)
class Case:
    """A ticket just counted, with the new state of all it was counted in."""

    graded: Graded
    at: datetime
    member: Member
    problem: Problem
    rates: Mapping[str, Rate]
    """The streams the ticket is counted in, and the stream of all tickets."""
    book: Book
    city: City
    repeats: bool = False
    """The ticket was decided before: repeat those findings, make no new ones."""

    def fires(self, finding: str, is_found: bool) -> bool:
        return finding in self.member.fired if self.repeats else is_found


Pattern = Callable[[Case], tuple[Candidate, ...]]


# Burst


@dataclass(frozen=True)
class _Usual:
    """What is expected of the streams of one ticket."""

    hourly: dict[str, float]
    unaware: float
    """Of the narrowest stream, by its share alone: what one would expect who had not heard of the problem."""
    per_day: float
    sparse: bool
    week: Week


def find_bursts(case: Case) -> tuple[Candidate, ...]:
    """More new reporters than chance explains, in the problem, its street × category or its district ×
    category."""
    if _is_own_work(case):
        return ()
    usual = expect(case)
    found = []
    for key, fresh in zip(case.member.streams, case.member.fresh, strict=True):
        if not fresh:
            continue
        level = scope_of(key)
        # More tickets of no category than usual is not a finding that anyone can act on.
        if level != "problem" and case.problem.category == OTHER:
            continue
        evidence = weigh(level, case.rates[key], usual.hourly[key], usual.per_day, usual.sparse, usual.week)
        # A crowd of weeks about what was closed is that closing's failure: the return says more.
        is_told = (
            level == "problem" and evidence is not None and _is_slow(evidence.figures) and find_return(case)
        )
        if case.fires(f"burst:{level}", is_notable(evidence) and not is_told):
            found.append(_burst(case, key, level, evidence))
    return tuple(found)


def is_notable(evidence: Evidence | None) -> bool:
    """Whether alerting should hear of it."""
    return evidence is not None and evidence.value >= PERMISSIVE


def expect(case: Case) -> _Usual:
    """Usual reporters per hour of each stream: its own past, shrunk to its share of the wider stream's rate.

    A share is 1 / number of known streams below the wider one (a problem: half of that, as most of a street's
    tickets are problems met once). Before 28 days of history the wide streams' open days count too.
    """
    book, rates = case.book, case.rates
    total_key = book.stream("all")
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
    week = week_of(rates[case.member.streams[0]].hours, total.hours)
    districts = max(1, len(case.city.districts))
    return _Usual(expected, unaware, per_day * districts, per_day < SLOW_BELOW_PER_DAY, week)


def scope_of(key: str) -> Scope:
    """The level of a stream key."""
    level = key.split("|", 2)[1]
    if level == "problem":
        return "problem"
    return "street" if level == "street" else "district"


def _burst(case: Case, key: str, scope: Scope, evidence: Evidence | None) -> Candidate:
    figures = dict(evidence.figures) if evidence is not None else {}
    recent = case.rates[key].recent
    counted = int(figures.get("distinct21d" if _is_slow(figures) else "distinct24", 0))
    members = _crowd(case, recent, figures, counted)
    reporters = len({member.caller for member in members})
    if len(recent) >= MAX_TICKETS:
        # Not all tickets are listed any more; the stream's own count is then the better one.
        reporters = max(reporters, counted)
    total = case.rates[case.book.stream("all")]
    figures["history_days"] = round((total.at - total.since) / 86_400, 2)
    if scope != "problem":
        figures["alike"] = float(alike(members))
    elif not _is_placeless(case) and not shared_spot(case.problem.place, members):
        figures["alike"] = 0.0
    return _candidate(case, "burst", scope, key, members, reporters, figures)


def _is_slow(figures: Mapping[str, float]) -> bool:
    return figures.get("tau", 0.0) > FAST_TAUS[-1]


def _crowd(case: Case, recent: tuple[str, ...], figures: Mapping[str, float], counted: int) -> list[Member]:
    """The tickets of the people counted: of the shortest span that holds as many, so that text and list
    agree.

    A count of 24 operational hours may reach back further by the clock; one of a slow counter 21 days.
    """
    spans = (1.0, 2.0, 4.0)
    if _is_slow(figures):
        longest = SLOW_TAUS[-1] / 24.0
        spans = (min(longest, 3 * figures["tau"] / 24.0), longest, longest)
    members: list[Member] = []
    for days in spans:
        members = people_of(_members_within(case, recent, timedelta(days=days)), case.city)
        if len({member.caller for member in members}) >= counted:
            break
    return members


def _is_placeless(case: Case) -> bool:
    """A board without districts, whose messages say where in words only: elsewhere a crowd has a place."""
    return not case.book.district


def _is_own_work(case: Case) -> bool:
    """An inspection or an appointment: the city's own work, whose batches are no crowd and no return."""
    said = "/".join((case.problem.matter, case.graded.grade.matter, *case.graded.ticket.category)).lower()
    return own_work_of(case.city).search(said) is not None


# Recurrence after closure


def find_return(case: Case) -> tuple[Candidate, ...]:
    """A closed problem is back: two reporters or a new one (R2), for the second time (R3), beyond chance."""
    member, problem = case.member, case.problem
    if member.recurrence != "after_closure" or problem.last_closed_at is None or _is_own_work(case):
        return ()
    # Place and a broad matter may join two tickets whose words differ, as may a common wording at no place;
    # that is too little for this claim.
    score, is_placed = member.score.get("score", 1.0), member.score.get("place", 1.0) > 0.0
    if score < (THETA if is_placed else RETURN_BY_WORDS) or not (is_placed or _is_placeless(case)):
        return ()
    since = case.at - problem.last_closed_at
    chance = chance_of_return(len(problem.came_back), expect(case).unaware, since)
    grade = grade_of_return(problem, member.newcomer)
    if not case.fires("recurrence:problem", grade >= 2 and chance <= SIGNIFICANT):
        return ()
    members = _members_within(case, problem.recent, timedelta(days=120))
    figures = {
        "grade": float(grade),
        "chance": round(chance, 6),
        "came_back": float(len(problem.came_back)),
        "days_since_closing": round(since.total_seconds() / 86_400, 2),
        "closures": float(problem.closures),
        "returns": float(problem.returns),
    }
    facts = {"closed_at": problem.last_closed_at.isoformat(), "reply": problem.reply}
    key = case.book.stream("problem", problem.after or problem.problem_id)
    return (
        _candidate(
            case, "recurrence", "problem", f"recurrence:{key}", members, problem.reporters, figures, facts
        ),
    )


# Hazard


def find_hazards_alone(ticket: Ticket) -> tuple[Candidate, ...]:
    """A critical hazard in the words of one ticket, before any grading: one candidate a hazard."""
    if ticket.created_at is None or ticket.status == "closed":
        return ()
    found: dict[str, str] = {}
    for hazard in ticket.hazards:
        if hazard.level == "critical":
            found.setdefault(hazard.name, hazard.quote)
    return tuple(_hazard(ticket, name, quote) for name, quote in found.items())


def find_graded_hazard(case: Case) -> tuple[Candidate, ...]:
    """A ticket graded critical although no rule found a critical hazard in it."""
    ticket, grade = case.graded.ticket, case.graded.grade
    known = any(hazard.level == "critical" for hazard in ticket.hazards)
    if grade.urgency != "critical" or known or ticket.status == "closed":
        return ()
    name = grade.hazards[0] if grade.hazards else grade.matter
    quote = grade.quotes[0] if grade.quotes else case.member.quote
    candidate = _hazard(ticket, name, quote)
    extra = {"problem_id": case.problem.problem_id, "category": case.problem.category, "matter": grade.matter}
    return (candidate.model_copy(update=extra),)


def _hazard(ticket: Ticket, name: str, quote: str) -> Candidate:
    assert ticket.created_at is not None
    place = ticket.place
    spot = place.address or place.community or _named_place(ticket)
    known = {"unit": ticket.unit, "spot": spot_of(ticket), "subject": ticket.title[:SUBJECT]}
    where = f"{place.district or ''}/{spot}" if spot else ticket.ticket_id
    key = f"hazard:{name}:{where}"
    return Candidate(
        candidate_id=f"c-{hash_of('hazard', key, ticket.ticket_id)}",
        kind="hazard",
        scope="problem",
        key=key,
        at=ticket.trigger_at,
        trigger_ticket_id=ticket.ticket_id,
        district=place.district or "",
        place=place,
        category=ticket.category[-1] if ticket.category else "",
        ticket_ids=(ticket.ticket_id,),
        reporters=1,
        hazards=(name,),
        first_seen=ticket.created_at,
        evidence=(Quote(ticket_id=ticket.ticket_id, quote=quote),) if quote else (),
        facts={name: fact for name, fact in known.items() if fact},
        rules=RULES,
    )


def _named_place(ticket: Ticket) -> str:
    kinds = ("building", "site", "station", "community", "road")
    names = [(kinds.index(part.kind), part.name) for part in ticket.parts if part.kind in kinds]
    return min(names)[1] if names else ""


# What all findings share


def _members_within(case: Case, ticket_ids: tuple[str, ...], span: timedelta) -> list[Member]:
    """The ticket at hand last, before it the others of the span, oldest first."""
    since = case.member.at - span.total_seconds()
    others = [case.book.member(known) for known in ticket_ids if known != case.member.ticket_id]
    return [other for other in others if other is not None and other.at >= since] + [case.member]


def _candidate(
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
        category=problem.category,
        matter=problem.matter if single else "",
        ticket_ids=tuple(member.ticket_id for member in members)[-MAX_TICKETS:],
        reporters=reporters,
        hazards=case.graded.grade.hazards,
        first_seen=_created(ticket) - timedelta(seconds=case.member.at - first),
        evidence=_quotes(members),
        figures=figures,
        facts=known,
        rules=f"{RULES}+{case.city.version}",
    )


def _facts(case: Case, members: Sequence[Member]) -> dict[str, str]:
    """What the wording may say of a problem: where exactly, who has it now, and how a caller titles it."""
    problem = case.problem
    known = {
        "unit": problem.units[-1] if problem.units else "",
        "spot": shared_spot(problem.place, members),
        "subject": case.graded.ticket.title[:SUBJECT],
    }
    return {name: fact for name, fact in known.items() if fact}


def _created(ticket: Ticket) -> datetime:
    assert ticket.created_at is not None
    return ticket.created_at


_NOWHERE = {"community": None, "address": None, "lat": None, "lon": None}
_WIDE: dict[Scope, dict[str, None]] = {
    "street": _NOWHERE,
    "district": {**_NOWHERE, "street": None},
    "city": {**_NOWHERE, "street": None, "district": None},
}


def _quotes(members: list[Member]) -> tuple[Quote, ...]:
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


PATTERNS: tuple[Pattern, ...] = (find_bursts, find_return, find_graded_hazard)

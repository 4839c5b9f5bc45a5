"""Which findings a ticket triggers: one function a pattern, one list of them."""

from collections.abc import Callable

from agents.grading.grade import Graded
from agents.intake.ticket import Ticket
from agents.problems.baseline import is_slow
from agents.problems.bursts import find_bursts
from agents.problems.campaign import find_campaign
from agents.problems.case import (
    RULES,
    SUBJECT,
    Case,
)
from agents.problems.one_caller import find_one_caller
from agents.problems.problem import Candidate
from agents.problems.problem import Evidence as Quote
from agents.problems.returns import find_return
from agents.problems.signature import hash_of
from agents.problems.spots import spot_of

Pattern = Callable[[Case], tuple[Candidate, ...]]


def find_crowds(case: Case) -> tuple[Candidate, ...]:
    """The bursts; but a crowd of weeks about what was closed is that closing's failure: the return says
    more."""
    bursts = find_bursts(case)
    # What a redelivery finds was weighed against the return when it was decided.
    if not case.repeats and any(_is_told_by_return(burst) for burst in bursts) and find_return(case):
        return tuple(burst for burst in bursts if not _is_told_by_return(burst))
    return bursts


def _is_told_by_return(burst: Candidate) -> bool:
    return burst.scope == "problem" and is_slow(burst.figures)


# Hazard


def find_hazards_alone(ticket: Ticket) -> tuple[Candidate, ...]:
    """A critical hazard in the words of one ticket, before any grading: one candidate a hazard."""
    if not ticket.hazards or ticket.created_at is None or ticket.status == "closed":
        return ()
    found: dict[str, str] = {}
    for hazard in ticket.hazards:
        if hazard.level == "critical":
            found.setdefault(hazard.name, hazard.quote)
    return tuple(_hazard(ticket, name, quote) for name, quote in found.items())


def is_graded_hazard(graded: Graded) -> bool:
    """Whether an open ticket is graded critical for what no rule found in its words."""
    ticket = graded.ticket
    if graded.grade.urgency != "critical" or ticket.status == "closed":
        return False
    return all(hazard.level != "critical" for hazard in ticket.hazards)


def find_graded_hazard(case: Case) -> tuple[Candidate, ...]:
    """A ticket graded critical although no rule found a critical hazard in it."""
    if not is_graded_hazard(case.graded):
        return ()
    ticket, grade = case.graded.ticket, case.graded.grade
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


PATTERNS: tuple[Pattern, ...] = (
    find_crowds,
    find_return,
    find_campaign,
    find_one_caller,
    find_graded_hazard,
)

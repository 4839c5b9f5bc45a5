"""What a ticket brings to its problem."""

from datetime import date
from functools import lru_cache

from agents.city import City
from agents.intake.ticket import Ticket
from agents.problems.member import Member
from agents.problems.problem import Share
from agents.problems.recurrence import says_solved

_EPOCH = date(1970, 1, 1).toordinal()


def share_of(ticket: Ticket, member: Member, city: City) -> Share:
    """The ticket's share of the problem, as it stands now; `ticket` has been created."""
    closing = None
    for step in ticket.steps:
        if step.event == "closed":
            closing = step
    assert ticket.created_at is not None
    return Share(
        ticket_id=ticket.ticket_id,
        caller=member.caller,
        created_at=ticket.created_at,
        day=_date_of(int(member.at // 86_400)),
        at=closing.at if closing is not None and not member.open else ticket.trigger_at,
        open=member.open,
        unit=ticket.unit or (closing.unit if closing is not None else None),
        reply=closing.reply or "" if closing is not None else "",
        solves=closing is not None and says_solved(closing, city),
        returns=member.returns,
    )


@lru_cache(maxsize=512)
def _date_of(day: int) -> str:
    return date.fromordinal(_EPOCH + day).isoformat()

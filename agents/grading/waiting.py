"""Tickets that the rules graded because no model could be asked: they are graded again when one is back."""

import heapq
from collections.abc import Iterable, MutableMapping

from agents.grading.grade import URGENCIES, Grade, Urgency
from agents.intake.ticket import Ticket, Value

OUTAGES = frozenset(
    {
        "busy",
        "timed_out",
        "broken",
        "wrong_setting",
        "breaker_open",
        "budget_spent",
        "throttled",
    }
)
"""Reasons that lie with the endpoint or the budget. The others lie with the text: asking later would not help."""


class Waiting(Value):
    """A ticket in its newest state, and how urgent the rules found it."""

    ticket: Ticket
    urgency: Urgency


def note(
    waiting: MutableMapping[str, Waiting], ticket: Ticket, grade: Grade, why: Iterable[str], most: int
) -> None:
    """Put the ticket in line, or take it out when its grade is as good as it will get.

    Of more than `most` the one that is worth least goes.
    """
    lost = grade.source == "rules" and any(reason in OUTAGES for reason in why)
    if not lost:
        waiting.pop(ticket.ticket_id, None)
        return
    entry = Waiting.trusted(ticket=ticket, urgency=grade.urgency)
    if ticket.ticket_id not in waiting and len(waiting) >= most:
        least = min(waiting, key=lambda ticket_id: _worth(waiting[ticket_id]))
        if _worth(waiting[least]) >= _worth(entry):
            return
        del waiting[least]
    waiting[ticket.ticket_id] = entry


def best(waiting: MutableMapping[str, Waiting], most: int) -> list[Ticket]:
    """Whom to grade again first: open before closed, urgent before calm, new before old."""
    chosen = heapq.nlargest(most, waiting.values(), key=_worth)
    return [entry.ticket for entry in chosen]


def _worth(entry: Waiting) -> tuple[bool, int, float, str]:
    ticket = entry.ticket
    created = ticket.created_at.timestamp() if ticket.created_at is not None else 0.0
    return ticket.status == "open", URGENCIES.index(entry.urgency), created, ticket.ticket_id

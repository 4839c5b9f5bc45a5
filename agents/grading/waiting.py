"""Tickets that the rules graded because no model could be asked: they are graded again when one is back."""

import heapq
from collections.abc import Collection, Iterable, MutableMapping

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
"""Reasons that lie with the endpoint or the budget."""
DOUBTFUL = frozenset({"bad_json", "off_list", "off_text", "no_variant", "too_long"})
"""Reasons that may lie with either: a text that a model cannot grade, or an endpoint that answers all with rubbish.
The others lie with the text: asking later would not help."""
MOST_TRIES = 3
"""How often a ticket in line is asked about in vain before the rules' grade stays."""


class Waiting(Value):
    """A ticket in its newest state, and how urgent the rules found it."""

    ticket: Ticket
    urgency: Urgency
    tries: int = 0
    """How often it was asked about again and the answer could not be used."""


def note(
    waiting: MutableMapping[str, Waiting], ticket: Ticket, grade: Grade, why: Iterable[str], most: int
) -> None:
    """Put the ticket in line, or take it out when its grade is as good as it will get.

    Of more than `most` the one that is worth least goes.
    """
    lost = grade.source == "rules" and any(reason in OUTAGES or reason in DOUBTFUL for reason in why)
    if not lost:
        waiting.pop(ticket.ticket_id, None)
        return
    known = waiting.get(ticket.ticket_id)
    tries = known.tries if known is not None and known.ticket.edition == ticket.edition else 0
    entry = Waiting.trusted(ticket=ticket, urgency=grade.urgency, tries=tries)
    if ticket.ticket_id not in waiting and len(waiting) >= most:
        least = min(waiting, key=lambda ticket_id: _worth(waiting[ticket_id]))
        if _worth(waiting[least]) >= _worth(entry):
            return
        del waiting[least]
    waiting[ticket.ticket_id] = entry


def failed(waiting: MutableMapping[str, Waiting], ticket: Ticket, why: Collection[str]) -> None:
    """The ticket was asked about again, in vain. After an outage its place stays as it is; a doubtful answer puts it
    behind those that were asked about less often, so that it keeps nobody waiting; else it leaves the line."""
    entry = waiting.get(ticket.ticket_id)
    if entry is None or entry.ticket.edition != ticket.edition or not OUTAGES.isdisjoint(why):
        return
    tries = entry.tries + 1
    if DOUBTFUL.isdisjoint(why) or tries >= MOST_TRIES:
        del waiting[ticket.ticket_id]
    else:
        waiting[ticket.ticket_id] = entry.model_copy(update={"tries": tries})


def best(waiting: MutableMapping[str, Waiting], most: int) -> list[Ticket]:
    """Whom to grade again first: seldom tried before often, open before closed, urgent before calm, new before old."""
    chosen = heapq.nlargest(most, waiting.values(), key=_worth)
    return [entry.ticket for entry in chosen]


def _worth(entry: Waiting) -> tuple[int, bool, int, float, str]:
    ticket = entry.ticket
    created = ticket.created_at.timestamp() if ticket.created_at is not None else 0.0
    urgency = URGENCIES.index(entry.urgency)
    return -entry.tries, ticket.status == "open", urgency, created, ticket.ticket_id

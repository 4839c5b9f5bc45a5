"""The record of one question to a model: what was asked, what came back, what it cost. Value of `grading.audit`."""

import hashlib
from datetime import datetime

from agents.intake.ticket import Ticket, Value

LONGEST_ANSWER = 8_000
"""Characters kept of an answer: one that runs on is cut."""


class Call(Value):
    """One question to one endpoint, whatever became of it."""

    model: str
    attempt: int
    """1 or 2."""
    outcome: str
    """"answered", or the reason of agents/grading/endpoint.py."""
    detail: str = ""
    """What was wrong, without the ticket's text."""
    variant: str | None = None
    message: str
    """What was asked after the instructions: the masked text in its fence."""
    answer: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_cny: float = 0.0
    latency_ms: int = 0
    asked_at: float
    """Seconds since 1970, by the clock of the worker."""


class Audit(Value):
    """A call with whom it was made for. Masked: what left the house is what stands here."""

    audit_id: str
    """hash(ticket, edition, model, attempt, time): the same call has the same id when it is told again."""
    ticket_id: str
    edition: int
    at: datetime
    """Event time of the ticket's state."""
    rung: int
    """Place of the endpoint on the ladder, from 1."""
    prompt: str
    """Prompt id and digest; the instructions are the file of that version."""
    call: Call


def audit_of(ticket: Ticket, rung: int, prompt: str, call: Call) -> Audit:
    """The record of a call made for the ticket's state."""
    told = f"{ticket.ticket_id}|{ticket.edition}|{call.model}|{call.attempt}|{call.outcome}|{call.asked_at!r}"
    return Audit.trusted(
        audit_id=f"u-{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:24]}",
        ticket_id=ticket.ticket_id,
        edition=ticket.edition,
        at=ticket.trigger_at,
        rung=rung,
        prompt=prompt,
        call=call,
    )

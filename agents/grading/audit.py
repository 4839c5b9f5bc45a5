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
    """From 1; 0: nothing was asked."""
    outcome: str
    """"answered", "reused", or the reason of agents/grading/endpoint.py."""
    detail: str = ""
    """What was wrong, without the ticket's text; of a reused answer the ticket whose it is."""
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


REUSED = "reused"
"""Outcome of a record that says whose answer a ticket got."""


def reuse_of(source: Audit, ticket: Ticket) -> Audit:
    """The record of a ticket that got the answer of another one: nothing was asked or paid, and question and answer
    stand where they were. All states of the ticket have one record, and it is as old as the answer."""
    told = f"{ticket.ticket_id}|{REUSED}|{source.audit_id}"
    call = Call.trusted(
        model=source.call.model,
        attempt=0,
        outcome=REUSED,
        detail=source.ticket_id,
        variant=source.call.variant,
        message="",
        asked_at=source.call.asked_at,
    )
    return source.model_copy(
        update={
            "audit_id": _id_of(told),
            "ticket_id": ticket.ticket_id,
            "edition": ticket.edition,
            "at": ticket.trigger_at,
            "call": call,
        }
    )


def audit_of(ticket: Ticket, rung: int, prompt: str, call: Call) -> Audit:
    """The record of a call made for the ticket's state."""
    told = f"{ticket.ticket_id}|{ticket.edition}|{call.model}|{call.attempt}|{call.outcome}|{call.asked_at!r}"
    return Audit.trusted(
        audit_id=_id_of(told),
        ticket_id=ticket.ticket_id,
        edition=ticket.edition,
        at=ticket.trigger_at,
        rung=rung,
        prompt=prompt,
        call=call,
    )


def _id_of(told: str) -> str:
    return f"u-{hashlib.sha256(told.encode('utf-8', 'replace')).hexdigest()[:24]}"

"""Tickets, problems, alerts and the ledger as documents: body, id, and the version that says which state is
newer.

Versions. A ticket's state has the order `ticket.index_version`, which leaves the last digit to the stages of
one edition: 0 accepted, 1 graded by rules, 2 graded by the model, 3 and 4 the same with its problem, 5 and 6
the same moved to another problem, 7 and 8 the same in a problem that has become a crowd. A merge or split that
moves the ticket counts as an edition.
Every grade is gathered afterwards, so a later model grade of the same
edition arrives at 4 and replaces the rules' 3; its bare grade (2) coming late never takes the problem away
again. Problems carry their own counter, alerts the number of the event in their life.

Months. Elasticsearch keeps a ticket in the month of its creation, in the ticket's own local time. A ticket
whose `created` has not arrived has no month: it rests apart (see ElasticIndex), can be got by id, and is not
searched. A month guessed from another event would leave it in two places once the true one is known.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Literal

from agents.alerting.alert import AlertEvent, Held
from agents.grading.audit import Audit
from agents.grading.claims import status_of
from agents.grading.grade import Diversion, Grade, Graded
from agents.intake.ticket import Place, Step, Ticket
from agents.problems.learned import learned_of
from agents.problems.problem import Change, Problem
from agents.problems.rising import is_crowd
from indexing.analysis import tidy
from indexing.index import Document

Stage = Literal["accepted", "graded", "gathered"]


def of_ticket(ticket: Ticket) -> Document:
    """A ticket as intake left it: no grade yet."""
    return _ticket_document(ticket, "accepted", 0, {"hazards": _hazards(ticket, ())})


def of_graded(graded: Graded) -> Document:
    """A ticket with its grade, its problem still unknown."""
    stage = 2 if graded.grade.source == "llm" else 1
    return _ticket_document(graded.ticket, "graded", stage, _grade_body(graded))


def of_change(change: Change) -> list[Document]:
    """A problem after a change and, where the change brought one, the ticket with its problem and recurrence.

    A ticket that left tells nothing of where it is now: the problem it joined does.
    """
    documents = [_problem_document(change.problem)]
    if change.graded is None or change.joined == "left":
        return documents
    by_model = change.graded.grade.source == "llm"
    # A crowd is found after its first tickets were told: what is told again must win over them.
    stage = 7 if is_crowd(change.problem) else 5 if change.joined == "moved" else 3
    body = _grade_body(change.graded)
    # Each merge or split that moved the ticket counts as an edition: what is told again must win.
    moves = min(change.moves, 99 - min(change.graded.ticket.edition, 99))
    body |= {
        "problem_id": change.problem.problem_id,
        "joined": change.joined,
        "score": change.score,
        "recurrence": change.graded.grade.recurrence.kind,
    }
    return [
        *documents,
        _ticket_document(change.graded.ticket, "gathered", 10 * moves + stage + by_model, body),
    ]


def of_alert_event(event: AlertEvent) -> list[Document]:
    """The alert as the event left it; what was held back goes to the ledger."""
    alert = event.alert
    body: dict[str, Any] = {
        "alert_id": alert.alert_id,
        "kind": alert.kind,
        "level": alert.level,
        "scope": alert.scope,
        "key": alert.key,
        "raised_at": _instant(alert.raised_at),
        "updated_at": _instant(alert.updated_at),
        "problem_id": alert.problem_id,
        "trigger_ticket_id": alert.trigger_ticket_id,
        "ticket_ids": alert.ticket_ids,
        "reporters": alert.reporters,
        "title": tidy(alert.title),
        "text": tidy(alert.text),
        "quotes": [tidy(evidence.quote) for evidence in alert.evidence],
        "evidence": [{"ticket_id": e.ticket_id, "quote": tidy(e.quote)} for e in alert.evidence],
        "category": alert.category,
        "matter": tidy(alert.matter),
        "hazards": alert.hazards,
        "figures": alert.figures,
        "evidence_lambda": alert.figures.get("lambda"),
        "status": alert.status,
        "acknowledged_by": alert.acknowledged_by,
        "verdict": alert.verdict,
        "rules": alert.rules,
        "last_event": event.event,
        "last_at": _instant(event.at),
        "last_by": event.by,
        "note": event.note,
        **_place_body(alert.place),
    }
    body["district"] = alert.district or alert.place.district
    if isinstance(alert, Held):
        body |= {"suppressed": alert.suppressed, "under": alert.under}
        return [Document("ledger", alert.alert_id, event.seq, _present(body))]
    return [Document("alerts", alert.alert_id, event.seq, _present(body))]


def of_audit(audit: Audit) -> Document:
    """A question to a model and its answer: written once, found by its ticket."""
    call = audit.call
    body: dict[str, Any] = {
        "audit_id": audit.audit_id,
        "ticket_id": audit.ticket_id,
        "edition": audit.edition,
        "at": _instant(audit.at),
        "asked_at": _instant(datetime.fromtimestamp(call.asked_at, UTC)),
        "rung": audit.rung,
        "attempt": call.attempt,
        "model": call.model,
        "variant": call.variant,
        "prompt": audit.prompt,
        "outcome": call.outcome,
        "detail": call.detail,
        "message": tidy(call.message),
        "answer": tidy(call.answer),
        "tokens_in": call.tokens_in,
        "tokens_out": call.tokens_out,
        "cost_cny": call.cost_cny,
        "latency_ms": call.latency_ms,
    }
    return Document("audit", audit.audit_id, 1, _present(body))


def _ticket_document(ticket: Ticket, stage: Stage, digit: int, more: dict[str, Any]) -> Document:
    body: dict[str, Any] = {
        "ticket_id": ticket.ticket_id,
        "stage": stage,
        "revision": ticket.revision,
        "edition": ticket.edition,
        "created_at": _instant(ticket.created_at),
        "updated_at": _instant(ticket.updated_at),
        "channel": ticket.channel,
        "reporter": ticket.reporter,
        "kind": ticket.kind,
        "title": tidy(ticket.title),
        "content": tidy(ticket.content),
        "category_path": ticket.category,
        "places": tuple(dict.fromkeys(part.name for part in ticket.parts)),
        "learned": learned_of(ticket),
        "status": ticket.status,
        "unit": ticket.unit,
        **_place_body(ticket.place),
        **_steps_body(ticket.steps, ticket.status == "closed"),
        **more,
    }
    return Document("tickets", ticket.ticket_id, ticket.index_version + digit, _present(body))


def _grade_body(graded: Graded) -> dict[str, Any]:
    grade: Grade = graded.grade
    duty = grade.duty
    return {
        "summary": tidy(grade.summary),
        "kind": grade.kind,
        "category": grade.category,
        "urgency": grade.urgency,
        "urgency_reason": tidy(grade.urgency_reason),
        "recurrence": grade.recurrence.kind,
        "cues": [tidy(cue) for cue in grade.recurrence.cues],
        "earlier": grade.recurrence.earlier,
        "hazards": _hazards(graded.ticket, grade.hazards),
        "matter": tidy(grade.matter),
        "key_phrases": [tidy(phrase) for phrase in grade.key_phrases],
        "quotes": [tidy(quote) for quote in grade.quotes],
        "praise_target": tidy(grade.praise_target or ""),
        "duty_unit": duty.unit if duty else None,
        "duty_item": duty.item if duty else None,
        "duty_warning": duty.warning if duty else None,
        "duty_basis": duty.basis if duty else None,
        "duty_reason": duty.reason if duty else None,
        "draft_title": tidy(grade.title),
        **_diversion_body(grade.diversion),
        **_claim_body(graded),
        "confidence": grade.confidence,
        "review": grade.review,
        "made_by": grade.made_by,
        "proposed": grade.proposed,
        "tokens": grade.tokens_in + grade.tokens_out,
        "cost_cny": grade.cost_cny,
        "source": grade.source,
        "why": grade.why,
        "model": grade.model,
        "prompt": grade.prompt,
        "rules": grade.rules,
    }


def _diversion_body(diversion: Diversion | None) -> dict[str, Any]:
    if diversion is None:
        return {}
    return {
        "diversion": diversion.to,
        "diversion_reason": diversion.reason,
        "diversion_quote": tidy(diversion.quote),
    }


def _claim_body(graded: Graded) -> dict[str, Any]:
    """The proposal and what people made of it; only "confirmed_twice" leaves the appraisal figures."""
    claim = graded.grade.claim_review
    if claim is None:
        return {}
    return {
        "claim_clause": claim.clause,
        "claim_basis": claim.basis,
        "claim_quote": tidy(claim.quote),
        "claim_status": status_of(claim, graded.ticket.steps),
    }


def _steps_body(steps: Sequence[Step], closed: bool) -> dict[str, Any]:
    """What happened after the ticket was written down: units, counts, the last close and the last review."""
    dispatches = [step.unit for step in steps if step.event == "dispatched" and step.unit]
    closings = [step for step in steps if step.event == "closed"]
    reviews = [step for step in steps if step.event == "reviewed"]
    body: dict[str, Any] = {
        "units": tuple(dict.fromkeys(step.unit for step in steps if step.unit)),
        "returns": sum(step.event == "returned" for step in steps),
        "hops": sum(before != after for before, after in pairwise(dispatches)),
        "replies": [tidy(step.reply) for step in steps if step.reply],
        "reasons": [tidy(step.reason) for step in steps if step.reason],
        "comments": [tidy(step.comment) for step in steps if step.comment],
        "steps": [_step_body(step) for step in steps],
    }
    if closings:
        body |= {"outcome": closings[-1].outcome, "closed_at": _instant(closings[-1].at) if closed else None}
    if reviews:
        review = reviews[-1]
        body |= {"satisfied": review.satisfied, "solved": review.solved, "rating": review.rating}
    return body


def _step_body(step: Step) -> dict[str, Any]:
    voice = {"by": step.by, "verdict": step.verdict} if step.event == "claim_reviewed" else {}
    return _present({"event": step.event, "at": _instant(step.at), "unit": step.unit, **voice})


def _problem_document(problem: Problem) -> Document:
    body: dict[str, Any] = {
        "problem_id": problem.problem_id,
        "title": tidy(problem.title),
        "matter": tidy(problem.matter),
        "category": problem.category,
        "first_seen": _instant(problem.first_seen),
        "last_seen": _instant(problem.last_seen),
        "closed_at": _instant(problem.closed_at),
        "tickets": problem.tickets,
        "reporters": problem.reporters,
        "open_tickets": problem.open_tickets,
        "closures": problem.closures,
        "recent": problem.recent,
        "patterns": problem.patterns,
        "status": problem.status,
        "after": problem.after,
        "into": problem.into,
        "aliases": problem.aliases,
        "review": ("merge",) if problem.proposals else (),
        "proposals": [record.model_dump(mode="json") for record in problem.proposals],
        "records": [record.model_dump(mode="json") for record in problem.records],
        "units": problem.units,
        **_place_body(problem.place),
    }
    body["district"] = problem.district or problem.place.district
    return Document("problems", problem.problem_id, problem.version, _present(body))


def _place_body(place: Place) -> dict[str, Any]:
    # Coordinates off the globe would make Elasticsearch refuse the whole ticket.
    lat, lon = place.lat, place.lon
    located = lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180
    return {
        "city": place.city,
        "district": place.district,
        "street": place.street,
        "community": place.community,
        "address": tidy(place.address or ""),
        "location": {"lat": lat, "lon": lon} if located else None,
    }


def _hazards(ticket: Ticket, graded: Sequence[str]) -> tuple[str, ...]:
    """Of the rules and of the grade: a grade adds dangers, it takes none away."""
    return tuple(dict.fromkeys([*graded, *(hazard.name for hazard in ticket.hazards)]))


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _present(body: dict[str, Any]) -> dict[str, Any]:
    """The body without what is not known: absent means unknown, on both engines."""
    return {name: value for name, value in body.items() if value not in (None, "", (), [], {})}

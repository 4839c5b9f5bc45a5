"""One grade of two: the safer urgency, the model's words where they hold, and for every field who made it."""

from typing import Any

from agents.grading.answer import Answer
from agents.grading.evidence import is_foreign, keep_verbatim, plain, said
from agents.grading.grade import URGENCIES, Author, Grade, Recurrence, ReviewReason
from agents.intake.ticket import Ticket

BY_RULES: Author = "rules"
_OF_THE_RULES = ("title", "duty", "diversion", "claim_review")
"""Fields that no model is asked for."""
LEAST_MATTER = 2
"""Characters: one alone names no problem."""
FAR_APART = 2
"""Levels of urgency between the rules and the model from which a person looks."""


def settle(ruled: Grade, answer: Answer, ticket: Ticket, review_below: float = 0.4) -> Grade:
    """The final grade, without who was asked and what it cost.

    `review_below`: a model less confident than this sends its grade to a person.
    """
    spans, dropped = _proven(answer, ticket.text)
    raised = URGENCIES.index(answer.urgency) > URGENCIES.index(ruled.urgency)
    reason = _reason(answer, ticket.text) if raised else ""
    matter = said(answer.matter, 14)
    cues = spans["cues"]
    praised = answer.praise_target or ""
    own: dict[str, Any] = {
        "summary": said(answer.summary, 80),
        "category": answer.category,
        "urgency": answer.urgency if raised else None,
        "urgency_reason": reason,
        "recurrence": Recurrence(kind=ruled.recurrence.kind, cues=cues) if cues else None,
        "hazards": tuple(name for name in answer.hazards if name not in ruled.hazards),
        "matter": matter if len(matter) >= LEAST_MATTER else None,
        "place_said": spans["places"],
        "key_phrases": spans["phrases"],
        "quotes": spans["quotes"],
        "praise_target": plain(praised) if praised in ticket.text else None,
    }
    kept: dict[str, Author] = {name: "rules" for name, value in own.items() if not value}
    filled = {name: value for name, value in own.items() if value}
    if "hazards" in filled:
        filled["hazards"] = (*ruled.hazards, *filled["hazards"])
    if ticket.kind is not None:
        kept["kind"] = "platform"
    return ruled.model_copy(
        update={
            **filled,
            "kind": ticket.kind or answer.kind,
            "proposed": {"rules": ruled.urgency, "llm": answer.urgency},
            "confidence": answer.confidence,
            "review": _review(ruled, answer, bool(spans["quotes"]), review_below),
            "source": "llm",
            "made_by": {**dict.fromkeys(_OF_THE_RULES, BY_RULES), **kept},
            "dropped_quotes": dropped,
        }
    )


def _reason(answer: Answer, text: str) -> str:
    """The model's own, where it is one that an officer can read: the rules' would speak for the lower urgency."""
    reason = said(answer.urgency_reason, 200)
    return reason if reason and not is_foreign(reason, text) else "模型研判上调，未写明理由"


def _proven(answer: Answer, text: str) -> tuple[dict[str, tuple[str, ...]], int]:
    """What of the answer's spans stands in the text; and how many do not."""
    given = {
        "quotes": answer.quotes,
        "cues": answer.recurrence_cues,
        "places": answer.place_said,
        "phrases": answer.key_phrases,
    }
    found = {name: keep_verbatim(spans, text) for name, spans in given.items()}
    return {name: kept for name, (kept, _) in found.items()}, sum(dropped for _, dropped in found.values())


def _review(ruled: Grade, answer: Answer, proven: bool, review_below: float) -> tuple[ReviewReason, ...]:
    found: list[ReviewReason] = []
    if answer.confidence < review_below:
        found.append("low_confidence")
    if abs(URGENCIES.index(ruled.urgency) - URGENCIES.index(answer.urgency)) >= FAR_APART:
        found.append("disagreement")
    if not proven:
        found.append("unproven")
    return tuple(found)

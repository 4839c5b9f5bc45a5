"""One grade of two: the safer urgency, the model's words where they hold, and for every field who made it."""

from agents.grading.answer import Answer
from agents.grading.evidence import keep_verbatim, said
from agents.grading.grade import URGENCIES, Author, Grade, Recurrence, ReviewReason
from agents.intake.ticket import Ticket

LOW_CONFIDENCE = 0.5
"""Below it a model's grade goes to a person. Its scale is the model's own: `weisu evaluate grading` shows it."""
FAR_APART = 2
"""Levels of urgency between the rules and the model from which a person looks."""


def settle(ruled: Grade, answer: Answer, ticket: Ticket) -> Grade:
    """The final grade, without who was asked and what it cost."""
    text = ticket.text
    quotes, dropped = keep_verbatim(answer.quotes, text)
    cues, dropped_cues = keep_verbatim(answer.recurrence_cues, text)
    places, dropped_places = keep_verbatim(answer.place_said, text)
    phrases, dropped_phrases = keep_verbatim(answer.key_phrases, text)
    praised = answer.praise_target if answer.praise_target and answer.praise_target in text else None
    raised = URGENCIES.index(answer.urgency) > URGENCIES.index(ruled.urgency)
    summary, matter = said(answer.summary, 80), said(answer.matter, 14)
    reason = said(answer.urgency_reason, 200)
    grade = ruled.model_copy(
        update={
            "summary": summary or ruled.summary,
            "kind": ticket.kind or answer.kind,
            "category": answer.category,
            "urgency": answer.urgency if raised else ruled.urgency,
            "urgency_reason": reason if raised and reason else ruled.urgency_reason,
            "proposed": {"rules": ruled.urgency, "llm": answer.urgency},
            "recurrence": Recurrence(kind=ruled.recurrence.kind, cues=cues or ruled.recurrence.cues),
            "hazards": tuple(dict.fromkeys((*ruled.hazards, *answer.hazards))),
            "matter": matter or ruled.matter,
            "place_said": places or ruled.place_said,
            "key_phrases": phrases or ruled.key_phrases,
            "quotes": quotes or ruled.quotes,
            "praise_target": praised or ruled.praise_target,
            "confidence": answer.confidence,
            "review": _review(ruled, answer, bool(quotes)),
            "source": "llm",
            "dropped_quotes": dropped + dropped_cues + dropped_places + dropped_phrases,
        }
    )
    kept = {
        "summary": not summary,
        "urgency": not raised,
        "urgency_reason": not (raised and reason),
        "recurrence": not cues,
        "hazards": set(answer.hazards) <= set(ruled.hazards),
        "matter": not matter,
        "place_said": not places,
        "key_phrases": not phrases,
        "quotes": not quotes,
        "praise_target": not praised,
        "duty": True,
    }
    made_by: dict[str, Author] = {name: "rules" for name, by_rules in kept.items() if by_rules}
    if ticket.kind is not None:
        made_by["kind"] = "platform"
    return grade.model_copy(update={"made_by": made_by})


def _review(ruled: Grade, answer: Answer, proven: bool) -> tuple[ReviewReason, ...]:
    found: list[ReviewReason] = []
    if answer.confidence < LOW_CONFIDENCE:
        found.append("low_confidence")
    if abs(URGENCIES.index(ruled.urgency) - URGENCIES.index(answer.urgency)) >= FAR_APART:
        found.append("disagreement")
    if not proven:
        found.append("unproven")
    return tuple(found)

"""The step of grading 研判, and the grade it makes."""

from typing import Literal, NamedTuple, Protocol

from pydantic import Field

from agents.grading.audit import Audit
from agents.intake.ticket import Kind, Ticket, Value

Urgency = Literal["critical", "urgent", "normal", "low"]
URGENCIES: tuple[Urgency, ...] = ("low", "normal", "urgent", "critical")
RecurrenceKind = Literal["first", "same_caller", "many_callers", "after_closure", "chronic", "seasonal"]
Source = Literal["rules", "llm"]
Line = Literal["110", "119", "120", "122", "expert", "self_service", "normal"]
"""Where a call belongs: police, fire, ambulance, traffic police, an expert seat, a ready answer, a clerk."""
Author = Literal["rules", "llm", "platform", "crowd"]
ReviewReason = Literal["low_confidence", "disagreement", "unproven"]
"""low_confidence: its maker is unsure; disagreement: rules and model are two levels apart; unproven: none of the
model's quotes stands in the text."""


class Recurrence(Value):
    """What kind of repetition this ticket is part of."""

    kind: RecurrenceKind = "first"
    cues: tuple[str, ...] = ()
    """Verbatim words of the text that say so ("第三次打电话了")."""
    earlier: tuple[str, ...] = ()
    """Ids of the earlier tickets of the same matter, newest first, at most 10."""


class DutyProposal(Value):
    """谁主管谁负责: the unit in charge, and the item of the duty catalogue that says so."""

    unit: str
    item: str
    """Id and title of the catalogue item."""
    basis: str = ""
    """The rule that the item rests on, as the catalogue writes it."""
    reason: str = ""
    """One line: the words that fit the item; for a territorial proposal, why it goes by place."""
    territorial: bool = False
    """属地: by where it is, not by what it is about. Only with a stated reason."""
    confidence: float = Field(ge=0, le=1)
    warning: str | None = None
    """For instance that a community lacks the power to enforce."""


class Diversion(Value):
    """话务分流: which line or seat should take this call, as a proposal."""

    to: Line
    reason: str
    """One line in officer's Chinese."""
    quote: str = ""
    """Verbatim span of the masked text that it rests on; empty for "normal"."""


class ClaimReview(Value):
    """诉求甄别: a proposal that the claim is unreasonable or unfounded. It never touches the urgency, and it
    counts only when two people have confirmed it (agents/grading/claims.py)."""

    clause: str
    """Id and title of the clause of the city's rules."""
    basis: str
    """The clause's own words."""
    quote: str
    """Verbatim span of the masked text that it rests on."""
    confidence: float = Field(ge=0, le=1)


class Grade(Value):
    """A ticket's grade. Fields a rung cannot fill stay empty; `source` tells the truth about who made it."""

    summary: str
    """≤ 80 characters."""
    kind: Kind
    category: str
    """Key of the city's categories, "other" when none fits."""
    urgency: Urgency
    proposed: dict[Source, Urgency] = Field(default_factory=dict)
    """What each rung said; `urgency` is the higher."""
    urgency_reason: str
    """One line, with the words it rests on."""
    recurrence: Recurrence = Recurrence()
    hazards: tuple[str, ...] = ()
    matter: str
    """The canonical problem in 4–14 characters, such as "小区停水"."""
    place_said: tuple[str, ...] = ()
    key_phrases: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    """Verbatim spans of the masked text that support the grade."""
    praise_target: str | None = None
    title: str = ""
    """Drafted from a transcript; empty where the ticket came with its own."""
    duty: DutyProposal | None = None
    diversion: Diversion | None = None
    claim_review: ClaimReview | None = None
    confidence: float = Field(ge=0, le=1)
    review: tuple[ReviewReason, ...] = ()
    """Why a person should look at this grade; empty: nobody needs to."""
    source: Source
    made_by: dict[str, Author] = Field(default_factory=dict)
    """Field → who filled it, where that is not `source`: see author()."""
    why: str = ""
    """Why this rung: empty for the first choice, else what the rungs above said."""
    model: str | None = None
    prompt: str | None = None
    """Prompt id with the first of its digest, such as "grade@1+5f0c12ab"."""
    rules: str
    """Version of the rules that ran."""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_cny: float = 0.0
    dropped_quotes: int = 0
    """Of the model's: what does not stand in the text word for word."""

    def author(self, field: str) -> Author:
        """Who filled a field."""
        return self.made_by.get(field, self.source)


class Graded(Value):
    """A ticket with its grade: value of `tickets.graded`."""

    ticket: Ticket
    grade: Grade

    @property
    def district(self) -> str:
        """Its district as fields and words say; "" = unknown."""
        return self.ticket.place.district or ""


class Climbed(NamedTuple):
    """A grade, and the questions to models that it took."""

    grade: Grade
    audits: tuple[Audit, ...] = ()
    """Records to be sent. A redelivery tells again what was paid before."""
    calls: int = 0
    """How many of them, the last ones, were made just now: for the metrics."""


class Judged(NamedTuple):
    """What the step puts out: the graded ticket, and the records of what was asked."""

    graded: Graded
    audits: tuple[Audit, ...] = ()
    calls: int = 0


class Grader(Protocol):
    """Makes a grade; agents/grading/ladder.py is the one there is."""

    async def climb(self, ticket: Ticket) -> Climbed: ...

    async def climb_again(self, ticket: Ticket) -> Climbed:
        """For a ticket that the rules graded while no model could be asked."""
        ...


async def grade(ticket: Ticket, grader: Grader) -> Judged:
    """The step: tickets.accepted → tickets.graded, grading.audit. Never raises for a ticket's content: the
    rules rung always answers."""
    climbed = await grader.climb(ticket)
    return Judged(Graded.trusted(ticket=ticket, grade=climbed.grade), climbed.audits, climbed.calls)


async def grade_again(ticket: Ticket, grader: Grader) -> Judged:
    """The step for a ticket in line: its grade is the model's, if one answers now."""
    climbed = await grader.climb_again(ticket)
    return Judged(Graded.trusted(ticket=ticket, grade=climbed.grade), climbed.audits, climbed.calls)

"""What gathering makes: problems 问题, candidates 候选, counts, and the records between them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.grading.grade import Graded
from agents.intake.ticket import Place

Pattern = Literal["burst", "recurrence", "chronic", "seasonal", "same_caller", "harassment", "campaign", "dispute"]
CandidateKind = Literal["burst", "recurrence", "chronic", "seasonal", "hazard", "dispute", "harassment", "campaign"]
Scope = Literal["problem", "street", "district", "city"]


class Evidence(BaseModel):
    """Verbatim, masked words of one ticket."""

    model_config = ConfigDict(frozen=True)

    ticket_id: str
    quote: str


class Problem(BaseModel):
    """Tickets about the same underlying matter at the same place.

    State is bounded: the full list of tickets is the membership table, here only the newest are kept.
    """

    model_config = ConfigDict(frozen=True)

    problem_id: str
    """p-<hash of the first ticket's id>; never recomputed."""
    district: str
    title: str
    matter: str
    category: str
    place: Place
    first_seen: datetime
    last_seen: datetime
    tickets: int
    reporters: int
    """Distinct reporters; exact up to the cap of `callers`."""
    recent: tuple[str, ...] = ()
    """Ids of the newest tickets, oldest first, at most 64."""
    callers: dict[str, int] = Field(default_factory=dict)
    """Reporter → number of tickets; at most 512 entries."""
    open_tickets: int = 0
    closed_at: datetime | None = None
    """When the last open ticket was closed; None while any is open."""
    closures: int = 0
    patterns: tuple[Pattern, ...] = ()
    status: Literal["open", "closed"] = "open"
    after: str | None = None
    """The closed problem that this one follows."""
    units: tuple[str, ...] = ()


class Candidate(BaseModel):
    """A finding that may reach a person: value of `alerts.candidates`."""

    model_config = ConfigDict(frozen=True)

    candidate_id: str
    """hash(kind, key, trigger ticket): the same finding has the same id on every run."""
    kind: CandidateKind
    scope: Scope
    key: str
    """What cool-down and de-duplication count by."""
    at: datetime
    problem_id: str | None = None
    trigger_ticket_id: str | None = None
    district: str = ""
    place: Place = Place()
    category: str = ""
    matter: str = ""
    ticket_ids: tuple[str, ...] = ()
    reporters: int = 0
    hazards: tuple[str, ...] = ()
    first_seen: datetime | None = None
    evidence: tuple[Evidence, ...] = ()
    figures: dict[str, float] = Field(default_factory=dict)
    """Everything the decision rests on: counters, rate, dispersion, evidence λ before the city's correction."""
    facts: dict[str, str] = Field(default_factory=dict)
    """Named strings for the wording: unit, reply that promised the fix, closing date …"""
    rules: str = ""


class Count(BaseModel):
    """One ticket as the whole city sees it: value of `city.counts`."""

    model_config = ConfigDict(frozen=True)

    ticket_id: str
    at: datetime
    district: str
    category: str
    fresh: bool
    """First call of this reporter about this district and category within the crowd window."""


class Record(BaseModel):
    """A merge or split of problems, never silent."""

    model_config = ConfigDict(frozen=True)

    record: Literal["merged", "split", "merge_proposed"]
    at: datetime
    problem_id: str
    other_id: str
    score: float
    why: str


class Change(BaseModel):
    """Value of `problems`: the problem after the change, and the ticket or record that changed it."""

    model_config = ConfigDict(frozen=True)

    problem: Problem
    graded: Graded | None = None
    """The ticket with its recurrence filled in."""
    joined: Literal["opened", "joined", "updated", "moved", "left"] | None = None
    score: dict[str, float] = Field(default_factory=dict)
    """Parts of the score by which the ticket belongs here."""
    record: Record | None = None


class Gathered(BaseModel):
    """All that one graded ticket leads to."""

    model_config = ConfigDict(frozen=True)

    changes: tuple[Change, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    count: Count | None = None

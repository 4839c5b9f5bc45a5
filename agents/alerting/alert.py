"""What alerting makes: alerts 预警, what was held back, and the events of an alert's life."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from agents.intake.masking import mask
from agents.intake.ticket import Place
from agents.problems.problem import CandidateKind, Evidence, Scope

Level = Literal["red", "orange", "yellow", "blue"]
LEVELS: tuple[Level, ...] = ("blue", "yellow", "orange", "red")
HeldReason = Literal[
    "below_threshold",
    "duplicate",
    "cool_down",
    "silenced",
    "inhibited",
    "unconfirmed",
    "budget",
    "unsupported",
]
AlertKind = CandidateKind | Literal["digest"]
"""What an alert is about; `digest`: the day's list of what the budget held back."""
Verdict = Literal["confirmed", "false_alarm", "merged"]
"""What an officer found on the spot."""
EventName = Literal[
    "raised",
    "updated",
    "delivered",
    "acknowledged",
    "resolved",
    "false_alarm",
    "confirmed",
    "merged",
    "silenced",
    "held",
    "digest",
]
CommandName = Literal[
    "acknowledge",
    "resolve",
    "false_alarm",
    "confirm",
    "merge",
    "silence",
    "delivered",
    "merge_problems",
    "split_problem",
    "follow_problem",
]
"""What is asked of an alert, of problems (`…_problems`, `…_problem`), or said by the notifying agent (`delivered`)
and the problems agent (`follow_problem`: a problem was taken in, its alerts are the other's)."""
AlertStatus = Literal["open", "acknowledged", "resolved", "false_alarm"]


class Alert(BaseModel):
    """What is put before a duty officer. Every sentence of `text` rests on computed facts or on `evidence`."""

    model_config = ConfigDict(frozen=True)

    alert_id: str
    """a-<hash(kind, key, trigger)>: the same finding has the same id on every run."""
    kind: AlertKind
    level: Level
    scope: Scope
    key: str
    raised_at: datetime
    """Event time of what decided it."""
    updated_at: datetime
    problem_id: str | None = None
    trigger_ticket_id: str | None = None
    ticket_ids: tuple[str, ...] = ()
    reporters: int = 0
    title: str
    text: str
    evidence: tuple[Evidence, ...] = ()
    district: str = ""
    place: Place = Place()
    category: str = ""
    matter: str = ""
    hazards: tuple[str, ...] = ()
    figures: dict[str, float] = Field(default_factory=dict)
    status: AlertStatus = "open"
    acknowledged_by: str | None = None
    verdict: Verdict | None = None
    rules: str = ""


class Held(Alert):
    """A candidate that was held back: the same fields, the reason, the figures."""

    suppressed: HeldReason
    under: str | None = None
    """The alert it was folded into, where there is one."""
    note: str | None = None
    """Of a silence: whose, until when."""


class AlertEvent(BaseModel):
    """Value of `alerts`: one event of an alert's life, or an entry of the ledger 未报台账."""

    model_config = ConfigDict(frozen=True)

    event: EventName
    at: datetime
    alert: Alert | Held
    by: str | None = None
    note: str | None = None
    seq: int = 0
    """Grows with each event of the alert: version in the index."""


class Command(BaseModel):
    """Value of `alerts.commands`: what an officer, or another agent, asks of alerting or of problems."""

    model_config = ConfigDict(frozen=True)

    command: CommandName
    command_id: str
    alert_id: str | None = None
    key: str | None = None
    """What to silence."""
    into: str | None = None
    """The alert that says it already, or the problem that is the same: where to merge."""
    problem_id: str | None = None
    ticket_ids: tuple[str, ...] = ()
    """What to split off a problem."""
    by: str
    at: AwareDatetime
    until: AwareDatetime | None = None
    note: str | None = None
    """A reason in an officer's words, recorded without personal data."""

    @field_validator("note")
    @classmethod
    def _masked(cls, note: str | None) -> str | None:
        return mask(note).text if note else None

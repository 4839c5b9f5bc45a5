"""A ticket 工单: one citizen's appeal and all that happened to it, as the fold of its events."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Channel = Literal["phone", "wechat", "app", "web", "mail", "other"]
Kind = Literal["consult", "help", "complaint", "report", "suggestion", "praise"]
StepName = Literal["dispatched", "returned", "closed", "reviewed", "reopened"]
PartKind = Literal["city", "district", "street", "community", "road", "site", "station", "building"]


class Place(BaseModel):
    """Where it is, in normal form: the platform's fields first, what the text says where those are silent."""

    model_config = ConfigDict(frozen=True)

    city: str | None = None
    district: str | None = None
    street: str | None = None
    community: str | None = None
    address: str | None = None
    lat: float | None = None
    lon: float | None = None


class PlacePart(BaseModel):
    """One place name found for a ticket, in comparable form."""

    model_config = ConfigDict(frozen=True)

    kind: PartKind
    name: str
    """Normal form: gazetteer name, half-width digits, Arabic numerals."""
    said: str
    """The verbatim words of the masked text or of the platform's field."""
    source: Literal["platform", "gazetteer", "text"]
    confidence: float = Field(ge=0, le=1)


class Hazard(BaseModel):
    """风险点: a danger that rules found in the text, whatever a model says."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Key of lexicon/hazards.toml, such as "gas_leak"."""
    level: Literal["critical", "urgent"]
    quote: str
    """Verbatim span of the masked text."""


class Step(BaseModel):
    """One thing that happened to the ticket after it was written down."""

    model_config = ConfigDict(frozen=True)

    event_id: str
    event: StepName
    at: datetime
    revision: int
    unit: str | None = None
    reason: str | None = None
    reply: str | None = None
    outcome: Literal["solved", "explained", "unsolved", "unknown"] | None = None
    satisfied: Literal["yes", "no", "unknown"] | None = None
    solved: Literal["yes", "no", "unknown"] | None = None
    rating: int | None = None
    comment: str | None = None


class Stamp(BaseModel):
    """Which event a field's value comes from: the newest (revision, event_id) wins."""

    model_config = ConfigDict(frozen=True)

    revision: int
    event_id: str


class Ticket(BaseModel):
    """State of a ticket. Free of personal data: callers are hashed, texts are masked.

    A ticket whose `created` has not arrived yet has `created_at` None and no text; it waits, and is not graded.
    """

    model_config = ConfigDict(frozen=True)

    ticket_id: str
    revision: int
    """Highest revision folded in."""
    edition: int
    """How many distinct events are folded in: grows with each change, the same for any order of arrival."""
    created_at: datetime | None = None
    updated_at: datetime
    """Largest event time folded in."""
    trigger_at: datetime
    """Event time of the event folded in last: the clock of all that is decided about this state."""
    channel: Channel = "other"
    reporter: str | None = None
    """Keyed hash of the caller; None when the platform names nobody."""
    kind: Kind | None = None
    title: str = ""
    content: str = ""
    place: Place = Place()
    parts: tuple[PlacePart, ...] = ()
    category: tuple[str, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    status: Literal["open", "closed"] = "open"
    unit: str | None = None
    """Unit that holds it now."""
    steps: tuple[Step, ...] = ()
    """In (revision, event_id) order."""
    stamps: dict[str, Stamp] = Field(default_factory=dict)
    seen: tuple[str, ...] = ()
    """Event ids folded in, sorted; bounded: see fold()."""

    @property
    def text(self) -> str:
        """Title and content as one text."""
        return f"{self.title}\n{self.content}" if self.title else self.content

    @property
    def index_version(self) -> int:
        """Order of this state among all states of the ticket; stages 0–9 may be added by later agents."""
        return self.revision * 1000 + min(self.edition, 99) * 10

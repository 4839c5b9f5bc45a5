"""A ticket 工单: one citizen's appeal and all that happened to it, as the fold of its events."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Channel = Literal["phone", "wechat", "app", "web", "mail", "other"]
Kind = Literal["consult", "help", "complaint", "report", "suggestion", "praise"]
StepName = Literal["dispatched", "returned", "closed", "reviewed", "reopened", "claim_reviewed"]
PartKind = Literal["city", "district", "street", "community", "road", "site", "station", "building"]
PartSource = Literal["platform", "gazetteer", "text", "learned"]
"""Where a name was found; "learned": other tickets of the city tell it."""
V = TypeVar("V", bound=BaseModel)
_new = object.__new__
_set_fields, _set_given, _set_extra, _set_private = (
    vars(BaseModel)[slot].__set__
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)
_ALL_GIVEN: frozenset[str] = frozenset()


class Value(BaseModel):
    """A model that is never changed, only replaced; copying one and sending one to a process is cheap.

    Source of the methods: pydantic's own copy the set of given fields and call four functions; a ticket is
    copied some twenty times on its way, and nothing here asks which fields were given.
    """

    model_config = ConfigDict(frozen=True)

    @classmethod
    def trusted(cls, **fields: Any) -> Self:
        """A value of fields that this code has made itself: defaults are filled in, nothing is validated.

        At most half the cost of the constructor, for the values that every ticket makes. What comes from
        outside goes through the constructor. Every field without a default must be given.
        """
        value = _new(cls)
        _set_fields(value, _blank(cls) | fields)
        _set_given(value, _ALL_GIVEN)
        _set_extra(value, None)
        _set_private(value, None)
        return value

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some fields replaced; `update` is not validated."""
        if deep:
            return super().model_copy(update=update, deep=True)
        fields = self.__dict__.copy()
        if update:
            fields.update(update)
        value = _new(type(self))
        _set_fields(value, fields)
        _set_given(value, _ALL_GIVEN)
        _set_extra(value, None)
        _set_private(value, None)
        return value

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.__dict__)


@cache
def _blank(kind: type[BaseModel]) -> dict[str, Any]:
    """Every field in the order of the class, so that it is written in this order; ... where one must be given.

    A default that is a dict is shared: values are not changed in place.
    """
    return {
        name: ... if known.is_required() else known.get_default(call_default_factory=True)
        for name, known in kind.model_fields.items()
    }


def _restore(kind: type[V], fields: dict[str, Any]) -> V:
    value = _new(kind)
    _set_fields(value, fields)
    _set_given(value, _ALL_GIVEN)
    _set_extra(value, None)
    _set_private(value, None)
    return value


class Place(Value):
    """Where it is, in normal form: the platform's fields first, what the text says where those are silent."""

    city: str | None = None
    district: str | None = None
    street: str | None = None
    community: str | None = None
    address: str | None = None
    lat: float | None = None
    lon: float | None = None


class PlacePart(Value):
    """One place name found for a ticket, in comparable form."""

    kind: PartKind
    name: str
    """Normal form: gazetteer name, half-width digits, Arabic numerals."""
    said: str
    """The verbatim words of the masked text or of the platform's field."""
    source: PartSource
    confidence: float = Field(ge=0, le=1)


class Hazard(Value):
    """风险点: a danger that rules found in the text, whatever a model says."""

    name: str
    """Key of lexicon/hazards.toml, such as "gas_leak"."""
    level: Literal["critical", "urgent"]
    quote: str
    """Verbatim span of the masked text."""


class Step(Value):
    """One thing that happened to the ticket after it was written down."""

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
    by: str | None = None
    """Who spoke on the claim review."""
    verdict: Literal["confirm", "reject"] | None = None
    clause: str | None = None


class Stamp(Value):
    """Which event a field's value comes from: the newest (revision, event_id) wins."""

    revision: int
    event_id: str


def text_of(title: str, content: str) -> str:
    """Title and content as one text."""
    return f"{title}\n{content}" if title else content


class Ticket(Value):
    """State of a ticket. Free of personal data: callers are hashed, texts are masked.

    A ticket whose `created` has not arrived yet has `created_at` None; it waits, and is not graded.
    """

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
    said_place: Place = Place()
    """The platform's own place fields, masked and in normal form; `place` is these and what the text adds."""
    place: Place = Place()
    parts: tuple[PlacePart, ...] = ()
    category: tuple[str, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    status: Literal["open", "closed"] = "open"
    unit: str | None = None
    """Unit that holds it now; None before the first dispatch and after a return."""
    steps: tuple[Step, ...] = ()
    """In (revision, event_id) order."""
    stamps: dict[str, Stamp] = Field(default_factory=dict)
    seen: tuple[str, ...] = ()
    """Event ids folded in, sorted; bounded: see fold()."""

    @property
    def text(self) -> str:
        """Title and content as one text."""
        return text_of(self.title, self.content)

    @property
    def index_version(self) -> int:
        """Order of this state among all states of the ticket; stages 0–9 may be added by later agents."""
        return self.revision * 1000 + min(self.edition, 99) * 10


MAX_STEPS = 256
MAX_SEEN = 512


class News(NamedTuple):
    """What one event says about its ticket, hashed and masked: what fold() takes."""

    event_id: str
    ticket_id: str
    revision: int
    at: datetime
    creates: bool = False
    fields: Mapping[str, Any] = MappingProxyType({})
    """Only what the event states, of: channel, reporter, kind, title, content, said_place, category."""
    step: Step | None = None


def fold(ticket: Ticket | None, news: News) -> Ticket:
    """The ticket after one more event; the very same object when the event is known already.

    Any order of the same events folds to the same state, except `trigger_at`, which is the time of the event
    folded in last. Per field the newest (revision, event_id) wins; a place is one statement, replaced whole.
    `place`, `parts` and `hazards` follow from the texts and are not touched here.

    Bounds: of more than MAX_STEPS steps the newest stay, in any order of arrival. Of more than MAX_SEEN event
    ids the greatest stay: an event whose id fell out and comes again changes only `edition` and `trigger_at`.
    """
    if ticket is None:
        ticket = _open(news)
    elif news.event_id in ticket.seen:
        return ticket
    changes: dict[str, Any] = {
        "edition": ticket.edition + 1,
        "trigger_at": news.at,
        "seen": tuple(sorted((*ticket.seen, news.event_id))[-MAX_SEEN:]),
    }
    if news.revision > ticket.revision:
        changes["revision"] = news.revision
    if _is_later(news.at, ticket.updated_at):
        changes["updated_at"] = news.at
    if news.creates and (ticket.created_at is None or _is_later(ticket.created_at, news.at)):
        changes["created_at"] = news.at
    if news.fields:
        _take_newer_fields(ticket, news, changes)
    if news.step is not None:
        _take_step(ticket, news.step, changes)
    return ticket.model_copy(update=changes)


def _open(news: News) -> Ticket:
    return Ticket.trusted(
        ticket_id=news.ticket_id,
        revision=news.revision,
        edition=0,
        updated_at=news.at,
        trigger_at=news.at,
    )


def _is_later(one: datetime, other: datetime) -> bool:
    # One instant can be written with two offsets: without the second part the order of arrival would show.
    if one is other:
        return False
    return one > other or (one == other and one.isoformat() > other.isoformat())


def _take_newer_fields(ticket: Ticket, news: News, changes: dict[str, Any]) -> None:
    stamp = Stamp.trusted(revision=news.revision, event_id=news.event_id)
    if not ticket.stamps:
        changes.update(news.fields)
        changes["stamps"] = dict.fromkeys(sorted(news.fields), stamp)
        return
    stamps = dict(ticket.stamps)
    mine = (news.revision, news.event_id)
    for name, value in news.fields.items():
        held = stamps.get(name)
        if held is None or mine > (held.revision, held.event_id):
            stamps[name] = stamp
            changes[name] = value
    changes["stamps"] = dict(sorted(stamps.items()))


def _order(step: Step) -> tuple[int, str]:
    return step.revision, step.event_id


def _take_step(ticket: Ticket, step: Step, changes: dict[str, Any]) -> None:
    steps: tuple[Step, ...] = (step,)
    if ticket.steps:
        if any(step.event_id == known.event_id for known in ticket.steps):
            return
        steps = tuple(sorted((*ticket.steps, step), key=_order)[-MAX_STEPS:])
    changes["steps"] = steps
    changes["status"] = _status_after(steps)
    changes["unit"] = _unit_after(steps)


def _status_after(steps: tuple[Step, ...]) -> Literal["open", "closed"]:
    for step in reversed(steps):
        if step.event in ("closed", "reopened"):
            return "closed" if step.event == "closed" else "open"
    return "open"


def _unit_after(steps: tuple[Step, ...]) -> str | None:
    for step in reversed(steps):
        if step.event in ("dispatched", "closed"):
            return step.unit
        if step.event == "returned":
            return None
    return None

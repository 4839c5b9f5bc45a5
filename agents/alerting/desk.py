"""What the city's desk remembers between two pieces of news: small typed entries in one mapping."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Annotated, Literal, TypeVar

from pydantic import Field, TypeAdapter

from agents.alerting.alert import Alert, AlertEvent, Held
from agents.city import City
from agents.intake.ticket import Value
from agents.problems.hours import local_seconds
from agents.problems.problem import Candidate, CandidateKind, Scope

MOST_COMMANDS = 16
"""Commands of an alert whose answer is remembered."""
SCOPES: tuple[Scope, ...] = ("problem", "street", "district", "city")
"""Narrowest first."""


class Entry(Value):
    """Replaced by assignment, never changed in place: the mapping may be a table with a changelog."""


class Kept(Entry):
    """`alert:<alert_id>`: an alert that was raised, as it stands now."""

    of: Literal["alert"] = "alert"
    alert: Alert
    seq: int
    """Of its last event."""
    told_at: datetime
    """When a person was last told: raised or updated."""
    told_reporters: int
    told_by: str
    """The finding that a person was last told by."""
    heard_at: datetime
    """Last finding about it, told or held: what quiet is measured from."""
    commands: dict[str, AlertEvent] = Field(default_factory=dict)
    """Command id → what it led to, so that a command that comes again gives the same; at most 16."""


class Decided(Entry):
    """`decided:<candidate_id>`: what a finding led to, word for word, for the day it is delivered again."""

    of: Literal["decided"] = "decided"
    at: datetime
    events: tuple[AlertEvent, ...]


class Counted(Entry):
    """`counted:<ticket_id>`: this ticket is in the city's rates."""

    of: Literal["counted"] = "counted"
    at: datetime
    events: tuple[AlertEvent, ...] = ()


class Last(Entry):
    """`last:<key>`: the newest alert of a key, for cool-down."""

    of: Literal["last"] = "last"
    at: datetime
    alert_id: str


class Fired(Entry):
    """One alert among its neighbours."""

    at: datetime
    alert_id: str
    kind: CandidateKind
    scope: Scope
    street: str
    problem_id: str | None
    hazards: tuple[str, ...] = ()
    """Of the alert of a danger."""


class Near(Entry):
    """`near:<district>|<category>`, `near:<problem_id>`: alerts of the last day that may cover a new one."""

    of: Literal["near"] = "near"
    at: datetime
    fired: tuple[Fired, ...]
    """Oldest first, at most 64."""


class Silence(Entry):
    """`silence:<key>`: 静默, with owner and end."""

    of: Literal["silence"] = "silence"
    at: datetime
    until: datetime
    by: str
    note: str | None = None


class Budget(Entry):
    """`budget:<local day>`: alerts told on that day that the budget counts."""

    of: Literal["budget"] = "budget"
    at: datetime
    spent: int


class Rate(Entry):
    """`rate:<category>`, and `volume` for the whole city: distinct reporters by hour and by day."""

    of: Literal["rate"] = "rate"
    at: datetime
    """Largest event time counted."""
    since: int
    """First local day seen (proleptic ordinal)."""
    day: int
    """Newest local day seen."""
    astray: int = 0
    """Counts in a row whose day was far from it, and that are not counted yet."""
    hours: dict[int, int] = Field(default_factory=dict)
    """Hours since 1970 → count; the newest 25 hours."""
    days: dict[int, int] = Field(default_factory=dict)
    """Local day → count; the newest 30 days."""
    per_day: float = 0.0
    """Mean of the finished days, see rates.py."""
    profile: tuple[float, ...] = ()
    """Local hour of day → decayed count of the days that are over, 24 numbers; empty on the first day."""
    districts: dict[str, dict[int, int]] = Field(default_factory=dict)
    """District → its hours, 12 of them; at most 32 districts."""
    recent: tuple[str, ...] = ()
    """Newest ticket ids, oldest first, at most 32."""


class Seen(Entry):
    """`seen:<local day>|<key>`: the findings of a crowd on one day that could have been alerts, for the shadow."""

    of: Literal["seen"] = "seen"
    at: datetime
    findings: tuple[Candidate, ...]
    """Each with more evidence than the one before; without words, in order of decision, at most 24."""


class Bar(Entry):
    """`bar`: 门槛, what a crowd's evidence must reach since the last local midnight."""

    of: Literal["bar"] = "bar"
    at: datetime
    day: int
    """Local day it is for (days since 1970-01-01)."""
    needed: float
    """λ*."""
    a_day: float
    """Alerts a day that it would have let through in the days it was chosen by."""
    days: int


class Trust(Entry):
    """`trust:<place>|<matter>`: what officers said of alerts about one matter at one place."""

    of: Literal["trust"] = "trust"
    at: datetime
    false_alarms: tuple[datetime, ...] = ()
    """Oldest first, at most 8."""
    confirmed: tuple[datetime, ...] = ()


class Waits(Entry):
    """`waits:<key>`: a finding of low confidence that waits for one more person to confirm it."""

    of: Literal["waits"] = "waits"
    at: datetime
    reporters: int


class Overflow(Entry):
    """`overflow`: what the budget held back since the last digest, and the digest that went out last."""

    of: Literal["overflow"] = "overflow"
    at: datetime
    since: datetime | None = None
    """When the first of `held` was put on the list."""
    held: tuple[Held, ...] = ()
    """Oldest first, at most 50."""
    more: int = 0
    """How many there were beyond those."""
    events: tuple[AlertEvent, ...] = ()
    """The digest of `at`, so that a tick that comes again gives it again."""


class Swept(Entry):
    """`swept`: when the desk was last cleared of what is too old to matter, and what ended then."""

    of: Literal["swept"] = "swept"
    at: datetime
    events: tuple[AlertEvent, ...] = ()
    left: int = 0
    """Entries that were left when old ones were last looked for."""


State = Annotated[
    Kept
    | Decided
    | Counted
    | Last
    | Near
    | Silence
    | Budget
    | Rate
    | Seen
    | Bar
    | Trust
    | Waits
    | Overflow
    | Swept,
    Field(discriminator="of"),
]
STATE: TypeAdapter[State] = TypeAdapter(State)
"""Reads and writes an entry as JSON, for a table."""
AnyEntry = TypeVar("AnyEntry", bound=Entry)


@dataclass(frozen=True)
class Desk:
    """The city's settings and the desk's memory: a dict in replay, a table live."""

    city: City
    state: MutableMapping[str, State]

    def find(self, key: str, kind: type[AnyEntry]) -> AnyEntry | None:
        """The entry at `key`, None when there is none."""
        found = self.state.get(key)
        # Not isinstance(): that is slow on pydantic classes where the answer is no, and nothing derives from these.
        return found if type(found) is kind else None

    def kept(self, alert_id: str) -> Kept | None:
        return self.find(f"alert:{alert_id}", Kept)

    def local(self, at: datetime) -> datetime:
        return local_time(at, self.city)

    def day(self, at: datetime) -> int:
        """Local days since 1970-01-01."""
        return int(local_seconds(at, self.city.utc_offset) // 86_400)


def local_time(at: datetime, city: City) -> datetime:
    """Local time of the city; without a known offset the event's own."""
    return at if city.utc_offset is None else at.astimezone(city.utc_offset)


def hashed(*parts: str) -> str:
    """A short id that is the same on every run."""
    return blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()

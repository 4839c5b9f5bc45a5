"""The platform's ticket events, contract §1: bytes become a TicketEvent, or an InvalidEvent says why not."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from agents.intake.ticket import Channel, Kind

MAX_BYTES = 1 << 20
MAX_CONTENT = 20_000
MAX_ID = 128
"""Characters; four bytes each is what Elasticsearch accepts as a document id (512 bytes)."""
YEARS = range(2000, 2100)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

InvalidReason = Literal[
    "too_large",
    "wrong_encoding",
    "not_json",
    "not_an_object",
    "unknown_event",
    "missing_field",
    "wrong_field",
    "too_long",
    "no_offset",
    "implausible_time",
    "null_character",
]


class InvalidEvent(Exception):
    """These bytes are no event: dead letter, never retry.

    `detail` names the field and what was expected there, never the citizen's text.
    """

    def __init__(self, reason: InvalidReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def _require_written_date(value: object) -> object:
    # pydantic would take "1700000000" for seconds since 1970; the contract wants RFC 3339 only.
    if isinstance(value, str) and len(value) >= 11 and value[4] == value[7] == "-" and value[:4].isdigit():
        return value
    raise PydanticCustomError("not_rfc3339", "expected an RFC 3339 date and time with offset")


def _require_plausible_year(value: datetime) -> datetime:
    if value.year in YEARS:
        return value
    raise PydanticCustomError("implausible_time", "expected a year from 2000 to 2099")


Id = Annotated[
    str,
    Field(min_length=1, max_length=MAX_ID, pattern=r"^[^\x00-\x1f]*[^\x00-\x20\u00a0\u3000][^\x00-\x1f]*$"),
]
When = Annotated[
    AwareDatetime,
    Field(strict=False),  # behind a validator in Python, strict would accept no text at all
    BeforeValidator(_require_written_date),
    AfterValidator(_require_plausible_year),
]
Answer = Literal["yes", "no", "unknown"]


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="allow", frozen=True, strict=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )


class Caller(_Part):
    """Who called. Exists between decoding and hashing only."""

    id: str | None = None
    phone: str | None = None
    name: str | None = None


class SaidPlace(_Part):
    """Where it is, in the platform's words. Latitude and longitude 0, 0 mean "unknown" there."""

    city: str | None = None
    district: str | None = None
    street: str | None = None
    community: str | None = None
    address: str | None = None
    lat: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    lon: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)


class _Event(_Part):
    event_id: Id
    ticket_id: Id
    revision: int | None = Field(default=None, ge=0, le=2**53)
    """Grows per ticket; absent: epoch milliseconds of `occurred_at`."""
    occurred_at: When

    @property
    def order(self) -> int:
        """The revision, or what stands for it."""
        if self.revision is not None:
            return self.revision
        return (self.occurred_at - EPOCH) // timedelta(milliseconds=1)


class _Statement(_Event):
    channel: Channel | None = None
    caller: Caller | None = None
    kind: Kind | None = None
    title: str | None = None
    place: SaidPlace | None = None
    category: list[str] | None = None
    """Widest first."""


class Created(_Statement):
    event: Literal["created"]
    content: str = Field(max_length=MAX_CONTENT)


class Updated(_Statement):
    event: Literal["updated"]
    content: str | None = Field(default=None, max_length=MAX_CONTENT)


class Dispatched(_Event):
    event: Literal["dispatched"]
    unit: str
    reason: str | None = None


class Returned(_Event):
    event: Literal["returned"]
    unit: str
    reason: str | None = None


class Closed(_Event):
    event: Literal["closed"]
    unit: str
    reply: str | None = None
    outcome: Literal["solved", "explained", "unsolved", "unknown"] | None = None
    """None means "unknown"."""


class Reviewed(_Event):
    event: Literal["reviewed"]
    satisfied: Answer | None = None
    solved: Answer | None = None
    rating: int | None = Field(default=None, ge=1, le=5)
    comment: str | None = None


class Reopened(_Event):
    event: Literal["reopened"]


class ClaimReviewed(_Event):
    """One person's voice on a claim-review proposal; Weisu's own console sends it. It counts when two agree."""

    event: Literal["claim_reviewed"]
    by: str = Field(min_length=1)
    verdict: Literal["confirm", "reject"]
    clause: str
    """The clause of the proposal, as the grade cites it."""
    comment: str | None = None


TicketEvent = Annotated[
    Created | Updated | Dispatched | Returned | Closed | Reviewed | Reopened | ClaimReviewed,
    Field(discriminator="event"),
]
TICKET_EVENT: TypeAdapter[TicketEvent] = TypeAdapter(TicketEvent)
_validate_json = TICKET_EVENT.validator.validate_json
"""Without the adapter's own look at a dozen options, which costs a sixth of the time."""
KINDS = "created, updated, dispatched, returned, closed, reviewed, reopened, claim_reviewed"


def decode(raw: bytes) -> TicketEvent:
    """One event from UTF-8 JSON (a byte-order mark is forgiven; of a doubled key the last value counts).

    Raises InvalidEvent, and nothing else, whatever the bytes are.
    """
    if len(raw) > MAX_BYTES:
        raise InvalidEvent("too_large", f"message: expected at most {MAX_BYTES} bytes, found {len(raw)}")
    if raw.startswith(b"\xef\xbb\xbf"):
        raw = raw[3:]
    try:
        event: TicketEvent = _validate_json(raw)
    except ValidationError as error:
        raise _explain(raw, error) from None
    except RecursionError:
        raise InvalidEvent("not_json", "message: nested too deeply") from None
    if b"\\u0000" in raw:
        _refuse_nulls(event)
    return event


_TYPES: dict[str, tuple[InvalidReason, str]] = {
    "missing": ("missing_field", "required"),
    "union_tag_not_found": ("missing_field", "required"),
    "union_tag_invalid": ("unknown_event", f"expected one of {KINDS}"),
    "string_too_long": ("too_long", "expected at most {max_length} characters"),
    "string_too_short": ("wrong_field", "expected a text that is not empty"),
    "string_pattern_mismatch": (
        "wrong_field",
        "expected a text without control characters that is not blank",
    ),
    "timezone_aware": ("no_offset", "expected a date and time with offset, such as +08:00"),
    "implausible_time": ("implausible_time", "expected a year from 2000 to 2099"),
}
"""pydantic's error type → our reason and words; others are wrong_field, in pydantic's words."""


def _explain(raw: bytes, error: ValidationError) -> InvalidEvent:
    first = error.errors(include_url=False, include_input=False)[0]
    kind = first["type"]
    if kind == "json_invalid":
        return _explain_json(raw, first["msg"])
    if not first["loc"] and kind not in ("union_tag_not_found", "union_tag_invalid"):
        return InvalidEvent("not_an_object", "message: expected one JSON object")
    # The first step of the location is the event kind, by which the union chose.
    field = ".".join(map(str, first["loc"][1:])) or "event"
    if kind not in _TYPES:
        return InvalidEvent("wrong_field", f"{field}: {first['msg']}")
    reason, expected = _TYPES[kind]
    return InvalidEvent(reason, f"{field}: {expected.format(**first.get('ctx', {}))}")


def _explain_json(raw: bytes, message: str) -> InvalidEvent:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return InvalidEvent("wrong_encoding", f"message: expected UTF-8, byte {error.start} is not")
    if raw.startswith((b"\x00", b"{\x00")):
        return InvalidEvent("wrong_encoding", "message: expected UTF-8, found UTF-16 or UTF-32")
    return InvalidEvent("not_json", f"message: expected one JSON object; {message}")


def _refuse_nulls(event: BaseModel) -> None:
    # No engine of the index keeps a null character; the check costs only where the bytes hold the escape.
    for name, value in (event.model_dump(exclude={"event"})).items():
        if _holds_null(name) or _holds_null(value):
            raise InvalidEvent("null_character", "a text field: expected no null characters (\\u0000)")


def _holds_null(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_holds_null(key) or _holds_null(part) for key, part in value.items())
    return isinstance(value, list) and any(_holds_null(part) for part in value)

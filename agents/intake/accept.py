"""The step of intake 受理: bytes become the ticket's new state, hashed and masked before it is stored."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from agents.city import City
from agents.intake.events import (
    ClaimReviewed,
    Closed,
    Created,
    Dispatched,
    InvalidEvent,
    Reopened,
    Returned,
    Reviewed,
    SaidPlace,
    TicketEvent,
    Updated,
    decode,
)
from agents.intake.hazards import find_hazards
from agents.intake.masking import Tokens, holds_nothing, mask
from agents.intake.orders import without_orders
from agents.intake.places import find_places, normalize_place
from agents.intake.pseudonym import hash_caller
from agents.intake.ticket import News, Place, Step, Ticket, fold, text_of

MAX_TEXT = 20_000
"""Characters kept of texts whose length the contract leaves open; the event is not refused for the rest."""
MAX_SAID = 4_000
"""Characters kept of one reply, reason or comment: 256 steps of them must still fit into one message."""
MAX_NAME = 200
"""Characters kept of names: unit, category, place parts."""


@dataclass
class Intake:
    """What intake knows: its city, the secret key of the callers' hashes, and the state of every ticket."""

    city: City
    key: bytes
    tickets: MutableMapping[str, Ticket] = field(default_factory=dict)
    hide_doors: bool = False
    """Whether the numbers of flats and houses are masked too."""
    until: datetime | None = None
    """Events later than this are refused. Set at the live edge, where the time of day is known; not in a replay."""


class Accepted(NamedTuple):
    """The ticket after the event; unchanged for a redelivery, and to be sent again all the same: the first
    output may have been lost."""

    ticket: Ticket
    changed: bool


def accept(raw: bytes, intake: Intake) -> Accepted:
    """The step: tickets.events → tickets.accepted. Raises InvalidEvent; then nothing is stored."""
    return take(read(raw, intake), intake)


def read(raw: bytes, intake: Intake) -> News:
    """The step's first half: the event, hashed and masked. Knows no other event. Raises InvalidEvent."""
    event = decode(raw)
    if intake.until is not None and event.occurred_at > intake.until:
        raise InvalidEvent("implausible_time", "occurred_at: too far ahead of the receiver's clock")
    return _cleanse(event, intake)


def foresee(news: News, intake: Intake) -> None:
    """Look for the dangers of a new ticket's text before take() asks for them, and remember: it changes nothing,
    and a batch of texts is gone through faster in one go."""
    if news.creates:
        find_hazards(text_of(news.fields.get("title", ""), news.fields["content"]), intake.city)


def take(news: News, intake: Intake) -> Accepted:
    """The step's second half: the ticket after what read() made of its event."""
    before = intake.tickets.get(news.ticket_id)
    if before is not None and news.event_id in before.seen:
        return Accepted(before, changed=False)
    after = fold(before, news)
    if news.fields:
        after = _derive(after, intake.city)
    intake.tickets[news.ticket_id] = after
    return Accepted(after, changed=True)


def _derive(ticket: Ticket, city: City) -> Ticket:
    text = ticket.text
    place, parts = find_places(ticket.said_place, without_orders(text), city)
    hazards = find_hazards(text, city)
    return ticket.model_copy(update={"place": place, "parts": parts, "hazards": hazards})


def _cleanse(event: TicketEvent, intake: Intake) -> News:
    """What the event says, without a name, number or address line that could name a person."""
    order = event.order
    # By its name, not by isinstance: a pydantic class answers that in Python.
    if event.event == "created" or event.event == "updated":
        fields = _cleanse_statement(event, intake)
        is_first = event.event == "created"
        return News(event.event_id, event.ticket_id, order, event.occurred_at, is_first, fields)
    step = _cleanse_step(event, order, intake)
    return News(event.event_id, event.ticket_id, order, event.occurred_at, step=step)


def _cleanse_statement(event: Created | Updated, intake: Intake) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    caller = event.caller
    name, phone = (caller.name, caller.phone) if caller else (None, None)
    tokens = Tokens(name, phone, intake.hide_doors)
    # A later event that names nobody does not make a known caller anonymous.
    if caller is not None and (reporter := hash_caller(caller.phone, caller.id, intake.key)):
        fields["reporter"] = reporter
    if event.channel is not None:
        fields["channel"] = event.channel
    if event.kind is not None:
        fields["kind"] = event.kind
    if event.title is not None:
        fields["title"] = _hide(event.title, tokens) or ""
    if event.content is not None:
        fields["content"] = mask(event.content, tokens).text
    if event.category is not None:
        fields["category"] = tuple(part[:MAX_NAME] for part in event.category[:16])
    if event.place is not None:
        fields["said_place"] = _cleanse_place(event.place, tokens)
    return fields


def _cleanse_place(said: SaidPlace, tokens: Tokens) -> Place:
    # Only the finest two parts are written by hand and can hold the caller's name: "王村" may be a street's.
    # A number in the wrong field is none of a place.
    others = Tokens()
    return normalize_place(
        _hide(said.city, others, MAX_NAME),
        _hide(said.district, others, MAX_NAME),
        _hide(said.street, others, MAX_NAME),
        _hide(said.community, tokens, MAX_NAME),
        _hide(said.address, tokens, MAX_NAME),
        said.lat,
        said.lon,
    )


def _hide(text: str | None, tokens: Tokens, most: int = MAX_TEXT) -> str | None:
    if not text:
        return None
    is_named = bool(tokens.name) and tokens.name in text
    if len(text) <= MAX_NAME and not is_named and holds_nothing(text, tokens.hide_doors):
        return text
    # Cut after masking: half a number at a cut would be no number any more. A text that masking has made shorter is cut
    # once more, so that the first cut never shows.
    masked = mask(text[: most + MAX_NAME], tokens).text
    hidden = MAX_NAME if len(text) > most + MAX_NAME else 0
    return masked[: min(most, max(0, len(masked) - hidden))]


def _cleanse_step(
    event: Dispatched | Returned | Closed | Reviewed | Reopened | ClaimReviewed, order: int, intake: Intake
) -> Step:
    tokens = Tokens(hide_doors=intake.hide_doors)
    facts: dict[str, Any] = {}
    if event.event == "dispatched" or event.event == "returned":
        facts = {"unit": event.unit[:MAX_NAME], "reason": _hide(event.reason, tokens, MAX_SAID)}
    elif event.event == "closed":
        facts = {
            "unit": event.unit[:MAX_NAME],
            "reply": _hide(event.reply, tokens, MAX_SAID),
            "outcome": event.outcome or "unknown",
        }
    elif event.event == "reviewed":
        facts = {
            "satisfied": event.satisfied,
            "solved": event.solved,
            "rating": event.rating,
            "comment": _hide(event.comment, tokens, MAX_SAID),
        }
    elif event.event == "claim_reviewed":
        facts = {
            "by": event.by[:MAX_NAME],
            "verdict": event.verdict,
            "clause": event.clause[:MAX_NAME],
            "comment": _hide(event.comment, tokens, MAX_SAID),
        }
    return Step.trusted(
        event_id=event.event_id, event=event.event, at=event.occurred_at, revision=order, **facts
    )

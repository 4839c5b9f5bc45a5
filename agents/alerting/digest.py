"""The day's digest 每日摘要: what the budget held back is listed and sent once a day, never dropped in silence."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from agents.alerting.alert import LEVELS, Alert, AlertEvent, Held
from agents.alerting.desk import Desk, Kept, Last, Overflow, hashed

SENT_AT = timedelta(hours=8)
"""Local time of day: the day shift has come, and nobody is woken for it."""
MOST_LISTED = 50
MOST_QUOTED = 8
MOST_TICKETS = 200


def put_off(held: Held, at: datetime, desk: Desk) -> None:
    """On the list for the next digest. Twice is the same as once."""
    overflow = desk.find("overflow", Overflow) or Overflow(at=at)
    if any(known.alert_id == held.alert_id for known in overflow.held):
        return
    is_full = len(overflow.held) >= MOST_LISTED
    changes = {"more": overflow.more + 1} if is_full else {"held": (*overflow.held, held)}
    desk.state["overflow"] = overflow.model_copy(update={**changes, "since": overflow.since or at})


def send_digest(at: datetime, desk: Desk) -> tuple[AlertEvent, ...]:
    """The digest, at the first tick after eight in the morning of a day with something on the list."""
    overflow = desk.find("overflow", Overflow)
    if overflow is None:
        return ()
    if at == overflow.at:
        return overflow.events
    since = overflow.since or overflow.at
    if not overflow.held or desk.day(at - SENT_AT) == desk.day(since - SENT_AT):
        return ()
    if not _distinct(overflow.held, desk) and not overflow.more:
        desk.state["overflow"] = Overflow(at=overflow.at, events=overflow.events)
        return ()
    event = AlertEvent(event="digest", at=at, alert=compose_digest(overflow, at, desk), seq=1)
    # Before the alert, so that a tick that comes again after a crash gives its events again.
    desk.state["overflow"] = Overflow(at=at, events=(event,))
    desk.state[f"alert:{event.alert.alert_id}"] = Kept(
        alert=event.alert, seq=1, told_at=at, told_reporters=0, told_by=event.alert.alert_id, heard_at=at
    )
    return (event,)


def compose_digest(overflow: Overflow, at: datetime, desk: Desk) -> Alert:
    """One line for each finding: its own title, which was checked when it was held. The loudest first."""
    listed = _distinct(overflow.held, desk)
    number = len(listed) + overflow.more
    more = (f"另有{overflow.more}条见未报台账。",) if overflow.more else ()
    lines = [f"{place}. {held.title}（{_when(held, desk)}）" for place, held in enumerate(listed, 1)]
    return Alert(
        alert_id=f"d-{hashed('digest', str(desk.day(at)))}",
        kind="digest",
        level="blue",
        scope="city",
        key="digest",
        raised_at=at,
        updated_at=at,
        ticket_ids=_tickets(listed),
        title=f"每日摘要：超出当日预算、未单独发出的预警{number}条",
        text="\n".join((*lines, *more)),
        evidence=tuple(held.evidence[0] for held in listed if held.evidence)[:MOST_QUOTED],
        figures={"held": float(number)},
    )


def _distinct(held: Sequence[Held], desk: Desk) -> list[Held]:
    """The loudest first, each matter once: not what has been told since, nor what most of its tickets say already."""
    waiting = [one for one in held if not _is_told_since(one, desk)]
    waiting.sort(key=lambda one: (-LEVELS.index(one.level), -one.reporters, one.raised_at, one.alert_id))
    listed: list[Held] = []
    said: set[str] = set()
    for one in waiting:
        if 2 * len(said.intersection(one.ticket_ids)) < max(1, len(one.ticket_ids)):
            listed.append(one)
            said.update(one.ticket_ids)
    return listed


def _is_told_since(held: Held, desk: Desk) -> bool:
    last = desk.find(f"last:{held.key}", Last)
    return last is not None and last.at >= held.raised_at


def _when(held: Held, desk: Desk) -> str:
    local = desk.local(held.raised_at)
    return f"{local.month}月{local.day}日{local:%H:%M}"


def _tickets(listed: Sequence[Held]) -> tuple[str, ...]:
    found = dict.fromkeys(ticket_id for held in listed for ticket_id in held.ticket_ids)
    return tuple(found)[:MOST_TICKETS]

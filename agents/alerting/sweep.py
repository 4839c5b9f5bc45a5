"""Tidies the desk as event time goes by: quiet alerts end, old entries go, so memory stays bounded."""

from datetime import datetime, timedelta

from agents.alerting.alert import AlertEvent
from agents.alerting.desk import Desk, Kept, Silence, State, Swept
from agents.alerting.life import is_quiet, settle

EVERY = timedelta(hours=12)
"""An alert's quiet end may come so much later than due."""
GROWN = 1.25
"""Old entries are looked for when the desk has grown by so much since: a quiet city is not searched daily."""
SLACK = 1000
"""Entries of growth that never matter."""
KEPT_FOR: dict[str, tuple[timedelta, int]] = {
    # Entries that make a second delivery harmless: by age, yet never fewer than a backlog may hold.
    "decided": (timedelta(days=3), 4096),
    "counted": (timedelta(days=2), 4096),
    "alert": (timedelta(days=30), 1024),
    "last": (timedelta(days=400), 4096),
    "near": (timedelta(days=3), 0),
    "budget": (timedelta(days=40), 0),
    "rate": (timedelta(days=90), 0),
    "seen": (timedelta(days=29), 0),
    "trust": (timedelta(days=28), 0),
    "waits": (timedelta(days=2), 0),
}
"""Entry.of → (age after which it may go, how many of the newest stay whatever their age)."""


def sweep(at: datetime, desk: Desk) -> tuple[AlertEvent, ...]:
    """Resolve what is quiet and forget what is old, at most once in 12 hours of event time."""
    swept = desk.find("swept", Swept)
    if swept is not None and at - swept.at < EVERY:
        return swept.events if at == swept.at else ()
    ended = _end_quiet(at, desk)
    for key in sorted(key for key in desk.state if key.startswith("silence:")):
        silence = desk.find(key, Silence)
        if silence is not None and silence.until < at:
            del desk.state[key]
    left = swept.left if swept is not None else 0
    full = len(desk.state) > left * GROWN + SLACK
    if full:
        left = len(desk.state) - _forget(list(desk.state.items()), at, desk)
    # Before the alerts change, so that a tick that comes again after a crash gives its events again.
    desk.state["swept"] = Swept(at=at, events=tuple(event for event, _ in ended), left=left)
    for event, kept in ended:
        after = kept.model_copy(update={"alert": event.alert, "seq": event.seq})
        desk.state[f"alert:{event.alert.alert_id}"] = after
    return tuple(event for event, _ in ended)


def _end_quiet(at: datetime, desk: Desk) -> list[tuple[AlertEvent, Kept]]:
    ended = []
    for key in sorted(key for key in desk.state if key.startswith("alert:")):
        kept = desk.find(key, Kept)
        if kept is not None and is_quiet(kept, at, desk.city.thresholds.quiet):
            event = settle(kept.alert, at, "已无新增反映，预警自动解除")
            ended.append((event.model_copy(update={"seq": kept.seq + 1}), kept))
    return ended


def _forget(entries: list[tuple[str, State]], at: datetime, desk: Desk) -> int:
    """Drop what is old; how many entries that were."""
    # By `of`, not isinstance: on pydantic classes that is slow where the answer is no.
    limits = {name: at - age for name, (age, _) in KEPT_FOR.items()}
    counts = dict.fromkeys(KEPT_FOR, 0)
    old: dict[str, list[tuple[datetime, str]]] = {name: [] for name in KEPT_FOR}
    for key, entry in entries:
        if entry.of not in KEPT_FOR:
            continue
        newest = entry.heard_at if entry.of == "alert" else entry.at
        counts[entry.of] += 1
        if newest < limits[entry.of]:
            old[entry.of].append((newest, key))
    dropped = [
        key
        for name, found in old.items()
        for _, key in sorted(found)[: max(0, counts[name] - KEPT_FOR[name][1])]
    ]
    for key in dropped:
        del desk.state[key]
    return len(dropped)

"""The life of an alert after it was raised: what an officer or the sender does with it, and its quiet end."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from agents.alerting.alert import Alert, AlertEvent, AlertKind, Command, CommandName, EventName, Held
from agents.alerting.desk import Kept, hashed
from agents.problems.baseline import is_slow

QUIET_FACTOR: Mapping[AlertKind, int] = {
    "burst": 1,
    "campaign": 3,
    "hazard": 7,
    "recurrence": 7,
    "dispute": 7,
    "harassment": 7,
    "same_caller": 28,
    "chronic": 28,
    "seasonal": 28,
    "digest": 1,
}
"""How many times the city's `quiet` an alert of each kind stays open without a new finding."""
SLOW_QUIET = 14
"""The same for a crowd that came together over days: its next caller comes days later, too."""
DOES: Mapping[CommandName, tuple[EventName, dict[str, object]]] = {
    "acknowledge": ("acknowledged", {"status": "acknowledged"}),
    "resolve": ("resolved", {"status": "resolved"}),
    "false_alarm": ("false_alarm", {"status": "false_alarm", "verdict": "false_alarm"}),
    "confirm": ("confirmed", {"verdict": "confirmed"}),
    "merge": ("merged", {"status": "resolved", "verdict": "merged"}),
    "silence": ("silenced", {}),
    "delivered": ("delivered", {}),
}
"""Command → the event that it becomes, and what it changes in the alert."""
MACHINE = "weisu"
"""Who acts when nobody asked."""


def act(alert: Alert | None, command: Command) -> AlertEvent:
    """What a command makes of the alert. An unknown alert is recorded in the ledger, never lost.

    What is over stays over: acknowledging a resolved alert is recorded and leaves it resolved. Only what was called
    false and is confirmed after all is open again.
    """
    if alert is None:
        return _unknown(command)
    name, changes = DOES[command.command]
    is_over = alert.status in ("resolved", "false_alarm")
    if is_over and command.command == "acknowledge":
        changes = {}
    elif command.command == "acknowledge":
        changes = changes | {"acknowledged_by": command.by}
    elif alert.status == "false_alarm" and command.command == "confirm":
        changes = changes | {"status": "open"}
    event = AlertEvent(event=name, at=command.at, alert=alert)
    if changes:
        changes = changes | {"updated_at": command.at}
    after = alert.model_copy(update=dict(changes))
    note = command.note or (f"并入预警 {command.into}" if command.command == "merge" else None)
    return event.model_copy(update={"alert": after, "by": command.by, "note": note})


def _unknown(command: Command) -> AlertEvent:
    """An entry of the ledger for a command without an alert: a silence set ahead, or a wrong id."""
    is_silence = command.command == "silence"
    wanted = "→".join(name for name in (command.alert_id or command.key, command.into) if name)
    note = command.note or (f"静默:{wanted}" if is_silence else f"指令所指的预警不存在:{wanted}")
    record = Held(
        alert_id=f"c-{hashed(command.command_id)}",
        kind="burst",
        level="blue",
        scope="city",
        key=command.key or wanted,
        raised_at=command.at,
        updated_at=command.at,
        title=f"静默:{wanted}" if is_silence else f"未找到预警:{wanted}",
        text="",
        suppressed="silenced" if is_silence else "unsupported",
    )
    event = "silenced" if is_silence else "held"
    return AlertEvent.model_validate(
        {"event": event, "at": command.at, "alert": record, "by": command.by, "note": note}
    )


def is_quiet(kept: Kept, at: datetime, quiet: timedelta) -> bool:
    """Is an open alert over by itself?

    Raising asks for evidence at the threshold, staying open only for any finding of the same key, also one
    that was held below it: between the two it neither resolves nor is raised again (hysteresis).
    """
    is_open = kept.alert.status in ("open", "acknowledged")
    factor = QUIET_FACTOR[kept.alert.kind]
    if is_slow(kept.alert.figures):
        factor = max(factor, SLOW_QUIET)
    return is_open and at - kept.heard_at >= quiet * factor


def settle(alert: Alert, at: datetime, note: str) -> AlertEvent:
    """Resolve without an officer."""
    over = alert.model_copy(update={"status": "resolved", "updated_at": at})
    return AlertEvent(event="resolved", at=at, alert=over, by=MACHINE, note=note)

"""The life of an alert after it was raised: what an officer or the sender does with it, and its quiet end."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from agents.alerting.alert import Alert, AlertEvent, Command, Held
from agents.alerting.desk import Kept, hashed
from agents.problems.problem import CandidateKind

QUIET_FACTOR: Mapping[CandidateKind, int] = {
    "burst": 1,
    "campaign": 3,
    "hazard": 7,
    "recurrence": 7,
    "dispute": 7,
    "harassment": 7,
    "chronic": 28,
    "seasonal": 28,
}
"""How many times the city's `quiet` an alert of each kind stays open without a new finding."""
MACHINE = "weisu"
"""Who acts when nobody asked."""


def act(alert: Alert | None, command: Command) -> AlertEvent:
    """What a command makes of the alert. An unknown alert is recorded in the ledger, never lost.

    What is over stays over: acknowledging a resolved alert is recorded and leaves it resolved.
    """
    if alert is None:
        return _unknown(command)
    changes: dict[str, object] = {}
    is_over = alert.status in ("resolved", "false_alarm")
    if command.command == "acknowledge":
        event = AlertEvent(event="acknowledged", at=command.at, alert=alert)
        if not is_over:
            changes = {"status": "acknowledged", "acknowledged_by": command.by}
    elif command.command == "resolve":
        event, changes = AlertEvent(event="resolved", at=command.at, alert=alert), {"status": "resolved"}
    elif command.command == "false_alarm":
        event, changes = (
            AlertEvent(event="false_alarm", at=command.at, alert=alert),
            {"status": "false_alarm"},
        )
    elif command.command == "silence":
        event = AlertEvent(event="silenced", at=command.at, alert=alert)
    else:
        event = AlertEvent(event="delivered", at=command.at, alert=alert)
    if changes:
        changes["updated_at"] = command.at
    after = alert.model_copy(update=changes)
    return event.model_copy(update={"alert": after, "by": command.by, "note": command.note})


def _unknown(command: Command) -> AlertEvent:
    """An entry of the ledger for a command without an alert: a silence set ahead, or a wrong id."""
    is_silence = command.command == "silence"
    wanted = command.alert_id or command.key or ""
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
    return is_open and at - kept.heard_at >= quiet * QUIET_FACTOR[kept.alert.kind]


def settle(alert: Alert, at: datetime, note: str) -> AlertEvent:
    """Resolve without an officer."""
    over = alert.model_copy(update={"status": "resolved", "updated_at": at})
    return AlertEvent(event="resolved", at=at, alert=over, by=MACHINE, note=note)

"""Commands about problems: what is passed on to gathering, and how alerts follow the problem they are about."""

from agents.alerting.alert import AlertEvent, Command
from agents.alerting.desk import MOST_COMMANDS, Desk, Kept, Last, Near
from agents.alerting.neighbours import MOST_NEIGHBOURS
from agents.problems.merging import Ask
from agents.problems.problem import Gathered

_OPEN = ("open", "acknowledged")


def ask_of(command: Command) -> Ask | None:
    """The merge or split of problems that a command asks for; None: it is about alerts."""
    if command.command not in ("merge_problems", "split_problem") or command.problem_id is None:
        return None
    is_merge = command.command == "merge_problems"
    return Ask(
        ask_id=command.command_id,
        at=command.at,
        by=command.by,
        problem_id=command.problem_id,
        into=(command.into or "") if is_merge else None,
        ticket_ids=() if is_merge else command.ticket_ids,
        why=command.note or "",
    )


def follows_of(gathered: Gathered) -> tuple[Command, ...]:
    """What alerting is to be told of the merges in an outcome of gathering."""
    records = [change.record for change in gathered.changes if change.record is not None]
    return tuple(
        Command(
            command="follow_problem",
            command_id=f"{record.record_id}:follow",
            problem_id=record.other_id,
            into=record.problem_id,
            by=record.by,
            at=record.at,
            note=record.why or None,
        )
        for record in records
        if record.record == "merged"
    )


def follow(command: Command, desk: Desk) -> tuple[AlertEvent, ...]:
    """A problem was taken in by another: its alerts are the other's from now on, and none is told twice.

    Of two open alerts about what is one problem now, that of the survivor goes on. The same command again: the
    same events.
    """
    gone, kept_id = command.problem_id, command.into
    if gone is None or kept_id is None:
        return ()
    told = _alerts_of(gone, command, desk)
    events = tuple(_take_over(entry, gone, kept_id, command, desk) for entry in told)
    _join_neighbours(gone, kept_id, desk)
    return events


def _alerts_of(gone: str, command: Command, desk: Desk) -> list[Kept]:
    """The alerts about the problem that is gone, and those that this very command has taken over, by id."""
    entries = (desk.kept(key.partition(":")[2]) for key in sorted(desk.state) if key.startswith("alert:"))
    return [
        entry
        for entry in entries
        if entry is not None and (entry.alert.problem_id == gone or command.command_id in entry.commands)
    ]


def _take_over(entry: Kept, gone: str, kept_id: str, command: Command, desk: Desk) -> AlertEvent:
    if (done := entry.commands.get(command.command_id)) is not None:
        return done
    old = entry.alert
    key = old.key.replace(gone, kept_id)
    last = desk.find(f"last:{key}", Last)
    # Not the alert itself: an earlier one of the same key may have been taken over just now.
    other = desk.kept(last.alert_id) if last is not None and last.alert_id != old.alert_id else None
    goes_on = other is not None and other.alert.status in _OPEN
    changes: dict[str, object] = {"problem_id": kept_id, "key": key}
    note = f"所属问题 {gone} 已并入 {kept_id}"
    if other is not None and goes_on and old.status in _OPEN:
        changes |= {"status": "resolved", "verdict": "merged", "updated_at": command.at}
        note += f"，由预警 {other.alert.alert_id} 接续"
    alert, seq = old.model_copy(update=changes), entry.seq + 1
    event = AlertEvent(event="merged", at=command.at, alert=alert, by=command.by, note=note, seq=seq)
    before = desk.find(f"last:{old.key}", Last)
    if before is not None and not goes_on and (last is None or last.at < before.at):
        desk.state[f"last:{key}"] = before
    commands = dict([*entry.commands.items(), (command.command_id, event)][-MOST_COMMANDS:])
    changed = {"alert": alert, "seq": seq, "commands": commands}
    desk.state[f"alert:{old.alert_id}"] = entry.model_copy(update=changed)
    return event


def _join_neighbours(gone: str, kept_id: str, desk: Desk) -> None:
    """Findings about the survivor find the alerts of both."""
    left = desk.find(f"near:problem|{gone}", Near)
    if left is None:
        return
    known = desk.find(f"near:problem|{kept_id}", Near)
    fired = [entry.model_copy(update={"problem_id": kept_id}) for entry in left.fired]
    both = [*(known.fired if known is not None else ()), *fired]
    unique = sorted({entry.alert_id: entry for entry in both}.values(), key=lambda e: (e.at, e.alert_id))
    desk.state[f"near:problem|{kept_id}"] = Near(
        at=max(left.at, known.at if known is not None else left.at), fired=tuple(unique[-MOST_NEIGHBOURS:])
    )

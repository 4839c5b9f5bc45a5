"""What a command does to the desk: the alert's life goes on, a silence is set, a verdict is remembered."""

from agents.alerting.alert import AlertEvent, Command, Verdict
from agents.alerting.desk import MOST_COMMANDS, Desk, Kept, Last, Silence
from agents.alerting.follow import follow
from agents.alerting.life import act
from agents.alerting.trust import learn

VERDICTS: dict[str, Verdict] = {"confirm": "confirmed", "false_alarm": "false_alarm", "merge": "merged"}


def obey(command: Command, desk: Desk) -> tuple[AlertEvent, ...]:
    """An officer's command, or the sender's word that it was delivered. The same command again: the same event."""
    if command.command == "follow_problem":
        return follow(command, desk)
    kept = desk.kept(command.alert_id) if command.alert_id else None
    if command.command == "silence":
        _silence(command, kept, desk)
    if kept is None:
        return (act(None, command),)
    done = kept.commands.get(command.command_id)
    if done is not None:
        return (done,)
    into = desk.kept(command.into) if command.command == "merge" and command.into else None
    if command.command == "merge" and (into is None or into.alert.alert_id == kept.alert.alert_id):
        return (act(None, command),)
    event = act(kept.alert, command).model_copy(update={"seq": kept.seq + 1})
    if command.command in VERDICTS:
        learn(kept.alert, VERDICTS[command.command], command.at, desk)
    if into is not None:
        # What comes to this key from now on is the other alert's news.
        last = desk.find(f"last:{kept.alert.key}", Last)
        at = last.at if last else kept.alert.raised_at
        desk.state[f"last:{kept.alert.key}"] = Last(at=at, alert_id=into.alert.alert_id)
    commands = dict([*kept.commands.items(), (command.command_id, event)][-MOST_COMMANDS:])
    changes = {"alert": event.alert, "seq": event.seq, "commands": commands}
    desk.state[f"alert:{kept.alert.alert_id}"] = kept.model_copy(update=changes)
    return (event,)


def _silence(command: Command, kept: Kept | None, desk: Desk) -> None:
    key = command.key or (kept.alert.key if kept else None)
    until = command.until or command.at + desk.city.thresholds.cool_down
    if key is not None:
        desk.state[f"silence:{key}"] = Silence(at=command.at, until=until, by=command.by, note=command.note)

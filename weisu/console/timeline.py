"""What happened to a problem, in order: what its page shows as 经过."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from weisu.console.view import label, local
from weisu.regrouping import said_of

Body = dict[str, Any]


@dataclass(frozen=True)
class Happening:
    """One line of the timeline."""

    at: str
    """RFC 3339."""
    mark: str
    """Colour of its dot: a level, "calls", "closed" or ""."""
    text: str
    link: str = ""
    """Id of the alert it is about."""


def happenings(
    problem: Body, members: Sequence[Body], alerts: Sequence[Body], offset: int
) -> list[Happening]:
    """The first and the newest call, alerts, closings a local day, and the end; oldest first."""
    told = [Happening(problem["first_seen"], "calls", "首次来诉")]
    for alert in alerts:
        text = f"发出{label(alert['level'])}预警：{alert['title']}"
        told.append(Happening(alert["raised_at"], alert["level"], text, alert["alert_id"]))
        if (over := alert.get("status")) in ("acknowledged", "resolved", "false_alarm"):
            who = "系统" if alert.get("last_by") == "weisu" else alert.get("last_by") or "值班员"
            told.append(
                Happening(alert["last_at"], "closed", f"预警{label(over)} · {who}", alert["alert_id"])
            )
    told += _closings(members, offset)
    told += [Happening(one["at"], "", said_of(one, problem)) for one in problem.get("records") or ()]
    if problem["last_seen"] != problem["first_seen"]:
        told.append(Happening(problem["last_seen"], "calls", "最近来诉"))
    if problem.get("closed_at"):
        told.append(Happening(problem["closed_at"], "closed", "工单全部办结"))
    return sorted(told, key=lambda one: (local(one.at, 0), one.text))


def _closings(members: Sequence[Body], offset: int) -> list[Happening]:
    days: dict[str, list[Body]] = {}
    for ticket in members:
        if closed_at := ticket.get("closed_at"):
            days.setdefault(local(closed_at, offset)[:10], []).append(ticket)
    told = []
    for tickets in days.values():
        units = dict.fromkeys(ticket["unit"] for ticket in tickets if ticket.get("unit"))
        text = " · ".join([f"办结工单 {len(tickets)} 件", *list(units)[:2]])
        told.append(Happening(max(ticket["closed_at"] for ticket in tickets), "closed", text))
    return told

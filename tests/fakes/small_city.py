"""A truth of a few tickets, and alerts about them, written by hand."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from weisu.evaluation.outcome import Telling, Told
from weisu.evaluation.truth import CityTruth, read_truth

DAY = datetime.fromisoformat("2026-03-02T00:00:00+08:00")


def at(hours: float) -> datetime:
    """Hours after the first midnight."""
    return DAY + timedelta(hours=hours)


def call(
    ticket_id: str,
    hours: float,
    caller: int,
    planted: str | None = None,
    subject: str | None = None,
    problem: str | None = None,
    closed: float | None = None,
) -> dict[str, Any]:
    return {
        "ticket_id": ticket_id,
        "at": at(hours).isoformat(),
        "caller": caller,
        "subject": subject,
        "truth_id": problem,
        "planted": planted,
        "closed_at": at(closed).isoformat() if closed is not None else None,
    }


def thing(
    truth_id: str, kind: str, calls: Iterable[dict[str, Any]], scope: str = "place", **more: Any
) -> dict[str, Any]:
    mine = [known for known in calls if known["planted"] == truth_id]
    return {
        "truth_id": truth_id,
        "kind": kind,
        "scope": scope,
        "category": "",
        "matter": "",
        "ticket_ids": [known["ticket_id"] for known in mine],
        "reporters": len({known["caller"] for known in mine}),
        "start": mine[0]["at"] if mine else None,
        "end": mine[-1]["at"] if mine else None,
        **more,
    }


def truth_of(calls: Sequence[dict[str, Any]], *things: dict[str, Any]) -> CityTruth:
    return read_truth([*things, *calls])


def alert(
    trigger: str | None,
    ticket_ids: Sequence[str],
    hours: float,
    kind: str = "burst",
    scope: str = "problem",
    category: str = "供水",
    again: Sequence[tuple[float, Sequence[str]]] = (),
) -> Told:
    tellings = [Telling(at(hours), tuple(ticket_ids), trigger)]
    tellings += [Telling(at(later), tuple(known), trigger) for later, known in again]
    name = f"a-{kind}-{trigger}-{hours}"
    return Told(name, kind, scope, category, "orange", tuple(tellings))

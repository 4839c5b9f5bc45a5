"""What was planted and what belongs together: the answers that an evaluation compares with."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

PROBLEM_GAP = timedelta(days=14)
"""The same matter at the same spot is one problem while no longer silence lies between its tickets."""


@dataclass
class Planted:
    """Something planted, growing as its tickets are written."""

    truth_id: str
    kind: str
    """burst, hoax, campaign, chronic, seasonal, after_closure, hazard or storm."""
    scope: str
    """place, street, district or city."""
    place: str
    category: str
    matter: str
    ticket_ids: list[str] = field(default_factory=list)
    start: datetime | None = None
    end: datetime | None = None
    callers: set[int] = field(default_factory=set)

    def add(self, ticket_id: str, caller: int, at: datetime) -> None:
        self.ticket_ids.append(ticket_id)
        self.callers.add(caller)
        self.start = min(self.start or at, at)
        self.end = max(self.end or at, at)

    def as_dict(self) -> dict[str, Any]:
        return {
            "truth_id": self.truth_id,
            "kind": self.kind,
            "scope": self.scope,
            "place": self.place,
            "category": self.category,
            "matter": self.matter,
            "ticket_ids": self.ticket_ids,
            "size": len(self.ticket_ids),
            "start": self.start.isoformat() if self.start else None,
            "end": self.end.isoformat() if self.end else None,
            "reporters": len(self.callers),
        }


@dataclass
class Told:
    """One ticket as the truth knows it."""

    ticket_id: str
    at: datetime
    caller: int
    subject: str | None
    """District, spot and fact; None for an affair of one's own, which nobody else can report."""
    problem: str | None
    planted: str | None
    closed_at: datetime | None = None
    """When it was closed for the first time, if within the simulated days."""

    def as_dict(self) -> dict[str, Any]:
        return {
            "ticket_id": self.ticket_id,
            "at": self.at.isoformat(),
            "caller": self.caller,
            "subject": self.subject,
            "truth_id": self.problem,
            "planted": self.planted,
            "closed_at": self.closed_at.isoformat() if self.closed_at else None,
        }


class Truth:
    """Planted things, and for each ticket who called and the problem it is part of."""

    def __init__(self) -> None:
        self.planted: list[Planted] = []
        self._open: dict[str, tuple[str, datetime]] = {}
        self._problems = 0
        self._told: list[Told] = []

    def plant(self, kind: str, scope: str, place: str, category: str, matter: str) -> Planted:
        planted = Planted(f"t{len(self.planted) + 1:06d}", kind, scope, place, category, matter)
        self.planted.append(planted)
        return planted

    def belong(
        self, ticket_id: str, at: datetime, caller: int, subject: str | None, planted: Planted | None
    ) -> Told:
        """Records a ticket. `subject` = what makes two tickets one problem, if others may report the same."""
        problem = None
        if subject is not None:
            problem, last = self._open.get(subject, ("", at - 2 * PROBLEM_GAP))
            if at - last > PROBLEM_GAP:
                self._problems += 1
                problem = f"p{self._problems:07d}"
            self._open[subject] = (problem, at)
        if planted is not None:
            planted.add(ticket_id, caller, at)
        told = Told(ticket_id, at, caller, subject, problem, planted.truth_id if planted else None)
        self._told.append(told)
        return told

    def lines(self) -> Iterator[dict[str, Any]]:
        """Planted things that got a ticket (and storm days), then one line a ticket in order of creation."""
        for planted in self.planted:
            if planted.ticket_ids or planted.kind == "storm":
                yield planted.as_dict()
        for told in self._told:
            yield told.as_dict()

"""The simulated city's truth, read back: who called about what, and what was planted."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from weisu.settings import WrongSetup
from weisu.simulator.matters import load_matters

INCIDENTS = ("burst",)
"""Kinds of planted things that an alert is due for before the crowd calls."""


@dataclass(frozen=True)
class Call:
    """One ticket as it really was."""

    ticket_id: str
    at: datetime
    caller: int
    subject: str | None
    """District, spot and fact: what makes two tickets one problem."""
    problem: str | None
    planted: str | None
    closed_at: datetime | None


@dataclass(frozen=True)
class Thing:
    """Something planted: an incident, a hoax, a storm day, …"""

    truth_id: str
    kind: str
    scope: str
    category: str
    matter: str
    ticket_ids: tuple[str, ...]
    """In order of the calls."""
    reporters: int
    start: datetime
    end: datetime

    @property
    def size(self) -> int:
        return len(self.ticket_ids)


@dataclass(frozen=True)
class CityTruth:
    """All of it, by id, in order of time."""

    calls: Mapping[str, Call]
    things: Mapping[str, Thing]
    first: datetime
    """Local midnight of the first simulated day."""
    days: int
    closings: Mapping[str, tuple[datetime, ...]]
    """Subject → when its tickets were closed for the first time, in order."""

    def was_closed(self, subject: str, before: datetime) -> bool:
        """Whether a ticket of the subject had been closed by then."""
        closings = self.closings.get(subject, ())
        return bool(closings) and closings[0] <= before

    def thing_of(self, ticket_id: str | None) -> Thing | None:
        """What a ticket was planted for."""
        call = self.calls.get(ticket_id or "")
        return self.things.get(call.planted) if call is not None and call.planted else None

    def day_of(self, at: datetime) -> int:
        """0 on the first simulated day."""
        return (at - self.first) // timedelta(days=1)

    def storms_on(self, at: datetime) -> set[str]:
        """The weathers (rain, heat, cold) that make this a storm day."""
        return {
            thing.matter
            for thing in self.things.values()
            if thing.kind == "storm" and thing.start <= at < thing.end
        }


WEATHER_OF: Mapping[str, str] = {matter.key: matter.weather for matter in load_matters() if matter.weather}
"""Matter → the weather on whose storm days it is frequent."""


def read_truth(lines: Iterable[Mapping[str, Any]]) -> CityTruth:
    """The lines of truth.jsonl, or those of a Truth still in memory. Raises WrongSetup where there is no ticket."""
    calls: dict[str, Call] = {}
    planted: list[Mapping[str, Any]] = []
    for line in lines:
        if "kind" in line:
            planted.append(line)
        else:
            call = _call(line)
            calls[call.ticket_id] = call
    if not calls:
        raise WrongSetup("the truth holds no ticket: simulate a city first (weisu simulate)")
    first = min(call.at for call in calls.values()).replace(hour=0, minute=0, second=0)
    last = max(call.at for call in calls.values())
    return CityTruth(
        calls=calls,
        things={thing.truth_id: thing for thing in map(_thing, planted)},
        first=first,
        days=(last - first).days + 1,
        closings=_closings(calls.values()),
    )


def _closings(calls: Iterable[Call]) -> dict[str, tuple[datetime, ...]]:
    found: dict[str, list[datetime]] = {}
    for call in calls:
        if call.subject is not None and call.closed_at is not None:
            found.setdefault(call.subject, []).append(call.closed_at)
    return {subject: tuple(sorted(moments)) for subject, moments in found.items()}


def load_truth(folder: Path) -> CityTruth:
    """truth.jsonl of a simulated city. Raises WrongSetup when it is not there, or was written by an older simulator."""
    path = folder / "truth.jsonl"
    try:
        with path.open(encoding="utf-8") as file:
            return read_truth(map(json.loads, file))
    except OSError as error:
        raise WrongSetup(f"{path}: {error.strerror}; write it with weisu simulate --out {folder}") from error
    except (KeyError, ValueError) as error:
        raise WrongSetup(
            f"{path}: not a truth of this version ({error}); simulate the city again with the same seed"
        ) from error


def _call(line: Mapping[str, Any]) -> Call:
    closed_at = line["closed_at"]
    return Call(
        ticket_id=line["ticket_id"],
        at=datetime.fromisoformat(line["at"]),
        caller=line["caller"],
        subject=line["subject"],
        problem=line["truth_id"],
        planted=line["planted"],
        closed_at=datetime.fromisoformat(closed_at) if closed_at else None,
    )


def _thing(line: Mapping[str, Any]) -> Thing:
    return Thing(
        truth_id=line["truth_id"],
        kind=line["kind"],
        scope=line["scope"],
        category=line["category"],
        matter=line["matter"],
        ticket_ids=tuple(line["ticket_ids"]),
        reporters=line["reporters"],
        start=datetime.fromisoformat(line["start"]),
        end=datetime.fromisoformat(line["end"]),
    )

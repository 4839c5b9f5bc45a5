"""What a replay told the officers, as far as it can be judged."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from streams.results import Results
from weisu.settings import WrongSetup


@dataclass(frozen=True)
class Telling:
    """One moment at which a person was told: an alert raised, or told again with fresh content."""

    at: datetime
    ticket_ids: tuple[str, ...]
    trigger: str | None
    names_copies: bool = False
    """Whether it says that many accounts have sent one text."""


@dataclass(frozen=True)
class Told:
    """One alert."""

    alert_id: str
    kind: str
    scope: str
    category: str
    level: str
    tellings: tuple[Telling, ...]
    """The first is the raising."""

    @property
    def at(self) -> datetime:
        return self.tellings[0].at

    @property
    def ticket_ids(self) -> tuple[str, ...]:
        return self.tellings[0].ticket_ids

    @property
    def trigger(self) -> str | None:
        return self.tellings[0].trigger

    @property
    def names_copies(self) -> bool:
        """Whether a person was told, at once or with fresh content, that many accounts have sent one text."""
        return any(telling.names_copies for telling in self.tellings)


@dataclass(frozen=True)
class Outcome:
    """Alerts in order of time, what was held by reason, and the problem of each ticket."""

    alerts: tuple[Told, ...]
    held: Mapping[str, int]
    problem_of: Mapping[str, str]


def outcome_of(results: Results) -> Outcome:
    """A replay still in memory."""
    alerts = []
    for alert_id, event in results.raised.items():
        raised = event.alert
        again = [
            (later.at, later.alert.ticket_ids, _names_copies(vars(later.alert)))
            for later in results.updates.get(alert_id, [])
            if later.event == "updated"
        ]
        first = Telling(event.at, raised.ticket_ids, raised.trigger_ticket_id, _names_copies(vars(raised)))
        tellings = _tellings(first, again)
        alerts.append(Told(alert_id, raised.kind, raised.scope, raised.category, raised.level, tellings))
    held = Counter(str(getattr(event.alert, "suppressed", "")) for event in results.held)
    return Outcome(_in_order(alerts), dict(sorted(held.items())), dict(results.problem_of))


def _names_copies(alert: Mapping[str, Any]) -> bool:
    """Whether its title speaks of copied texts, as agents/alerting/wording.py has it: of one place's crowd."""
    return bool(alert["figures"].get("texts")) and (
        alert["kind"] == "campaign" or alert["scope"] == "problem"
    )


def _tellings(first: Telling, again: Iterable[tuple[datetime, Sequence[str], bool]]) -> tuple[Telling, ...]:
    """What triggered fresh content is the newest of the tickets that came with it."""
    found, known = [first], set(first.ticket_ids)
    for moment, later, copies in again:
        fresh = [ticket_id for ticket_id in later if ticket_id not in known]
        found.append(Telling(moment, tuple(later), fresh[-1] if fresh else first.trigger, copies))
        known.update(fresh)
    return tuple(found)


def load_outcome(folder: Path) -> Outcome:
    """The files of weisu replay. Raises WrongSetup when they are not there."""
    try:
        alerts = [_told(row) for row in _rows(folder / "alerts.jsonl")]
        held = Counter(row["suppressed"] for row in _rows(folder / "ledger.jsonl"))
        problem_of = {
            row["ticket_id"]: row["problem_id"]
            for row in _rows(folder / "tickets.jsonl")
            if row["problem_id"] is not None
        }
    except OSError as error:
        raise WrongSetup(
            f"{folder}: {error.strerror}; write it with weisu replay EVENTS --out {folder}"
        ) from error
    return Outcome(_in_order(alerts), dict(sorted(held.items())), problem_of)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _told(row: Mapping[str, Any]) -> Told:
    again = [
        (datetime.fromisoformat(later["at"]), later["ticket_ids"], _names_copies(later))
        for later in row["updates"]
        if later["event"] == "updated"
    ]
    first = Telling(
        datetime.fromisoformat(row["raised_at"]),
        tuple(row["ticket_ids"]),
        row["trigger_ticket_id"],
        _names_copies(row),
    )
    tellings = _tellings(first, again)
    return Told(row["alert_id"], row["kind"], row["scope"], row["category"], row["level"], tellings)


def _in_order(alerts: Iterable[Told]) -> tuple[Told, ...]:
    return tuple(sorted(alerts, key=lambda told: (told.at, told.alert_id)))

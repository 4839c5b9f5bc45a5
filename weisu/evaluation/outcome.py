"""What a replay told the officers, as far as it can be judged."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agents.alerting.alert import AlertEvent
from streams.results import Results
from weisu.settings import WrongSetup


@dataclass(frozen=True)
class Telling:
    """One moment at which a person was told: an alert raised, or told again with fresh content."""

    at: datetime
    ticket_ids: tuple[str, ...]
    trigger: str | None
    names_copies: bool = False
    """Whether its title says that many accounts have sent one text (agents/alerting/wording.py)."""


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
    ledger = [vars(event.alert) for event in results.held]
    said = _said_again(ledger)
    alerts = [
        _told(
            vars(event.alert),
            [(later.at, later.alert.figures) for later in results.updates.get(alert_id, []) if _tells(later)],
            said,
        )
        for alert_id, event in results.raised.items()
    ]
    return Outcome(_in_order(alerts), _held(ledger), dict(results.problem_of))


def _tells(event: AlertEvent) -> bool:
    return event.event == "updated"


def load_outcome(folder: Path) -> Outcome:
    """The files of weisu replay. Raises WrongSetup when they are not there."""
    try:
        ledger = list(_rows(folder / "ledger.jsonl"))
        said = _said_again(ledger)
        alerts = [_told(row, _updates(row), said) for row in _rows(folder / "alerts.jsonl")]
        problem_of = {
            row["ticket_id"]: row["problem_id"]
            for row in _rows(folder / "tickets.jsonl")
            if row["problem_id"] is not None
        }
    except OSError as error:
        raise WrongSetup(
            f"{folder}: {error.strerror}; write it with weisu replay EVENTS --out {folder}"
        ) from error
    return Outcome(_in_order(alerts), _held(ledger), problem_of)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _updates(row: Mapping[str, Any]) -> list[tuple[datetime, Mapping[str, float]]]:
    return [
        (datetime.fromisoformat(later["at"]), later["figures"])
        for later in row["updates"]
        if later["event"] == "updated"
    ]


def _held(ledger: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    return dict(sorted(Counter(str(entry["suppressed"]) for entry in ledger).items()))


Said = Mapping[tuple[str, datetime], Sequence[Mapping[str, Any]]]
"""(alert, instant) → the findings that were folded into the alert then."""


def _said_again(ledger: Iterable[Mapping[str, Any]]) -> Said:
    found: dict[tuple[str, datetime], list[Mapping[str, Any]]] = {}
    for entry in ledger:
        if entry["under"]:
            found.setdefault((entry["under"], _moment(entry["raised_at"])), []).append(entry)
    return found


def _told(
    alert: Mapping[str, Any], again: Iterable[tuple[datetime, Mapping[str, float]]], said: Said
) -> Told:
    """What it said at first, and what the findings said that were told again under it: the alert itself lists the
    tickets of all of them, its title and text are about the newest."""
    alert_id, tellings = alert["alert_id"], [_telling(alert)]
    for at, figures in again:
        tellings += [_telling(entry) for entry in said[alert_id, at] if _agree(entry["figures"], figures)][:1]
    return Told(alert_id, alert["kind"], alert["scope"], alert["category"], alert["level"], tuple(tellings))


def _agree(found: Mapping[str, float], told: Mapping[str, float]) -> bool:
    """Whether an alert was told again with this finding: the ledger has its figures, but for how many sentences of the
    alert's text could not be supported."""
    names = (found.keys() | told.keys()) - {"dropped_sentences"}
    return all(found.get(name) == told.get(name) for name in names)


def _telling(alert: Mapping[str, Any]) -> Telling:
    has_copies = alert["kind"] == "campaign" or alert["scope"] == "problem"
    return Telling(
        _moment(alert["raised_at"]),
        tuple(alert["ticket_ids"]),
        alert["trigger_ticket_id"],
        has_copies and bool(alert["figures"].get("texts")),
    )


def _moment(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def _in_order(alerts: Iterable[Told]) -> tuple[Told, ...]:
    return tuple(sorted(alerts, key=lambda told: (told.at, told.alert_id)))

"""What a replay found, and the lines of the contract's output files (contract.md section 2)."""

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic_core import from_json, to_json

from agents.alerting.alert import AlertEvent, Held
from agents.grading.grade import Grade, Graded, Urgency
from agents.problems.learned import learned_of
from agents.problems.problem import Change, Problem
from agents.problems.rising import rise
from streams.attic import Attic

_OF_PROBLEM = (
    "problem_id",
    "title",
    "matter",
    "category",
    "district",
    "place",
    "reporters",
    "first_seen",
    "last_seen",
    "patterns",
    "status",
    "after",
    "closures",
    "aliases",
    "records",
    "proposals",
)


@dataclass(frozen=True)
class Rejected:
    """A line that is no event: the run goes on without it."""

    line: int
    reason: str
    detail: str


@dataclass(repr=False)
class Results:
    """Everything a replay found, by id, in order of first appearance.

    Without a repr: asyncio.run() writes one of a finished task's result, and that took a tenth of a replay.
    """

    graded: MutableMapping[str, Graded] = field(default_factory=dict)
    """Ticket → its last state. As written_only() makes them, neither tickets nor problems can be read back."""
    problems: MutableMapping[str, Problem] = field(default_factory=dict)
    urgency_of: dict[str, Urgency] = field(default_factory=dict)
    waiting: dict[str, None] = field(default_factory=dict)
    """Tickets whose `created` has not come."""
    problem_of: dict[str, str] = field(default_factory=dict)
    score_of: dict[str, dict[str, float]] = field(default_factory=dict)
    """Ticket → the parts of the score by which it belongs to its problem; none for one that opened it."""
    records: list[Change] = field(default_factory=list)
    raised: dict[str, AlertEvent] = field(default_factory=dict)
    updates: dict[str, list[AlertEvent]] = field(default_factory=dict)
    held: list[AlertEvent] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    model_of: dict[str, str] = field(default_factory=dict)
    """Ticket → the model that graded its last state."""
    unasked: dict[str, str] = field(default_factory=dict)
    """Ticket → why no model did, where there is one."""

    def keep(
        self, graded: Graded, problem_id: str | None = None, score: dict[str, float] | None = None
    ) -> None:
        """The newest state of a ticket takes the place of the one before."""
        ticket_id = graded.ticket.ticket_id
        if problem_id is not None:
            self.problem_of[ticket_id] = problem_id
        if score:
            self.score_of[ticket_id] = score
        self.urgency_of[ticket_id] = graded.grade.urgency
        self.graded[ticket_id] = graded
        if graded.grade.model or graded.grade.why:
            self._keep_maker(ticket_id, graded.grade)

    def _keep_maker(self, ticket_id: str, grade: Grade) -> None:
        self.model_of.pop(ticket_id, None)
        self.unasked.pop(ticket_id, None)
        if grade.model:
            self.model_of[ticket_id] = grade.model
        else:
            self.unasked[ticket_id] = grade.why

    def rise(self, ticket_id: str) -> None:
        """The ticket's problem has become a crowd after the ticket was gathered."""
        if isinstance(self.graded, Attic) and self.graded.is_old(ticket_id):
            self.graded.rewrite(ticket_id, partial(_risen_line, self.urgency_of, ticket_id))
        elif (graded := self.graded.get(ticket_id)) is not None and graded.ticket.status == "open":
            self.keep(graded.model_copy(update={"grade": rise(graded.grade)}))

    def move(self, ticket_id: str, problem_id: str) -> None:
        """A merge or split has given the ticket to another problem."""
        self.problem_of[ticket_id] = problem_id
        if isinstance(self.graded, Attic) and self.graded.is_old(ticket_id):
            self.graded.rewrite(ticket_id, partial(_moved_line, problem_id))

    def hear(self, event: AlertEvent) -> bool:
        """Take in an event of an alert's life, or an entry of the ledger; whether it is a new alert."""
        alert_id = event.alert.alert_id
        if isinstance(event.alert, Held):
            self.held.append(event)
        elif event.event == "raised" and alert_id not in self.raised:
            self.raised[alert_id] = event
            return True
        else:
            self.updates.setdefault(alert_id, []).append(event)
        return False

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def ticket_line(self, graded: Graded) -> bytes:
        """A ticket's line of tickets.jsonl."""
        ticket = graded.ticket
        return to_json(
            {
                "ticket_id": ticket.ticket_id,
                "problem_id": self.problem_of.get(ticket.ticket_id),
                "score": self.score_of.get(ticket.ticket_id, {}),
                "grade": graded.grade,
                "status": ticket.status,
                "place": {name: part for name, part in vars(ticket.place).items() if part is not None},
                "learned": learned_of(ticket),
            }
        )


def written_only(newest: int) -> Results:
    """Results for a run that only writes its files: what has been quiet for long is kept as the line it will be.

    `newest`: tickets and problems whose last state is kept as an object, and as many more that are open.
    """
    results = Results()
    results.graded = Attic(
        results.ticket_line, newest, is_done=lambda graded: graded.ticket.status == "closed"
    )
    results.problems = Attic(_problem_line, newest, is_done=lambda problem: not problem.open_tickets)
    return results


def files(results: Results) -> dict[str, Iterator[bytes]]:
    """The output files: name → its lines, without their ends."""
    return {
        "tickets.jsonl": _lines(results.graded, results.ticket_line),
        "problems.jsonl": _problem_lines(results),
        "alerts.jsonl": map(to_json, _alert_rows(results)),
        "ledger.jsonl": (to_json(event.alert) for event in results.held),
        "rejected.jsonl": (to_json(vars(bad)) for bad in results.rejected),
    }


def _lines(values: MutableMapping[str, Any], write: Any) -> Iterator[bytes]:
    if isinstance(values, Attic):
        return values.raw()
    return map(write, values.values())


def _risen_line(urgency_of: dict[str, Urgency], ticket_id: str, line: bytes) -> bytes:
    row = from_json(line)
    if row["status"] == "open":
        grade = rise(Grade.model_validate(row["grade"]))
        urgency_of[ticket_id] = grade.urgency
        row["grade"] = grade
    return to_json(row)


def _moved_line(problem_id: str, line: bytes) -> bytes:
    return to_json(from_json(line) | {"problem_id": problem_id})


def _problem_line(problem: Problem) -> bytes:
    row = {name: getattr(problem, name) for name in _OF_PROBLEM}
    return to_json(row | {"review": ["merge"] if problem.proposals else []})


def _problem_lines(results: Results) -> Iterator[bytes]:
    members: dict[str, list[str]] = {}
    for ticket_id in results.graded:
        if (problem_id := results.problem_of.get(ticket_id)) is not None:
            members.setdefault(problem_id, []).append(ticket_id)
    for problem_id, line in zip(results.problems, _lines(results.problems, _problem_line), strict=True):
        if problem_id in members:
            yield line[:-1] + b',"ticket_ids":' + to_json(members[problem_id]) + b"}"


def _alert_rows(results: Results) -> Iterator[dict[str, Any]]:
    for alert_id, event in results.raised.items():
        updates = [
            {
                "event": later.event,
                "at": later.at,
                "reporters": later.alert.reporters,
                "tickets": len(later.alert.ticket_ids),
                "ticket_ids": later.alert.ticket_ids,
                "figures": later.alert.figures,
            }
            for later in results.updates.get(alert_id, [])
        ]
        yield {**vars(event.alert), "updates": updates}

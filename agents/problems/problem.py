"""What gathering makes: problems 问题, candidates 候选, counts, and the records between them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import Field

from agents.grading.grade import Graded
from agents.intake.ticket import Place, Value

Pattern = Literal[
    "burst", "recurrence", "chronic", "seasonal", "same_caller", "harassment", "campaign", "dispute"
]
CandidateKind = Literal[
    "burst",
    "recurrence",
    "chronic",
    "seasonal",
    "hazard",
    "dispute",
    "harassment",
    "same_caller",
    "campaign",
]
Scope = Literal["problem", "street", "district", "city"]


class Evidence(Value):
    """Verbatim, masked words of one ticket."""

    ticket_id: str
    quote: str


class Record(Value):
    """A merge or split of problems, done or proposed or refused, never silent."""

    record: Literal["merged", "split", "merge_proposed", "refused"]
    at: datetime
    problem_id: str
    """The problem that keeps its id."""
    other_id: str
    """The one that it takes in, or that is split off."""
    score: float
    why: str
    """At most 200 characters of what was said: it goes out with every later ticket of the problem."""
    record_id: str = ""
    """Id of what was asked: the same question again is answered by the same record."""
    by: str = ""
    """Who decided it."""
    seq: int = 0
    """The running number of the change, which guards every value it is applied to."""
    tickets: int = 0
    """How many tickets moved."""
    ticket_ids: tuple[str, ...] = ()
    """The newest of them, at most 64."""


class Problem(Value):
    """Tickets about the same underlying matter at the same place.

    State is bounded: the full list of tickets is the membership table, here only the newest are kept.
    """

    problem_id: str
    """p-<hash of the first ticket's id>; never recomputed."""
    district: str
    title: str
    matter: str
    category: str
    place: Place
    first_seen: datetime
    last_seen: datetime
    tickets: int
    reporters: int
    """Distinct reporters; exact up to the cap of `callers`."""
    recent: tuple[str, ...] = ()
    """Ids of the newest tickets, oldest first, at most 64."""
    callers: dict[str, int] = Field(default_factory=dict)
    """Reporter → number of tickets; at most 512 entries."""
    open_tickets: int = 0
    closed_at: datetime | None = None
    """When the last open ticket was closed; None while any is open."""
    closures: int = 0
    patterns: tuple[Pattern, ...] = ()
    status: Literal["open", "closed", "merged"] = "open"
    """`merged`: it holds no tickets any more, see `into`."""
    after: str | None = None
    """The closed problem that this one follows."""
    units: tuple[str, ...] = ()
    """Units that had its tickets, each once; last the one of the event that came last, which has it now. At most 16."""
    version: int = 0
    """Grows with each change; the district's running number of the change that was applied last."""
    reply: str = ""
    """What the unit said at the last closing, at most 200 characters."""
    promised: bool = False
    """The last closing of all its tickets says that it is solved."""
    promise: str = ""
    """In these words, at most 200 characters."""
    solved_at: datetime | None = None
    """When a unit said last of one of its tickets, closing it, that it is solved; others may be open still."""
    solution: str = ""
    """In these words, at most 200 characters."""
    returns: int = 0
    """How many closures were followed by a new ticket within the city's recurrence window."""
    days: dict[str, int] = Field(default_factory=dict)
    """Local day → tickets, for the newest 56 days that had any."""
    last_closed_at: datetime | None = None
    """The last closing of all its tickets; stays when a new ticket comes."""
    came_back: tuple[str, ...] = ()
    """Distinct reporters of new tickets since that closing, at most 16."""
    into: str | None = None
    """The problem that has taken this one in: its id stays, and stands for the other."""
    aliases: tuple[str, ...] = ()
    """Ids of the problems that this one has taken in, at most 64."""
    records: tuple[Record, ...] = ()
    """Merges and splits of this problem, oldest first, at most 16."""
    proposals: tuple[Record, ...] = ()
    """Problems with which it may be one, for a person to decide; the newest last, at most 8."""


class Candidate(Value):
    """A finding that may reach a person: value of `alerts.candidates`."""

    candidate_id: str
    """hash(kind, key, trigger ticket): the same finding has the same id on every run."""
    kind: CandidateKind
    scope: Scope
    key: str
    """What cool-down and de-duplication count by."""
    at: datetime
    problem_id: str | None = None
    trigger_ticket_id: str | None = None
    district: str = ""
    place: Place = Place()
    category: str = ""
    matter: str = ""
    ticket_ids: tuple[str, ...] = ()
    reporters: int = 0
    hazards: tuple[str, ...] = ()
    first_seen: datetime | None = None
    evidence: tuple[Evidence, ...] = ()
    figures: dict[str, float] = Field(default_factory=dict)
    """Everything the decision rests on: counters, rate, dispersion, evidence λ before the city's
    correction."""
    facts: dict[str, str] = Field(default_factory=dict)
    """Named strings for the wording: unit, reply that promised the fix, closing date …"""
    rules: str = ""


class Count(Value):
    """One ticket as the whole city sees it: value of `city.counts`."""

    ticket_id: str
    at: datetime
    district: str
    category: str
    fresh: bool
    """First call of this reporter about this district and category within the crowd window."""


class Change(Value):
    """Value of `problems`: the problem after the change, and the ticket or record that changed it."""

    problem: Problem
    graded: Graded | None = None
    """The ticket with its recurrence filled in."""
    joined: Literal["opened", "joined", "updated", "moved", "left"] | None = None
    score: dict[str, float] = Field(default_factory=dict)
    """Parts of the score by which the ticket belongs here."""
    moves: int = 0
    """How often merges and splits have given the ticket to another problem."""
    record: Record | None = None


@dataclass(slots=True)
class Gathered:
    """All that one graded ticket leads to."""

    changes: tuple[Change, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    count: Count | None = None
    recalled: tuple[str, ...] = ()
    """Ids of tickets whose urgency rises with this one: they are to be graded and gathered again."""
    moved: dict[str, str] = field(default_factory=dict)
    """Ticket → the problem that a merge or split has given it to: these are to be told again."""


MAX_RECENT = 64
MAX_CALLERS = 512
MAX_CAME_BACK = 16
MAX_DAYS = 56
MAX_UNITS = 16
MAX_ALIASES = 64
MAX_RECORDS = 16
MAX_SAID = 200
MAX_PROPOSALS = 8


class Share(NamedTuple):
    """What one ticket contributes to a problem; the difference between two shares is a change."""

    ticket_id: str
    caller: str
    created_at: datetime
    day: str
    """Local day of its creation."""
    at: datetime
    """Event time of the change."""
    open: bool
    unit: str | None = None
    reply: str = ""
    solves: bool = False
    """Its closing says that it is solved."""
    returns: bool = False
    """A new ticket after a closing."""


def include(problem: Problem, share: Share, seq: int, was_open: bool | None) -> Problem:
    """The problem with a ticket taken in (`was_open` None), or with a new state of one it holds.

    `seq` guards it: a change with a number not above the problem's version is in it already.
    """
    if problem.version >= seq:
        return problem
    changes: dict[str, object] = {"version": seq}
    open_tickets = problem.open_tickets + share.open - (was_open or False)
    if was_open is None:
        _take_in(problem, share, changes)
    if share.unit and (not problem.units or share.unit != problem.units[-1]):
        others = [unit for unit in problem.units if unit != share.unit]
        changes["units"] = (*others, share.unit)[-MAX_UNITS:]
    if share.reply:
        changes["reply"] = share.reply[:200]
    changes["open_tickets"] = max(0, open_tickets)
    if share.solves and not share.open and was_open is not False:
        changes |= _solved(problem, share)
    if was_open is not share.open or was_open is None:
        _close_or_open(problem, share, open_tickets, changes)
    return problem.model_copy(update=changes)


def exclude(problem: Problem, share: Share, seq: int, was_open: bool) -> Problem:
    """The problem without a ticket that has moved to another; guarded as include()."""
    if problem.version >= seq:
        return problem
    callers = dict(problem.callers)
    left = callers.get(share.caller, 0) - 1
    reporters = problem.reporters
    if left > 0:
        callers[share.caller] = left
    elif share.caller in callers:
        del callers[share.caller]
        reporters -= 1
    tickets = problem.tickets - 1
    open_tickets = max(0, problem.open_tickets - was_open)
    days = dict(problem.days)
    if days.get(share.day, 0) > 1:
        days[share.day] -= 1
    else:
        days.pop(share.day, None)
    changes: dict[str, object] = {
        "version": seq,
        "tickets": tickets,
        "reporters": reporters,
        "callers": callers,
        "recent": tuple(known for known in problem.recent if known != share.ticket_id),
        "open_tickets": open_tickets,
        "days": days,
    }
    if not tickets:
        changes["status"] = "closed"
    if was_open and not open_tickets:
        changes["closed_at"] = share.at
    return problem.model_copy(update=changes)


def _take_in(problem: Problem, share: Share, changes: dict[str, object]) -> None:
    callers = problem.callers
    if share.caller in callers or len(callers) < MAX_CALLERS:
        changes["callers"] = {**callers, share.caller: callers.get(share.caller, 0) + 1}
    changes["reporters"] = problem.reporters + (share.caller not in callers)
    changes["tickets"] = problem.tickets + 1
    changes["recent"] = (*problem.recent, share.ticket_id)[-MAX_RECENT:]
    changes["first_seen"] = min(problem.first_seen, share.created_at)
    changes["last_seen"] = max(problem.last_seen, share.created_at)
    days = {**problem.days, share.day: problem.days.get(share.day, 0) + 1}
    if len(days) > MAX_DAYS:
        del days[min(days)]
    changes["days"] = days
    changes["status"] = "open"
    if share.returns:
        if not problem.came_back:
            changes["returns"] = problem.returns + 1
        if share.caller not in problem.came_back:
            changes["came_back"] = (*problem.came_back, share.caller)[-MAX_CAME_BACK:]


def _solved(problem: Problem, share: Share) -> dict[str, object]:
    if problem.solved_at is not None and problem.solved_at > share.at:
        return {}
    return {"solved_at": share.at, "solution": share.reply[:MAX_SAID]}


def _close_or_open(problem: Problem, share: Share, open_tickets: int, changes: dict[str, object]) -> None:
    if open_tickets > 0:
        changes["closed_at"] = None
        changes["status"] = "open"
        return
    closed_at = share.at if problem.closed_at is None else max(share.at, problem.closed_at)
    changes["closed_at"] = changes["last_closed_at"] = closed_at
    changes["promised"] = share.solves
    changes["promise"] = share.reply[:200] if share.solves else ""
    if problem.closed_at is None:
        changes["closures"] = problem.closures + 1
        changes["came_back"] = ()

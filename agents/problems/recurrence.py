"""What kind of repetition a ticket is part of, and when a closed problem has come back (办结后复发)."""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from scipy.special import gammainc

from agents.city import City, Thresholds, words
from agents.grading.grade import Graded, Recurrence, RecurrenceKind
from agents.intake.ticket import Step
from agents.problems.problem import Problem

ECHO = timedelta(hours=24)
"""A call so soon after the closing is about the answer, not a new occurrence."""
ABSORBS = timedelta(days=14)
"""A closed problem takes in new tickets for so long after its last one; later ones open a problem that
follows it."""
SHAM_CLOSURES = 2
EARLIER = 10
# Source: alerting.md C.1. Works and water come back slowly, noise at once.
_WINDOWS: tuple[tuple[tuple[str, ...], timedelta], ...] = (
    (("噪", "noise"), timedelta(days=7)),
    (("施工", "道路", "路面", "水", "construction", "road", "street", "water"), timedelta(days=90)),
)


def recurrence_window(problem: Problem, thresholds: Thresholds) -> timedelta:
    """How long after a closing a new ticket counts as a return of this kind of problem."""
    words = f"{problem.category} {problem.matter}".lower()
    for keys, window in _WINDOWS:
        if any(key in words for key in keys):
            return window
    return thresholds.recurrence_window


def is_return(problem: Problem, graded: Graded, thresholds: Thresholds) -> bool:
    """Whether a new ticket says that a once closed problem is back: after the echo, within the window, no
    query."""
    closed_at = problem.last_closed_at
    return closed_at is not None and is_back_since(closed_at, problem, graded, thresholds)


def is_back_since(closed_at: datetime, problem: Problem, graded: Graded, thresholds: Thresholds) -> bool:
    """The same of a closing at `closed_at`."""
    created_at = graded.ticket.created_at
    if created_at is None or graded.grade.kind in ("consult", "praise"):
        return False
    return ECHO <= created_at - closed_at <= recurrence_window(problem, thresholds)


def is_over(problem: Problem, at: datetime) -> bool:
    """Whether the problem no longer takes in tickets: all closed, and quiet for 14 days since."""
    if problem.closed_at is None:
        return problem.status == "closed"
    return at - max(problem.closed_at, problem.last_seen) > ABSORBS


def kind_of(problem: Problem | None, graded: Graded, caller: str, thresholds: Thresholds) -> RecurrenceKind:
    """How a new ticket repeats what `problem`, as it was before this ticket, holds already."""
    if problem is None or not problem.tickets:
        return "first"
    if is_return(problem, graded, thresholds):
        return "after_closure"
    if "chronic" in problem.patterns:
        return "chronic"
    return "same_caller" if caller and caller in problem.callers else "many_callers"


def says_solved(closing: Step, city: City) -> bool:
    """Whether the unit says that it is solved: by the outcome, else by the words of its reply, if it gave any.

    "Explained", "planned", "not yet" and "passed on" promise nothing, so that nothing can come back.
    """
    if closing.outcome in ("solved", "explained", "unsolved"):
        return closing.outcome == "solved"
    if not closing.reply:
        return True
    cues = _cues(city)
    return any(_is_promise(clause, cues) for clause in _CLAUSES.split(closing.reply.lower()))


_CLAUSES = re.compile(r"[，。；！？,;!?\n]|\.\s")


class _Cues(NamedTuple):
    """Of recurrence.toml: what a unit's reply says of the work."""

    promise: re.Pattern[str]
    unfulfilled: re.Pattern[str]
    handed_on: re.Pattern[str]
    done: re.Pattern[str]


@lru_cache(maxsize=16)
def _cues(city: City) -> _Cues:
    lists = words(city, "recurrence")
    return _Cues(*(re.compile("|".join(lists[name]["words"])) for name in _Cues._fields))


def _is_promise(clause: str, cues: _Cues) -> bool:
    if not cues.promise.search(clause) or cues.unfulfilled.search(clause):
        return False
    return not cues.handed_on.search(clause) or cues.done.search(clause) is not None


def earlier_of(problem: Problem | None, ticket_id: str) -> tuple[str, ...]:
    """Ids of the earlier tickets of the same matter, newest first, at most 10."""
    if problem is None:
        return ()
    others = [known for known in reversed(problem.recent) if known != ticket_id]
    return tuple(others[:EARLIER])


def with_recurrence(graded: Graded, kind: RecurrenceKind, earlier: tuple[str, ...]) -> Graded:
    """A copy of the graded ticket with its recurrence filled in; the cues that grading found stay."""
    recurrence = Recurrence.trusted(kind=kind, cues=graded.grade.recurrence.cues, earlier=earlier)
    return graded.model_copy(update={"grade": graded.grade.model_copy(update={"recurrence": recurrence})})


def chance_of_return(callers: int, hourly_rate: float, since: timedelta) -> float:
    """P(Poisson(r·Δt) ≥ callers): busy places always "come back"."""
    return float(gammainc(callers, hourly_rate * since.total_seconds() / 3600.0)) if callers else 1.0


def grade_of_return(people: int, newcomers: int, says_so: bool, returns: int) -> int:
    """R1, R2 or R3 of alerting.md C.1, of `people` who reported it since its closing.

    1: one person, who had called before or does not say that it is back; 2: two people, or one who had never
    called and says so; 3: the second closing that did not hold.
    """
    if people < 2 and not (newcomers and says_so):
        return 1
    return 3 if returns >= SHAM_CLOSURES else 2

"""Returns 办结后复发: a problem that was closed as solved is reported again at its place, beyond chance."""

import math
import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from scipy.special import betainc

from agents.city import City, words
from agents.grading.grade import Graded
from agents.problems.case import Case, candidate_of, is_own_work, is_placeless, members_within
from agents.problems.habit import usual_at
from agents.problems.hours import local_seconds
from agents.problems.member import Member
from agents.problems.problem import Candidate
from agents.problems.recurrence import ECHO, chance_of_return, grade_of_return, is_back_since
from agents.problems.search import WINDOW_S
from agents.problems.signature import OTHER
from agents.problems.usual import expect
from agents.problems.whereabouts import relate

RETURN_BY_WORDS = 0.45
"""Least score of a ticket that says a closed problem is back where no place is shared."""
REMEMBERS = timedelta(days=120)
ECHO_CHANCE = 0.02
"""How often somebody calls again after the first day although nothing came back: not content with the answer."""
SAYS_SO = 0.1
"""Share of first calls whose words say that it is back ("修好没几天又坏了") although nothing was."""
NEEDED = 0.5
"""Least evidence λ of a return that is told: minus log10 of the chance findings a day. In a simulated city of
1,000 tickets a day 0.14 other alerts a day passed it, nearly all of them one place's same matter again."""
PERMISSIVE = -0.5
"""The same of one that the ledger hears of."""
_DAY = 86_400.0


class Promise(NamedTuple):
    """What a unit said when it closed tickets of a problem as solved."""

    at: datetime
    reply: str
    is_whole: bool
    """No ticket of the problem was open then."""


class Witnesses(NamedTuple):
    """Who reported it at this place before the closing, and who after it."""

    before: list[Member]
    after: list[Member]

    @property
    def originals(self) -> int:
        """People who had reported it before and do so again."""
        known = {member.caller for member in self.before}
        return len({member.caller for member in self.after if member.caller in known})

    @property
    def newcomers(self) -> int:
        """Named people who had not."""
        return len({member.caller for member in self._fresh()})

    @property
    def days(self) -> int:
        """Days on which such people called: many within a day are a crowd, which is judged as one."""
        return len({member.at // _DAY for member in self._fresh()})

    @property
    def people(self) -> int:
        return self.originals + self.newcomers

    @property
    def saying_so(self) -> int:
        """Those people in whose own words it is back."""
        return len({member.caller for member in self.after if member.says_back and member.caller})

    def _fresh(self) -> list[Member]:
        known = {member.caller for member in self.before}
        return [member for member in self.after if member.caller and member.caller not in known]


class Return(NamedTuple):
    """What was promised, who says that it is back, and how far from chance that is."""

    promise: Promise
    seen: Witnesses
    grade: int
    is_said: bool
    """By enough people. While a ticket is open others may go on calling about what was never repaired: then the words
    of one must say that it was."""
    chance: float
    evidence: float


def find_return(case: Case) -> tuple[Candidate, ...]:
    """A problem closed as solved is back: two people or a new one who says so (R2), a second time (R3)."""
    if is_own_work(case):
        return ()
    found = [_weigh(case, promise) for promise in promises_of(case)]
    best = max(found, key=lambda one: (one.is_said, one.evidence), default=None)
    if best is None or not case.fires("recurrence:problem", best.is_said and best.evidence >= PERMISSIVE):
        return ()
    problem, seen, promise = case.problem, best.seen, best.promise
    members = [*seen.before, *seen.after]
    figures = {
        "grade": float(best.grade),
        "lambda": round(best.evidence, 4),
        "least": NEEDED,
        "chance": round(best.chance, 9),
        "came_back": float(seen.people),
        "said_so": float(seen.saying_so),
        "originals": float(seen.originals),
        "newcomers": float(seen.newcomers),
        "days_since_closing": round((case.at - promise.at).total_seconds() / _DAY, 2),
        "closures": float(problem.closures),
        "returns": float(problem.returns),
    }
    facts = {"closed_at": promise.at.isoformat(), "reply": promise.reply}
    key = case.book.stream("problem", problem.after or problem.problem_id)
    reporters = len({other.caller for other in members})
    return (
        candidate_of(case, "recurrence", "problem", f"recurrence:{key}", members, reporters, figures, facts),
    )


def promises_of(case: Case) -> list[Promise]:
    """The promises that a ticket's coming may break: that of the last closing of all, and a later one of some.

    Background calls of a busy place leave one ticket or another open at any time: if only the closing of the last of
    them were a promise, none would ever be given there.
    """
    problem, closed_at, solved_at = case.problem, case.problem.last_closed_at, case.problem.solved_at
    promises: list[Promise] = []
    if closed_at is not None and problem.promised and case.member.recurrence == "after_closure":
        promises.append(Promise(closed_at, problem.promise, is_whole=True))
    if solved_at is None or (closed_at is not None and closed_at >= solved_at):
        return promises
    if is_back_since(solved_at, problem, case.graded, case.city.thresholds):
        promises.append(Promise(solved_at, problem.solution, is_whole=False))
    return promises


def _weigh(case: Case, promise: Promise) -> Return:
    seen, since = witnesses(case, promise.at), case.at - promise.at
    grade = grade_of_return(seen.people, seen.newcomers, seen.saying_so > 0, case.problem.returns)
    is_said = grade >= 2 and (promise.is_whole or seen.saying_so > 0)
    chance = _chance(case, seen, since) if is_said else 1.0
    evidence = -math.log10(chance) - math.log10(max(1.0, expect(case).per_day))
    return Return(promise, seen, grade, is_said, chance, evidence)


def witnesses(case: Case, closed_at: datetime) -> Witnesses:
    """The tickets of the problem, and of the one it follows, that are surely at this ticket's place."""
    problem = case.problem
    closed = local_seconds(closed_at, case.city.utc_offset)
    past = case.book.problem(problem.after) if problem.after else None
    ids = (*(past.recent if past is not None else ()), *problem.recent)
    is_here = _is_alike if _goes_by_words(case) else _is_here
    here = [other for other in members_within(case, ids, REMEMBERS) if is_here(case, other)]
    return Witnesses(
        [other for other in here if other.at <= closed],
        [other for other in here if other.at >= closed + ECHO.total_seconds()],
    )


def _goes_by_words(case: Case) -> bool:
    """On a quiet board without districts most messages name no place that is known: there the words decide."""
    is_board = is_placeless(case) and not case.city.districts and expect(case).sparse
    return is_board and case.member.score.get("place", 0.0) == 0.0


def _is_alike(case: Case, other: Member) -> bool:
    return other is case.member or case.member.score.get("score", 0.0) >= RETURN_BY_WORDS


def _is_here(case: Case, other: Member) -> bool:
    one, two = case.member.signature, other.signature
    if other is case.member:
        return True
    # Of older tickets the words are let go with this very ticket: it must see what its redelivery will see.
    if one is None or two is None or other.at < case.member.at - WINDOW_S:
        return False
    if one.matter and two.matter and one.matter != two.matter:
        return False
    relation = relate(one, two)
    return relation in ("same", "near") or (relation == "named" and one.is_sure and two.is_sure)


def says_back(graded: Graded, city: City) -> bool:
    """Whether the caller's own words say that it is back."""
    cues = graded.grade.recurrence.cues
    return bool(cues) and any(_back_words(city).search(cue.lower()) for cue in cues)


@lru_cache(maxsize=16)
def _back_words(city: City) -> re.Pattern[str]:
    return re.compile("|".join(words(city, "recurrence")["recurrence"]["after_closure"]["words"]))


def _chance(case: Case, seen: Witnesses, since: timedelta) -> float:
    """Of so many people calling about this here by mere habit since the closing."""
    member, category = case.member, case.problem.category
    hourly = expect(case).unaware
    if case.calendar is not None:
        total = case.rates[case.book.total_key]
        rate = case.rates[member.streams[0]] if category != OTHER else None
        hourly = usual_at(case.book, case.calendar, total, rate, member.at - since.total_seconds())
    chance = chance_of_return(min(seen.newcomers, seen.days), hourly, since)
    chance *= ECHO_CHANCE if seen.originals else 1.0
    return max(1e-30, chance * chance_of_words(seen.saying_so, seen.people))


def chance_of_words(saying_so: int, people: int) -> float:
    """P(Bin(people, SAYS_SO) ≥ saying_so): that so many of them say so by mere habit."""
    return float(betainc(saying_so, people - saying_so + 1, SAYS_SO)) if saying_so else 1.0

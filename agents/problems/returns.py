"""Returns 办结后复发: a problem that was closed as solved is reported again at its place, beyond chance."""

import math
import re
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from agents.city import City, words
from agents.problems.case import Case, candidate_of, is_own_work, is_placeless, members_within
from agents.problems.habit import usual_at
from agents.problems.hours import local_seconds
from agents.problems.member import Member
from agents.problems.problem import Candidate
from agents.problems.recurrence import ECHO, chance_of_return, grade_of_return
from agents.problems.search import WINDOW_S
from agents.problems.signature import OTHER
from agents.problems.usual import expect
from agents.problems.whereabouts import relate

RETURN_BY_WORDS = 0.45
"""Least score of a ticket that says a closed problem is back where no place is shared."""
REMEMBERS = timedelta(days=120)
ECHO_CHANCE = 0.02
"""How often somebody calls again after the first day although nothing came back: not content with the answer."""
SAID_SO = 1.0
"""Evidence of words that say it is back ("修好没几天又坏了"): one first call in ten has such words anyway."""
NEEDED = 0.5
"""Least evidence λ of a return that is told: minus log10 of the chance findings a day. In a simulated city of
1,000 tickets a day 0.14 other alerts a day passed it, nearly all of them one place's same matter again."""
PERMISSIVE = -0.5
"""The same of one that the ledger hears of."""
_DAY = 86_400.0


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

    def _fresh(self) -> list[Member]:
        known = {member.caller for member in self.before}
        return [member for member in self.after if member.caller and member.caller not in known]


def find_return(case: Case) -> tuple[Candidate, ...]:
    """A problem closed as solved is back: two people or a new one who says so (R2), a second time (R3)."""
    member, problem = case.member, case.problem
    if member.recurrence != "after_closure" or problem.last_closed_at is None or is_own_work(case):
        return ()
    if not problem.promised:
        return ()
    seen = witnesses(case)
    people = seen.originals + seen.newcomers
    grade = grade_of_return(people, seen.newcomers, _says_so(case), problem.returns)
    since = case.at - problem.last_closed_at
    chance = _chance(case, seen, since) if grade >= 2 else 1.0
    evidence = -math.log10(chance) + SAID_SO * _says_so(case) - math.log10(max(1.0, expect(case).per_day))
    if not case.fires("recurrence:problem", grade >= 2 and evidence >= PERMISSIVE):
        return ()
    members = [*seen.before, *seen.after]
    figures = {
        "grade": float(grade),
        "lambda": round(evidence, 4),
        "least": NEEDED,
        "chance": round(chance, 9),
        "came_back": float(people),
        "originals": float(seen.originals),
        "newcomers": float(seen.newcomers),
        "days_since_closing": round(since.total_seconds() / _DAY, 2),
        "closures": float(problem.closures),
        "returns": float(problem.returns),
    }
    facts = {"closed_at": problem.last_closed_at.isoformat(), "reply": problem.promise}
    key = case.book.stream("problem", problem.after or problem.problem_id)
    reporters = len({other.caller for other in members})
    return (
        candidate_of(case, "recurrence", "problem", f"recurrence:{key}", members, reporters, figures, facts),
    )


def witnesses(case: Case) -> Witnesses:
    """The tickets of the problem, and of the one it follows, that are surely at this ticket's place."""
    problem, closed_at = case.problem, case.problem.last_closed_at
    assert closed_at is not None
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


def _says_so(case: Case) -> bool:
    """Whether the caller's own words say that it is back."""
    said = _back_words(case.city)
    return any(said.search(cue.lower()) for cue in case.graded.grade.recurrence.cues)


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
    return max(1e-30, chance * (ECHO_CHANCE if seen.originals else 1.0))

"""Who of a stream's tickets make a crowd: people about one matter, not the city's own work."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import log, log10
from typing import NamedTuple

from agents.city import City, words
from agents.problems.member import Member
from agents.problems.problem import Scope


class Pairs(NamedTuple):
    """How often two people of a wide stream call about one problem of it, as a share of all pairs."""

    chance: float
    """Of two strangers."""
    crowd: float
    """Of two who call because of one event."""
    known: float
    """Pairs of the stream's own tickets that weigh as much as `chance`."""


PAIRS: Mapping[Scope, Pairs] = {
    "street": Pairs(0.022, 0.13, 200.0),
    "district": Pairs(0.005, 0.06, 400.0),
}
LEAST_TOGETHER, MOST_TOGETHER = -0.7, 2.0
"""Units of λ."""
SAME_IN_CROWD, SAME_BY_CHANCE = 0.875, 0.58
"""How often another of a place's people calls about its main matter: where one event makes them call, and where strangers
met at a busy place. Source: docs/decisions/0034."""
MOST_AGREED = 0.35
"""Units of λ, for and against."""


def people_of(members: Sequence[Member], city: City) -> list[Member]:
    """The tickets that are no inspection and no appointment."""
    return [m for m in members if m.signature is None or not is_own_work_of(city, m.signature.matter)]


def alike(members: Sequence[Member]) -> int:
    """The most people of a crowd who call about one and the same matter."""
    callers: dict[str, set[str]] = {}
    for member in members:
        if member.signature is not None and member.signature.matter:
            callers.setdefault(member.signature.matter, set()).add(member.caller)
    return max((len(who) for who in callers.values()), default=0)


@lru_cache(maxsize=4096)
def is_own_work_of(city: City, said: str) -> bool:
    """Whether a matter or a category says that this is the city's own work."""
    return _own_work_of(city).search(said.lower()) is not None


@lru_cache(maxsize=16)
def _own_work_of(city: City) -> re.Pattern[str]:
    """What a matter or a category of the city's own work says, in lower case."""
    return re.compile("|".join(words(city, "recurrence")["own_work"]["words"]))


def together(scope: Scope, members: Sequence[Member], before: Sequence[Member]) -> float:
    """How much the addresses of a wide crowd speak for one event, in units of λ.

    An outage over a street is called in by several doors of one house, strangers of one day by as many houses. Of n
    people s call about a problem that another of them calls about: where two have one problem with probability q, s
    is about Poisson with the mean n − (1 − (1 − q)ⁿ)/q. The evidence is log10 of what is probable in a crowd over
    what is probable by chance. `before`: the stream's earlier tickets, which tell how often strangers call about one
    problem there.
    """
    pairs = PAIRS.get(scope)
    if pairs is None:
        return 0.0
    people, shared = _shared(members)
    known, met = _shared(before)
    tried = known * (known - 1) / 2
    chance = (met + pairs.chance * pairs.known) / (tried + pairs.known)
    crowd = max(pairs.crowd, 2.0 * chance)
    by_chance, by_crowd = _expected(people, chance), _expected(people, crowd)
    gain = shared * log10(by_crowd / by_chance) - (by_crowd - by_chance) / log(10)
    return max(LEAST_TOGETHER, min(MOST_TOGETHER, gain))


def agreed(members: Sequence[Member]) -> float:
    """How much what the people of a place call about speaks for one event, in units of λ.

    A clinic's three complaints of one day are joined for their place, and are about three things; three who call about
    one lift say the same. Of those whose matter is known one has the main one for certain, each of the others as often
    as the two shares say.
    """
    people = len({m.caller for m in members if m.signature is not None and m.signature.matter})
    if people < 2:
        return 0.0
    same = alike(members)
    gain = (same - 1) * log10(SAME_IN_CROWD / SAME_BY_CHANCE)
    gain += (people - same) * log10((1 - SAME_IN_CROWD) / (1 - SAME_BY_CHANCE))
    return max(-MOST_AGREED, min(MOST_AGREED, gain))


def _expected(people: int, pair: float) -> float:
    return max(1e-9, people - (1.0 - (1.0 - pair) ** people) / pair)


def _shared(members: Sequence[Member]) -> tuple[int, int]:
    """How many people, and how many of them beside the first of each problem.

    A problem that holds most of them is a place with a crowd of its own, which is told as that.
    """
    problem_of = {member.caller: member.problem_id for member in members}
    people = len(problem_of)
    sizes = Counter(problem_of.values()).values()
    return people, sum([size - 1 for size in sizes if 2 * size <= people])

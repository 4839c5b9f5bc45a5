"""Who of a stream's tickets make a crowd: people about one matter, not the city's own work."""

import re
from collections.abc import Sequence
from functools import lru_cache

from agents.city import City, words
from agents.problems.member import Member


def people_of(members: Sequence[Member], city: City) -> list[Member]:
    """The tickets that are no inspection and no appointment."""
    own_work = own_work_of(city)
    return [m for m in members if m.signature is None or not own_work.search(m.signature.matter.lower())]


def alike(members: Sequence[Member]) -> int:
    """The most people of a wide stream who call about one and the same matter."""
    callers: dict[str, set[str]] = {}
    for member in members:
        if member.signature is not None and member.signature.matter:
            callers.setdefault(member.signature.matter, set()).add(member.caller)
    return max((len(who) for who in callers.values()), default=0)


@lru_cache(maxsize=16)
def own_work_of(city: City) -> re.Pattern[str]:
    """What a matter or a category of the city's own work says, in lower case."""
    return re.compile("|".join(words(city, "recurrence")["own_work"]["words"]))

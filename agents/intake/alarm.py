"""A learned sense of alarm 学得的险情感: how much a caller's words sound like danger where no list knows them.

A logistic regression over the characters and pairs of characters that a text holds, each counted once; the sum
is divided by the square root of how many are known, so that a long text is no danger by its length. Fitted by
weisu/evaluation/alarm_fit.py on texts written for it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from operator import add

from agents.city import City, words

_CLAUSE = re.compile(r"[^。！？；!?;\n，,：:]+")


@dataclass(frozen=True)
class Sense:
    """lexicon/alarm.toml."""

    weights: Mapping[str, int]
    """Thousandths, so that a sum is the same in every order."""
    known: frozenset[str]
    """Its keys: two sets meet without hashing anything again."""
    bias: float
    threshold: float
    """A score above it is an unclear danger."""
    doubt: float
    """An urgent scene of a text whose score is below it is none."""


def sense_of(city: City) -> Sense:
    """The city's weights: the built-in ones with its own lexicon/alarm.toml over them."""
    table = words(city, "alarm")
    weights = table["weights"]
    return Sense(weights, frozenset(weights), table["bias"] / 1000, table["threshold"], table["doubt"])


def alarm(low: str, sense: Sense) -> float:
    """How much the lower-cased text sounds like danger: log-odds, negative for most."""
    known = sense.known & runs_of(low)
    return _weight(known, sense) / 1000 / sqrt(len(known) or 1) + sense.bias


def telling(low: str, sense: Sense) -> tuple[int, int]:
    """The span of the pair that says most for danger, in the clause that does; (0, 0): no clause does."""

    def weight(span: tuple[int, int]) -> int:
        return _weight(sense.known & runs_of(low[span[0] : span[1]]), sense)

    best = max((found.span() for found in _CLAUSE.finditer(low)), key=weight, default=(0, 0))
    if weight(best) <= 0:
        return 0, 0
    return max(((at, at + 2) for at in range(best[0], best[1] - 1)), key=weight, default=best)


def runs_of(low: str) -> set[str]:
    """The characters and the pairs of characters in the text."""
    return {*low, *map(add, low, low[1:])}


def _weight(known: Iterable[str], sense: Sense) -> int:
    return sum(map(sense.weights.__getitem__, known))

"""A learned sense of alarm 学得的险情感: how much a caller's words sound like danger where no list knows them.

A logistic regression over the characters and pairs of characters that a text holds, each counted once; the sum
is divided by the square root of how many are known, so that a long text is no danger by its length. Fitted by
weisu/evaluation/alarm_fit.py on texts written for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from agents.city import City, words
from agents.intake.pairs import letters_of, number_of, pairs_of

_CLAUSE = re.compile(r"[^。！？；!?;\n，,：:]+")
_WIDTH = 40
"""Bits of a mark in which weights are summed."""
_SHIFT = 1 << 22
"""Added to each weight, so that no sum is negative."""


@dataclass(frozen=True)
class Sense:
    """lexicon/alarm.toml."""

    weights: Mapping[str, int]
    """Thousandths, so that a sum is the same in every order."""
    bias: float
    threshold: float
    """A score above it is an unclear danger."""
    doubt: float
    """An urgent scene of a text whose score is below it is none."""
    marks: Mapping[int, int] = field(init=False)
    """The number of each run → its own place above its weight: a set of marks holds a run once, and the sum of
    the marks is the sum of the weights too. One look-up a run."""

    def __post_init__(self) -> None:
        told = enumerate(self.weights.items())
        marks = {number_of(run): (place << _WIDTH) + weight + _SHIFT for place, (run, weight) in told}
        object.__setattr__(self, "marks", marks)


def sense_of(city: City) -> Sense:
    """The city's weights: the built-in ones with its own lexicon/alarm.toml over them."""
    table = words(city, "alarm")
    return Sense(table["weights"], table["bias"] / 1000, table["threshold"], table["doubt"])


def alarm(low: str, sense: Sense) -> float:
    """How much the lower-cased text sounds like danger: log-odds, negative for most."""
    weight, known = _weigh(low, sense)
    return weight / 1000 / sqrt(known or 1) + sense.bias


def telling(low: str, sense: Sense) -> tuple[int, int]:
    """The span of the pair that says most for danger, in the clause that does; (0, 0): no clause does."""

    def weight(span: tuple[int, int]) -> int:
        return _weigh(low[span[0] : span[1]], sense)[0]

    best = max((found.span() for found in _CLAUSE.finditer(low)), key=weight, default=(0, 0))
    if weight(best) <= 0:
        return 0, 0
    return max(((at, at + 2) for at in range(best[0], best[1] - 1)), key=weight, default=best)


def _weigh(low: str, sense: Sense) -> tuple[int, int]:
    """The sum of the weights of the characters and pairs in the text, each counted once; and how many are known."""
    mark = sense.marks.get
    found: set[Any] = {*map(mark, letters_of(low)), *map(mark, pairs_of(low))}
    found.discard(None)
    return sum(found) % (1 << _WIDTH) - len(found) * _SHIFT, len(found)

"""A learned sense of alarm 学得的险情感: how much a caller's words sound like danger where no list knows them.

A logistic regression over the characters and pairs of characters that a text holds, marks and both its ends
among them, each counted once; the sum is divided by the square root of how many are known, so that a long text
is no danger by its length. Fitted by weisu/evaluation/alarm_fit.py on texts written for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import repeat
from math import sqrt
from operator import add
from typing import Any

from agents.city import City, words
from agents.intake.orders import FILLER
from agents.intake.pairs import joined, letters_of, number_of, pairs_of

_ENOUGH = 20
"""Known runs of characters in its sentence without which nothing is doubted."""
_LINE_END = number_of("\n")
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
    """A score above it is an unclear danger, unless a cue says that it is none now."""
    certain: float
    """A score above it is one whatever the cues say."""
    doubt: float
    """A danger of the word lists is none whose words score below it, over the root of how many are known: the fewer
    they are, the calmer they must be."""
    calm: float
    """The same for what stands around it, and then no word list is believed against it: only a sentence that sounds
    like danger by itself."""
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
    bounds = (table[name] for name in ("threshold", "certain", "doubt", "calm"))
    return Sense(table["weights"], table["bias"] / 1000, *bounds)


def alarm(low: str, sense: Sense) -> float:
    """How much the lower-cased text sounds like danger: log-odds, negative for most."""
    return _score(low, sense)[0]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """How the sentence of a danger's words and what stands around it sound, and how much of each is known."""

    sentence: float
    told: int
    around: float
    known: int

    @property
    def score(self) -> float:
        """Of the two taken together."""
        return (self.sentence + self.around) / 2

    def are_below(self, bound: float) -> bool:
        """Whether the two score below it, and not because little is known."""
        return max(self.told, self.known) >= _ENOUGH and self.score < bound

    def are_doubtful(self, sense: Sense, is_critical: bool) -> bool:
        """Whether they do not sound like danger, the two taken together. Few known words are never calm, nor is
        another language; of a critical danger the sentence itself must hold more."""
        most = max(self.told, self.known)
        enough = self.told if is_critical else most
        return enough >= _ENOUGH and self.score * sqrt(most) < sense.doubt

    def are_calm(self, sense: Sense, times: float = 1.0) -> bool:
        """Whether everything around sounds calm beyond belief, the sentence itself too."""
        is_still = self.known >= _ENOUGH and self.around * sqrt(self.known) < times * sense.calm
        return is_still and self.sentence <= 0


def surroundings(sentence: str, around: str, sense: Sense) -> Surroundings:
    """Of a danger's words: their sentence, and what stands before and after them."""
    return Surroundings(*_score(sentence, sense), *_score(around, sense))


def telling(low: str, sense: Sense) -> tuple[int, int]:
    """The span of the pair that says most for danger, in the clause that does; (0, 0): no clause does."""

    def weight(span: tuple[int, int]) -> int:
        said = low[span[0] : span[1]]
        return sum(map(sense.weights.get, {*said, *map(add, said, said[1:])}, repeat(0)))

    best = max((found.span() for found in _CLAUSE.finditer(low)), key=weight, default=(0, 0))
    if weight(best) <= 0:
        return 0, 0
    return max(((at, at + 2) for at in range(best[0], best[1] - 1)), key=weight, default=best)


def _score(low: str, sense: Sense) -> tuple[float, int]:
    """The log-odds, and how many runs are known. A line end stands before the text and behind it; what was taken
    out of it leaves no gap."""
    if FILLER in low:
        low = low.replace(FILLER, "")
    letters, mark = letters_of(low) or (_LINE_END,), sense.marks.get
    found: set[Any] = {*map(mark, letters), *map(mark, pairs_of(low))}
    found.update((mark(_LINE_END), mark(joined(_LINE_END, letters[0])), mark(joined(letters[-1], _LINE_END))))
    found.discard(None)
    weight: int = sum(found) % (1 << _WIDTH) - len(found) * _SHIFT
    return weight / 1000 / sqrt(len(found) or 1) + sense.bias, len(found)

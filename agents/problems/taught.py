"""What the tickets of the whole city teach, whatever their district."""

from array import array
from collections import Counter
from dataclasses import dataclass, field
from itertools import compress, repeat
from operator import eq, sub

from agents.problems.kinship import Kinship
from agents.problems.names import Names


class Words:
    """How many of the city's findable tickets there are, and how many have each pair of characters: a rare one says
    more."""

    def __init__(self) -> None:
        self.tickets = 0
        self.having: Counter[int] = Counter()
        """Pair of characters, as a number, → tickets; none that no ticket has."""

    def add(self, grams: "array[int]") -> None:
        self.tickets += 1
        self.having.update(grams)

    def remove(self, grams: "array[int]") -> None:
        self.tickets -= 1
        numbers = [*map(self.having.__getitem__, grams)]
        # Not Counter's own update(), which adds.
        dict.update(self.having, zip(grams, map(sub, numbers, repeat(1)), strict=True))
        for gram in compress(grams, map(eq, numbers, repeat(1))):
            del self.having[gram]


@dataclass(frozen=True)
class Taught:
    """Where names lie, which headings are one thing, and which words are rare. What each holds follows from the tickets
    that are in it, in whatever order they came and went."""

    names: Names = field(default_factory=Names)
    kinship: Kinship = field(default_factory=Kinship)
    words: Words = field(default_factory=Words)

"""Which headings are one thing here: learned from who calls when about one place.

One burst pipe is graded as burst pipe, as no water, or as water bill. Tickets of one place that come within two
hours, or from one caller, are about one thing more often than any two of that place; how much more often for two
headings tells how near they are, whatever the tickets were joined to. A city's own words, clerks and grading are in it.
Source: the test of E. G. Knox for pairs close in space and in time, 1964.
"""

import math
from bisect import bisect_left
from collections import Counter
from typing import NamedTuple

NEAR_S = 2 * 3600.0
REACH = 8192
"""Running numbers of a district between two tickets that are compared: some days of a district, and a bound."""
USUAL, USUAL_PAIRS = 0.04, 100
"""What share of the pairs of a place is taken to come together, and the pairs it counts for, before tickets tell."""
PRIOR, SAME, OTHER = 1.0, 5.0, 0.5
"""How often two equal headings, and two others, are taken to come together as against any two, and the number of
pairs expected to come together for which that counts. Two calls alone teach no kinship by which the third is joined.
Measured: docs/decisions/0029."""


class _Call(NamedTuple):
    slot: int
    at: float
    caller: str
    heading: str


class Kinship:
    """Pairs of tickets of one named place, by their headings: all, and those that came together. What it holds
    follows from the tickets that are in it, in whatever order they came and went."""

    def __init__(self) -> None:
        self._calls: dict[str, list[_Call]] = {}
        """Place → its tickets, by slot."""
        self._headings: dict[str, Counter[str]] = {}
        self._pairs: dict[tuple[str, str], int] = {}
        self._together: dict[tuple[str, str], int] = {}
        self._all_pairs = 0
        self._all_together = 0

    def add(self, place: str, slot: int, at: float, caller: str, heading: str) -> None:
        call = _Call(slot, at, caller, heading)
        calls = self._calls.setdefault(place, [])
        index = bisect_left(calls, (slot,))
        self._count(place, index, call, 1)
        calls.insert(index, call)
        self._headings.setdefault(place, Counter())[heading] += 1

    def remove(self, place: str, slot: int) -> None:
        calls, headings = self._calls[place], self._headings[place]
        index = bisect_left(calls, (slot,))
        call = calls.pop(index)
        headings[call.heading] -= 1
        if not headings[call.heading]:
            del headings[call.heading]
        self._count(place, index, call, -1)
        if not calls:
            del self._calls[place], self._headings[place]

    def of(self, one: str, other: str) -> float:
        """Natural logarithm of how many times as often as any two tickets of one place those of these two headings come
        together."""
        usual = (self._all_together + USUAL * USUAL_PAIRS) / (self._all_pairs + USUAL_PAIRS)
        pair, lift = _pair(one, other), SAME if one == other else OTHER
        together, pairs = self._together.get(pair, 0), self._pairs.get(pair, 0)
        return math.log((together + PRIOR * lift) / (pairs * usual + PRIOR))

    def _count(self, place: str, index: int, call: _Call, number: int) -> None:
        """Count the pairs of a ticket with the others of its place; `index`: its place among them."""
        calls = self._calls[place]
        if not calls:
            return
        slot, at, caller, heading = call
        for other, tickets in self._headings[place].items():
            _tally(self._pairs, _pair(heading, other), number * tickets)
        self._all_pairs += number * len(calls)
        is_named = bool(caller) and not caller.startswith("~")
        for near in (range(index - 1, -1, -1), range(index, len(calls))):
            for position in near:
                known_slot, known_at, known_caller, other = calls[position]
                if abs(known_slot - slot) > REACH:
                    break
                if abs(known_at - at) < NEAR_S or (is_named and known_caller == caller):
                    _tally(self._together, _pair(heading, other), number)
                    self._all_together += number


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


def _tally(pairs: dict[tuple[str, str], int], pair: tuple[str, str], number: int) -> None:
    """Count, and keep no pair that is counted no more: categories of a platform's own are without bound."""
    count = pairs.get(pair, 0) + number
    if count:
        pairs[pair] = count
    else:
        del pairs[pair]

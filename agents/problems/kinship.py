"""Which headings are one thing here: learned from who calls when about one place.

One burst pipe is graded as burst pipe, as no water, or as water bill. Tickets of one place that come within two
hours, or from one caller, are about one thing more often than any two of that place; how much more often for two
headings tells how near they are, whatever the tickets were joined to. A city's own words, clerks and grading are in it.
Under one heading there are several facts, and one fact is graded under several: so the same is counted of their titles,
and where a title is rare what its heading tells stands. How often is much differs: water is out for all at once, a lamp
for weeks. So two topics are measured by how often the tickets of each come together among themselves.
Source: the test of E. G. Knox for pairs close in space and in time, 1964.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log
from typing import Any, NamedTuple
from zlib import crc32

NEAR_S = 2 * 3600.0
REACH = 8192
"""Running numbers of a district between two tickets that are compared: some days of a district, and a bound."""
USUAL, USUAL_PAIRS = 0.04, 100
"""What share of the pairs of a place is taken to come together, and the pairs it counts for, before tickets tell."""
PRIOR, SAME, OTHER = 1.0, 5.0, 0.5
"""How often two equal headings, and two others, are taken to come together as against any two, and the number of
pairs expected to come together for which that counts.
Measured: docs/decisions/0029."""
TITLES_PRIOR = 0.25
"""The number of pairs of two titles, expected to come together, for which their headings' kinship counts."""
CHANCE = 1
"""How many tickets of two topics may come together by chance: the first such pair says nothing, or in a small town two
calls would teach the kinship by which the third is joined."""
TOGETHER, AMONG = 2.3, 0.77
"""Weights of how often two topics come together, and of how often each does so with itself: potholes are told one by one
over weeks, so that two of their titles seldom come together however surely they are one thing. Source: logistic
regression, docs/decisions/0035."""
CELLS = 1 << 20
"""Counts of pairs of titles, each pair in the cell of its number: as many titles as tickets take no more room. A city
of 6,000 tickets a day whose titles repeat has some 500,000 pairs in a window."""


class Topic(NamedTuple):
    """What a ticket is counted under."""

    heading: str
    """Its matter where the word lists name it, else its category."""
    title: int
    """A number that equal titles have."""


def topic_of(heading: str, title: str) -> Topic:
    """The topic of a ticket; one without a title says no more than its heading."""
    return Topic(heading, crc32((title or heading).encode("utf-8", "replace")))


class _Call(NamedTuple):
    slot: int
    at: float
    caller: str
    topic: Topic


@dataclass(slots=True)
class _Met:
    """The pairs of tickets of two headings."""

    pairs: int = 0
    together: int = 0


_NEVER = _Met()


class Kinship:
    """Pairs of tickets of one named place, by their headings: all, and those that came together. What it holds
    follows from the tickets that are in it, in whatever order they came and went."""

    def __init__(self, cells: int = CELLS) -> None:
        self._calls: dict[str, list[_Call]] = {}
        """Place → its tickets, by slot."""
        self._headings: dict[str, Counter[str]] = {}
        self._titles: dict[str, Counter[int]] = {}
        self._met: dict[str, dict[str, _Met]] = {}
        """Heading → the other one → their pairs, the same both ways; none that has no pair, for categories of a platform's
        own are without bound."""
        self._all_pairs = 0
        self._all_together = 0
        self._cells = cells
        self._titles_met = array("I", [0]) * (2 * cells)
        """Cell → pairs of two titles, and behind them those that came together: a pair of titles is looked up at once."""

    def add(self, place: str, slot: int, at: float, caller: str, topic: Topic) -> None:
        call = _Call(slot, at, caller, topic)
        calls = self._calls.setdefault(place, [])
        index = bisect_left(calls, (slot,))
        self._count(place, index, call, 1)
        calls.insert(index, call)
        self._headings.setdefault(place, Counter())[topic.heading] += 1
        self._titles.setdefault(place, Counter())[topic.title] += 1

    def remove(self, place: str, slot: int) -> None:
        calls = self._calls[place]
        index = bisect_left(calls, (slot,))
        call = calls.pop(index)
        _take(self._headings[place], call.topic.heading)
        _take(self._titles[place], call.topic.title)
        self._count(place, index, call, -1)
        if not calls:
            del self._calls[place], self._headings[place], self._titles[place]

    def to(self, one: Topic) -> Callable[[Topic], float]:
        """What tells of another topic how near it is to this one, base e: how many times as often as any two tickets of
        one place those of the two come together, measured by how often those of each come together among themselves;
        to be asked many times before the next ticket is added."""
        heading, title = one
        usual = (self._all_together + USUAL * USUAL_PAIRS) / (self._all_pairs + USUAL_PAIRS)
        met, lift = self._met, self._lift
        row = met.get(heading, {})
        own = lift(title, title, _among(row.get(heading, _NEVER), usual), usual)
        known: dict[Topic, float] = {}
        headings: dict[str, tuple[float, float]] = {}

        def kinship(other: Topic) -> float:
            near = known.get(other)
            if near is None:
                name, number = other
                lifts = headings.get(name)
                if lifts is None:
                    among = _among(met.get(name, {}).get(name, _NEVER), usual)
                    between = among if name == heading else _between(row.get(name, _NEVER), usual)
                    lifts = headings[name] = between, among
                together = lift(title, number, lifts[0], usual)
                near = TOGETHER * together - AMONG * (own + lift(number, number, lifts[1], usual))
                known[other] = near
            return near

        return kinship

    def _lift(self, one: int, other: int, heading: float, usual: float) -> float:
        """Logarithm of how many times as often as any two those of two titles come together; as their headings do, where
        the titles are rare."""
        cell = (one + other) % self._cells * 2
        pairs, together = self._titles_met[cell], self._titles_met[cell + 1]
        if together and one != other:
            together -= CHANCE
        return log((together + TITLES_PRIOR * heading) / (pairs * usual + TITLES_PRIOR))

    def _count(self, place: str, index: int, call: _Call, number: int) -> None:
        """Count the pairs of a ticket with the others of its place; `index`: its place among them."""
        calls = self._calls[place]
        if not calls:
            return
        heading, title = call.topic
        for other, tickets in self._headings[place].items():
            self._pairs_of(heading, other).pairs += number * tickets
        titles_met, cells = self._titles_met, self._cells
        for known, tickets in self._titles[place].items():
            titles_met[(title + known) % cells * 2] += number * tickets
        self._all_pairs += number * len(calls)
        for topic in self._near(calls, index, call):
            self._pairs_of(heading, topic.heading).together += number
            titles_met[(title + topic.title) % cells * 2 + 1] += number
            self._all_together += number
        if number < 0:
            for other in self._headings[place]:
                self._let_go(heading, other)

    def _pairs_of(self, one: str, other: str) -> _Met:
        row = self._met.setdefault(one, {})
        met = row.get(other)
        if met is None:
            met = row[other] = self._met.setdefault(other, {})[one] = _Met()
        return met

    def _let_go(self, one: str, other: str) -> None:
        """Forget two headings that have no pair any more."""
        if self._met[one][other].pairs:
            return
        for name, known in {(one, other), (other, one)}:
            del self._met[name][known]
            if not self._met[name]:
                del self._met[name]

    def _near(self, calls: list[_Call], index: int, call: _Call) -> Iterator[Topic]:
        """The topics of those that came together with a ticket."""
        slot, at, caller, _ = call
        is_named = bool(caller) and not caller.startswith("~")
        for near in (range(index - 1, -1, -1), range(index, len(calls))):
            for position in near:
                known_slot, known_at, known_caller, topic = calls[position]
                if abs(known_slot - slot) > REACH:
                    break
                if abs(known_at - at) < NEAR_S or (is_named and known_caller == caller):
                    yield topic


def _take(counts: Counter[Any], key: object) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]


def _between(met: _Met, usual: float) -> float:
    """How many times as often as any two the tickets of two different headings come together."""
    together = met.together - CHANCE if met.together else 0
    return (together + PRIOR * OTHER) / (met.pairs * usual + PRIOR)


def _among(met: _Met, usual: float) -> float:
    """How many times as often as any two those of one heading do."""
    return (met.together + PRIOR * SAME) / (met.pairs * usual + PRIOR)

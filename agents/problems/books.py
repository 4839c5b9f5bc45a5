"""The problems of the city's districts."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from functools import lru_cache

from agents.city import City, words
from agents.problems.book import Book, key_of
from agents.problems.calendar import Calendar
from agents.problems.member import Member
from agents.problems.names import Names
from agents.problems.problem import Problem
from agents.problems.rate import Rate
from agents.problems.taught import Taught


@dataclass
class Books:
    """The problems of all districts of the city. What is derived is rebuilt on first use."""

    city: City
    problems: MutableMapping[str, Problem]
    members: MutableMapping[str, Member]
    rates: MutableMapping[str, Rate]
    calendars: MutableMapping[str, Calendar] = field(default_factory=dict)
    _books: dict[str, Book] = field(default_factory=dict)
    _taught: Taught = field(default_factory=Taught)
    _read: bool = False
    _swept: int | None = None
    """The local day on which every book there is was swept."""

    def of(self, district: str) -> Book:
        """The book of a district."""
        if not self._read:
            self._restore()
        if district not in self._books:
            self._books[district] = self._new(district)
            self._swept = None
        return self._books[district]

    def names(self) -> Names:
        """The names of places that the tickets of all districts have taught."""
        if not self._read:
            self._restore()
        return self._taught.names

    def all(self) -> list[Book]:
        """Every book there is, by district."""
        if not self._read:
            self._restore()
        return [self._books[district] for district in sorted(self._books)]

    def due(self, day: int) -> list[Book]:
        """The books not swept on this local day yet, which now are; by district."""
        if self._swept is not None and self._swept >= day:
            return []
        due = [book for book in self.all() if book.swept is None or book.swept < day]
        for book in due:
            book.swept = day
        self._swept = day
        return due

    def forget(self) -> None:
        """Drop what is derived: the stored state has changed behind its back (partitions came or went)."""
        self._books, self._taught = {}, Taught()
        self._read, self._swept = False, None

    def _new(self, district: str) -> Book:
        matters = _matters_of(self.city)
        return Book(
            district,
            self.problems,
            self.members,
            self.rates,
            self.calendars,
            self._taught,
            matters,
        )

    def _restore(self) -> None:
        members: dict[str, list[Member]] = {}
        problems: dict[str, list[Problem]] = {}
        rates: dict[str, dict[str, Rate]] = {}
        for member in self.members.values():
            members.setdefault(key_of(member.district), []).append(member)
        for problem in self.problems.values():
            problems.setdefault(key_of(problem.district), []).append(problem)
        for key, rate in self.rates.items():
            rates.setdefault(key.partition("|")[0], {})[key] = rate
        calendars: dict[str, list[Calendar]] = {}
        for key, calendar in self.calendars.items():
            calendars.setdefault(key.partition("|")[0], []).append(calendar)
        for name in sorted(members.keys() | problems.keys() | rates.keys()):
            book = self._new(name)
            book.restore(
                members.get(name, ()), problems.get(name, ()), rates.get(name, {}), calendars.get(name, ())
            )
            self._books[name] = book
        self._read = True


@lru_cache(maxsize=16)
def _matters_of(city: City) -> frozenset[str]:
    """The matters 事项 that the word lists name."""
    return frozenset(words(city, "matters")["matters"])

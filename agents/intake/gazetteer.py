"""A city's place names, ready to be found in a text: names, nick-names, and both ways to write numerals."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

from agents.city import City
from agents.intake.numerals import normalize_place_text
from agents.intake.pairs import number_of, pairs_of
from agents.intake.ticket import PartKind


@dataclass(frozen=True)
class Entry:
    """One place of the city. A district knows only itself, a street its district."""

    kind: PartKind
    name: str
    district: str
    street: str = ""
    lat: float | None = None
    lon: float | None = None


class Mention(NamedTuple):
    """A name of the gazetteer in a text, and the places that bear it: several when it is ambiguous."""

    start: int
    end: int
    entries: tuple[Entry, ...]


class Gazetteer:
    """Finds the longest name at each place of a text. Cost: one dictionary look-up a character."""

    def __init__(self, city: City) -> None:
        self._named: dict[str, tuple[Entry, ...]] = {}
        for name, entry in _names(city):
            held = self._named.get(name, ())
            if len(name) >= 2 and entry not in held:
                self._named[name] = (*held, entry)
        self._of_kind: dict[tuple[str, PartKind], tuple[Entry, ...]] = {}
        for name, entries in self._named.items():
            for entry in entries:
                self._of_kind[name, entry.kind] = (*self._of_kind.get((name, entry.kind), ()), entry)
        starts: dict[str, list[str]] = {}
        for name in self._named:
            starts.setdefault(name[:2], []).append(name)
        self._starts = {
            number_of(pair): tuple(sorted(names, key=lambda n: (-len(n), n)))
            for pair, names in starts.items()
        }

    def find(self, text: str) -> Iterator[Mention]:
        """Mentions from left to right, longest first, no overlaps. `text` must have half-width digits."""
        starts = self._starts
        if not starts:
            return
        free, pairs = 0, pairs_of(text)
        for at in compress(range(len(pairs)), map(starts.__contains__, pairs)):
            if at < free:
                continue
            for name in starts[pairs[at]]:
                if text.startswith(name, at):
                    free = at + len(name)
                    yield Mention(at, free, self._named[name])
                    break

    def look_up(self, name: str, kind: PartKind) -> tuple[Entry, ...]:
        """The places of this kind that bear exactly this name."""
        return self._of_kind.get((name, kind), ())


@lru_cache(maxsize=16)
def gazetteer(city: City) -> Gazetteer:
    return Gazetteer(city)


_KINDS: dict[str, PartKind] = {
    "community": "community",
    "road": "road",
    "site": "site",
    "station": "station",
    "building": "building",
}


def _names(city: City) -> Iterator[tuple[str, Entry]]:
    for district in city.districts:
        entry = Entry("district", district.name, district.name)
        yield from ((name, entry) for name in _spellings((district.name, *district.aliases)))
    for street in city.streets:
        entry = Entry("street", street.name, street.district, street.name)
        yield from ((name, entry) for name in _spellings((street.name, *street.aliases)))
    for place in city.places:
        kind = _KINDS.get(place.kind, "site")
        entry = Entry(kind, place.name, place.district, place.street, place.lat, place.lon)
        yield from ((name, entry) for name in _spellings((place.name, *place.aliases)))


def _spellings(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield name
        normal = normalize_place_text(name)
        if normal != name:
            yield normal

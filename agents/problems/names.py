"""Names of places that the city's tickets have taught: what no gazetteer has, the platform's fields name."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

from agents.intake.pairs import number_of, pairs_of
from agents.problems.signature import Signature, normalise
from agents.problems.whereabouts import is_nickname

SHORTEST = 3
"""Characters of a name that is looked for in a text."""
MOST = 0.8
"""Share of a name's tickets that have it in one district, from which that is where it lies: a few are about another
estate of the same name, or of its second phase."""


class Where(NamedTuple):
    """The district in which a name is known, and the street if it is one; both as the fields of tickets say."""

    district: str
    street: str
    said: str
    """The name, without its kind."""


class Names:
    """The names under which placed tickets of the search window are known in each district, ready to be found
    in a text."""

    def __init__(self) -> None:
        self._known: dict[str, Counter[tuple[str, str]]] = {}
        """Name with its kind → district and street → number of tickets that have it there for sure."""
        self._starts: dict[int, list[tuple[str, str]]] = {}
        """Number of the first two characters → (normal form, name with its kind), longest first."""

    def add(self, signature: Signature, district: str) -> None:
        if not signature.is_sure:
            return
        for name in signature.names:
            known = self._known.get(name)
            if known is None:
                known = self._known[name] = Counter()
                said = _said(name)
                if len(said) >= 2:
                    names = self._starts.setdefault(number_of(said[:2]), [])
                    names.append((said, name))
                    names.sort(key=lambda pair: (-len(pair[0]), pair))
            known[district, signature.street] += 1

    def remove(self, signature: Signature, district: str) -> None:
        if not signature.is_sure:
            return
        for name in signature.names:
            known, at = self._known[name], (district, signature.street)
            known[at] -= 1
            if not known[at]:
                del known[at]
            if not known:
                del self._known[name]
                said = _said(name)
                if len(said) >= 2:
                    self._starts[number_of(said[:2])].remove((said, name))
                    if not self._starts[number_of(said[:2])]:
                        del self._starts[number_of(said[:2])]

    def locate(self, signature: Signature, district: str) -> Signature:
        """With the first name of the district that its words hold, unless its place is known already."""
        if signature.is_sure:
            return signature
        for said, name in self._named_in(signature.text):
            if self._is_in(district, name):
                return _placed(signature, said, name)
        return signature

    def alike(self, signature: Signature, district: str) -> list[str]:
        """For each of its names the one name of the district that it is short for, or that is short for it."""
        found: list[str] = []
        for name in signature.names if signature.is_sure else ():
            kind, said = f"{name.partition(':')[0]}:", _said(name)
            if len(said) < 2:
                continue
            near = [
                known
                for other, known in self._starts.get(number_of(said[:2]), ())
                if (said in other or other in said)
                and other != said
                and known.startswith(kind)
                and (is_nickname(said, other) or is_nickname(other, said))
                and self._is_in(district, known)
            ]
            found += near if len(near) == 1 else []
        return found

    def where(self, signature: Signature) -> Where | None:
        """Where the ticket's named place, else the first name in its words, lies; None where no name is known, or
        it is one of several districts and less than four fifths of its tickets say one of them. A road runs through
        streets, so that it tells none."""
        if signature.is_sure:
            name = next((name for name in signature.names if name in self._known), None)
        else:
            name = next((name for _, name in self._named_in(signature.text)), None)
        if name is None:
            return None
        lies, known = Counter[str](), self._known[name]
        for (district, _), tickets in known.items():
            if district:
                lies[district] += tickets
        if not lies:
            return None
        district, tickets = lies.most_common(1)[0]
        if tickets < MOST * lies.total():
            return None
        streets = {street for at, street in known if street and at == district}
        is_one = len(streets) == 1 and not name.startswith("road:")
        return Where(district, streets.pop() if is_one else "", name.partition(":")[2])

    def _named_in(self, text: str) -> Iterator[tuple[str, str]]:
        """The known names that a text holds, from left to right and longest first: normal form, name with its kind."""
        starts, pairs = self._starts, pairs_of(text)
        for at in compress(range(len(pairs)), map(starts.__contains__, pairs)):
            for said, name in starts[pairs[at]]:
                if len(said) >= SHORTEST and text.startswith(said, at):
                    yield said, name

    def _is_in(self, district: str, name: str) -> bool:
        return any(known == district for known, _ in self._known[name])


@lru_cache(maxsize=8192)
def _said(name: str) -> str:
    return normalise(name.partition(":")[2])


def _placed(signature: Signature, said: str, name: str) -> Signature:
    placed = replace(signature, names=(name,), is_sure=True)
    if signature.thin:
        return placed
    title = signature.title.replace(said, "") or signature.title
    return replace(placed, text=signature.text.replace(said, ""), title=title)

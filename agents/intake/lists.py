"""Word lists 词库: how their words and patterns become what is searched for."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from agents.intake.openings import quick
from agents.intake.scan import Term

NEVER = re.compile("\uffff(?!)")
"""Matches nothing; a search for its first character, which no text holds, is over at once."""
_SCENE = "scene:"
_CLASS = re.compile("〈([^〉]+)〉")

_STRONG = 2
"""Points of a strong word."""

Level = Literal["critical", "urgent"]


@dataclass(frozen=True)
class Signs:
    """What speaks for a kind of ticket: one table of lexicon/kinds.toml, compiled."""

    words: re.Pattern[str]
    strong: re.Pattern[str]
    excludes: re.Pattern[str]

    def points(self, low: str) -> int:
        """How many different words of the lower-cased text speak for it; a strong one twice."""
        bare = self.excludes.sub("", low)
        words, strong = (
            {found.group() for found in each.finditer(bare)} for each in (self.words, self.strong)
        )
        return len(words) + _STRONG * len(strong)


def signs_of(kind: str, table: Mapping[str, Any]) -> Signs:
    """The table compiled. Raises ValueError with the kind's name."""
    return Signs(*(any_of(table.get(key, ()), kind) for key in ("words", "strong", "excludes")))


def scenes_of(lists: Mapping[str, Any]) -> Iterator[tuple[str, Level | None, Term]]:
    """(danger, level if not the danger's own, term) of every subject of every scene in scenes.toml.

    Raises ValueError naming the scene or the class that is wrong.
    """
    classes: Mapping[str, Sequence[str]] = lists["classes"]

    def members(name: str) -> Sequence[str]:
        if name not in classes:
            raise ValueError(f"scenes: no class 〈{name}〉")
        return classes[name]

    for scene in lists["scenes"]:
        level = scene.get("level")
        entry = f"{_SCENE}{scene['hazard']}:{level or ''}"
        patterns = [
            compiled(_CLASS.sub(lambda found: f"(?:{'|'.join(members(found[1]))})", scene[key]), entry)
            if scene.get(key)
            else None
            for key in ("state", "unless")
        ]
        for subject in scene["subject"]:
            named = _CLASS.fullmatch(subject)
            for word in members(named[1]) if named else (subject,):
                term = Term(entry, word, patterns[0], scene["reach"], around=True, unless=patterns[1])
                yield scene["hazard"], level, term


def terms_of(entry: str, table: Mapping[str, Any]) -> list[Term]:
    """The terms of a table with `words` and `near`, as all word lists have them."""
    terms = [Term(entry, word) for word in table.get("words", ())]
    for near in table.get("near", ()):
        state = compiled(near["state"], entry)
        terms += [Term(entry, subject, state, near["reach"]) for subject in near["subject"]]
    return terms


def compiled(pattern: str, entry: str) -> re.Pattern[str]:
    """The pattern of a word list. Raises ValueError with the table's name."""
    try:
        re.compile(pattern)  # as it is written: an error names the place in it
        return re.compile(quick(pattern))
    except re.error as error:
        raise ValueError(f"word list table {entry!r}: the pattern {pattern!r} is wrong: {error}") from None


def any_of(patterns: Iterable[str], entry: str) -> re.Pattern[str]:
    """One pattern for all; matches nothing when there are none."""
    joined = "|".join(patterns)
    return compiled(joined, entry) if joined else NEVER

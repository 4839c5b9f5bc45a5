"""Finding many words in a text at once: one pass over its character pairs, whatever the number of words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

from agents.intake.pairs import number_of, pairs_of

_SENTENCE_END = "。！？；!?;\n"
_CLAUSE_END = _SENTENCE_END + "，,：:"
_LETTER = re.compile(r"[a-z0-9]")


@dataclass(frozen=True)
class Term:
    """A word that means `entry`, alone or with a state near it in the same sentence."""

    entry: str
    word: str
    state: re.Pattern[str] | None = None
    reach: int = 0
    """How many characters before and after the word the state may stand."""
    around: bool = False
    """The state may also hold the word in its middle."""
    unless: re.Pattern[str] | None = None
    """Found in the clauses of the hit, it is none."""


class Hit(NamedTuple):
    """Where a term was found: the word itself, and the span that also holds its state."""

    entry: str
    word: tuple[int, int]
    start: int
    end: int


class _Meant(NamedTuple):
    """A word and the terms that begin with it."""

    word: str
    terms: tuple[Term, ...]
    is_latin: bool


class Scanner:
    """Finds terms in lower-cased text. Latin words match whole words only at their beginning: leak, leaking.

    Cost: one dictionary look-up a pair of characters, one more where a word begins with it; a state is searched
    only beside a word that was found.
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        words: dict[str, list[Term]] = {}
        for term in terms:
            if len(term.word) < 2:
                raise ValueError(
                    f"the word {term.word!r} of {term.entry!r} is too short: two characters at least"
                )
            words.setdefault(term.word, []).append(term)
        index: dict[str, dict[str, list[_Meant]]] = {}
        for word, meant in sorted(words.items(), key=lambda entry: (-len(entry[0]), entry[0])):
            thirds = index.setdefault(word[:2], {})
            thirds.setdefault(word[2:3], []).append(
                _Meant(word, tuple(sorted(meant, key=lambda t: t.entry)), bool(_LETTER.match(word)))
            )
        self._has_blank_start = any(" " in pair for pair in index)
        self._index = {number_of(pair): _with_short(thirds) for pair, thirds in index.items()}

    def scan(self, text: str, whole: str | None = None) -> list[Hit]:
        """Every hit in the order of the text; hits may overlap. `text` must be lower-cased.

        `whole`: the text before some of it was blanked; its pairs are known already, and where a word begins in
        the text it begins there too.
        """
        index = self._index
        pairs = pairs_of(text if whole is None or self._has_blank_start else whole)
        hits: list[Hit] = []
        for at in compress(range(len(pairs)), map(index.__contains__, pairs)):
            longer, short = index[pairs[at]]
            for word, terms, is_latin in longer.get(text[at + 2 : at + 3], short):
                if not text.startswith(word, at) or (is_latin and at and _LETTER.match(text[at - 1])):
                    continue
                end = at + len(word)
                for term in terms:
                    if term.state is None:
                        hits.append(Hit(term.entry, (at, end), at, end))
                    elif (hit := _judge(term, term.state, text, at, end)) is not None:
                        hits.append(hit)
        return hits


def _with_short(thirds: dict[str, list[_Meant]]) -> tuple[dict[str, tuple[_Meant, ...]], tuple[_Meant, ...]]:
    """By the third character all words that may stand there, the longest first; and those of two characters."""
    short = tuple(thirds.get("", ()))
    return {third: (*found, *short) for third, found in thirds.items() if third}, short


def _judge(term: Term, state: re.Pattern[str], text: str, at: int, end: int) -> Hit | None:
    flat = _flat(text, _SENTENCE_END)
    start, stop = _back(flat, at, term.reach), _ahead(flat, end, term.reach)
    if term.around:
        return _judge_scene(term, state, text, (at, end), (start, stop))
    after = _near(state, text, end, stop, first=True)
    if after:
        return Hit(term.entry, (at, end), at, after.end())
    before = _near(state, text, start, at, first=False)
    return Hit(term.entry, (at, end), before.start(), end) if before else None


def _judge_scene(
    term: Term, state: re.Pattern[str], text: str, word: tuple[int, int], reach: tuple[int, int]
) -> Hit | None:
    (at, end), (start, stop) = word, reach
    found = state.search(text, start, stop)
    while found is not None and at <= found.start() and found.end() <= end:
        found = state.search(text, found.start() + 1, stop)  # the word itself is no state
    if found is None:
        return None
    hit = Hit(term.entry, word, min(at, found.start()), max(end, found.end()))
    if term.unless and term.unless.search(text, clause_start(text, hit.start), clause_end(text, hit.end)):
        return None
    return hit


def _near(state: re.Pattern[str], text: str, start: int, end: int, first: bool) -> re.Match[str] | None:
    """The first or the last match between start and end."""
    found = state.search(text, start, end)
    if first or found is None:
        return found
    while (later := state.search(text, found.start() + 1, end)) is not None:
        found = later
    return found


def lowered(text: str) -> str:
    """Lower case of the same length, so that positions stay valid."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def sentence_start(text: str, at: int, most: int = 200) -> int:
    """Where the sentence around `at` begins; looks back at most so many characters."""
    return _back(_flat(text, _SENTENCE_END), at, most)


def sentence_end(text: str, at: int, most: int = 200) -> int:
    """Where the sentence around `at` ends, its end mark left out; looks at most so many characters ahead."""
    return _ahead(_flat(text, _SENTENCE_END), at, most)


def clause_start(text: str, at: int) -> int:
    """Where the clause around `at` begins; looks back at most 40 characters."""
    return _back(_flat(text, _CLAUSE_END), at, 40)


def clause_end(text: str, at: int) -> int:
    """Where the clause around `at` ends; looks at most 40 characters ahead."""
    return _ahead(_flat(text, _CLAUSE_END), at, 40)


@lru_cache(maxsize=1024)
def _flat(text: str, marks: str) -> str:
    """The text with every mark as a line end. Remembered: every word that is found asks where its sentence ends."""
    for mark in marks:
        text = text.replace(mark, "\n")
    return text


def _back(flat: str, at: int, most: int) -> int:
    floor = max(0, at - most)
    found = flat.rfind("\n", floor, at)
    return floor if found < 0 else found + 1


def _ahead(flat: str, at: int, most: int) -> int:
    found = flat.find("\n", at, at + most)
    return min(len(flat), at + most) if found < 0 else found

"""Chinese text without a dictionary: one normal form and one tokenizer for indexing, asking and highlighting.

A token is one Chinese character or one run of Latin letters and digits, as Lucene's standard tokenizer cuts
them (tests hold the two together); a pair is two neighbouring tokens. Dictionary segmenters lose words that
text and query cut differently.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from operator import add
from typing import Any

VERSION = 1
"""Raise it when tokens of the same text change: SQLite then rebuilds its word index."""
MOST_TOKENS = 64
"""A query is cut after this many tokens: more adds cost, not meaning."""
OPEN, CLOSE = "〖", "〗"

_HAN = (
    "\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3038-\u303b\u3041-\u3096\u309d-\u309f"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_LETTER = rf"[^\W\d_{_HAN}]"
_EMOJI = "[\U0001f300-\U0001faff]"
# Dots, commas and apostrophes inside numbers and words do not cut them (Unicode annex 29, as Lucene does it).
_RUN = (
    rf"_*[^\W_{_HAN}](?:[^\W{_HAN}]|(?<={_LETTER})[.'’:·](?={_LETTER})|(?<=\d)[.,;'’](?=\d))*"
    rf"|{_EMOJI}(?:\ufe0f|[\U0001f3fb-\U0001f3ff]|\u200d{_EMOJI})*"
)
_TOKEN = re.compile(rf"[{_HAN}]|{_RUN}")
_STRETCH = re.compile(rf"([{_HAN}]+)|({_RUN})")
_GLUE = re.compile(r"(?<=[0-9A-Za-z])([，；：])(?=[0-9A-Za-z])")
_QUOTED = re.compile(r"[“”\"＂「『]([^“”\"＂「『」』]*)[“”\"＂」』]")


class _Tidy(dict[int, str]):
    """Translation table that fills itself: each character is looked at once."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if category == "Cc":
            tidied = char if char in "\n\t" else " "
        elif category in ("Cs", "Co"):
            tidied = "\ufffd"
        else:
            folded = unicodedata.normalize("NFKC", char)
            tidied = folded if folded.isalnum() else char
        self[code] = tidied
        return tidied


_TIDY = _Tidy()


def tidy(text: str) -> str:
    """Full-width and other compatibility letters and digits in plain form, control characters as spaces.

    Chinese punctuation stays: the text is still what people read. Only a full-width comma or colon between
    two digits or Latin letters gets a space behind it: Lucene would take "3，5号楼" for the number "3，5".
    """
    return _GLUE.sub(r"\1 ", text.translate(_TIDY))


def tokens(text: str) -> list[str]:
    """Tokens of a tidied text, lower case, in order."""
    cut: list[str] = []
    # A stretch of characters is cut in one go: two thirds of the time of matching each by itself.
    for stretch, run in _STRETCH.findall(text.lower()):
        if stretch:
            cut.extend(stretch)
        else:
            cut.append(run)
    return cut


def pairs(singles: list[str]) -> list[str]:
    """Neighbouring tokens joined; a lone token stands for itself."""
    return list(map(add, singles, singles[1:])) if len(singles) > 1 else singles


@dataclass(frozen=True)
class Word:
    """One word of a query."""

    singles: tuple[str, ...]

    @property
    def pairs(self) -> tuple[str, ...]:
        """Distinct pairs in order; empty for a word of one token, which is looked for by itself."""
        return tuple(dict.fromkeys(pairs(list(self.singles)))) if len(self.singles) > 1 else ()

    @property
    def needed(self) -> int:
        """How many of its pairs must occur: three in five, of two pairs one."""
        count = len(self.pairs)
        return 1 if count <= 2 else -(-count * 3 // 5)


@dataclass(frozen=True)
class Asked:
    """A query's text: every word and every phrase must be found."""

    words: tuple[Word, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.phrases)

    @property
    def singles(self) -> tuple[str, ...]:
        """All distinct tokens."""
        of_words = [single for word in self.words for single in word.singles]
        return tuple(dict.fromkeys([*of_words, *(single for phrase in self.phrases for single in phrase)]))


def parse(text: str) -> Asked:
    """What a person typed: parts in quotes are phrases, the rest words between spaces. Any string is a query.

    A quote without its partner only separates. Text without a single token asks for nothing, and so finds
    everything.
    """
    left = MOST_TOKENS
    phrases, words = [], []
    text = tidy(text[: MOST_TOKENS * 100])
    for quoted in _QUOTED.findall(text):
        if found := tokens(quoted)[:left]:
            phrases.append(tuple(found))
            left -= len(found)
    for part in re.split(r"[\s“”\"＂「『」』]+", _QUOTED.sub(" ", text)):
        if found := tokens(part)[:left]:
            words.append(Word(tuple(found)))
            left -= len(found)
    return Asked(tuple(dict.fromkeys(words)), tuple(dict.fromkeys(phrases)))


# --- highlights ---------------------------------------------------------------------------------------------


def highlight(text: str, asked: Asked, around: int = 30, most: int = 3) -> tuple[str, ...]:
    """Fragments of `text` with 〖…〗 round each match and `around` characters of context; at most `most`."""
    spans = _matches(text, asked)
    windows: list[list[tuple[int, int]]] = []
    for span in spans:
        near = windows and span[0] - windows[-1][-1][1] <= 2 * around
        if near and span[1] - windows[-1][0][0] <= 6 * around:
            windows[-1].append(span)
        elif len(windows) < most:
            windows.append([span])
        else:
            break
    return tuple(_fragment(text, window, around) for window in windows)


def _matches(text: str, asked: Asked) -> list[tuple[int, int]]:
    """Where it matches: in order, touching and overlapping matches joined."""
    found = list(_TOKEN.finditer(text))
    said = [match.group().lower() for match in found]
    marked = [False] * len(said)
    runs = {phrase for phrase in asked.phrases}
    for word in asked.words:
        runs.update(
            zip(word.singles, word.singles[1:], strict=False) if len(word.singles) > 1 else [word.singles]
        )
    firsts: dict[str, list[tuple[str, ...]]] = {}
    for run in sorted(runs):
        firsts.setdefault(run[0], []).append(run)
    for at, single in enumerate(said):
        for run in firsts.get(single, ()):
            if tuple(said[at : at + len(run)]) == run:
                marked[at : at + len(run)] = [True] * len(run)
    spans: list[tuple[int, int]] = []
    for match, hit in zip(found, marked, strict=True):
        if hit and spans and spans[-1][1] == match.start():
            spans[-1] = (spans[-1][0], match.end())
        elif hit:
            spans.append(match.span())
    return spans


def _fragment(text: str, spans: list[tuple[int, int]], around: int) -> str:
    start, end = max(0, spans[0][0] - around), min(len(text), spans[-1][1] + around)
    out, at = ["…"] if start else [], start
    for left, right in spans:
        out += [text[at:left], OPEN, text[left:right], CLOSE]
        at = right
    return "".join([*out, text[at:end], "…" if end < len(text) else ""])


def highlights(body: dict[str, Any], fields: Iterable[str], asked: Asked) -> dict[str, tuple[str, ...]]:
    """Fragments of each field of a document that matches. Both engines use it, so that they mark the same
    words.
    """
    if not asked:
        return {}
    marked: dict[str, tuple[str, ...]] = {}
    for name in fields:
        value = body.get(name)
        texts = [value] if isinstance(value, str) else value or []
        if fragments := [fragment for text in texts for fragment in highlight(text, asked)]:
            marked[name] = tuple(fragments[:3])
    return marked

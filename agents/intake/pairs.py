"""A text as numbers: one for each character, one for each with the next. To look numbers up is cheaper than strings.

A character beyond the first 65,536 (emoji, rare Han) counts as one and the same: so few are no words of a list.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

_BEYOND = re.compile("[\U00010000-\U0010ffff]")
_STAND_IN = "\uffff"
"""No character at all, by Unicode's own word."""


def letters_of(text: str) -> Sequence[int]:
    """A number for each character."""
    return memoryview(_encode(text)).cast("H").tolist()


@lru_cache(maxsize=1024)
def pairs_of(text: str) -> Sequence[int]:
    """A number for each character with the next. Remembered: many word lists are looked for in one text, of intake
    and then of grading, which in a replay comes a batch of lines later. No one may change what it gets."""
    pairs, raw = [0] * max(0, len(text) - 1), memoryview(_encode(text))
    # Two bytes a character: every second pair is a row of four bytes from the first character, the others from the second.
    pairs[::2] = raw[: len(text) // 2 * 4].cast("I").tolist()
    pairs[1::2] = raw[2 : 2 + (len(text) - 1) // 2 * 4].cast("I").tolist()
    return pairs


@lru_cache(maxsize=4096)
def number_of(run: str) -> int:
    """The number of one character, or of one with the next."""
    return (letters_of(run) if len(run) == 1 else pairs_of.__wrapped__(run))[0]


def joined(first: int, second: int) -> int:
    """The number of two characters, from theirs."""
    return first | second << 16


def _encode(text: str) -> bytes:
    raw = text.encode("utf-16-le", "surrogatepass")
    if len(raw) == 2 * len(text):
        return raw
    return _BEYOND.sub(_STAND_IN, text).encode("utf-16-le", "surrogatepass")

"""What the city's tickets teach follows from the tickets that are there."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from agents.problems.signature import grams_of
from agents.problems.taught import Words

TEXTS = st.lists(st.text("停水电管路灯坏", max_size=12), max_size=12)


def words_of(texts: Sequence[str]) -> Words:
    words = Words()
    for text in texts:
        words.add(grams_of(text))
    return words


@given(TEXTS, TEXTS)
def test_what_has_gone_has_never_been(stays: list[str], goes: list[str]) -> None:
    words = words_of([*goes, *stays])
    for text in reversed(goes):
        words.remove(grams_of(text))
    assert (words.tickets, words.having) == (len(stays), words_of(stays).having)
    assert 0 not in words.having.values()


def test_a_pair_counts_once_in_a_ticket() -> None:
    words = words_of(["停水停水停水", "停水了"])
    assert [words.having[gram] for gram in grams_of("停水")] == [2]

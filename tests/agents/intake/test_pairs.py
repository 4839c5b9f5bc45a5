"""Texts as numbers: the same run has the same number wherever it stands, and no two of the plain ones share one."""

from hypothesis import given
from hypothesis import strategies as st

from agents.intake.pairs import letters_of, number_of, pairs_of
from agents.intake.scan import Scanner, Term

TEXTS = st.text(st.characters() | st.sampled_from("煤气漏着火gas 😀\ud800\0"), max_size=40)


def _plain(run: str) -> str:
    """What is told apart: characters beyond the first 65,536 are not."""
    return "".join(sign if ord(sign) < 0x10000 else "\uffff" for sign in run)


@given(TEXTS)
def test_every_character_and_pair_has_the_number_of_its_own(text: str) -> None:
    assert [number_of(sign) for sign in text] == letters_of(text)
    assert [number_of(text[at : at + 2]) for at in range(len(text) - 1)] == pairs_of(text)


@given(TEXTS, TEXTS)
def test_two_pairs_have_one_number_only_if_they_are_one(one: str, other: str) -> None:
    for first in {_plain(one[at : at + 2]) for at in range(len(one) - 1)}:
        for second in {_plain(other[at : at + 2]) for at in range(len(other) - 1)}:
            assert (number_of(first) == number_of(second)) == (first == second)


@given(TEXTS)
def test_a_scanner_finds_what_a_plain_search_finds(text: str) -> None:
    text, words = text.lower(), ("煤气", "煤气漏", "着火", "😀😀", "火煤")
    found = [(hit.entry, hit.start) for hit in Scanner(Term(word, word) for word in words).scan(text)]
    plain = [(word, at) for at in range(len(text)) for word in words if text.startswith(word, at)]
    assert sorted(found) == sorted(plain)

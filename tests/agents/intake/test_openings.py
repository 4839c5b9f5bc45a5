import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.intake.openings import quick


@pytest.mark.parametrize(
    ("pattern", "begins"),
    [
        ("(?:再|又)来|第[二三]次", "(?=[再又第])"),
        ("[一二3-5]+个?月|常年", r"(?=[345一二常])"),
        ("(?:好几|[两几])?(?:多)?年|x", "(?=[x两几多好年])"),
        ("也*打|[没未]", "(?=[也打未没])"),
    ],
)
def test_a_pattern_is_asked_for_its_first_character(pattern: str, begins: str) -> None:
    assert quick(pattern) == f"{begins}(?:{pattern})"


@pytest.mark.parametrize(
    "pattern",
    [
        *("修好|修复", "(?:修|处理)好", "反弹"),
        *(r"\d+年|[好几]年", "[^好]|a", "(?:a|b)?", "[多]*", "(?i)[ab]", "(a|[bc])d", "[好]{0,2}a|b", ""),
        *("(?<=a)[bc]", "[多]|$", ".年|[几]月", "[一-龥]|a", "(?![ab])[cd]"),
    ],
)
def test_what_re_does_by_itself_and_what_is_not_understood_stays(pattern: str) -> None:
    assert quick(pattern) == pattern


_PARTS = st.sampled_from(["a", "b", "c", "[ab]", "[a-c]", "[^a]", "(?=b)", ".", r"\w", "ab"])
_REPEATS = st.sampled_from(["", "?", "*", "+", "{0,2}", "??", "*?", "+?"])
_PATTERNS = st.recursive(
    st.lists(st.tuples(_PARTS, _REPEATS).map("".join), min_size=1, max_size=3).map("".join),
    lambda inner: st.tuples(st.lists(inner, min_size=1, max_size=3).map("|".join), _REPEATS).map(
        lambda group: f"(?:{group[0]}){group[1]}"
    ),
    max_leaves=6,
)


@given(st.lists(_PATTERNS, min_size=1, max_size=3).map("|".join), st.text("abc|", max_size=12))
def test_every_pattern_finds_the_same(pattern: str, text: str) -> None:
    try:
        plain = re.compile(pattern)
    except re.error:
        return
    asked = re.compile(quick(pattern))
    assert [found.span() for found in asked.finditer(text)] == [
        found.span() for found in plain.finditer(text)
    ]

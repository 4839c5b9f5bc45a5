"""Quotes: verbatim, or dropped and counted."""

from hypothesis import given
from hypothesis import strategies as st

from agents.grading.evidence import keep_verbatim


def test_a_quote_that_is_not_in_the_text_is_dropped_and_counted() -> None:
    assert keep_verbatim(["小区停水", "大楼爆炸"], "我们小区停水了") == (("小区停水",), 1)


def test_a_repeated_quote_is_kept_once_and_not_counted() -> None:
    assert keep_verbatim(["停水", " 停水 "], "停水了") == (("停水",), 0)


def test_an_empty_quote_is_dropped_and_counted() -> None:
    assert keep_verbatim(["", "  "], "停水了") == ((), 2)


@given(st.lists(st.text(alphabet="停水了 ", max_size=4)), st.text(alphabet="停水了 ", max_size=12))
def test_everything_kept_stands_in_the_text(quotes: list[str], text: str) -> None:
    kept, dropped = keep_verbatim(quotes, text)
    assert all(quote in text for quote in kept)
    assert len(kept) + dropped <= len(quotes)

"""Quotes: verbatim, or dropped and counted."""

import json
from typing import Any

import pytest
from fakes.model_server import GOOD
from hypothesis import given
from hypothesis import strategies as st

from agents.grading.answer import Answer
from agents.grading.evidence import keep_verbatim, stray


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


SUN = "阳光小区停水一上午了,快点来修"
NOTHING: dict[str, Any] = {"quotes": [], "place_said": [], "key_phrases": []}
OF_OTHERS: list[tuple[str, dict[str, Any], str]] = [
    ("a neighbour's answer", {}, "quote"),
    ("the same, half of it true", {"quotes": ["停水一上午", "新华小区停水"]}, "place"),
    (
        "the same, two of three wrong",
        {"quotes": ["停水一上午", "新华小区", "来水"], "place_said": []},
        "quote",
    ),
    ("a quote of one character", {**NOTHING, "summary": "滨江路两人打架", "quotes": ["了"]}, "quote"),
    ("a quote of a sign", {**NOTHING, "summary": "滨江路两人打架", "quotes": [","]}, "summary"),
    ("no quote, another's summary", {**NOTHING, "summary": "滨江路两人打架"}, "summary"),
    ("no quote, a danger", {**NOTHING, "summary": "小区停水", "hazards": ["violence"]}, "danger"),
    ("no quote, in haste", {**NOTHING, "summary": "小区停水", "urgency": "critical"}, "danger"),
    (
        "a true quote, another's summary",
        {**NOTHING, "summary": "打架斗殴", "quotes": ["停水一上午"]},
        "summary",
    ),
    ("another's phrase", {**NOTHING, "quotes": ["停水一上午"], "key_phrases": ["打桩机轰鸣"]}, "phrase"),
    ("English", {**NOTHING, "summary": "water outage 水", "quotes": ["停水一上午"]}, "Chinese"),
    ("English matter", {**NOTHING, "matter": "water outage", "quotes": ["停水一上午"]}, "Chinese"),
    ("Russian", {**NOTHING, "summary": "нет воды", "quotes": ["停水一上午"]}, "Chinese"),
]


def answered(**fields: Any) -> Answer:
    return Answer.model_validate_json(json.dumps({**GOOD, **fields}))


@pytest.mark.parametrize(("name", "fields", "why"), OF_OTHERS, ids=[name for name, _, _ in OF_OTHERS])
def test_answer_that_is_not_of_this_text_is_found_out(name: str, fields: dict[str, Any], why: str) -> None:
    assert why in stray(answered(**fields), SUN)


OWN: list[tuple[str, str, dict[str, Any]]] = [
    ("all of it true", "新华小区停水一上午了", {}),
    (
        "other width, signs and spaces",
        "新华小区 停水,一上午了!３号楼",
        {"place_said": ["3号楼"], "quotes": ["停水一上午"]},
    ),
    ("a phrase of the text's words", SUN, {**NOTHING, "quotes": ["快点来修"], "key_phrases": ["小区停水"]}),
    ("nothing proven, its own words", SUN, {**NOTHING, "summary": "阳光小区停水"}),
    (
        "a name in Latin letters",
        "XGHome门锁ETC打不开",
        {**NOTHING, "summary": "XGHome门锁", "quotes": ["门锁ETC打不开"]},
    ),
    ("a whole text that is short", "停水了", {**NOTHING, "summary": "停水", "quotes": ["停水了"]}),
]


@pytest.mark.parametrize(("name", "text", "fields"), OWN, ids=[name for name, _, _ in OWN])
def test_answer_of_the_texts_own_words_is_taken(name: str, text: str, fields: dict[str, Any]) -> None:
    assert stray(answered(**fields), text) == ""

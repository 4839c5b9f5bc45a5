"""One normal form and one tokenizer, the same as Elasticsearch's analysers."""

import pytest
from elasticsearch import Elasticsearch
from hypothesis import given
from hypothesis import strategies as st

from indexing.analysis import Asked, Word, highlight, pairs, parse, tidy, tokens
from indexing.fields import template

TEXTS = [
    "新华小区停水了，3号楼没人管！",
    "KTV扰民wifi慢5G基站",
    "3.5万户，2,400元，12:30，1.2.3",
    "don't www.example.com a_b@example.com foo-bar x:y A·B",
    "__ _a a_ __a1__",
    "12345热线、110",
    "晚上😡吵😡😡死了",
    "々〇㐀𠮷野家",
    "ひらがな",
    "",
    "！？…—",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("１２号楼ＡＢ", "12号楼AB"),
        ("①号 ㎡", "1号 m2"),
        ("停水，两天。", "停水，两天。"),
        ("（甲）“乙”", "（甲）“乙”"),
        ("一\x00二\x07三\n四\t五", "一 二 三\n四\t五"),
        ("\ud800\ue000", "\ufffd\ufffd"),
    ],
)
def test_tidies_letters_and_leaves_punctuation(text: str, expected: str) -> None:
    assert tidy(text) == expected


@given(st.text(max_size=60))
def test_tidying_twice_changes_nothing(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


@given(st.text(max_size=60))
def test_tokens_hold_nothing_that_ends_a_quote(text: str) -> None:
    for token in tokens(tidy(text)):
        assert token and not set(token) & set('" *^(){}\x00\ue000')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("停水3号楼KTV", ["停", "水", "3", "号", "楼", "ktv"]),
        ("3.5万", ["3.5", "万"]),
        ("foo-bar", ["foo", "bar"]),
        ("！！", []),
    ],
)
def test_cuts_into_characters_and_runs(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_a_lone_token_is_its_own_pair() -> None:
    assert pairs(["水"]) == ["水"]
    assert pairs(["停", "水", "了"]) == ["停水", "水了"]
    assert pairs([]) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("停水 ktv", Asked(words=(Word(("停", "水")), Word(("ktv",))))),
        ("“停水”", Asked(phrases=(("停", "水"),))),
        ('"停水', Asked(words=(Word(("停", "水")),))),
        ("停水“两天”没人管", Asked((Word(("停", "水")), Word(("没", "人", "管"))), (("两", "天"),))),
        ("「停水」停水", Asked((Word(("停", "水")),), (("停", "水"),))),
        ("！！ “，”", Asked()),
    ],
)
def test_reads_words_and_phrases(text: str, expected: Asked) -> None:
    assert parse(text) == expected


@given(st.text(max_size=300))
def test_any_string_is_read_and_stays_small(text: str) -> None:
    asked = parse(text * 40)
    assert len(asked.singles) <= 64


def test_marks_whole_matches_with_context() -> None:
    text = "前" * 50 + "小区停水，停水两天" + "后" * 50
    assert highlight(text, parse("停水"), around=5) == ("…前前前小区〖停水〗，〖停水〗两天后后后…",)


def test_marks_a_phrase_only_where_it_is_whole() -> None:
    assert highlight("停水。两天停水", parse("“停水两天”")) == ("〖停水〗。〖两天〗停水",)
    assert highlight("停水三天", parse("“停水两天”")) == ()


def test_long_texts_give_few_short_fragments() -> None:
    fragments = highlight("停水" * 5_000, parse("停水"))
    assert len(fragments) <= 3
    distant = highlight(("停水" + "无" * 200) * 50, parse("停水"))
    assert len(distant) == 3 and max(map(len, distant)) < 100


@pytest.mark.elastic
@pytest.mark.xdist_group("elastic")
def test_elasticsearch_cuts_the_same_tokens_and_pairs(elastic: str, prefix: str) -> None:
    with Elasticsearch(elastic) as client:
        settings = template("tickets")["template"]["settings"]
        client.indices.create(index=f"{prefix}analysis", settings=settings)
        for text in map(tidy, TEXTS):
            for analyzer, expected in (("zh_single", tokens(text)), ("zh_pair", pairs(tokens(text)))):
                answer = client.indices.analyze(index=f"{prefix}analysis", analyzer=analyzer, text=text)
                assert [token["token"] for token in answer["tokens"]] == expected, (text, analyzer)
        client.indices.delete(index=f"{prefix}analysis")

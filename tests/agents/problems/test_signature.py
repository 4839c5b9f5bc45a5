"""What a ticket is about and where, in comparable form."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from agents.grading.grade import Graded
from agents.intake.ticket import Place
from agents.problems.signature import (
    digest_of,
    grams_of,
    hash_of,
    normalise,
    point_of,
    quote_of,
    sign,
    told_of,
)
from agents.problems.whereabouts import Relation, query_keys, relate

Make = Callable[..., Graded]


def test_grams_are_all_distinct_pairs() -> None:
    assert len(grams_of("小区停水小区")) == 4
    assert set(grams_of("停水")) < set(grams_of("小区停水了"))


@pytest.mark.parametrize("text", ["", "水", "😀", "\ud800", "a" * 1000])
def test_grams_of_odd_texts_do_not_fail(text: str) -> None:
    assert len(grams_of(text)) <= 3


def test_hash_is_the_same_on_every_machine() -> None:
    assert hash_of("a", "b") == hash_of("a", "b") != hash_of("ab")
    assert hash_of("\ud800")


def test_courtesy_and_masks_are_no_content() -> None:
    assert normalise("尊敬的领导：您好！[手机]小区停水，希望有关部门尽快解决。") == "小区停水"


@pytest.mark.parametrize(
    ("lat", "lon"), [(0.0, 0.0), (None, 3.0), (float("nan"), 1.0), (91.0, 1.0), (0.001, -0.002), (1.0, 200.0)]
)
def test_impossible_points_are_none(lat: float | None, lon: float | None) -> None:
    assert point_of(Place(lat=lat, lon=lon)) == (None, None)


def test_point_on_the_equator_is_a_place() -> None:
    assert point_of(Place(lat=0.0, lon=32.5)) == (0.0, 32.5)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"community": "新华小区"}, {"community": "新华小区"}, "named"),
        ({"community": "新华小区"}, {"community": "光明花园"}, "different"),
        ({"community": "新华"}, {"community": "新华小区"}, "alike"),
        ({"community": "新村1"}, {"community": "新村12"}, "different"),
        ({"community": "新华小区"}, {"community": None}, "unknown"),
        ({"community": None, "street": "甲街"}, {"community": None, "street": "乙街"}, "different"),
        (
            {"community": None, "address": "长江路12号"},
            {"community": None, "address": "长江路 12 号"},
            "same",
        ),
        (
            {"community": None, "address": "长江路12号"},
            {"community": None, "address": "长江路90号"},
            "road",
        ),
        ({"lat": 30.0, "lon": 110.0}, {"lat": 30.001, "lon": 110.0}, "same"),
        ({"lat": 30.0, "lon": 110.0}, {"lat": 30.004, "lon": 110.0}, "named"),
        ({"lat": 30.0, "lon": 110.0}, {"lat": 30.1, "lon": 110.0}, "different"),
        (
            {"community": "新华小区", "lat": 30.0, "lon": 110.0},
            {"community": "光明花园", "lat": 30.001, "lon": 110.0},
            "different",
        ),
        (
            {"community": "新华小区", "lat": 30.0, "lon": 110.0},
            {"community": "新华二期", "lat": 30.0002, "lon": 110.0},
            "near",
        ),
    ],
)
def test_relation_of_two_places(
    graded: Make, one: dict[str, object], other: dict[str, object], expected: Relation
) -> None:
    a, b = sign(graded("a", **one)), sign(graded("b", **other))
    assert relate(a, b) == relate(b, a) == expected


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        (("community:光明花园", "site:新湖公园"), "different"),
        (("community:新华", "site:新湖公园"), "alike"),
        (("community:新华小区", "site:新湖公园"), "named"),
        (("site:新湖公园",), "named"),
    ],
)
def test_a_landmark_that_two_tickets_share_is_no_place_where_each_names_its_estate(
    graded: Make, others: tuple[str, ...], expected: Relation
) -> None:
    one = replace(sign(graded("a")), names=("community:新华小区", "site:新湖公园"))
    other = replace(one, names=others)
    assert relate(one, other) == relate(other, one) == expected
    assert relate(replace(one, is_sure=False), replace(other, is_sure=False)) == "named"


def test_of_a_transcript_only_what_the_caller_says_is_compared() -> None:
    said = "坐席：您好，请讲。\n市民：嗯，楼里停水了。\n坐席：什么时候开始的？\n市民：昨天。"
    assert normalise(told_of(said)) == "楼里停水了昨天"
    assert normalise(told_of("客服：您好。 来电人：喂，停水了。 客服：好的，给您派单。")) == "停水了"
    assert told_of("物业：从来不管") == "物业：从来不管"


def test_category_words_alone_are_thin(graded: Make) -> None:
    assert sign(graded("a", text="Dirty Alley", category="Dirty Alley", title="Dirty Alley")).thin
    assert not sign(graded("a", text="从昨天晚上开始一直没有水，物业不管")).thin


def test_neighbouring_cells_are_asked_too(graded: Make) -> None:
    keys = query_keys(sign(graded("a", lat=30.0, lon=110.0)))
    assert sum(key.startswith("cell:") for key in keys) == 9
    assert len(set(keys)) == len(keys)


def test_digest_changes_with_text_and_place_but_not_with_a_closing(graded: Make) -> None:
    first = digest_of(graded("a"))
    assert digest_of(graded("a", edition=2, closed_hours=5)) == first
    assert digest_of(graded("a", text="换了一种说法的内容")) != first
    assert digest_of(graded("a", community="光明花园")) != first


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("尊敬的领导：您好！我们小区停水三天了。", "我们小区停水三天了"),
        ("联系电话：〔电话1〕，路灯不亮已经一个月", "路灯不亮已经一个月"),
        ("来电人反映：西渡花园门口垃圾堆成山，没人清运", "西渡花园门口垃圾堆成山"),
        (
            "话务员：您好，请问有什么可以帮您\n市民：我们这栋楼的电梯又坏了\n话务员：好的",
            "我们这栋楼的电梯又坏了",
        ),
        ("我是新湖区学府路的居民，我想反映一个问题，地点在学府路中段，路灯全都不亮", "路灯全都不亮"),
        ("停水", "停水"),
        ("您好。", "您好"),
        ("", "路灯"),
    ],
)
def test_quoted_is_what_the_citizen_says(graded: Make, text: str, quote: str) -> None:
    ticket = graded("a", text=text)
    ticket = ticket.model_copy(update={"ticket": ticket.ticket.model_copy(update={"title": "路灯"})})
    assert quote_of(ticket) == quote

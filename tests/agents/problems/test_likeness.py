"""How alike a ticket is to a problem: by the two earlier tickets of it that are most like it."""

from array import array
from typing import Any

import pytest

from agents.problems.kinship import topic_of
from agents.problems.likeness import NEAR, Asked, Known, Likeness, compare, of_problem, stranger_to
from agents.problems.signature import Signature


def odds(margin: float) -> Likeness:
    return Likeness(margin, {"matter": margin}, is_odds=True)


@pytest.mark.parametrize(
    ("margins", "joins"),
    [
        ([0.5], True),
        # Of many tickets one is alike by luck.
        ([0.5, -4.0, -6.0], False),
        ([4.5, -4.0, -6.0], True),
        ([0.5, -0.2, -6.0, -6.0], True),
        # One that is sure needs no other, whichever of them was looked at first.
        ([4.1, -6.0], True),
    ],
)
def test_the_two_tickets_that_are_most_like_it_decide(margins: list[float], joins: bool) -> None:
    assert (of_problem([odds(margin) for margin in margins]).margin >= 0) is joins


def test_what_the_second_one_says_is_told_as_a_part_of_the_score() -> None:
    told = of_problem([odds(3.5), odds(-1.0), odds(-6.0)]).told()
    assert told["second"] < 0
    assert told["score"] == pytest.approx(told["matter"] + told["second"], abs=0.01)


def test_what_the_second_one_brings_just_below_the_bound_is_told_as_almost_joined() -> None:
    assert of_problem([odds(0.5), odds(-1.0)]).is_near
    assert not of_problem([odds(0.5), odds(-9.0)]).is_near


def test_words_are_no_odds_and_stay_what_they_are() -> None:
    alike = Likeness(0.1, {"text": 0.3})
    assert of_problem([alike, odds(-1.0), odds(-2.0)]) is alike
    assert of_problem([odds(0.2), alike]).margin == 0.2


def test_a_ticket_of_the_place_about_something_else_speaks_against_its_problem() -> None:
    asked, known = (
        Signature("", "", False, matter, category, "", ("community:新华小区",), True, "")
        for matter, category in (("停水", "供水"), ("噪音", "环保"))
    )
    one = Asked(asked, 0.0, "甲", 1.0, {}, {}, 1.0, 1.0)
    other = Known(known, 1e6, "乙", array("I"), array("I"), 1.0, 1.0, topic_of("噪音", "噪音"))
    unlike = compare(one, other, 0.0, lambda _: 0.0)
    assert unlike.is_odds and unlike.margin < NEAR
    assert of_problem([odds(0.5), unlike]).margin < 0


WATER = {"matter": "停水", "category": "供水", "caller": "甲", "at": 0.0, "pairs": 30, "title": "小区停水"}
NOISE = {
    "matter": "噪音",
    "category": "环保",
    "caller": "乙",
    "at": 43_200.0,
    "pairs": 31,
    "kinship": 0.0,
    "title": "半夜施工",
}


@pytest.mark.parametrize(
    "common",
    [
        {},
        {"category": "供水"},
        {"matter": "停水"},
        {"caller": "甲"},
        {"at": 43_199.0},
        {"kinship": 0.1},
        {"title": "小区停水"},
        # A copy of the text may be filed under anything.
        {"pairs": 30},
    ],
)
def test_two_tickets_of_one_place_have_something_in_common(common: dict[str, Any]) -> None:
    asked, known = WATER, {**NOISE, **common}
    signatures = [
        Signature("", "", False, told["matter"], told["category"], "", ("community:新华小区",), True, "")
        for told in (asked, known)
    ]
    text = dict.fromkeys(range(asked["pairs"]), 1.0)
    grams = array("I", range(known["pairs"]))
    one = Asked(signatures[0], asked["at"], asked["caller"], 1.0, text, {}, 1.0, 1.0)
    other = Known(
        signatures[1],
        known["at"],
        known["caller"],
        grams,
        array("I"),
        1.0,
        1.0,
        topic_of("噪音", known["title"]),
    )
    topic = topic_of("停水", asked["title"])
    assert stranger_to(one, topic, lambda _: known["kinship"])(other) is (not common)


def test_unknown_matters_and_unnamed_callers_are_nothing_in_common() -> None:
    one, other = (
        Signature("", "", False, "", category, "", ("community:新华小区",), True, "")
        for category in ("供水", "环保")
    )
    asked = Asked(one, 0.0, "", 1.0, {1: 1.0}, {}, 1.0, 1.0)
    known = Known(other, 1e6, "", array("I"), array("I"), 1.0, 1.0, topic_of("噪音", "噪音"))
    assert stranger_to(asked, topic_of("供水", ""), lambda _: 0.0)(known)

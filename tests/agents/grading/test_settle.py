"""One grade of two: the safer urgency, proven words, and who made what."""

import json
from typing import Any

import pytest
from fakes.model_city import CALM, GAS, RULES, ticket
from fakes.model_server import GOOD
from hypothesis import given
from hypothesis import strategies as st

from agents.grading.answer import Answer
from agents.grading.grade import URGENCIES, Grade, Urgency
from agents.grading.settle import settle


def settled(text: str = CALM, more: dict[str, Any] | None = None, **fields: Any) -> Grade:
    one = ticket(text, **(more or {}))
    answer = Answer.model_validate_json(json.dumps({**GOOD, **fields}))
    return settle(RULES.grade(one), answer, one)


@given(st.sampled_from(URGENCIES), st.sampled_from([CALM, GAS, "咨询社保", "表扬社区"]))
def test_urgency_is_the_higher_of_the_two_and_both_are_kept(urgency: Urgency, text: str) -> None:
    ruled = RULES.grade(ticket(text)).urgency
    grade = settled(text, urgency=urgency)
    assert grade.urgency == max(ruled, urgency, key=URGENCIES.index)
    assert grade.proposed == {"rules": ruled, "llm": urgency}


def test_invented_quotes_are_dropped_and_counted() -> None:
    grade = settled(quotes=["停水一上午", "已经停了三天"], place_said=["火星小区"])
    assert grade.quotes == ("停水一上午",)
    assert grade.dropped_quotes == 2
    assert "火星小区" not in grade.place_said


def test_every_field_says_who_made_it() -> None:
    grade = settled(more={"kind": "complaint"}, kind="help", recurrence_cues=[])
    authors = {name: grade.author(name) for name in ("summary", "category", "kind", "recurrence", "duty")}
    assert authors == {
        "summary": "llm",
        "category": "llm",
        "kind": "platform",
        "recurrence": "rules",
        "duty": "rules",
    }
    assert grade.kind == "complaint"


def test_model_adds_hazards_and_takes_none_away() -> None:
    grade = settled(GAS, hazards=["fire"], quotes=["燃气泄漏"])
    assert grade.hazards[0] == "gas_leak" and "fire" in grade.hazards
    assert grade.author("hazards") == "llm"


REVIEWS: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({}, ()),
    ({"confidence": 0.3}, ("low_confidence",)),
    ({"quotes": ["火星"]}, ("unproven",)),
    ({"text": "咨询社保办理流程", "urgency": "critical", "quotes": ["咨询社保"]}, ("disagreement",)),
]


@pytest.mark.parametrize(("said", "reasons"), REVIEWS)
def test_doubtful_grades_go_to_a_person(said: dict[str, Any], reasons: tuple[str, ...]) -> None:
    assert settled(**said).review == reasons


def test_summary_and_matter_keep_their_lengths() -> None:
    grade = settled(summary="停" * 150, matter="水" * 30)
    assert (len(grade.summary), len(grade.matter)) == (80, 14)


def test_matter_of_one_character_is_left_to_the_rules() -> None:
    grade = settled(matter="水")
    assert (len(grade.matter) > 1, grade.author("matter")) == (True, "rules")


@pytest.mark.parametrize("reason", ["", "water is off for many people"])
def test_raised_urgency_never_stands_beside_the_rules_reason_for_a_lower_one(reason: str) -> None:
    ruled, grade = RULES.grade(ticket(CALM)), settled(urgency="critical", urgency_reason=reason)
    assert grade.urgency_reason == "模型研判上调，未写明理由" != ruled.urgency_reason

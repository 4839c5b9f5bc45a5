"""The ladder over a real, small model behind llama.cpp: the wire and the schema hold; its wisdom is not judged."""

import json
from collections.abc import Iterator

import pytest
from fakes.model_city import ANSWER, CALM, CITY, GAS, RULES, climb_all
from pydantic import SecretStr

import prompts
from agents.grading.answer import categories_of
from agents.grading.chat import ChatEndpoint
from agents.grading.endpoint import EndpointSettings
from agents.grading.ladder import Ladder, LadderSettings, rungs_of
from agents.grading.memory import Memory
from tests.real_model import NAME, NoModel, real_model

pytestmark = [pytest.mark.model, pytest.mark.xdist_group("model")]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    try:
        with real_model() as running:
            yield running
    except NoModel as reason:
        pytest.skip(str(reason))


def rungs(address: str) -> Ladder:
    settings = LadderSettings(breaker_failures=100)
    own = EndpointSettings(
        model=NAME,
        base_url=address,
        api_key=SecretStr("none"),
        timeout_s=240,
        tokens_out=700,
        variant="json_schema",
        at_once=1,
    )
    return Ladder(
        RULES, settings, rungs_of([ChatEndpoint(own, ANSWER)], settings), prompts.load("grade"), Memory()
    )


def test_real_model_is_held_to_the_schema_and_every_grade_tells_its_source(address: str) -> None:
    calls = [climbed for climbed in climb_all(rungs(address), CALM, GAS)]
    for climbed in calls:
        grade = climbed.grade
        assert grade.source == ("llm" if climbed.audits[-1].call.outcome == "answered" else "rules")
        assert grade.tokens_in > 0 and grade.tokens_out > 0
    assert calls[1].grade.urgency == "critical"
    whole = [audit.call for climbed in calls for audit in climbed.audits if audit.call.outcome != "too_long"]
    assert whole, "every answer was cut off: raise tokens_out"
    for call in whole:
        said = json.loads(call.answer)
        assert said.keys() == ANSWER.model_fields.keys()
        assert said["category"] in categories_of(CITY)
        assert said["urgency"] in ("critical", "urgent", "normal", "low")

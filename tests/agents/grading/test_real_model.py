"""The ladder over a real, small model behind llama.cpp: the wire and the schema hold; its wisdom is not judged."""

import json
from collections.abc import Iterator

import pytest
from fakes.model_city import ANSWER, CITY, GAS, RULES, climb_all
from pydantic import SecretStr

from agents.grading.answer import categories_of
from agents.grading.chat import ChatEndpoint
from agents.grading.endpoint import EndpointSettings
from agents.grading.ladder import Ladder, LadderSettings, rungs_of
from agents.grading.memory import Memory
from prompts import Prompt
from tests.real_model import NAME, NoModel, real_model

PROMPT = Prompt("grade", 0, "把市民原文研判成一行紧凑的 JSON,字段与取值严格按结构,用中文。\n", "0" * 64)
"""Short: the true one costs a minute of reading on a small machine."""
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
        timeout_s=100,
        tokens_out=1500,
        variant="json_schema",
        at_once=1,
    )
    return Ladder(RULES, settings, rungs_of([ChatEndpoint(own, ANSWER)], settings), PROMPT, Memory())


def test_real_model_is_held_to_the_schema_and_the_grade_tells_its_source(address: str) -> None:
    (climbed,) = climb_all(rungs(address), GAS)
    grade, calls = climbed.grade, [audit.call for audit in climbed.audits]
    assert grade.source == ("llm" if calls[-1].outcome == "answered" else "rules")
    assert grade.urgency == "critical"
    if calls[0].outcome in ("too_long", "timed_out"):
        pytest.skip(
            f"the real model did not come to an end: {calls[0].outcome} after {calls[0].latency_ms} ms"
        )
    assert (grade.tokens_in, grade.tokens_out) == (
        sum(call.tokens_in for call in calls),
        sum(call.tokens_out for call in calls),
    )
    said = json.loads(calls[0].answer)
    assert said.keys() == ANSWER.model_fields.keys()
    assert said["category"] in categories_of(CITY)
    assert said["urgency"] in ("critical", "urgent", "normal", "low")

"""How an endpoint is held to the schema: three ways, whole or streamed; the one that works is remembered."""

import asyncio
from typing import Any

import pytest
from fakes.model_city import ANSWER, CALM, climb, climb_all, endpoint, ladder
from fakes.model_server import EVERY_WAY, ModelServer, Scripted, model_server, way_of

from agents.grading.answer import strict_schema
from agents.grading.endpoint import BadJson, Refused, TooLong, Unavailable


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("way", sorted(EVERY_WAY))
def test_every_way_gives_the_same_grade(way: str, streaming: bool) -> None:
    with model_server() as server:
        (grade,) = climb(ladder(server, own={"variant": way, "streaming": streaming}), CALM)
    assert (grade.source, grade.summary, grade.tokens_in) == ("llm", "新华小区停水一上午", 300)
    assert [way_of(request) for request in server.requests] == [way]
    assert bool(server.requests[0].get("stream")) is streaming


LACKS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["json_schema"]),
    ({"ways": EVERY_WAY - {"json_schema"}}, ["json_schema", "tool_call"]),
    ({"ways": frozenset({"json_object"})}, ["json_schema", "tool_call", "json_object"]),
    ({"deaf": frozenset({"json_schema"})}, ["json_schema", "tool_call"]),
]


@pytest.mark.parametrize(("lacks", "asked"), LACKS, ids=["none", "refuses one", "refuses two", "ignores one"])
def test_way_is_found_once_and_remembered(lacks: dict[str, Any], asked: list[str]) -> None:
    with model_server() as server:
        vars(server).update(lacks)
        rungs = ladder(server)
        first, second = climb_all(rungs, CALM, f"{CALM}急")
    assert [way_of(request) for request in server.requests] == [*asked, asked[-1]]
    assert (first.grade.source, second.grade.source) == ("llm", "llm")
    assert [audit.call.outcome for audit in first.audits] == ["no_variant"] * (len(asked) - 1) + ["answered"]
    assert second.audits[0].call.variant == asked[-1]


def test_endpoint_that_knows_no_way_is_a_wrong_setting() -> None:
    with model_server() as server:
        server.ways = frozenset()
        (climbed,) = climb_all(ladder(server), CALM)
    assert climbed.grade.why == "m0: wrong_setting"
    assert "json_object" in climbed.audits[-1].call.detail
    assert len(server.requests) == 3


def test_server_that_forgets_a_way_is_asked_anew() -> None:
    with model_server() as server:
        rungs = ladder(server)
        climb(rungs, CALM)
        server.ways = EVERY_WAY - {"json_schema"}
        grades = climb(rungs, f"{CALM}一", f"{CALM}二")
    assert [grade.source for grade in grades] == ["llm", "llm"]
    assert way_of(server.requests[-1]) == "tool_call"


def test_words_alone_carry_the_schema() -> None:
    with model_server() as server:
        climb(ladder(server, own={"variant": "json_object"}), CALM)
    assert '"urgency"' in server.requests[0]["messages"][0]["content"]


def ask(server: ModelServer, **settings: Any) -> Unavailable:
    async def run() -> Unavailable:
        with pytest.raises(Unavailable) as caught:
            await endpoint(server, **settings).ask("规则", CALM)
        return caught.value

    return asyncio.run(run())


FAULTS: list[tuple[str, Scripted, type[Unavailable]]] = [
    ("refusal", Scripted(refusal="no"), Refused),
    ("truncated", Scripted(finish="length"), TooLong),
    ("prose", Scripted(content="好的"), BadJson),
    ("empty", Scripted(content=""), BadJson),
]


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("name", "said", "kind"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_streamed_faults_are_told_apart_as_whole_ones(
    name: str, said: Scripted, kind: type[Unavailable], streaming: bool
) -> None:
    with model_server(said) as server:
        error = ask(server, variant="json_schema", streaming=streaming)
    assert type(error) is kind
    assert error.said == ("" if said.refusal else said.text)
    assert (error.usage.tokens_in, error.usage.tokens_out) == (300, 100)


def test_errors_never_hold_the_text() -> None:
    with model_server(Scripted(content=f'{{"summary": "{CALM}"}}')) as server:
        error = ask(server, variant="json_schema")
    assert CALM not in str(error)


@pytest.mark.parametrize("wrapped", ["```json\n{}\n```", "<think>想一想 {{}}</think>\n{}"])
def test_json_in_a_wrapping_is_found(wrapped: str) -> None:
    good = Scripted().text
    with model_server(Scripted(content=wrapped.replace("{{}}", "…").replace("{}", good))) as server:
        (grade,) = climb(ladder(server, own={"variant": "json_schema"}), CALM)
    assert grade.source == "llm"


def test_server_that_counts_nothing_is_charged_for_its_answer() -> None:
    with model_server(Scripted(usage=None)) as server:
        (grade,) = climb(ladder(server), CALM)
    assert grade.tokens_out > 100 and grade.cost_cny > 0


def test_strict_schema_has_no_unsupported_words() -> None:
    text = str(strict_schema(ANSWER))
    assert "maxLength" not in text and "default" not in text

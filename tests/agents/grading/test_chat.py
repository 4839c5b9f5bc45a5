"""How an endpoint is held to the schema: three ways, whole or streamed; the one that works is remembered."""

import asyncio
import json
from typing import Any

import pytest
from fakes.model_city import ANSWER, CALM, climb, climb_all, endpoint, ladder
from fakes.model_server import EVERY_WAY, ModelServer, Scripted, model_server, way_of
from pydantic import ValidationError

from agents.grading.answer import strict_schema
from agents.grading.endpoint import (
    BadJson,
    Broken,
    Busy,
    EndpointSettings,
    NoVariant,
    Refused,
    TooLong,
    Unavailable,
    WrongSetting,
)


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
    seen = "bad_json" if "deaf" in lacks else "no_variant"
    assert [audit.call.outcome for audit in first.audits] == [seen] * (len(asked) - 1) + ["answered"]
    assert second.audits[0].call.variant == asked[-1]


def test_endpoint_that_knows_no_way_is_a_wrong_setting() -> None:
    with model_server() as server:
        server.ways = frozenset()
        (climbed,) = climb_all(ladder(server), CALM)
    assert climbed.grade.why == "m0: wrong_setting"
    assert "json_object" in climbed.audits[-1].call.detail
    assert len(server.requests) == 3


@pytest.mark.parametrize("content", ["", "{}", "很抱歉"])
def test_rubbish_while_the_way_is_sought_is_paid_once_a_way_and_called_what_it_is(content: str) -> None:
    with model_server() as server:
        server.always = Scripted(content=content)
        rungs = ladder(server)
        (climbed,) = climb_all(rungs, CALM)
        assert climbed.grade.why == "m0: bad_json"
        assert [way_of(request) for request in server.requests] == ["json_schema", "tool_call", "json_object"]
        server.always = Scripted()
        assert climb(rungs, f"{CALM}急")[0].source == "llm"
    assert way_of(server.requests[-1]) == "json_schema"


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


def completion(**more: Any) -> bytes:
    """A whole chat completion with parts of it replaced."""
    message = {"role": "assistant", "content": Scripted().text}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    head = {"id": "c", "object": "chat.completion", "created": 0, "model": "m"}
    return json.dumps({**head, "choices": choices, **more}).encode()


EVENTS = {"content-type": "text/event-stream"}
NO_STREAM: dict[str, Scripted] = {
    "nothing": Scripted(body=b"", headers=EVENTS),
    "only the end": Scripted(body=b"data: [DONE]\n\n", headers=EVENTS),
    "only signs of life": Scripted(body=b": keep-alive\n\n" * 3, headers=EVENTS),
    "a page": Scripted(body=b"<html>", headers={"content-type": "text/html"}),
    "one JSON": Scripted(body=completion()),
    "a word": Scripted(body=b'data: "x"\n\n', headers=EVENTS),
    "an error": Scripted(body=b'data: {"error":{"message":"boom"}}\n\n', headers=EVENTS),
    "half a piece": Scripted(body=b'data: {"choices":\n\n', headers=EVENTS),
    "no text": Scripted(body=bytes(range(128, 256)), headers=EVENTS),
}


@pytest.mark.parametrize("way", ["tool_call", "probe"])
@pytest.mark.parametrize("said", NO_STREAM.values(), ids=NO_STREAM)
def test_answer_that_is_no_stream_leaves_the_grade_to_the_rules(said: Scripted, way: str) -> None:
    with model_server() as server:
        server.always = said
        (climbed,) = climb_all(ladder(server, own={"streaming": True, "variant": way}), CALM)
    assert (climbed.grade.source, climbed.grade.why) == ("rules", "m0: broken")
    assert len(climbed.audits) == len(server.requests) == 2


def test_endpoint_that_cannot_stream_is_told_what_to_do() -> None:
    with model_server(NO_STREAM["one JSON"]) as server:
        error = ask(server, streaming=True)
    assert "set streaming to false" in str(error)


ODD_CHOICES = [
    7,
    ["a"],
    [{"index": 0, "message": None, "finish_reason": "stop"}],
    [{"index": 0, "message": {"role": "assistant", "content": [1]}, "finish_reason": "length"}],
    [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [5]}}],
]


@pytest.mark.parametrize("choices", ODD_CHOICES)
@pytest.mark.parametrize("way", ["tool_call", "json_object"])
def test_answer_of_an_odd_form_leaves_the_grade_to_the_rules(choices: Any, way: str) -> None:
    with model_server() as server:
        server.always = Scripted(body=completion(choices=choices))
        (climbed,) = climb_all(ladder(server, own={"variant": way}), CALM)
    assert climbed.grade.source == "rules" and climbed.grade.why
    assert len(climbed.audits) == len(server.requests)


@pytest.mark.parametrize("count", ["x", None, -1, 10**400, [1]])
def test_count_of_tokens_that_is_none_stops_nothing(count: Any) -> None:
    with model_server() as server:
        server.always = Scripted(usage={"prompt_tokens": count, "completion_tokens": 7, "total_tokens": 7})
        (climbed,) = climb_all(ladder(server, own={"variant": "json_object"}), CALM)
    assert 0 <= climbed.grade.tokens_in <= 300 and climbed.audits


ERRORS: list[tuple[int, str, type[Unavailable]]] = [
    (400, "unknown response_format", NoVariant),
    (422, "unknown response_format", NoVariant),
    (400, "unsupported parameter: max_tokens", NoVariant),
    (400, "unknown field: context", NoVariant),
    (400, "this model's maximum context length is 4096 tokens", TooLong),
    (400, "the request exceeds the available context size", TooLong),
    (413, "body", TooLong),
    (400, "data_inspection_failed", Refused),
    (403, "flagged by moderation", Refused),
    (400, "model names are case sensitive", NoVariant),
    (401, "no such key", WrongSetting),
    (402, "pay", WrongSetting),
    (405, "post not allowed", WrongSetting),
    (400, "Arrearage: overdue payment", WrongSetting),
    (429, "insufficient_quota", WrongSetting),
    (429, "slow down", Busy),
    (500, "maximum context length", Broken),
    (529, "overloaded", Broken),
]


@pytest.mark.parametrize(("status", "told", "kind"), ERRORS)
def test_errors_are_told_apart_by_status_and_words(status: int, told: str, kind: type[Unavailable]) -> None:
    with model_server(Scripted(status=status, error=told)) as server:
        error = ask(server, variant="json_schema")
    expected = Broken if kind is NoVariant else kind  # a way that is set is no longer looked for
    assert type(error) is expected
    assert str(status) in str(error)


def test_account_without_balance_is_one_clear_line() -> None:
    with model_server(Scripted(status=402)) as server:
        assert "no balance" in str(ask(server))


def test_way_that_is_refused_with_422_is_left_for_the_next() -> None:
    with model_server(Scripted(status=422, error="unknown response_format")) as server:
        (climbed,) = climb_all(ladder(server), CALM)
    assert climbed.grade.source == "llm"
    assert [audit.call.variant for audit in climbed.audits] == ["json_schema", "tool_call"]


@pytest.mark.parametrize(
    "told", ["unsupported: max_tokens", "unknown: context", "maximum context length is 1"]
)
def test_endpoint_that_finds_every_short_text_too_long_is_spared(told: str) -> None:
    with model_server() as server:
        server.always = Scripted(status=400, error=told)
        grades = climb(ladder(server), *(f"{CALM}{n}" for n in range(20)))
    assert len(server.requests) <= 6
    assert grades[-1].why == "m0: breaker_open"


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_key": "密钥"},
        {"api_key": "a\nb"},
        {"api_key": "Bearer k"},
        {"base_url": "not a url"},
        {"base_url": "http://[::1"},
        {"base_url": "host/v1"},
        {"base_url": "ftp://host"},
        {"base_url": "http://host:99999"},
        {"model": ""},
    ],
)
def test_settings_that_no_request_can_carry_stop_the_start(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        EndpointSettings.model_validate({"model": "m", **wrong})
    assert "密钥" not in str(caught.value.errors(include_input=False))


def test_white_space_around_a_key_is_no_part_of_it() -> None:
    key = EndpointSettings.model_validate({"model": "m", "api_key": " k\n"}).api_key
    assert key.get_secret_value() == "k"

"""Endpoints at their worst, over real HTTP: every grade is made, says who made it, and nobody is asked in a storm."""

import json
from collections.abc import Iterator

import pytest
from fakes.model_city import CALM, CITY, Clock, climb, climb_all, ladder, ticket
from fakes.model_server import GOOD, ModelServer, Scripted, model_server

from agents.intake.accept import Intake, accept

HOUR_S, DAY_S = 3_600, 86_400


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.mark.parametrize("streaming", [False, True])
def test_answer_that_drips_in_is_given_up_in_time(server: ModelServer, streaming: bool) -> None:
    server.always = Scripted(drip_s=0.3)
    own = {"timeout_s": 1.0, "streaming": streaming, "variant": "json_schema"}
    (climbed,) = climb_all(ladder(server, own=own), CALM)
    assert (climbed.grade.source, climbed.grade.why) == ("rules", "m0: timed_out")
    assert climbed.calls == 2


@pytest.mark.parametrize("minutes", [5, 60])
def test_hour_of_429_that_names_no_time_is_no_storm(server: ModelServer, minutes: int) -> None:
    clock = Clock()
    server.always = Scripted(status=429)
    rungs = ladder(server, clock=clock)
    grades = []
    for minute in range(minutes):
        clock.now = 1_000_000 + minute * 60
        grades += climb(rungs, *(f"{CALM}{minute}.{n}" for n in range(5)))
    assert {grade.source for grade in grades} == {"rules"}
    assert {grade.why for grade in grades} == {"m0: busy", "m0: breaker_open"}
    assert len(server.requests) <= 30
    server.always = Scripted()
    clock.now += 601
    assert climb(rungs, CALM)[0].source == "llm"


def test_endpoint_that_is_down_for_a_day_loses_no_ticket(server: ModelServer) -> None:
    clock, start = Clock(), 1_000_000
    server.always = Scripted(status=503)
    rungs = ladder(server, clock=clock, own={"variant": "json_schema"}, waiting_size=50)
    for number in range(96):
        clock.now = start + number * DAY_S / 96
        (climbed,) = climb_all(rungs, ticket(f"{CALM}{number}", f"T{number}", later_s=number * DAY_S / 96))
        assert climbed.grade.source == "rules" and climbed.grade.why in ("m0: broken", "m0: breaker_open")
    assert len(server.requests) <= 2 * 96
    assert len(rungs.memory.waiting) == 50
    server.always, clock.now = Scripted(), start + DAY_S + 600
    assert [one.ticket_id for one in rungs.due(2)] == ["T95", "T94"]
    (again,) = climb_all(rungs, *rungs.due(1))
    assert again.grade.source == "llm"


@pytest.mark.parametrize("cap", [{"tokens_per_day": 0}, {"cny_per_day": 0}])
def test_budget_of_nothing_asks_nobody_and_says_so(server: ModelServer, cap: dict[str, int]) -> None:
    rungs = ladder(server, **cap)
    (climbed,) = climb_all(rungs, CALM)
    assert (climbed.grade.source, climbed.grade.why) == ("rules", "m0: budget_spent")
    assert (server.requests, climbed.audits, len(rungs.memory.waiting)) == ([], (), 1)


EMPTY = [
    ("nothing", Scripted(body=b"")),
    ("no choice", Scripted(body=b'{"id":"c","object":"chat.completion","choices":[]}')),
    ("white space", Scripted(content=" \n ")),
    ("an empty object", Scripted(content="{}")),
    ("null", Scripted(content="null")),
    ("an empty summary", Scripted({"summary": ""})),
    ("a blank summary", Scripted({"summary": "  "})),
    ("a blank matter", Scripted({"matter": "\u3000"})),
]


@pytest.mark.parametrize(("name", "said"), EMPTY, ids=[name for name, _ in EMPTY])
def test_empty_answer_leaves_no_empty_grade(server: ModelServer, name: str, said: Scripted) -> None:
    server.always = said
    (grade,) = climb(ladder(server, own={"variant": "json_schema"}), CALM)
    assert grade.summary.strip() and grade.matter.strip()
    assert (grade.source, grade.model) in (("rules", None), ("llm", "m0"))
    assert bool(grade.why) == (grade.source == "rules")
    assert len(server.requests) <= 2


OTHERS = {
    "summary": "夜间施工噪音",
    "matter": "夜间施工",
    "quotes": [],
    "place_said": ["东风路工地"],
    "key_phrases": ["打桩", "半夜"],
}


@pytest.mark.parametrize("quotes", [[], ["工地半夜打桩"]])
def test_another_tickets_answer_is_not_taken(server: ModelServer, quotes: list[str]) -> None:
    server.always = Scripted({**OTHERS, "quotes": quotes})
    (climbed,) = climb_all(ladder(server, own={"variant": "json_schema"}), CALM)
    assert (climbed.grade.source, climbed.grade.why) == ("rules", "m0: off_text")
    assert "工地" not in climbed.grade.model_dump_json()
    assert [audit.call.outcome for audit in climbed.audits] == ["off_text"] * 2


@pytest.mark.parametrize(
    "text", ["13800138000", "１３８ ００１３ ８０００", "一三八零零一三八零零零", "010-62345678"]
)
@pytest.mark.parametrize("words", ["", "请回电"])
def test_phone_number_never_leaves_the_house(server: ModelServer, text: str, words: str) -> None:
    event = {
        "event_id": "e1",
        "event": "created",
        "ticket_id": "T1",
        "occurred_at": "2026-03-02T08:00:00+08:00",
        "content": f"{words}{text}",
    }
    server.always = Scripted({"summary": "请回电", "quotes": [], "place_said": [], "key_phrases": []})
    accepted = accept(json.dumps(event).encode(), Intake(CITY, b"k" * 32)).ticket
    (climbed,) = climb_all(ladder(server), accepted)
    assert bool(server.requests) == bool(words)
    asked = "".join(str(request["messages"]) for request in server.requests)
    told = asked + climbed.grade.model_dump_json() + "".join(one.model_dump_json() for one in climbed.audits)
    assert accepted.content == f"{words}〔电话1〕"
    assert not any(sign in told for sign in (text, "13800", "62345", "一三八"))
    assert climbed.grade.summary.strip()


@pytest.mark.parametrize("told", ["31536000", "9" * 400, "1e9", "nan", "-5", "\xb2", "soon", ""])
def test_odd_time_to_wait_spares_the_endpoint_for_an_hour_at_most(server: ModelServer, told: str) -> None:
    clock = Clock()
    server.script = [Scripted(status=429, headers={"retry-after": told}) for _ in range(2)]
    rungs = ladder(server, clock=clock)
    (climbed,) = climb_all(rungs, CALM)
    assert climbed.grade.source == "rules" and climbed.grade.why == "m0: busy"
    assert sum(clock.slept) <= 20
    server.script, clock.now = [], clock.now + HOUR_S + 1
    assert climb(rungs, CALM)[0].source == "llm"


@pytest.mark.parametrize("tokens", [-1_000_000, 0])
def test_count_of_tokens_below_nothing_earns_nothing(server: ModelServer, tokens: int) -> None:
    usage = {"prompt_tokens": tokens, "completion_tokens": tokens, "total_tokens": 2 * tokens}
    server.always = Scripted(usage=usage)
    rungs = ladder(server)
    (grade,) = climb(rungs, CALM)
    assert min(grade.tokens_in, grade.tokens_out, grade.cost_cny) >= 0
    assert rungs.memory.spent["account"].tokens >= 0


SIGNS = {
    "half a character": '{"summary":"\\ud83d新华小区停水"}',
    "half a character, raw": '{"summary":"\ud83d新华小区停水"}',
    "a null sign": '{"summary":"新华\\u0000小区停水"}',
    "a text that turns round": '{"summary":"新华\u202e小区停水"}',
}


@pytest.mark.parametrize("said", SIGNS.values(), ids=SIGNS)
@pytest.mark.parametrize("is_answer", [True, False])
def test_signs_that_are_no_text_stop_nothing(server: ModelServer, said: str, is_answer: bool) -> None:
    inner = json.dumps({**GOOD, "summary": "S"}, ensure_ascii=False).replace('"summary": "S"', said[1:-1])
    content = inner if is_answer else said
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    head = {"id": "c", "object": "chat.completion", "created": 0, "model": "m"}
    server.always = Scripted(body=json.dumps({**head, "choices": [choice]}).encode())
    (climbed,) = climb_all(ladder(server, own={"variant": "json_schema"}), CALM)
    told = "".join(one.model_dump_json() for one in (climbed.grade, *climbed.audits))
    assert told.encode("utf-8") and len(climbed.audits) == len(server.requests)
    assert not any(sign in climbed.grade.summary for sign in "\ud83d\x00\u202e")

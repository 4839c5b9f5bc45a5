import json
from typing import Any

import pytest

from agents.intake.events import MAX_BYTES, Created, InvalidEvent, Updated, decode

SECRET = "张某某13800138000"
GOOD: dict[str, Any] = {
    "event_id": "e1",
    "event": "created",
    "ticket_id": "t1",
    "occurred_at": "2024-05-01T08:00:00+08:00",
    "content": SECRET,
}
GONE = object()


def raw(**changes: Any) -> bytes:
    event = {name: value for name, value in {**GOOD, **changes}.items() if value is not GONE}
    return json.dumps(event, ensure_ascii=False).encode()


def with_text(extra: str) -> bytes:
    """The good event with members written as they stand."""
    return raw()[:-1] + b"," + extra.encode() + b"}"


def refusal(message: bytes) -> InvalidEvent:
    with pytest.raises(InvalidEvent) as caught:
        decode(message)
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return caught.value


BAD: dict[str, tuple[bytes, str, str]] = {
    "not JSON": (b"hello", "not_json", "message"),
    "an empty message": (b"", "not_json", "message"),
    "JSON that breaks off": (raw()[:-5], "not_json", "message"),
    "two objects in one message": (raw() + raw(), "not_json", "message"),
    "a nesting bomb of lists": (b"[" * 200_000, "not_json", "message"),
    "a nesting bomb of objects": (b'{"a":' * 100_000, "not_json", "message"),
    "a nesting bomb in an unknown field": (
        with_text('"x":' + "[" * 5_000 + "]" * 5_000),
        "not_json",
        "message",
    ),
    "a number of ten thousand digits": (with_text('"revision":' + "9" * 10_000), "not_json", "message"),
    "a lone surrogate": (with_text('"title":"\\ud800"'), "not_json", "message"),
    "a raw null byte": (with_text('"title":"a\x00"'), "not_json", "message"),
    "GBK": (raw().decode().encode("gbk"), "wrong_encoding", "message"),
    "UTF-16": (raw().decode().encode("utf-16"), "wrong_encoding", "message"),
    "UTF-16 of plain letters without a mark": ('{"a":1}'.encode("utf-16-be"), "wrong_encoding", "message"),
    "a list": (b"[]", "not_an_object", "message"),
    "null": (b"null", "not_an_object", "message"),
    "a 5 MB message": (raw(content="水" * 1_700_000), "too_large", "message"),
    "one byte too many": (b" " * (MAX_BYTES + 1), "too_large", "message"),
    "an unknown event kind": (raw(event="exploded"), "unknown_event", "event"),
    "an event kind that is no text": (raw(event=5), "unknown_event", "event"),
    "no event kind": (raw(event=GONE), "missing_field", "event"),
    "no event id": (raw(event_id=GONE), "missing_field", "event_id"),
    "no ticket id": (raw(ticket_id=GONE), "missing_field", "ticket_id"),
    "no date": (raw(occurred_at=GONE), "missing_field", "occurred_at"),
    "no content": (raw(content=GONE), "missing_field", "content"),
    "no unit": (raw(event="closed"), "missing_field", "unit"),
    "an empty event id": (raw(event_id=""), "wrong_field", "event_id"),
    "a blank ticket id": (raw(ticket_id=" 　"), "wrong_field", "ticket_id"),
    "a ticket id with a line break": (raw(ticket_id="a\nb"), "wrong_field", "ticket_id"),
    "an over-long ticket id": (raw(ticket_id="t" * 129), "too_long", "ticket_id"),
    "a ticket id that is a number": (raw(ticket_id=5), "wrong_field", "ticket_id"),
    "content that is no text": (raw(content=["a"]), "wrong_field", "content"),
    "content null on created": (raw(content=None), "wrong_field", "content"),
    "a 20,001-character text": (raw(content="水" * 20_001), "too_long", "content"),
    "a date without offset": (raw(occurred_at="2024-05-01T08:00:00"), "no_offset", "occurred_at"),
    "a date without time": (raw(occurred_at="2024-05-01"), "wrong_field", "occurred_at"),
    "a date that does not exist": (
        raw(occurred_at="2023-02-29T08:00:00+08:00"),
        "wrong_field",
        "occurred_at",
    ),
    "a date in words": (raw(occurred_at="昨天上午"), "wrong_field", "occurred_at"),
    "seconds since 1970": (raw(occurred_at=1714521600), "wrong_field", "occurred_at"),
    "seconds since 1970 as text": (raw(occurred_at="1714521600"), "wrong_field", "occurred_at"),
    "year 1970": (raw(occurred_at="1970-01-01T00:00:00+08:00"), "implausible_time", "occurred_at"),
    "year 2100": (raw(occurred_at="2100-01-01T00:00:00+08:00"), "implausible_time", "occurred_at"),
    "a null character in a text": (raw(content="a\0b"), "null_character", "a text field"),
    "a null character in an unknown field": (raw(extra={"a": ["\0"]}), "null_character", "a text field"),
    "a null character in an id": (raw(event_id="a\0"), "wrong_field", "event_id"),
    "a revision beyond 2**53": (raw(revision=2**53 + 1), "wrong_field", "revision"),
    "a negative revision": (raw(revision=-1), "wrong_field", "revision"),
    "a revision that is a text": (raw(revision="5"), "wrong_field", "revision"),
    "a revision that is true": (raw(revision=True), "wrong_field", "revision"),
    "latitude NaN": (with_text('"place":{"lat":NaN}'), "wrong_field", "place.lat"),
    "longitude infinite": (with_text('"place":{"lon":-Infinity}'), "wrong_field", "place.lon"),
    "latitude out of range": (raw(place={"lat": 91}), "wrong_field", "place.lat"),
    "longitude out of range": (raw(place={"lon": -181}), "wrong_field", "place.lon"),
    "a place that is a text": (raw(place="新华小区"), "wrong_field", "place"),
    "an unknown kind": (raw(kind="curse"), "wrong_field", "kind"),
    "an unknown channel": (raw(channel="pigeon"), "wrong_field", "channel"),
    "a category that is a text": (raw(category="供水"), "wrong_field", "category"),
    "a rating of six": (raw(event="reviewed", rating=6), "wrong_field", "rating"),
    "an unknown outcome": (raw(event="closed", unit="甲", outcome="fine"), "wrong_field", "outcome"),
}


@pytest.mark.parametrize(("message", "reason", "field"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_refused_with_reason_and_field(message: bytes, reason: str, field: str) -> None:
    refused = refusal(message)
    assert refused.reason == reason
    assert refused.detail.startswith(f"{field}:")


@pytest.mark.parametrize(
    "event",
    [
        {"event": "updated", "content": GONE},
        {"event": "dispatched", "unit": "水务局", "reason": "属职责"},
        {"event": "returned", "unit": "水务局", "content": GONE},
        {"event": "closed", "unit": "水务局", "reply": "已修", "outcome": "solved"},
        {"event": "reviewed", "satisfied": "no", "solved": "unknown", "rating": 1},
        {"event": "reopened"},
    ],
    ids=lambda event: event["event"],
)
def test_every_kind_is_decoded(event: dict[str, Any]) -> None:
    assert decode(raw(**event)).event == event["event"]


@pytest.mark.parametrize(
    "at",
    [
        "2011-04-02T18:00:54+08:00",
        "2000-01-01T00:00:00Z",
        "2099-12-31T23:59:59-05:00",
        "2024-05-01 08:00:00.5+0800",
    ],
)
def test_plausible_dates_are_taken(at: str) -> None:
    assert decode(raw(occurred_at=at)).occurred_at.utcoffset() is not None


def test_byte_order_mark_is_forgiven() -> None:
    assert decode(b"\xef\xbb\xbf" + raw()) == decode(raw())


def test_unknown_fields_are_kept_and_ignored() -> None:
    event = decode(raw(hotline="12345", caller={"id": "a", "mood": "calm"}))
    assert event.model_extra == {"hotline": "12345"}


def test_null_stands_for_an_absent_optional_field() -> None:
    event = decode(raw(title=None, channel=None, caller=None, place=None, revision=None))
    assert isinstance(event, Created)
    assert (event.title, event.channel, event.caller, event.place) == (None, None, None, None)


def test_of_a_doubled_key_the_last_value_counts() -> None:
    event = decode(with_text('"event":"updated","title":"甲","title":"乙"'))
    assert isinstance(event, Updated)
    assert event.title == "乙"


def test_an_escaped_backslash_before_u0000_is_no_null_character() -> None:
    event = decode(raw(content="\\u0000"))
    assert isinstance(event, Created)
    assert event.content == "\\u0000"


def test_exactly_20000_characters_are_taken() -> None:
    assert decode(raw(content="水" * 20_000)).event == "created"


def test_absent_revision_is_the_time_in_milliseconds() -> None:
    assert decode(raw(occurred_at="2024-05-01T08:00:00.123456+08:00")).order == 1714521600123
    assert decode(raw(revision=7)).order == 7

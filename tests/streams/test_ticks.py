"""Ticks: event time goes on with what arrives, and with the wall clock only where nothing does."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from streams.ticks import Clock, is_tick, read_tick, write_tick

AT = datetime(2026, 3, 2, 8, 10, tzinfo=timezone(timedelta(hours=8)))


def after(**more: float) -> datetime:
    return AT + timedelta(**more)


def test_a_tick_survives_its_bytes() -> None:
    raw = write_tick(AT)
    assert is_tick(raw) and read_tick(raw) == AT


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"ticket":{}}', b"\xff"])
def test_nothing_else_is_a_tick(raw: bytes) -> None:
    assert not is_tick(raw)


@pytest.mark.parametrize("raw", [b'{"tick": "08:10"}', b'{"tick": "2026-03-02T08:10:00"}', b'{"tick"'])
def test_a_broken_tick_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):
        read_tick(raw)


def test_full_hours_strike_as_event_time_passes_them() -> None:
    clock = Clock()
    assert clock.see(AT, 0) == []
    assert clock.see(after(minutes=40), 1) == []
    assert clock.see(after(minutes=55), 2) == [AT.replace(hour=9, minute=0)]
    assert clock.see(after(hours=2), 3) == [AT.replace(hour=10, minute=0)]


def test_what_is_late_strikes_nothing() -> None:
    clock = Clock()
    clock.see(after(hours=5), 0)
    assert clock.see(AT, 1) == []
    assert clock.now(1) == after(hours=5)


def test_one_wrong_date_does_not_move_event_time_however_often_it_comes() -> None:
    clock, wrong = Clock(), AT.replace(year=2099)
    clock.see(AT, 0)
    for _ in range(3):  # a redelivery, and the count and the finding of one ticket
        assert clock.see(wrong, 1) == []
    assert clock.now(1) == AT and clock.due(2) is None
    assert clock.see(after(hours=1), 3) == [AT.replace(hour=9, minute=0)]


def test_a_long_silence_ends_with_the_second_event_after_it() -> None:
    clock = Clock()
    clock.see(AT, 0)
    assert clock.see(after(days=90), 1) == []
    ticks = clock.see(after(days=90, minutes=5), 2)
    assert ticks[-1] == after(days=90).replace(minute=0)
    assert clock.now(2) == after(days=90, minutes=5)


def test_an_idle_partition_goes_on_with_the_wall_clock() -> None:
    clock = Clock()
    assert clock.now(0) is None and clock.due(0) is None
    clock.see(AT, 100)
    assert clock.idle_s(130) == 30
    assert clock.now(130) == after(seconds=30)
    assert clock.due(100 + 49 * 60) is None
    assert clock.due(100 + 51 * 60) == after(minutes=51)


def test_a_tick_that_was_sent_is_not_due_again() -> None:
    clock = Clock()
    clock.see(AT, 0)
    due = clock.due(3600)
    assert due is not None
    assert clock.see(due, 3600) == [AT.replace(hour=9, minute=0)]
    assert clock.due(3601) is None


def test_any_offset_is_kept() -> None:
    assert read_tick(write_tick(datetime(2026, 1, 1, tzinfo=UTC))) == datetime(2026, 1, 1, tzinfo=UTC)

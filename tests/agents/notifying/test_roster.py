"""Who is on duty at what local time."""

from datetime import datetime

import pytest

from agents.city import Officer
from agents.notifying.roster import is_on_shift, on_duty, span_of


@pytest.mark.parametrize(
    ("shift", "clock", "expected"),
    [
        ("08:00-20:00", "08:00", True),
        ("08:00-20:00", "19:59", True),
        ("08:00-20:00", "20:00", False),
        ("20:00-08:00", "20:00", True),
        ("20:00-08:00", "03:00", True),
        ("20:00-08:00", "08:00", False),
        ("00:00-00:00", "12:00", True),
        ("8:00-24:00", "23:59", True),
        ("8:00-24:00", "07:59", False),
    ],
)
def test_a_shift_holds_its_start_and_not_its_end(shift: str, clock: str, expected: bool) -> None:
    assert is_on_shift(shift, datetime.fromisoformat(f"2025-03-03T{clock}:00+08:00")) is expected


@pytest.mark.parametrize(
    "shift", ["24:01-08:00", "08:00-25:00", "08:60-20:00", "-1:00-20:00", "08:00", "8-20", ""]
)
def test_what_is_no_shift_is_an_error(shift: str) -> None:
    with pytest.raises(ValueError):
        span_of(shift)


def test_a_district_reaches_those_who_answer_for_it() -> None:
    everywhere = Officer("一组", "duty", "08:00-20:00")
    east = Officer("东岗", "analyst", "08:00-20:00", ("城东区",))
    west = Officer("西岗", "analyst", "08:00-20:00", ("城西区",))
    noon = datetime.fromisoformat("2025-03-03T12:00:00+08:00")
    assert on_duty((everywhere, east, west), noon, "城东区") == [everywhere, east]
    assert on_duty((everywhere, east, west), noon, "") == [everywhere, east, west]

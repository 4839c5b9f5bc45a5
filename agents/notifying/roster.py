"""Who is on duty."""

from collections.abc import Sequence
from datetime import datetime

from agents.city import Officer

DAY_MIN = 1440


def span_of(shift: str) -> tuple[int, int]:
    """A shift such as "8:00-20:00", "16:00-24:00" or over midnight "20:00-08:00": (minute of the local day at which
    it starts, its minutes).

    The start counts, the end does not; a shift that ends when it starts is the whole day. Raises ValueError when the
    shift is not written like that.
    """
    start, end = (_minute(part) for part in shift.split("-"))
    return start % DAY_MIN, (end - start) % DAY_MIN or DAY_MIN


def _minute(text: str) -> int:
    hours, minutes = (int(part) for part in text.strip().split(":"))
    if not (0 <= hours <= 24 and 0 <= minutes < 60 and hours * 60 + minutes <= DAY_MIN):
        raise ValueError(text)
    return hours * 60 + minutes


def is_on_shift(shift: str, at: datetime) -> bool:
    """Does local time `at` lie in the shift? Raises ValueError as span_of() does."""
    start, minutes = span_of(shift)
    return (at.hour * 60 + at.minute - start) % DAY_MIN < minutes


def on_duty(roster: Sequence[Officer], at: datetime, district: str) -> list[Officer]:
    """The officers on shift at local time `at` who answer for the district, in roster order.

    An alert of no district, as a city-wide one, is everybody's.
    """
    return [
        officer
        for officer in roster
        if is_on_shift(officer.shift, at)
        and (not officer.districts or not district or district in officer.districts)
    ]

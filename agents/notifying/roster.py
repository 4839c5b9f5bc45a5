"""Who is on duty."""

from collections.abc import Sequence
from datetime import datetime, time

from agents.city import Officer


def is_on_shift(shift: str, at: datetime) -> bool:
    """Does local time `at` lie in the shift, such as "08:00-20:00" or over midnight "20:00-08:00"?

    The start counts, the end does not; a shift that ends when it starts is the whole day.
    Raises ValueError when the shift is not written like that.
    """
    start, end = (time.fromisoformat(part.strip()) for part in shift.split("-"))
    now = at.time().replace(tzinfo=None)
    if start < end:
        return start <= now < end
    return now >= start or now < end


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

"""The city's rates: what is usual, and what a wrong clock does to them."""

import pytest
from fakes.findings import count, hours, make_desk

from agents.alerting.decide import decide, decide_on_tick
from agents.alerting.desk import Bar, Desk
from agents.alerting.rates import correction, days_known, find_storm, tickets_per_day


def lived(desk: Desk, days: int, first: int = 0, a_day: int = 48) -> Desk:
    for day in range(first, first + days):
        for number in range(a_day):
            decide(count(day * a_day + number, day * 24 + number * 24 / a_day), desk)
        decide_on_tick(hours(day * 24 + 16), desk)
    return desk


@pytest.mark.parametrize("years", [0.5, 60, -10])
def test_one_wrong_date_does_not_stop_the_rates(years: float) -> None:
    desk = lived(make_desk(), 10)
    decide(count(99_999, years * 8760), desk)
    lived(desk, 10, first=10)
    assert tickets_per_day(desk) == pytest.approx(48, rel=0.1)
    assert days_known(desk) in (19, 20)
    assert correction("供水", hours(20 * 24), desk) < 1.5


def test_after_months_of_silence_the_rates_begin_anew() -> None:
    desk = lived(make_desk(), 10)
    lived(desk, 10, first=200)
    assert tickets_per_day(desk) == pytest.approx(48, rel=0.1)
    assert days_known(desk) == 10


def test_the_bar_is_set_again_after_a_wrong_date() -> None:
    desk = lived(make_desk(), 10)
    decide(count(99_999, 60 * 8760), desk)
    lived(desk, 4, first=10)
    bar = desk.find("bar", Bar)
    assert bar is not None and bar.day == desk.day(hours(13 * 24 + 16))


def test_a_category_never_met_and_a_city_without_days_have_no_correction() -> None:
    assert correction("供水", hours(0), make_desk()) == 1.0
    desk = make_desk()
    decide(count(1, 0.0), desk)
    assert correction("供水", hours(0), desk) == 1.0
    assert tickets_per_day(desk) == 1.0


def test_what_is_called_in_at_night_is_no_rise_at_night() -> None:
    desk, number = make_desk(), 0
    for day in range(12):
        for hour, category in (
            (0, "供水"),
            (2, "供水"),
            (4, "供水"),
            (6, "供水"),
            (14, "噪音"),
            (15, "噪音"),
        ):
            for _ in range(10):
                number += 1
                decide(count(number, day * 24 + hour + number % 10 / 10, f"{number % 4}区", category), desk)
    night = hours(11 * 24 + 15.9)
    assert correction("噪音", night, desk) < 1.2
    storm = find_storm("噪音", night, desk)
    assert storm is None or storm.evidence < 0


def test_a_storm_is_found_the_same_whatever_less_than_it_is_not_looked_for() -> None:
    desk, start = lived(make_desk(), 10), 10 * 24.0
    for number in range(40):
        decide(count(90_000 + number, start + number / 40, f"{number % 20}区"), desk)
    at = hours(start + 1)
    storm = find_storm("供水", at, desk)
    assert storm is not None and storm.evidence > 1
    assert find_storm("供水", at, desk, storm.evidence - 0.001) == storm
    assert find_storm("供水", at, desk, storm.evidence + 5) is None


def test_after_days_of_silence_nothing_is_unusual_for_the_city() -> None:
    desk = make_desk()
    for number in range(20):
        decide(count(number, number / 10), desk)
    for number in range(40):
        decide(count(90_000 + number, 9 * 24 + number / 40, f"{'东西南北'[number % 4]}区"), desk)
    assert days_known(desk) == 9
    assert tickets_per_day(desk) == 0
    assert find_storm("供水", hours(9 * 24 + 1), desk) is None

"""The detector against numbers worked out by hand, and its laws."""

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.problems.baseline import dispersion, evidence_of, hourly, is_common, spans_of, tail, weigh
from agents.problems.hours import hour_of_week, local_seconds, operational_hours, week_of
from agents.problems.rate import MAX_CALLERS, Rate, clock_of, count, is_fresh, learned, people_since

HOUR = 3600.0
DAY = 24 * HOUR
MONDAY = 4 * DAY
EVEN = week_of((), ())


def counted(times: list[tuple[float, str]]) -> Rate:
    rate: Rate | None = None
    for seq, (at, caller) in enumerate(times, 1):
        rate = count(rate, seq, at, float(is_fresh(rate, caller, at)), caller, at)
    assert rate is not None
    return rate


def test_monday_midnight_is_hour_zero() -> None:
    assert hour_of_week(MONDAY) == 0
    assert hour_of_week(MONDAY - 1) == 167


def test_local_time_is_the_city_s_or_the_event_s() -> None:
    at = datetime(1970, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    assert local_seconds(at, None) == 8 * HOUR
    assert local_seconds(at, UTC) == 0


def test_even_week_passes_as_plain_hours() -> None:
    assert operational_hours(MONDAY + 5 * HOUR, EVEN) - operational_hours(MONDAY, EVEN) == pytest.approx(5)


def test_learned_week_keeps_mean_speed_one_and_is_fast_when_many_call() -> None:
    counts = tuple(100 if hour % 24 in range(8, 20) else 0 for hour in range(168))
    week = week_of(counts, counts)
    assert week[-1] == pytest.approx(168)
    assert week[9] - week[8] > 1.5
    assert 0 < week[3] - week[2] < 0.3


@pytest.mark.parametrize(
    ("n", "mean", "phi", "expected"),
    [
        # One NB(mean 1, size 1) is geometric with p = 1/2: P(N ≥ n) = 2^-n.
        (1, 1.0, 1.0, math.log10(2)),
        (10, 1.0, 1.0, 10 * math.log10(2)),
        # P(N ≥ 1) = 1 − (φ/(φ+μ))^φ.
        (1, 2.0, 6.0, -math.log10(1 - (6 / 8) ** 6)),
        (0, 2.0, 6.0, 0.0),
    ],
)
def test_tail_agrees_with_sums_done_by_hand(n: float, mean: float, phi: float, expected: float) -> None:
    assert tail(n, mean, phi) == pytest.approx(expected, rel=1e-9)


def test_tail_goes_on_where_floats_underflow() -> None:
    # Geometric again: 2^-n, far below the smallest float.
    assert tail(2000, 1.0, 1.0) == pytest.approx(2000 * math.log10(2), rel=1e-3)
    assert math.isfinite(tail(50_000, 1e-9, 0.8))


@given(
    st.floats(0.001, 90.0),
    st.floats(1e-6, 1.0),
    st.floats(0.05, 10.0),
    st.sampled_from([0.01, 2.0]),
)
def test_a_count_that_chance_may_not_explain_is_never_common(
    n: float, part: float, phi: float, least: float
) -> None:
    assert not is_common(n, part * n, phi, least) or tail(n, part * n, phi) < least


def test_a_count_hardly_above_the_mean_is_common() -> None:
    assert is_common(3.2, 2.5, 6.0, 2.0)
    assert not is_common(9.0, 1.0, 6.0, 2.0)


@pytest.mark.parametrize(("hours", "people"), [(0.5, 30), (2.9, 30), (3.0, 50), (24.0, 50)])
def test_people_are_those_who_came_within_the_hours(hours: float, people: int) -> None:
    yesterday = [(MONDAY + 23 * HOUR + n, f"昨{n}") for n in range(20)]
    rate = counted([*yesterday, *((MONDAY + 26 * HOUR - 29 + n, f"今{n}") for n in range(30))])
    assert people_since(rate, hours) == people


@pytest.mark.parametrize(("hours", "people"), [(0.5, 100), (1.9, 100), (2.1, 170), (24.0, 170)])
def test_of_more_people_than_are_listed_all_of_their_days_count(hours: float, people: int) -> None:
    yesterday = [(MONDAY + 23 * HOUR + n, f"昨{n}") for n in range(70)]
    rate = counted([*yesterday, *((MONDAY + 26 * HOUR - 99 + n, f"今{n}") for n in range(100))])
    assert people_since(rate, hours) == people


def test_late_ticket_counts_as_if_in_time() -> None:
    in_order = counted([(MONDAY, "甲"), (MONDAY + HOUR, "乙"), (MONDAY + 3 * HOUR, "丙")])
    late = counted([(MONDAY, "甲"), (MONDAY + 3 * HOUR, "丙"), (MONDAY + HOUR, "乙")])
    assert (late.today, late.came) == (in_order.today, in_order.came)


def test_same_change_twice_is_one_change() -> None:
    rate = counted([(MONDAY, "甲")])
    assert count(rate, 1, MONDAY, 1.0, "甲", MONDAY) is rate


def test_taking_back_undoes_a_count() -> None:
    rate = counted([(MONDAY, "甲"), (MONDAY + HOUR, "乙")])
    back = count(rate, 3, MONDAY + HOUR, -1.0, "乙", MONDAY + HOUR)
    assert (back.today, back.came) == (1, (MONDAY,))


def test_caller_is_fresh_again_after_seven_quiet_days() -> None:
    rate = counted([(MONDAY, "甲")])
    assert not is_fresh(rate, "甲", MONDAY + 7 * DAY)
    assert is_fresh(rate, "甲", MONDAY + 7 * DAY + 1)


def test_unnamed_caller_is_fresh_once_a_day() -> None:
    rate = counted([(MONDAY, "")])
    assert not is_fresh(rate, "", MONDAY + 23 * HOUR)
    assert is_fresh(rate, "", MONDAY + 24 * HOUR)


def test_unnamed_stand_ins_are_capped_a_day() -> None:
    rate = counted([(MONDAY + n, f"~{n}") for n in range(40)])
    assert rate.today == 12


@settings(max_examples=25)
@given(st.lists(st.floats(0, 60 * DAY), min_size=1, max_size=40))
def test_calls_by_one_person_within_a_week_are_one_person(offsets: list[float]) -> None:
    times = [(MONDAY + min(offset, 7 * DAY), "甲") for offset in sorted(offsets)]
    assert len(counted(times).came) == 1


def test_callers_are_bounded_and_the_oldest_goes() -> None:
    rate = counted([(MONDAY + n, f"人{n}") for n in range(200)])
    assert len(rate.callers) == MAX_CALLERS
    assert "人199" in rate.callers
    assert "人0" not in rate.callers


def test_rate_is_the_prior_without_history_and_the_count_with_much() -> None:
    assert hourly(None, 0.25, "street", MONDAY, False) == pytest.approx(0.25)
    rate = counted([(MONDAY + n * DAY + h * HOUR, f"{n}.{h}") for n in range(60) for h in range(0, 24, 2)])
    # Twelve a day for 58 closed days: 0.5 an hour, against a prior of half that.
    assert hourly(rate, 0.25, "street", rate.at, False) == pytest.approx(0.5, rel=0.05)


def test_two_open_days_stay_outside_the_baseline() -> None:
    rate = counted([(MONDAY + n * HOUR, f"人{n}") for n in range(40)])
    assert rate.counted == 0
    assert rate.today + rate.yesterday == 40


def test_one_huge_day_is_cut_for_the_baseline() -> None:
    steady = [(MONDAY + n * DAY, f"人{n}") for n in range(30)]
    burst = [(MONDAY + 30 * DAY + n, f"众{n}") for n in range(500)]
    after = [(MONDAY + 33 * DAY, "后")]
    rate = counted(steady + burst + after)
    # Twenty-nine ones decayed, and the day of 500 as 1 + 3·1 + 2.
    assert rate.counted < 30


def test_batches_make_a_stream_unsteady() -> None:
    steady = counted([(MONDAY + n * DAY, f"人{n}") for n in range(60)])
    batches = counted([(MONDAY + (n // 5) * 5 * DAY, f"人{n}") for n in range(60)])
    assert dispersion("district", batches) < dispersion("district", steady)


def test_wrong_date_does_not_stop_a_stream_for_good() -> None:
    rate = counted([(MONDAY, "甲"), (MONDAY + 1e10, "错")])
    after = count(rate, 3, MONDAY + HOUR, 1.0, "乙", MONDAY + HOUR)
    assert after.at == MONDAY + HOUR
    assert after.came == (MONDAY, MONDAY + HOUR)


def test_wrong_dates_draw_no_later_calls_together() -> None:
    ahead = [(MONDAY + (30 + n) * DAY, f"错{n}") for n in range(3)]
    rate = counted([(MONDAY, "甲"), *ahead, (MONDAY + HOUR, "乙"), (MONDAY + 3 * HOUR, "丙")])
    assert (rate.came, list(rate.callers)) == ((MONDAY, MONDAY + HOUR, MONDAY + 3 * HOUR), ["甲", "乙", "丙"])
    assert spans_of(rate, EVEN) == [(3, 3.0)]


def baseline(calls: list[float], wrong: dict[int, float]) -> tuple[object, ...]:
    """What a stream has learned of its days from these calls, oldest first; before the n-th comes a wrong date."""
    rate, newest, seq = count(None, 1, MONDAY, 1.0, "", MONDAY), (MONDAY,), 1
    for number, at in enumerate(calls):
        for one in [wrong[number], at] if number in wrong else [at]:
            seq, newest = seq + 1, (*newest, one)[-5:]
            rate = count(rate, seq, one, 1.0, f"{seq}", clock_of(newest))
    return tuple(
        getattr(rate, name) for name in ("day", "counted", "squares", "exposure", "today", "yesterday")
    )


@given(
    st.lists(st.floats(0, 90), min_size=6, max_size=40),
    st.dictionaries(st.integers(3, 35), st.floats(5, 20_000), max_size=3),
)
def test_a_wrong_date_takes_no_days_with_it(gaps: list[float], wrong: dict[int, float]) -> None:
    calls = [MONDAY + sum(gaps[: number + 1]) * HOUR for number in range(len(gaps))]
    # Far apart; never the last, as what comes after tells that it was wrong; nor just after a real silence, while the
    # district's clock still stands before it.
    ahead = {
        number: calls[number] + days * DAY
        for number, days in wrong.items()
        if number % 5 == 0 and number + 3 < len(calls) and calls[number] - calls[number - 3] < 72 * HOUR
    }
    assert baseline(calls, ahead) == baseline(calls, {})


def test_a_stream_that_begins_with_a_wrong_date_begins_anew() -> None:
    wrong = count(None, 1, MONDAY + 1e10, 1.0, "错", MONDAY)
    after = count(wrong, 2, MONDAY, 1.0, "甲", MONDAY)
    assert (after.day, after.today, after.exposure, after.since) == (4, 1.0, 0.0, MONDAY)


def test_clock_is_the_middle_of_five() -> None:
    assert clock_of((1.0, 2.0, 1e12, 3.0, 2.5)) == 2.5
    assert clock_of(()) == 0.0


def test_hours_are_learned_when_a_week_is_over() -> None:
    before = Rate(day=4, hours_open={9: 60})
    same = learned(before, 10 * DAY)
    assert same["hours"] == ()
    after = learned(before, 11 * DAY + 2 * HOUR)
    assert cast(tuple[int, ...], after["hours"])[9] == 60
    assert after["hours_open"] == {2: 1}


def test_evidence_needs_three_callers() -> None:
    two = counted([(MONDAY, "甲"), (MONDAY + 60, "乙")])
    assert weigh("problem", two, 0.001, 100, False, EVEN) is None


def test_evidence_of_three_in_an_hour_by_hand() -> None:
    rate = counted([(MONDAY, "甲"), (MONDAY, "乙"), (MONDAY, "丙")])
    evidence = weigh("problem", rate, 0.01, 100.0, False, EVEN)
    assert evidence is not None
    # At one instant, which counts as a quarter of an hour: two others where 0.01 · 0.25 are usual.
    assert evidence.figures["span"] == 0.25
    assert evidence.value == pytest.approx(tail(2, 0.0025, 0.8) - math.log10(100), abs=1e-6)
    assert evidence.figures["ratio"] == pytest.approx(3 / 0.0025)


def test_who_calls_again_draws_no_span_together() -> None:
    calls = [(MONDAY, "甲"), (MONDAY + HOUR, "乙"), (MONDAY + 2 * HOUR, "丙"), (MONDAY + 8 * HOUR, "丁")]
    again = [*calls[:3], (MONDAY + 7 * HOUR, "甲"), (MONDAY + 7.5 * HOUR, "乙"), calls[3]]
    assert spans_of(counted(again), EVEN) == spans_of(counted(calls), EVEN) == [(3, 7.0), (4, 8.0)]


@pytest.mark.parametrize(
    ("level", "sparse", "is_found"),
    [
        ("street", False, False),
        ("district", False, False),
        ("problem", False, True),
        ("street", True, True),
    ],
)
def test_a_wide_crowd_of_a_busy_district_is_of_one_day(level: str, sparse: bool, is_found: bool) -> None:
    calls = counted([(MONDAY, "甲"), (MONDAY + 9 * HOUR, "乙"), (MONDAY + 18 * HOUR, "丙")])
    evidence = weigh(level, calls, 0.0001, 100.0, sparse, EVEN)
    assert (evidence is not None) is is_found


def test_the_span_that_chance_explains_least_decides() -> None:
    slow = [(MONDAY + n * 2 * HOUR, f"人{n}") for n in range(5)]
    swift = [(MONDAY + 8 * HOUR + n * 600, f"众{n}") for n in range(1, 4)]
    evidence = weigh("street", counted(slow + swift), 0.5, 1000.0, False, EVEN)
    assert evidence is not None
    assert (evidence.figures["people"], evidence.figures["span"]) == (4, 0.5)


@given(st.floats(1.0, 5.0), st.floats(0.3, 1.0))
def test_evidence_falls_where_the_city_calls_more_and_where_copies_count_less(
    city: float, weight: float
) -> None:
    evidence = weigh(
        "street", counted([(MONDAY + n * 600, f"人{n}") for n in range(8)]), 0.1, 1000.0, False, EVEN
    )
    assert evidence is not None
    assert evidence_of(evidence.figures) == pytest.approx(evidence.value, abs=1e-4)
    assert evidence_of(evidence.figures, city) <= evidence.value + 1e-4
    assert evidence_of(evidence.figures | {"weight": weight}) <= evidence.value + 1e-4


def test_three_reporters_in_two_weeks_weigh_only_where_few_call() -> None:
    rate = counted([(MONDAY, "甲"), (MONDAY + 6 * DAY, "乙"), (MONDAY + 12 * DAY, "丙")])
    assert weigh("problem", rate, 0.0001, 10.0, False, EVEN) is None
    sparse = weigh("problem", rate, 0.0001, 10.0, True, EVEN)
    assert sparse is not None
    assert sparse.value > 0.5


def test_baseline_of_zero_is_finite() -> None:
    rate = counted([(MONDAY, "甲"), (MONDAY, "乙"), (MONDAY, "丙")])
    evidence = weigh("district", rate, hourly(None, 1e-12, "district", MONDAY, False), 0.0, True, EVEN)
    assert evidence is not None
    assert math.isfinite(evidence.value)


@pytest.mark.parametrize("hourly_rate", [1e-12, 4e-7, 1e-3])
def test_evidence_worked_out_again_is_no_bolder_however_rare_the_stream(hourly_rate: float) -> None:
    rate = counted([(MONDAY, "甲"), (MONDAY, "乙"), (MONDAY, "丙")])
    evidence = weigh("problem", rate, hourly_rate, 1.0, True, EVEN)
    assert evidence is not None
    assert evidence_of(evidence.figures) < evidence.value + 1e-4

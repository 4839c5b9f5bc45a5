"""Intervals and censored delays against figures known from elsewhere."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weisu.evaluation.intervals import over_days, quantile, survival_quantile, wilson


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_agrees_with_the_textbook(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_nothing_seen_leaves_everything_possible() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_wilson_holds_the_share(pair: tuple[int, int]) -> None:
    low, high = wilson(*pair)
    assert low <= pair[0] / pair[1] + 1e-12
    assert high >= pair[0] / pair[1] - 1e-12


def test_median_delay_counts_what_was_never_found() -> None:
    found = [(3.0, True), (3.0, True), (4.0, True)]
    assert survival_quantile(found, 0.5) == 3.0
    # Two of five never found, seen for long: the median moves to the third.
    assert survival_quantile([*found, (9.0, False), (9.0, False)], 0.5) == 4.0
    assert survival_quantile([*found, *[(9.0, False)] * 4], 0.5) is None


def test_early_censored_cases_leave_the_risk_set() -> None:
    # Kaplan–Meier by hand: at 2: 1 of 3 left → 2/3; at 4: 1 of 1 → 0.
    assert survival_quantile([(2.0, True), (3.0, False), (4.0, True)], 0.5) == 4.0
    assert survival_quantile([(2.0, True), (3.0, False), (4.0, True)], 0.3) == 2.0


@given(st.lists(st.floats(0, 100), min_size=1, max_size=40), st.sampled_from([0.5, 0.9]))
def test_without_censoring_it_is_the_plain_quantile(values: list[float], share: float) -> None:
    assert survival_quantile([(value, True) for value in values], share) == quantile(values, share)


def test_days_bootstrap_holds_the_mean_and_is_the_same_each_time() -> None:
    days = [[float(n % 3)] for n in range(30)]

    def mean(drawn: Sequence[Sequence[float]]) -> float:
        return sum(day[0] for day in drawn) / len(drawn)

    interval = over_days(days, mean)
    assert interval is not None
    assert interval[0] < 1.0 < interval[1]
    assert over_days(days, mean) == interval
    assert over_days([], mean) is None

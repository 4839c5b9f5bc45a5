"""λ* is set at midnight so that the last weeks had kept to the budget."""

from typing import Any

import pytest
from fakes.findings import ask, count, finding, hours, make_desk, reason
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.alerting.decide import decide, decide_on_tick
from agents.alerting.desk import STATE, Bar, Desk, Seen
from agents.alerting.shadow import alerts_a_day, lowest, set_bar
from agents.alerting.weigh import evidence_needed

MIDNIGHT = 16.0
"""Hours after the story's start, which is eight in the morning."""


def day_by_day(desk: Desk, days: int, strengths: list[float], a_day: int = 200) -> Desk:
    """So many days of `a_day` tickets and one finding of each strength, each at another place; midnights strike."""
    for day in range(days):
        for number in range(a_day):
            decide(count(day * a_day + number, day * 24 + number * 24 / a_day, category="其他类"), desk)
        for number, strength in enumerate(strengths):
            decide(crowd(day, number, strength), desk)
        decide_on_tick(hours(day * 24 + MIDNIGHT), desk)
    return desk


def crowd(day: int, number: int, strength: float, **fields: Any) -> Any:
    name = f"d{day}n{number}"
    given = {"key": name, "problem_id": name, "district": f"{number}区", "trigger_ticket_id": name} | fields
    return finding(day * 24 + number / 9, figures={"lambda": strength}, **given)


def bar_of(desk: Desk) -> Bar:
    bar = desk.find("bar", Bar)
    assert bar is not None
    return bar


@pytest.mark.parametrize(
    ("budget", "needed"),
    [(1.0, 4.25), (2.0, 3.25), (3.0, 2.25), (4.0, 1.25), (20.0, lowest(10.0))],
)
def test_the_bar_lets_through_as_many_as_the_budget_asks_for(budget: float, needed: float) -> None:
    desk = day_by_day(make_desk(alerts_per_day=budget, cool_down=hours(1) - hours(0)), 12, [5, 4, 3, 2, 1])
    assert (bar_of(desk).needed, evidence_needed(desk)) == (needed, needed)
    assert bar_of(desk).a_day <= budget


@pytest.mark.parametrize(
    ("budget", "least"), [(0.5, 1.75), (1.0, 1.0), (4.0, 0.0), (8.0, -0.75), (50.0, -1.0)]
)
def test_the_larger_the_budget_the_lower_the_bar_may_fall(budget: float, least: float) -> None:
    assert lowest(budget) == least


def test_before_a_week_is_known_the_start_up_holds_and_then_the_days_there_are() -> None:
    desk = day_by_day(make_desk(), 6, [5, 4])
    assert desk.find("bar", Bar) is None and evidence_needed(desk) == 1.5
    day_by_day(desk, 10, [5, 4])
    assert 7 <= bar_of(desk).days < 28


def test_a_fixed_threshold_keeps_no_shadow() -> None:
    desk = day_by_day(make_desk(evidence=1.0), 10, [5, 4])
    assert evidence_needed(desk) == 1.0
    assert not any(isinstance(entry, Bar | Seen) for entry in desk.state.values())


def test_what_was_seen_goes_after_four_weeks() -> None:
    desk = day_by_day(make_desk(), 60, [5, 4], a_day=40)
    assert sum(isinstance(entry, Seen) for entry in desk.state.values()) <= 2 * 45
    assert bar_of(desk).days == 28


def test_a_redelivered_finding_is_seen_once() -> None:
    desk = make_desk()
    for _ in range(3):
        decide(crowd(0, 1, 4.0), desk)
    (seen,) = [entry for entry in desk.state.values() if isinstance(entry, Seen)]
    assert len(seen.findings) == 1
    assert not seen.findings[0].evidence and not seen.findings[0].ticket_ids


def test_a_finding_of_many_tickets_is_seen_in_steps() -> None:
    desk = make_desk()
    for number in range(400):
        decide(crowd(0, 1, number / 50, trigger_ticket_id=f"t{number}"), desk)
    (seen,) = [entry for entry in desk.state.values() if isinstance(entry, Seen)]
    assert len(seen.findings) == 24


@pytest.mark.parametrize(
    ("fields", "is_seen"),
    [
        ({}, True),
        ({"reporters": 2}, False),
        ({"kind": "hazard", "hazards": ("fire",), "reporters": 1}, False),
        ({"kind": "recurrence", "reporters": 1}, True),
        ({"scope": "street", "category": "other"}, False),
    ],
)
def test_only_what_hangs_on_the_threshold_is_seen(fields: dict[str, Any], is_seen: bool) -> None:
    desk = make_desk()
    decide(finding(**fields), desk)
    assert any(isinstance(entry, Seen) for entry in desk.state.values()) is is_seen


def test_what_an_officer_silenced_does_not_move_the_threshold() -> None:
    desk = make_desk()
    decide(ask("silence", key="供水", until=hours(9)), desk)
    assert reason(decide(finding(1), desk)) == "silenced"
    assert not any(isinstance(entry, Seen) for entry in desk.state.values())


def test_what_is_no_crowd_counts_up_to_its_share() -> None:
    desk = make_desk()
    returns = [crowd(day, number, 0.0, kind="recurrence") for day in range(4) for number in range(9)]
    assert alerts_a_day(returns, 1.0, 4, 3.0, desk) == pytest.approx(0.34 * 3.0)


def test_a_crowd_that_goes_on_is_one_alert_in_the_shadow_too() -> None:
    """As the gates live: its first call came before all was quiet (tests of the gates)."""
    desk = make_desk()
    figures = {"lambda": 6.0, "span": 1.0}
    for at, strength in ((0.0, 6.0), (24.5, 9.0)):
        decide(finding(at, figures=figures | {"lambda": strength}), desk)
    seen = [one for entry in desk.state.values() if isinstance(entry, Seen) for one in entry.findings]
    assert len(seen) == 2
    assert alerts_a_day(seen, 1.0, 1, 8.0, desk) == 1.0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5), st.floats(0, 6)), max_size=40))
@settings(max_examples=40)
def test_more_evidence_never_lets_more_single_crowds_through(found: list[tuple[int, int, float]]) -> None:
    findings = [
        crowd(day, number, strength, key=f"k{place}", problem_id=f"k{place}")
        for place, (day, number, strength) in enumerate(found)
    ]
    rates = [alerts_a_day(findings, needed / 4, 10, 8.0, make_desk()) for needed in range(0, 28, 4)]
    assert rates == sorted(rates, reverse=True)


def test_the_same_midnight_again_and_a_clock_that_goes_back_set_the_same() -> None:
    desk = day_by_day(make_desk(), 12, [5, 4, 3])
    before = bar_of(desk)
    set_bar(hours(11 * 24 + MIDNIGHT), desk)
    assert bar_of(desk) is before
    set_bar(hours(10 * 24 + MIDNIGHT), desk)
    assert bar_of(desk).needed == pytest.approx(before.needed, abs=1.0)


def test_the_shadow_survives_the_way_to_a_table_and_back() -> None:
    desk = day_by_day(make_desk(alerts_per_day=1.0), 9, [5, 2])
    weak = finding(9 * 24, scope="street", key="s", district="0区", figures={"lambda": 5.0})
    decide(weak.model_copy(update={"figures": {"lambda": bar_of(desk).needed + 0.5}}), desk)
    decide(
        ask("false_alarm", 9 * 24, alert_id=next(k for k in desk.state if k.startswith("alert:"))[6:]), desk
    )
    kinds = {entry.of for entry in desk.state.values()}
    assert kinds >= {"seen", "bar", "waits", "trust", "overflow"}
    for key, entry in desk.state.items():
        assert STATE.validate_json(STATE.dump_json(entry)) == entry, key

"""What lets a finding pass and what holds it back."""

from datetime import timedelta
from typing import Any

import pytest
from fakes.findings import ask, count, finding, hours, make_desk, raised, reason

from agents.alerting.alert import Held
from agents.alerting.decide import decide
from agents.alerting.desk import Desk
from agents.alerting.gates import allowance


def busy(desk: Desk, a_day: int, days: int = 30) -> Desk:
    """So many fresh counts a day until the story starts."""
    for day in range(days):
        for number in range(a_day):
            at = 24 * (day - days) + number * 24 / a_day
            decide(count(day * a_day + number, at, category=f"类{number % 7}"), desk)
    return desk


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"reporters": 2}, "below_threshold"),
        ({"figures": {"lambda": 1.4}}, "below_threshold"),
        ({"figures": {}}, "below_threshold"),
        ({"kind": "chronic", "reporters": 2, "figures": {}}, "below_threshold"),
        ({"kind": "recurrence", "reporters": 1, "figures": {}}, None),
        ({"kind": "dispute", "reporters": 1, "figures": {}}, None),
        ({"kind": "hazard", "reporters": 1, "figures": {}, "hazards": ("gas_leak",)}, None),
        ({"scope": "street", "category": "other"}, "below_threshold"),
        ({"scope": "district", "district": ""}, "below_threshold"),
        ({"scope": "district", "figures": {"lambda": 6.0, "slow": 1.0}}, "below_threshold"),
        ({"scope": "district", "figures": {"lambda": 6.0, "span": 24.0}}, None),
        ({"scope": "problem", "figures": {"lambda": 6.0, "slow": 1.0}}, None),
        ({"scope": "problem", "category": "other", "district": ""}, None),
        ({"evidence": (), "ticket_ids": ()}, "unsupported"),
    ],
)
def test_what_a_finding_needs(fields: dict[str, Any], expected: str | None) -> None:
    assert reason(decide(finding(**fields), make_desk())) == expected


def test_a_fixed_threshold_holds_from_the_first_day() -> None:
    weak = finding(figures={"lambda": 1.2})
    assert reason(decide(weak, make_desk())) == "below_threshold"
    assert reason(decide(weak, make_desk(evidence=1.0))) is None
    assert reason(decide(finding(figures={"lambda": 2.0}), make_desk(evidence=3.0))) == "below_threshold"


def test_what_is_held_keeps_the_figures_and_the_fields() -> None:
    held = decide(finding(figures={"lambda": 0.5, "ratio": 2.0}), make_desk())[0].alert
    assert isinstance(held, Held)
    assert (held.figures["lambda"], held.figures["needed"], held.figures["ratio"]) == (0.5, 1.5, 2.0)
    assert held.title and held.evidence and held.ticket_ids


@pytest.mark.parametrize("key", ["城东区|problem|p1", "p1", "供水", "城东区|供水"])
def test_a_silence_holds_by_key_problem_category_or_district(key: str) -> None:
    desk = make_desk()
    decide(ask("silence", key=key, until=hours(2)), desk)
    assert reason(decide(finding(1), desk)) == "silenced"
    assert reason(decide(finding(2.5), desk)) is None


def test_a_silence_of_a_category_never_holds_a_danger() -> None:
    desk = make_desk()
    decide(ask("silence", key="供水", until=hours(9)), desk)
    danger = finding(1, kind="hazard", key="hazard:gas_leak:x", reporters=1, hazards=("gas_leak",))
    assert reason(decide(danger, desk)) is None


def test_a_silence_of_its_very_key_holds_a_danger() -> None:
    desk = make_desk()
    decide(ask("silence", key="hazard:gas_leak:x", until=hours(9)), desk)
    danger = finding(1, kind="hazard", key="hazard:gas_leak:x", reporters=1, hazards=("gas_leak",))
    assert reason(decide(danger, desk)) == "silenced"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("problem", "street", "inhibited"),
        ("problem", "district", "inhibited"),
        ("street", "problem", "inhibited"),
        ("district", "problem", "inhibited"),
        ("district", "street", "inhibited"),
    ],
)
def test_nested_crowds_are_one_alert(first: str, second: str, expected: str) -> None:
    desk = make_desk()
    told = raised(desk, finding(0, scope=first, key=f"城东区|{first}|x"))
    events = decide(finding(1, scope=second, key=f"城东区|{second}|y"), desk)
    assert reason(events) == expected
    assert isinstance(events[0].alert, Held) and events[0].alert.under == told.alert.alert_id


@pytest.mark.parametrize(
    "fields",
    [
        {"problem_id": "p2", "key": "城东区|problem|p2"},
        {"district": "城西区", "scope": "district", "key": "城西区|district|供水"},
        {"category": "供电", "scope": "district", "key": "城东区|district|供电"},
        {"scope": "street", "key": "城东区|street|b", "place": {"district": "城东区", "street": "东二街道"}},
    ],
)
def test_neighbours_that_are_not_nested_stand_alone(fields: dict[str, Any]) -> None:
    desk = make_desk(alerts_per_day=9)
    busy(desk, 120, days=3)
    raised(desk, finding(0))
    assert reason(decide(finding(1, **fields), desk)) is None


def test_a_nested_crowd_that_has_doubled_updates_the_alert() -> None:
    desk = make_desk()
    told = raised(desk, finding(0))
    events = decide(finding(1, scope="district", key="城东区|district|供水", reporters=6), desk)
    assert [event.event for event in events] == ["held", "updated"]
    assert events[1].alert.alert_id == told.alert.alert_id
    assert events[1].alert.scope == "district"


@pytest.mark.parametrize(
    ("tickets", "strength", "expected"),
    [
        (("n1", "n2", "n3"), 8.0, None),
        (("n1", "t-b", "n3"), 8.0, "inhibited"),
        (("n1", "n2", "n3"), 5.0, "inhibited"),
    ],
)
def test_a_place_with_people_of_its_own_stands_apart_from_a_weaker_wide_alert(
    tickets: tuple[str, ...], strength: float, expected: str | None
) -> None:
    desk = make_desk(alerts_per_day=9)
    busy(desk, 120, days=3)
    raised(desk, finding(0, scope="district", key="城东区|district|供水", ticket_ids=("t0", "t-a", "t-b")))
    place = finding(
        2, key="城东区|problem|p9", problem_id="p9", ticket_ids=tickets, figures={"lambda": strength}
    )
    assert reason(decide(place, desk)) == expected


def test_the_more_important_kind_takes_in_the_others() -> None:
    desk = make_desk()
    raised(desk, finding(0))
    assert reason(decide(finding(1, kind="chronic", key="chronic|p1"), desk)) == "inhibited"
    desk = busy(make_desk(), 120, days=3)
    raised(desk, finding(0, kind="chronic", key="chronic|p1"))
    assert reason(decide(finding(1), desk)) is None


RETURN: dict[str, Any] = {
    "kind": "recurrence",
    "key": "recurrence:城东区|problem|p1",
    "reporters": 6,
    "figures": {"lambda": 2.0, "least": 0.5, "came_back": 2.0},
}
"""Two of six people reported it since it was closed."""


def test_a_crowd_about_what_came_back_is_news_of_that_alert() -> None:
    desk = make_desk()
    told = raised(desk, finding(0, **RETURN))
    first = decide(finding(6), desk)
    assert [event.event for event in first] == ["held", "updated"]
    assert (first[1].alert.alert_id, first[1].alert.kind) == (told.alert.alert_id, "recurrence")
    assert decide(finding(6), desk) == first
    assert [event.event for event in decide(finding(7), desk)] == ["held"]
    assert [event.event for event in decide(finding(8, reporters=6), desk)] == ["held", "updated"]
    # A day after the return was told the crowd still is that alert's.
    assert [event.event for event in decide(finding(26, reporters=7), desk)] == ["held"]


def test_a_crowd_of_a_crash_is_told_again_under_the_same_number() -> None:
    desk = make_desk()
    raised(desk, finding(0, **RETURN))
    first = decide(finding(6), desk)
    del desk.state[f"decided:{finding(6).candidate_id}"]
    assert decide(finding(6), desk)[1] == first[1]


def test_a_return_grows_by_those_who_called_since_the_closing() -> None:
    desk = make_desk()
    raised(desk, finding(0, **RETURN))
    for at, back, expected in ((20, 3.0, ["held"]), (40, 4.0, ["held", "updated"])):
        figures = RETURN["figures"] | {"came_back": back}
        again = finding(at, **RETURN | {"reporters": 4 + int(back), "figures": figures})
        assert [event.event for event in decide(again, desk)] == expected


def test_two_dangers_in_one_call_are_one_alert_and_a_later_one_another() -> None:
    desk = make_desk()
    danger = {"kind": "hazard", "reporters": 1, "figures": {}, "problem_id": None}
    raised(desk, finding(0, key="hazard:fire:x", hazards=("fire",), **danger))
    same = finding(0, key="hazard:explosion:x", hazards=("explosion",), **danger)
    assert reason(decide(same, desk)) == "inhibited"
    later = finding(1, key="hazard:gas_leak:x", hazards=("gas_leak",), trigger_ticket_id="t0", **danger)
    assert reason(decide(later, desk)) is None


@pytest.mark.parametrize(
    ("later", "reporters", "expected"),
    [
        (1, 3, ["held"]),
        (23.9, 5, ["held"]),
        (1, 6, ["held", "updated"]),
        (24.1, 3, ["resolved", "raised"]),
    ],
)
def test_a_key_rests_unless_it_grows(later: float, reporters: int, expected: list[str]) -> None:
    desk = busy(make_desk(), 120, days=3)
    raised(desk, finding(0))
    events = decide(finding(later, reporters=reporters), desk)
    assert [event.event for event in events] == expected


def test_a_danger_rests_only_while_its_alert_is_open() -> None:
    desk = make_desk()
    danger = {"kind": "hazard", "key": "hazard:fire:x", "reporters": 1, "problem_id": None}
    told = raised(desk, finding(0, **danger))
    assert reason(decide(finding(1, **danger), desk)) == "cool_down"
    decide(ask("resolve", 2, alert_id=told.alert.alert_id), desk)
    assert reason(decide(finding(3, **danger), desk)) is None


def test_slow_kinds_rest_longer() -> None:
    desk = busy(make_desk(), 120, days=3)
    raised(desk, finding(0, kind="chronic", key="chronic|p1"))
    assert reason(decide(finding(24 * 20, kind="chronic", key="chronic|p1"), desk)) == "cool_down"
    assert reason(decide(finding(24 * 29, kind="chronic", key="chronic|p1"), desk)) is None


@pytest.mark.parametrize(
    ("a_day", "expected"),
    [(0, (7, 1)), (3, (7, 1)), (10, (2, 1)), (15, (2, 1)), (40, (1, 3)), (160, (1, 12))],
)
def test_the_budget_follows_the_size_of_the_city(a_day: int, expected: tuple[int, int]) -> None:
    assert allowance(busy(make_desk(), a_day)) == expected


def test_at_ten_tickets_a_day_one_alert_in_two_days() -> None:
    desk = busy(make_desk(), 10)
    told = 0
    for day in range(10):
        for number in range(10):
            decide(count(9000 + day * 10 + number, day * 24 + number, category=f"类{number}"), desk)
        key = f"城东区|problem|q{day}"
        told += reason(decide(finding(day * 24 + 11, key=key, problem_id=f"q{day}"), desk)) is None
    assert told == 5


def test_dangers_pass_a_spent_budget_and_do_not_spend_it() -> None:
    desk = make_desk()
    danger = {"kind": "hazard", "reporters": 1, "problem_id": None}
    for number in range(5):
        place = {"community": f"{number}村"}
        fire = finding(number / 9, key=f"hazard:fire:{number}", place=place, **danger)
        assert reason(decide(fire, desk)) is None
    assert reason(decide(finding(1), desk)) is None
    other = finding(2, key="城北区|problem|p9", problem_id="p9", district="城北区")
    assert reason(decide(other, desk)) == "budget"
    assert reason(decide(finding(2, key="hazard:fire:9", trigger_ticket_id="t9", **danger), desk)) is None


def test_the_local_day_decides_the_budget() -> None:
    desk = busy(make_desk(tickets_per_alert=40), 50)
    assert allowance(desk) == (1, 1)
    raised(desk, finding(15.5))
    other = {
        "problem_id": "p9",
        "key": "城北区|problem|p9",
        "district": "城北区",
        "figures": {"lambda": 4.9},
    }
    assert reason(decide(finding(15.9, **other), desk)) == "budget"
    after_midnight = finding(16.1, **other)
    assert after_midnight.at - hours(15.9) == timedelta(minutes=12)
    assert reason(decide(after_midnight, desk)) is None


@pytest.mark.parametrize(("strength", "is_told"), [(7.9, False), (8.0, True)])
def test_a_place_that_beats_the_wide_alert_is_told_within_it_once(strength: float, is_told: bool) -> None:
    desk = make_desk(alerts_per_day=9)
    wide = raised(desk, finding(0, scope="district", key="城东区|district|供水"))
    place = finding(2, figures={"lambda": strength})
    assert [event.event for event in decide(place, desk)] == ["held", "updated"][: 1 + is_told]
    next_one = decide(finding(3, figures={"lambda": strength + 1.0}), desk)
    assert [event.event for event in next_one] == ["held", "updated"][: 1 + (not is_told)]
    assert next_one[0].alert.under == wide.alert.alert_id


def test_a_place_told_within_a_wide_alert_is_told_again_as_it_grows_not_with_every_call() -> None:
    desk = make_desk(alerts_per_day=9)
    raised(desk, finding(0, scope="district", key="城东区|district|供水", reporters=8))
    told = []
    for people in range(5, 51):
        place = finding(1 + people / 10, reporters=people, figures={"lambda": 1.2 * people})
        told += [people for event in decide(place, desk) if event.event == "updated"]
    assert told == [7, 14, 28]


@pytest.mark.parametrize(("span", "goes_on"), [(0.0, False), (1.0, True)])
def test_a_crowd_goes_on_where_its_first_call_came_before_all_was_quiet(span: float, goes_on: bool) -> None:
    desk = make_desk()
    told = raised(desk, finding(0))
    events = decide(finding(24.5, figures={"lambda": 6.0, "span": span}), desk)
    ids = {event.alert.alert_id for event in events if event.event in ("raised", "updated")}
    assert (ids == {told.alert.alert_id}) is goes_on


# Low confidence


@pytest.mark.parametrize(
    ("scope", "strength", "expected"),
    [
        ("street", 2.4, "unconfirmed"),
        ("district", 2.4, "unconfirmed"),
        ("street", 2.5, None),
        ("problem", 1.5, None),
    ],
)
def test_a_crowd_without_one_place_barely_above_the_bar_waits(
    scope: str, strength: float, expected: str | None
) -> None:
    found = finding(scope=scope, key=f"城东区|{scope}|供水", figures={"lambda": strength})
    assert reason(decide(found, make_desk())) == expected


def test_neighbours_in_it_confirm_a_wide_crowd_at_once() -> None:
    for together, expected in ((-0.2, "unconfirmed"), (0.6, None)):
        figures = {"lambda": 2.0, "together": together}
        found = finding(scope="street", key="城东区|street|供水", figures=figures)
        assert reason(decide(found, make_desk())) == expected


@pytest.mark.parametrize(
    ("later", "people", "expected"),
    [(1, 4, None), (1, 3, "unconfirmed"), (25, 4, "unconfirmed")],
)
def test_one_more_person_in_time_confirms_it(later: float, people: int, expected: str | None) -> None:
    desk = make_desk()
    weak = {"scope": "street", "key": "城东区|street|供水", "figures": {"lambda": 2.0}}
    assert reason(decide(finding(0, **weak), desk)) == "unconfirmed"
    assert reason(decide(finding(later, reporters=people, **weak), desk)) == expected


@pytest.mark.parametrize(("evidence", "expected"), [(4.9, 1), (5.0, 3)])
def test_crowds_beyond_chance_pass_a_spent_budget_up_to_three(evidence: float, expected: int) -> None:
    desk = busy(make_desk(tickets_per_alert=40), 50)
    crowds = [
        finding(
            15 + number / 10,
            key=f"{number}区|problem|p{number}",
            problem_id=f"p{number}",
            district=f"{number}区",
            figures={"lambda": evidence},
        )
        for number in range(5)
    ]
    told = [reason(decide(crowd, desk)) for crowd in crowds]
    assert told == [None] * expected + ["budget"] * (5 - expected)


@pytest.mark.parametrize(("a_day", "needed"), [(5, -1.0), (10, -1.0), (30, -0.046), (100, 1.0)])
def test_a_crowd_of_days_needs_more_where_more_call(a_day: int, needed: float) -> None:
    desk = busy(make_desk(evidence=1.0), a_day, days=35)
    slow = {"lambda": -0.5, "slow": 1.0}
    assert (reason(decide(finding(figures=slow), desk)) is None) is (needed < -0.5)
    weighed = decide(finding(1, key="k", problem_id="k", figures=slow), desk)[0].alert
    assert weighed.figures["slow_needed"] == pytest.approx(needed, abs=0.02)

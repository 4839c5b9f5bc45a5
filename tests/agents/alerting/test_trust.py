"""What officers found is used for the same matter at the same place, and said."""

from typing import Any

import pytest
from fakes.findings import ask, count, finding, hours, make_desk, raised, reason

from agents.alerting.alert import Held
from agents.alerting.decide import decide
from agents.alerting.desk import Desk, Trust
from agents.alerting.trust import adjustment

DAY = 24.0


def lively() -> Desk:
    """A desk of a city of two hundred tickets a day, whose budget is not what a test is about."""
    desk = make_desk()
    for number in range(200):
        decide(count(number, -24 + number / 10, category="其他类"), desk)
    return desk


def judged(verdicts: list[tuple[str, float]]) -> Desk:
    """A desk whose officers have judged an alert of the place so often: command and day."""
    desk = lively()
    alert = raised(desk, finding(0)).alert
    for name, day in verdicts:
        decide(ask(name, day * DAY, alert_id=alert.alert_id), desk)
    return desk


@pytest.mark.parametrize(
    ("verdicts", "day", "change"),
    [
        ([], 1, 0.0),
        ([("false_alarm", 1)], 2, 0.0),
        ([("false_alarm", 1), ("false_alarm", 2)], 3, 1.0),
        ([("false_alarm", 1), ("false_alarm", 2)], 30.5, 0.0),
        ([("false_alarm", day) for day in (1, 2, 3, 4)], 5, 2.0),
        ([("false_alarm", day) for day in range(1, 9)], 9, 2.0),
        ([("confirm", 1)], 2, -0.5),
        ([("confirm", 1)], 30, 0.0),
        ([("false_alarm", 1), ("false_alarm", 2), ("confirm", 3)], 4, -0.5),
        ([("confirm", 1), ("false_alarm", 2), ("false_alarm", 3)], 4, 1.0),
        ([("merge", 1)], 2, 0.0),
    ],
)
def test_verdicts_move_the_threshold_of_their_place(
    verdicts: list[tuple[str, float]], day: float, change: float
) -> None:
    assert adjustment(finding(day * DAY), judged(verdicts))[0] == change


@pytest.mark.parametrize(
    "fields",
    [
        {"place": {"district": "城东区", "community": "阳光花园"}},
        {"category": "供电"},
        {"district": "城西区"},
        {"scope": "street"},
        {"kind": "recurrence"},
        {"kind": "hazard"},
    ],
)
def test_other_places_and_matters_and_dangers_are_as_before(fields: dict[str, Any]) -> None:
    desk = judged([("false_alarm", 1), ("false_alarm", 2)])
    assert adjustment(finding(3 * DAY, **fields), desk) == (0.0, "")


def test_the_ledger_and_the_alert_say_what_officers_found() -> None:
    desk = judged([("false_alarm", 1), ("false_alarm", 2)])
    weak = decide(finding(3 * DAY, figures={"lambda": 2.0}), desk)[0].alert
    assert isinstance(weak, Held) and weak.suppressed == "below_threshold"
    assert (weak.figures["trust"], weak.figures["needed"]) == (1.0, 2.5)
    strong = raised(desk, finding(4 * DAY, figures={"lambda": 6.0})).alert
    assert "此处同类预警28天内被判误报2次，门槛提高1。" in strong.text
    assert strong.figures["dropped_sentences"] == 0.0


def test_a_verdict_delivered_twice_is_one() -> None:
    desk = judged([("false_alarm", 1), ("false_alarm", 1)])
    (trust,) = [entry for entry in desk.state.values() if isinstance(entry, Trust)]
    assert len(trust.false_alarms) == 1


def test_the_verdict_stands_on_the_alert() -> None:
    desk = make_desk()
    told = raised(desk, finding(0)).alert
    (confirmed,) = decide(ask("confirm", 1, alert_id=told.alert_id), desk)
    assert (confirmed.event, confirmed.alert.verdict) == ("confirmed", "confirmed")  # type: ignore[union-attr]  # an Alert
    assert confirmed.alert.status == "open"  # type: ignore[union-attr]  # an Alert


def test_what_was_called_false_and_is_confirmed_after_all_is_open_again() -> None:
    desk = make_desk()
    told = raised(desk, finding(0)).alert
    statuses = []
    for hour, name in enumerate(("false_alarm", "confirm", "resolve", "confirm"), start=1):
        (event,) = decide(ask(name, hour, alert_id=told.alert_id), desk)
        statuses.append((event.alert.status, event.alert.verdict))  # type: ignore[union-attr]  # an Alert
    assert statuses == [
        ("false_alarm", "false_alarm"),
        ("open", "confirmed"),
        ("resolved", "confirmed"),
        ("resolved", "confirmed"),
    ]


def test_what_is_merged_folds_into_the_other_alert_from_then_on() -> None:
    desk = lively()
    first = raised(desk, finding(0)).alert
    second = raised(desk, finding(1, key="k9", problem_id="p9", category="排水", district="城北区")).alert
    (merged,) = decide(ask("merge", 2, alert_id=second.alert_id, into=first.alert_id), desk)
    assert (merged.event, merged.note) == ("merged", f"并入预警 {first.alert_id}")
    later = decide(finding(3, key="k9", problem_id="p9", category="排水", district="城北区"), desk)[0].alert
    assert isinstance(later, Held) and (later.suppressed, later.under) == ("cool_down", first.alert_id)


@pytest.mark.parametrize("into", [None, "a-nobody"])
def test_a_merge_into_nothing_is_recorded_and_changes_nothing(into: str | None) -> None:
    desk = make_desk()
    told = raised(desk, finding(0)).alert
    (event,) = decide(ask("merge", 1, alert_id=told.alert_id, into=into), desk)
    kept = desk.kept(told.alert_id)
    assert event.event == "held" and kept is not None and kept.alert.status == "open"
    assert reason(decide(finding(hours(2).hour / 24), desk)) == "cool_down"

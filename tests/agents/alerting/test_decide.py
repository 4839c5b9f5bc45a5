"""The step as a whole: once is enough, twice is the same, and a crash between two writes loses nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from fakes.findings import ask, count, finding, hours, make_desk, raised, reason
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.alerting.alert import AlertEvent, Held
from agents.alerting.decide import decide, decide_on_tick
from agents.alerting.desk import STATE, Decided, Desk, Near, State
from agents.alerting.order import News

NEWS: list[News] = [
    count(1, -0.5),
    finding(0),
    finding(0.5),
    finding(1, reporters=7),
    finding(1.5, scope="district", key="城东区|district|供水", reporters=20),
    finding(2, kind="hazard", key="hazard:fire:x", reporters=1, problem_id=None),
    ask("silence", 3, key="供电", until=hours(5)),
    finding(4, category="供电", problem_id="p3", key="城东区|problem|p3"),
    ask("acknowledge", 4.5, alert_id=raised(make_desk(), finding(0)).alert.alert_id),
]


class Crash(Exception):
    pass


class Fragile(dict[str, State]):
    """A mapping whose process dies at one of its writes."""

    left = 10_000

    def __setitem__(self, key: str, value: State) -> None:
        if self.left <= 0:
            raise Crash
        self.left -= 1
        super().__setitem__(key, value)


def outcome(events: tuple[AlertEvent, ...]) -> list[tuple[str, str, int]]:
    return [(event.event, event.alert.alert_id, event.seq) for event in events]


@given(st.lists(st.sampled_from(NEWS), max_size=14))
@settings(max_examples=50)
def test_the_same_news_again_gives_the_same_events(news: list[News]) -> None:
    desk = make_desk()
    first = {}
    for each in news:
        events = decide(each, desk)
        name = each.model_dump_json()
        assert first.setdefault(name, events) == events or isinstance(each, type(NEWS[-1]))


def test_a_command_again_gives_the_same_event() -> None:
    desk = make_desk()
    told = raised(desk, finding(0))
    acknowledge = ask("acknowledge", 1, alert_id=told.alert.alert_id)
    assert decide(acknowledge, desk) == decide(acknowledge, desk)


@pytest.mark.parametrize("survives", range(7))
def test_a_crash_at_any_write_loses_no_alert(survives: int) -> None:
    calm = make_desk()
    wanted = [outcome(decide(news, calm)) for news in NEWS[1:4]]
    for number, news in enumerate(NEWS[1:4]):
        state = Fragile()
        desk = Desk(calm.city, state)
        for earlier in NEWS[1 : number + 1]:
            decide(earlier, desk)
        state.left = survives
        try:
            decide(news, desk)
        except Crash:
            state.left = 10_000
        told = [entry for entry in outcome(decide(news, desk)) if entry[0] != "held"]
        assert told == [entry for entry in wanted[number] if entry[0] != "held"]


def test_every_entry_survives_the_way_to_a_table_and_back() -> None:
    desk = make_desk()
    for news in NEWS:
        decide(news, desk)
    decide_on_tick(hours(4.9), desk)
    kinds = {entry.of for entry in desk.state.values()}
    assert kinds >= {"alert", "decided", "counted", "last", "near", "silence", "budget", "rate", "swept"}
    for key, entry in desk.state.items():
        assert STATE.validate_json(STATE.dump_json(entry)) == entry, key


def test_the_alert_carries_what_decided_it() -> None:
    alert = raised(make_desk(), finding(0)).alert
    assert alert.raised_at == hours(0)
    assert alert.figures["needed"] == 1.5
    assert alert.figures["dropped_sentences"] == 0.0
    assert alert.rules == "r@1"
    assert alert.alert_id.startswith("a-")


def test_growth_brings_fresh_content_under_the_old_name() -> None:
    desk = make_desk()
    first = raised(desk, finding(0)).alert
    events = decide(finding(1, reporters=8, ticket_ids=tuple("abcdefgh")), desk)
    fresh = events[1].alert
    assert (fresh.alert_id, fresh.raised_at, fresh.key) == (first.alert_id, first.raised_at, first.key)
    assert fresh.updated_at == hours(1)
    assert "8人" in fresh.title
    assert set(fresh.ticket_ids) == {*first.ticket_ids, *"abcdefgh"}
    assert events[1].seq == 2


def test_an_update_says_as_many_tickets_as_it_lists() -> None:
    desk = make_desk()
    raised(desk, finding(0))
    fresh = decide(finding(1, reporters=8, ticket_ids=tuple("abcdefgh")), desk)[1].alert
    assert len(fresh.ticket_ids) == 11 and "（附工单11件）" in fresh.text


@pytest.mark.parametrize(
    ("scope", "own", "tells_again"), [("district", 4, True), ("street", 4, True), ("district", 9, False)]
)
def test_the_crowd_of_a_danger_goes_on_with_its_alert_and_its_proposal(
    scope: str, own: int, tells_again: bool
) -> None:
    desk = make_desk()
    danger = finding(
        0, kind="hazard", key="hazard:fire:新华小区", hazards=("fire",), reporters=1, ticket_ids=("t0",)
    )
    raised(desk, danger)
    place = finding(0.1, reporters=4, ticket_ids=("t0", "t1", "t2", "t3"), hazards=("fire",))
    told = decide(place, desk)[1].alert
    assert "立即电话核实" in told.text and not isinstance(told, Held) and told.kind == "hazard"
    wide = finding(
        0.2,
        key="wide",
        scope=scope,
        reporters=12,
        hazards=("fire",),
        ticket_ids=("t0", "t1", "t2", "t3", *(f"w{n}" for n in range(own))),
        figures={"lambda": 9.0, "ratio": 12.0, "alike": 12.0},
    )
    kinds = {event.alert.kind for event in decide(wide, desk) if not isinstance(event.alert, Held)}
    assert kinds == ({"hazard"} if tells_again else {"burst"})


def test_what_an_officer_found_stays_said_when_the_alert_grows() -> None:
    desk = make_desk()
    alert = raised(desk, finding(0)).alert
    decide(ask("confirm", 0.5, alert_id=alert.alert_id), desk)
    again = decide(finding(1, reporters=8, ticket_ids=tuple("abcdefgh")), desk)[1].alert
    assert not isinstance(again, Held) and again.verdict == "confirmed"


def test_growth_after_the_end_opens_the_alert_again() -> None:
    desk = make_desk()
    alert = raised(desk, finding(0)).alert
    decide(ask("resolve", 1, alert_id=alert.alert_id), desk)
    again = decide(finding(2, reporters=6), desk)[1].alert
    assert not isinstance(again, Held) and again.status == "open"


def test_an_update_keeps_who_acknowledged() -> None:
    desk = make_desk()
    alert = raised(desk, finding(0)).alert
    decide(ask("acknowledge", 1, alert_id=alert.alert_id), desk)
    again = decide(finding(2, reporters=6), desk)[1].alert
    assert (again.status, again.acknowledged_by) == ("acknowledged", "王")


def test_an_update_never_lowers_the_level() -> None:
    desk = make_desk()
    first = raised(desk, finding(0, reporters=5, figures={"lambda": 9.0})).alert
    assert first.level == "orange"
    again = decide(finding(1, kind="burst", reporters=10, figures={"lambda": 2.1}), desk)[1].alert
    assert again.level == "orange"


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({"kind": "hazard", "hazards": ("gas_leak",)}, "red"),
        ({"hazards": ("gas_leak",)}, "red"),
        ({"hazards": ("nothing_known",)}, "yellow"),
        ({"reporters": 50}, "red"),
        ({"reporters": 10}, "orange"),
        ({"reporters": 5, "figures": {"lambda": 3.0, "ratio": 20.0}}, "orange"),
        ({"figures": {"lambda": 7.0}}, "orange"),
        ({}, "yellow"),
        ({"kind": "recurrence", "reporters": 3}, "orange"),
        ({"kind": "recurrence", "reporters": 2}, "yellow"),
        ({"kind": "recurrence", "reporters": 5, "figures": {"came_back": 1.0}}, "yellow"),
        ({"kind": "recurrence", "reporters": 5, "figures": {"came_back": 3.0}}, "orange"),
        ({"kind": "chronic"}, "blue"),
        ({"kind": "seasonal"}, "blue"),
        ({"kind": "harassment", "reporters": 1}, "blue"),
    ],
)
def test_the_level_follows_danger_people_and_surprise(fields: dict[str, Any], level: str) -> None:
    assert raised(make_desk(), finding(0, **fields)).alert.level == level


# The end of an alert


@pytest.mark.parametrize(
    ("fields", "open_for", "over_after"),
    [
        ({}, 23.0, 25.0),
        ({"figures": {"lambda": 6.0, "slow": 1.0}}, 24 * 14 - 1.0, 24 * 14 + 1.0),
        ({"kind": "hazard"}, 24 * 7 - 1.0, 24 * 7 + 1.0),
        ({"kind": "chronic"}, 24 * 28 - 1.0, 24 * 28 + 1.0),
    ],
)
def test_quiet_ends_an_alert_after_a_time_of_its_kind(
    fields: dict[str, Any], open_for: float, over_after: float
) -> None:
    for later, expected in ((open_for, []), (over_after, ["预警自动解除"])):
        desk = make_desk()
        raised(desk, finding(0, **fields))
        ended = decide_on_tick(hours(later), desk)
        assert [(event.note or "")[-6:] for event in ended if event.event == "resolved"] == expected


def test_findings_below_the_threshold_keep_an_alert_open() -> None:
    desk = make_desk()
    raised(desk, finding(0))
    decide(finding(20), desk)
    assert decide_on_tick(hours(30), desk) == ()
    assert [event.event for event in decide_on_tick(hours(45), desk)] == ["resolved"]


def test_the_same_tick_again_gives_the_same_events() -> None:
    desk = make_desk()
    raised(desk, finding(0))
    assert decide_on_tick(hours(30), desk) == decide_on_tick(hours(30), desk) != ()
    assert decide_on_tick(hours(31), desk) == ()


def test_old_entries_go_and_a_backlog_of_the_newest_stays() -> None:
    desk = make_desk()
    for number in range(6000):
        desk.state[f"decided:{number}"] = Decided(at=hours(number / 10), events=())
        desk.state[f"near:{number}"] = Near(at=hours(number / 10), fired=())
    decide_on_tick(hours(600), desk)
    left = [entry for entry in desk.state.values() if isinstance(entry, Decided)]
    assert len(left) == 4096
    assert min(entry.at for entry in left) == hours((6000 - 4096) / 10)
    assert sum(isinstance(entry, Near) for entry in desk.state.values()) == 720


def test_a_silence_is_forgotten_when_it_ends() -> None:
    desk = make_desk()
    decide(ask("silence", key="供水", until=hours(5)), desk)
    decide_on_tick(hours(4), desk)
    assert "silence:供水" in desk.state
    decide_on_tick(hours(17), desk)
    assert "silence:供水" not in desk.state


# Storms


def storm_desk() -> Desk:
    desk = make_desk()
    for day in range(10):
        for number in range(24):
            at = (day - 10) * 24 + number
            decide(count(day * 24 + number, at, f"{'东西南北'[number % 4]}区", "排水"), desk)
    return desk


def pour(desk: Desk, calls: int, district: Callable[[int], str]) -> list[AlertEvent]:
    return [
        event
        for number in range(calls)
        for event in decide(count(5000 + number, number / 15, district(number), "排水"), desk)
    ]


def test_a_storm_is_told_once_while_it_pours() -> None:
    events = pour(storm_desk(), 90, lambda number: f"{'东西南北'[number % 4]}区")
    assert [event.event for event in events if event.event == "raised"] == ["raised"]
    assert events[0].alert.scope == "city"
    assert len(events) <= 6, [event.event for event in events]


def test_a_rise_in_one_district_is_no_storm() -> None:
    assert pour(storm_desk(), 90, lambda _: "东区") == []


@pytest.mark.parametrize(("share_of_one", "is_told"), [(3, True), (1.5, False)])
def test_what_is_left_without_the_largest_district_makes_the_storm(
    share_of_one: float, is_told: bool
) -> None:
    events = pour(
        storm_desk(), 21, lambda number: "东区" if number % share_of_one < 1 else f"{'西南北'[number % 3]}区"
    )
    assert bool(events) is is_told


def test_a_redelivered_count_is_counted_once() -> None:
    desk = storm_desk()
    before = dict(desk.state)
    assert decide(count(3, -10 * 24 + 3, "北区", "排水"), desk) == ()
    assert desk.state == before


def test_a_storm_raises_the_bar_for_local_crowds() -> None:
    desk = storm_desk()
    spans = {"span_4": 0.25, "r": 0.3, "phi": 6.0, "J": 1.0, "n_per_day": 24.0, "lambda": 2.5, "ratio": 30.0}
    local = {"category": "排水", "figures": spans}
    assert reason(decide(finding(-1, **local), desk)) is None
    pour(desk, 90, lambda number: f"{'东西南北'[number % 4]}区")
    held = decide(finding(6, key="p7", problem_id="p7", place={"street": "西一街道"}, **local), desk)[0].alert
    assert isinstance(held, Held) and held.suppressed == "below_threshold"
    assert held.figures["correction"] > 3
    assert held.figures["lambda"] < 2.5
    assert held.figures["ratio"] == pytest.approx(30.0 / held.figures["correction"])


# Commands


def test_a_command_for_an_unknown_alert_is_recorded() -> None:
    (event,) = decide(ask("acknowledge", alert_id="a-nobody"), make_desk())
    assert (event.event, event.by) == ("held", "王")
    assert "a-nobody" in event.alert.title


@pytest.mark.parametrize(
    ("name", "event", "status"),
    [
        ("acknowledge", "acknowledged", "acknowledged"),
        ("resolve", "resolved", "resolved"),
        ("false_alarm", "false_alarm", "false_alarm"),
        ("silence", "silenced", "open"),
        ("delivered", "delivered", "open"),
    ],
)
def test_each_command_leaves_its_mark(name: str, event: str, status: str) -> None:
    desk = make_desk()
    told = raised(desk, finding(0))
    (done,) = decide(ask(name, 1, alert_id=told.alert.alert_id, note="知道了"), desk)
    kept = desk.kept(told.alert.alert_id)
    assert (done.event, done.seq, done.note) == (event, 2, "知道了")
    assert kept is not None and (kept.alert.status, kept.seq) == (status, 2)


def test_what_is_over_stays_over() -> None:
    desk = make_desk()
    told = raised(desk, finding(0))
    decide(ask("false_alarm", 1, alert_id=told.alert.alert_id), desk)
    (late,) = decide(ask("acknowledge", 2, alert_id=told.alert.alert_id), desk)
    assert not isinstance(late.alert, Held) and late.alert.status == "false_alarm"


def test_silencing_an_alert_silences_its_key() -> None:
    desk = make_desk()
    told = raised(desk, finding(0))
    decide(ask("silence", 1, alert_id=told.alert.alert_id, until=hours(60)), desk)
    assert reason(decide(finding(50), desk)) == "silenced"

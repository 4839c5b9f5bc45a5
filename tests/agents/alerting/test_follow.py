"""Alerts follow the problem they are about: which of several goes on, and under what key."""

from fakes.findings import ask, count, finding, make_desk, raised

from agents.alerting.alert import AlertEvent
from agents.alerting.decide import decide
from agents.alerting.desk import Desk

KEPT = "城东区|problem|p2"


def follow(desk: Desk, at: float) -> tuple[AlertEvent, ...]:
    return decide(ask("follow_problem", at, problem_id="p1", into="p2"), desk)


def told_twice(*triggers: str) -> tuple[Desk, str, str]:
    """A desk that has told of one problem, seen that alert resolved, and told of it again days later."""
    desk = make_desk(tickets_per_alert=0.1, evidence=1.0)
    for number in range(40):
        decide(count(number, number * 2.5 - 1, category="其他"), desk)
    first = raised(desk, finding(0, trigger_ticket_id=triggers[0])).alert.alert_id
    decide(ask("resolve", 1, alert_id=first), desk)
    second = raised(desk, finding(100, trigger_ticket_id=triggers[1])).alert.alert_id
    return desk, first, second


def status_of(desk: Desk, alert_id: str) -> tuple[str, str | None, str]:
    kept = desk.kept(alert_id)
    assert kept is not None
    return kept.alert.status, kept.alert.problem_id, kept.alert.key


def test_the_open_one_of_a_problem_told_twice_stays_open_whichever_id_is_first() -> None:
    orders = set()
    for name in "abcdefgh":
        desk, first, second = told_twice(f"{name}1", f"{name}2")
        orders.add(first < second)
        events = follow(desk, 101)
        assert status_of(desk, second) == ("open", "p2", KEPT)
        assert status_of(desk, first) == ("resolved", "p2", KEPT)
        assert follow(desk, 101) == events
    assert orders == {True, False}


def test_it_ends_where_the_survivor_has_an_open_alert_of_its_own() -> None:
    desk, _, second = told_twice("a1", "a2")
    own = raised(desk, finding(100.5, key=KEPT, problem_id="p2", category="供电")).alert.alert_id
    follow(desk, 101)
    assert status_of(desk, second) == ("resolved", "p2", KEPT)
    assert status_of(desk, own) == ("open", "p2", KEPT)

"""The simpler detectors: their rules, their rest, their folding."""

from datetime import timedelta

from fakes.small_city import DAY, at

from weisu.evaluation.baselines import alerts_at, ears_c2, naive
from weisu.evaluation.tape import Seen


def seen(
    name: str, hours: float, caller: str, spot: str = "东区/金苑", problem: str = "p", street: str = "一街"
) -> Seen:
    return Seen(name, at(hours), caller, "东区", street, spot, "供水", problem)


CROWD = [seen(f"a{n}", 10 + n, f"u{n}") for n in range(4)]
ONE = [seen(f"b{n}", 10 + n, "u", "东区/银苑") for n in range(4)]


def test_three_callers_at_one_place_are_told_once() -> None:
    found = alerts_at(naive([*ONE, *CROWD], by_caller=True), 3, "naive").alerts
    assert [(told.trigger, told.ticket_ids) for told in found] == [("a2", ("a0", "a1", "a2"))]


def test_by_calls_one_angry_caller_is_a_crowd() -> None:
    triggers = [told.trigger for told in alerts_at(naive([*ONE, *CROWD], by_caller=False), 3, "naive").alerts]
    assert sorted(str(name) for name in triggers) == ["a2", "b2"]


def test_calls_a_day_apart_and_calls_from_nowhere_are_no_crowd() -> None:
    slow = [seen(f"a{n}", 13 * n, f"u{n}") for n in range(6)]
    nowhere = [seen(f"n{n}", n, f"u{n}", spot="") for n in range(6)]
    assert naive([*slow, *nowhere], by_caller=True) == []


def test_key_rests_for_a_day() -> None:
    steady = [seen(f"a{n:02d}", 6.0 * n, f"u{n}") for n in range(12)]
    found = alerts_at(naive(steady, by_caller=True), 3, "naive").alerts
    assert [told.at for told in found] == [at(12), at(36), at(60)]


def test_ears_compares_today_with_seven_days_before_a_guard_of_two() -> None:
    usual = [seen(f"d{day}-{n}", 24 * day + n, f"v{day}-{n}") for day in range(1, 8) for n in range(2)]
    today = [seen(f"t{n}", 24 * 10 + n / 10, f"w{n}") for n in range(5)]
    found = [one for one in ears_c2([*usual, *today]) if one.scope == "problem"]
    # Two on each of the seven days: mean 2, spread at its floor of a half.
    assert [one.statistic for one in found] == [(n - 2) / 0.5 for n in (3, 4, 5)]
    assert [told.trigger for told in alerts_at(found, 4.0, "ears").alerts] == ["t3"]


def test_nested_keys_are_told_once() -> None:
    crowd = [seen(f"a{n}", 240 + n / 10, f"u{n}") for n in range(6)]
    found = ears_c2(crowd)
    assert {one.scope for one in found} == {"problem", "street", "district"}
    assert [told.scope for told in alerts_at(found, 3.0, "ears").alerts] == ["problem"]
    spread = [seen(f"a{n}", 240 + n / 10, f"u{n}", problem=f"p{n}") for n in range(6)]
    assert [told.scope for told in alerts_at(ears_c2(spread), 3.0, "ears").alerts] == ["street"]


def test_order_of_the_input_does_not_matter() -> None:
    tickets = [*CROWD, *ONE]
    assert naive(tickets, True) == naive(tickets[::-1], True)
    assert ears_c2(tickets) == ears_c2(tickets[::-1])
    assert DAY + timedelta(hours=10) == tickets[0].at

"""What the budget held back is told once a day."""

from fakes.findings import ask, finding, hours, make_desk, reason

from agents.alerting.decide import decide, decide_on_tick
from agents.alerting.desk import Desk
from agents.alerting.neighbours import remember
from agents.problems.problem import Candidate

EIGHT = 24.0
"""The next morning at eight."""


def elsewhere(place: int) -> Candidate:
    """A crowd of three in a district of its own."""
    return finding(
        place / 9,
        key=f"k{place}",
        problem_id=f"p{place}",
        district=f"{place}区",
        ticket_ids=(f"t{place / 9:g}", f"{place}-b", f"{place}-c"),
    )


def overfull(number: int = 4) -> Desk:
    """A desk that may tell one alert in a week, and so many findings on one day."""
    desk = make_desk()
    for place in range(number):
        decide(elsewhere(place), desk)
    return desk


def test_the_digest_lists_what_was_held_for_the_budget() -> None:
    desk = overfull()
    assert decide_on_tick(hours(EIGHT - 1), desk) == ()
    (digest, *_) = decide_on_tick(hours(EIGHT), desk)
    assert (digest.event, digest.alert.kind) == ("digest", "digest")
    assert digest.alert.title == "每日摘要：超出当日预算、未单独发出的预警3条"
    assert digest.alert.text.splitlines()[0].startswith("1. 新华小区停水：3小时内3人反映")
    assert len(digest.alert.text.splitlines()) == 3 and digest.alert.evidence


def test_the_same_tick_again_gives_the_digest_again_and_the_next_gives_none() -> None:
    desk = overfull()
    first = decide_on_tick(hours(EIGHT), desk)
    assert first[0].event == "digest" and decide_on_tick(hours(EIGHT), desk) == first
    assert [event for event in decide_on_tick(hours(EIGHT + 1), desk) if event.event == "digest"] == []


def test_it_is_sent_in_the_morning_whenever_the_budget_was_spent() -> None:
    desk = overfull()
    assert decide_on_tick(hours(EIGHT), desk)[0].event == "digest"
    decide(elsewhere(486), desk)  # two days later, at two in the afternoon
    sent = [
        hour
        for hour in range(55, 90)
        for event in decide_on_tick(hours(hour), desk)
        if event.event == "digest"
    ]
    assert sent == [EIGHT + 48]


def test_a_matter_stands_on_it_once_and_not_when_it_has_been_told_since() -> None:
    desk = overfull()
    decide(elsewhere(1).model_copy(update={"candidate_id": "c-2", "key": "street", "scope": "street"}), desk)
    remember(elsewhere(2).model_copy(update={"at": hours(20)}), "a-2", desk)
    digest = decide_on_tick(hours(EIGHT), desk)[0].alert
    assert digest.figures["held"] == 2
    assert set(digest.ticket_ids) == {*elsewhere(1).ticket_ids, *elsewhere(3).ticket_ids}


def test_a_day_within_the_budget_has_no_digest() -> None:
    desk = overfull(1)
    assert [event for event in decide_on_tick(hours(EIGHT), desk) if event.event == "digest"] == []


def test_a_finding_that_comes_again_is_listed_once() -> None:
    desk = make_desk()
    for _ in range(2):
        for place in range(3):
            found = elsewhere(place)
            desk.state.pop(f"decided:{found.candidate_id}", None)
            decide(found, desk)
    assert decide_on_tick(hours(EIGHT), desk)[0].alert.figures["held"] == 2


def test_a_flood_is_listed_in_part_and_counted_whole() -> None:
    (digest, *_) = decide_on_tick(hours(EIGHT), overfull(71))
    assert digest.alert.figures["held"] == 70
    assert digest.alert.text.splitlines()[-1] == "另有20条见未报台账。"


def test_an_officer_acknowledges_a_digest_as_any_alert() -> None:
    desk = overfull()
    (digest, *_) = decide_on_tick(hours(EIGHT), desk)
    (done,) = decide(ask("acknowledge", 25, alert_id=digest.alert.alert_id), desk)
    assert done.event == "acknowledged"
    assert reason(decide(finding(26, key="k2", problem_id="p2", district="2区"), desk)) == "budget"

"""Alerts follow the problem that they are about when a person makes one of two."""

from walks.timeline import TimeLine, alert, update


def smoke_and_noise() -> tuple[TimeLine, str, str]:
    """Three people about the smoke of an estate, two about its noise: an alert of the younger or the older problem."""
    city = TimeLine().lives_ordinarily(6)
    noise = city.at("07:50").call("甲", "新华小区半夜施工噪音扰民", district="城东区")
    water = city.at("08:01").call("乙", "新华小区停水了", district="城东区")
    city.at("08:09").call("丙", "新华小区没水", district="城东区")
    city.at("08:12").call("丁", "我们新华小区停水一上午", district="城东区")
    return city, noise, water


def test_an_open_alert_of_the_younger_is_the_survivors() -> None:
    city, noise, water = smoke_and_noise()
    told = city.expect(alert("burst").at("新华小区"))
    city.at("08:20").merge(noise, water)
    (moved,) = city.told("merged")
    assert moved.alert.alert_id == told.alert.alert_id
    assert moved.alert.status == "open"
    assert moved.alert.problem_id != told.alert.problem_id
    assert moved.note is not None and f"{told.alert.problem_id} 已并入" in moved.note


def test_what_goes_on_updates_that_alert_and_raises_no_second_one() -> None:
    city, noise, water = smoke_and_noise()
    city.at("08:20").merge(noise, water)
    city.at("08:30").calls(8, ("新华小区停水", "新华小区没水了", "新华小区还是没水"), district="城东区")
    city.expect(alert("burst").at("新华小区"))
    told = city.expect_any(update("burst").at("新华小区"))
    assert told.alert.alert_id == city.told()[-1].alert.alert_id


def test_of_two_open_alerts_one_goes_on() -> None:
    city, noise, water = smoke_and_noise()
    city.at("08:15").calls(4, ("新华小区施工噪音太吵", "新华小区工地噪音扰民"), district="城东区")
    first, second = city.told()[-2:]
    city.at("08:40").merge(noise, water)
    (ended,) = city.told("merged")
    assert ended.alert.status == "resolved" and ended.alert.verdict == "merged"
    assert {first.alert.alert_id, second.alert.alert_id} > {ended.alert.alert_id}
    city.at("09:00").calls(9, ("新华小区停水", "新华小区施工噪音太吵"), district="城东区")
    assert len(city.told()) == 2


def test_the_same_word_of_a_merge_again_gives_the_same() -> None:
    city, noise, water = smoke_and_noise()
    city.at("08:20").merge(noise, water)
    (moved,) = city.told("merged")
    city.at("08:20").merge(noise, water)
    assert city.told("merged") == [moved, moved]

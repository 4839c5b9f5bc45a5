"""Stories: what must reach the duty officer, what must not, and when."""

from walks.timeline import DISTRICTS, TimeLine, alert, held, moment_of, town, update


def three_call(city: TimeLine, day: str = "") -> None:
    city.at(f"{day}08:01").call("甲", "新华小区停水了", district="城东区")
    city.at(f"{day}08:09").call("乙", "新华小区没水", district="城东区")
    city.at(f"{day}08:12").call("丙", "我们新华小区停水一上午", district="城东区")


def test_three_reporters_raise_one_burst() -> None:
    city = TimeLine().lives_ordinarily(6)
    three_call(city)
    told = city.expect(alert("burst").at("新华小区").by("08:12").with_reporters(3).over("problem"))
    assert told.alert.title.startswith("新华小区停水：11分钟内3人反映")
    assert len([event for event in city.told() if event.at >= moment_of("00:00")]) == 1


def test_one_reporter_never_raises_a_burst() -> None:
    city = TimeLine()
    for minute in range(30):
        city.at(f"08:{minute:02}").call("甲", "新华小区停水了,快来修", district="城东区")
    city.never(alert("burst"))


def test_an_ordinary_fortnight_raises_nothing() -> None:
    city = TimeLine().lives_ordinarily(14)
    assert not city.told(), city.story()


def test_a_storm_is_one_alert_that_names_districts() -> None:
    city = TimeLine().lives_ordinarily(14)
    for number in range(48):
        minute = number * 5
        city.at(f"{10 + minute // 60}:{minute % 60:02}").call(
            f"雨{number}", f"{number + 1}号路口积水很深", district=DISTRICTS[number % 4]
        )
    told = city.expect(alert("burst").over("city"))
    assert all(district in told.alert.text for district in DISTRICTS)
    assert "全市" in told.alert.title
    local = [event for event in city.told() if event.alert.scope != "city" and event.at > told.at]
    assert not local, city.story()


def test_a_danger_is_told_at_once_and_by_one_call() -> None:
    city = TimeLine()
    city.at("03:30").call("甲", "幸福里小区3栋有很浓的煤气味,楼道里都是", district="城南区")
    told = city.expect(alert("hazard").by("03:30").of_level("red"))
    assert told.alert.evidence and "煤气味" in told.alert.text


def test_a_danger_that_a_crowd_repeats_updates_its_alert() -> None:
    city = TimeLine()
    for minute, who in enumerate("甲乙丙丁"):
        city.at(f"03:3{minute}").call(who, "幸福里小区3栋有很浓的煤气味", district="城南区")
    told = city.expect(alert("hazard"))
    updated = [event for event in city.told("updated") if event.alert.alert_id == told.alert.alert_id]
    assert updated and updated[-1].alert.reporters >= 3, city.story()
    city.never(alert("burst").at("幸福里小区").over("problem"))


def test_a_second_delivery_of_everything_changes_nothing() -> None:
    city = TimeLine()
    three_call(city)
    before = {event.alert.alert_id for event in city.told()}
    city.at("08:40").again()
    assert {event.alert.alert_id for event in city.told()} == before
    assert len({(event.alert.alert_id, event.seq) for event in city.told()}) == len(before)
    assert len({delivery.key for delivery in city.deliveries}) == len(before)


def test_a_fourth_caller_is_not_told_again() -> None:
    city = TimeLine()
    three_call(city)
    city.at("08:20").call("丁", "新华小区停水", district="城东区")
    assert len(city.told()) == 1
    assert not city.told("updated")
    city.expect_any(held("burst", "cool_down"))


def test_twice_the_callers_are_told_as_an_update() -> None:
    city = TimeLine()
    three_call(city)
    for number, who in enumerate("丁戊己庚"):
        city.at(f"08:2{number}").call(who, "新华小区停水了,没水做饭", district="城东区")
    first = city.expect(alert("burst"))
    again = city.expect(update("burst").by("08:22").with_reporters(6))
    assert again.alert.alert_id == first.alert.alert_id
    assert again.seq == 2
    assert "6人" in again.alert.title


def test_what_comes_back_after_closing_is_told_with_the_reply() -> None:
    city = TimeLine().lives_ordinarily(12)
    first = city.at("08:00").call("甲", "翠湖花园3栋暖气不热,只有15度", district="城西区")
    city.at("D1 10:00").close(first, reply="已更换阀门,室温达标")
    city.at("D4 08:00").call("丙", "翠湖花园3栋暖气又不热了", district="城西区")
    city.at("D4 09:00").call("丁", "翠湖花园3栋暖气不热,上次没修好", district="城西区")
    city.at("D5 09:00").call("戊", "翠湖花园3栋暖气还是不热", district="城西区")
    city.at("D5 19:00").call("己", "翠湖花园3栋家里暖气不热", district="城西区")
    told = city.expect(alert("recurrence").at("翠湖花园"))
    assert "此前于3月4日10:00办结，答复：“已更换阀门,室温达标”，此后又有1人反映。" in told.alert.text


def test_a_silenced_key_is_held_until_its_end() -> None:
    city = TimeLine()
    city.at("07:00").officer("silence", key="城东区|供水", until=moment_of("12:00"))
    three_call(city)
    city.never(alert("burst").at("新华小区"))
    city.expect_any(held("burst", "silenced"))
    for number, who in enumerate("丁戊己"):
        city.at(f"12:1{number}").call(who, "新华小区停水", district="城东区")
    city.expect(alert("burst").at("新华小区"))


def test_an_officer_acknowledges_and_resolves() -> None:
    city = TimeLine()
    three_call(city)
    told = city.expect(alert("burst"))
    taken = city.at("08:15").officer("acknowledge", alert_id=told.alert.alert_id)
    assert (taken.event, taken.alert.status, taken.by) == ("acknowledged", "acknowledged", "王")  # type: ignore[union-attr]
    done = city.at("09:00").officer("resolve", alert_id=told.alert.alert_id, note="已恢复供水")
    assert (done.event, done.note, done.seq) == ("resolved", "已恢复供水", 3)


def test_a_quiet_alert_ends_by_itself() -> None:
    city = TimeLine()
    three_call(city)
    city.at("D3 08:00").call("远", "望江小区垃圾没人清运", district="城北区")
    ended = [event for event in city.told("resolved") if event.by == "weisu"]
    assert len(ended) == 1, city.story()
    assert moment_of("D1 08:12") <= ended[0].at <= moment_of("D1 20:12")


def test_the_same_trouble_a_week_later_is_a_new_alert() -> None:
    city = TimeLine()
    three_call(city)
    city.at("D8 08:01").call("丁", "新华小区停水了", district="城东区")
    city.at("D8 08:03").call("戊", "新华小区没水", district="城东区")
    city.at("D8 08:05").call("己", "新华小区停水", district="城东区")
    assert len({event.alert.alert_id for event in city.told() if event.alert.kind == "burst"}) == 2, (
        city.story()
    )


def test_a_small_city_is_told_once_in_two_days() -> None:
    city = TimeLine(town(tickets_per_alert=20.0)).lives_ordinarily(10, calls_a_day=8)
    three_call(city)
    for number, who in enumerate("丁戊己"):
        city.at(f"14:1{number}").call(who, "望江小区停电了", district="城北区")
    city.expect(alert("burst").at("新华小区"))
    city.never(alert("burst").at("望江小区"))
    city.expect_any(held("burst", "budget"))


def test_the_officer_on_shift_is_told() -> None:
    city = TimeLine()
    three_call(city)
    city.at("21:00").call("甲", "幸福里小区3栋有很浓的煤气味", district="城南区")
    city.settle()
    assert [(d.channel, d.officers, d.event.alert.kind) for d in city.deliveries] == [
        ("wecom", ("白班",), "burst"),
        ("sms", ("夜班",), "hazard"),
    ]


def test_a_storm_of_one_caller_hides_no_danger() -> None:
    city = TimeLine()
    for minute in range(12):
        city.at(f"08:{minute:02}").call("甲", f"新华小区停水了,第{minute}次打电话", district="城东区")
    city.at("08:20").call("甲", "新华小区3栋有很浓的煤气味,楼道里都是", district="城东区")
    city.expect(alert("hazard").by("08:20").of_level("red"))
    city.never(alert("burst"))
    storm = city.expect(alert("harassment").of_level("blue"))
    assert storm.alert.reporters == 1
    assert "24小时内由同一诉求人提交6件，按一人计。" in storm.alert.text

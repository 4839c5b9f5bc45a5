"""The scenarios of the alerts' specification, one story each, in the time-line language."""

import pytest
from walks.timeline import (
    DISTRICTS,
    ESTATES,
    TimeLine,
    alert,
    held,
    moment_of,
    resolved,
    town,
    update,
)

from agents.alerting.desk import Bar
from agents.city import City

HOME = {"district": "城东区"}
WATER = ("新华小区停水了", "新华小区没水,做不了饭", "我们新华小区停水一上午")


def quiet_city(days: int = 10, **thresholds: float) -> TimeLine:
    return TimeLine(town(**thresholds)).lives_ordinarily(days)


# Crowds at three levels


def test_one_place() -> None:
    city = quiet_city()
    city.at("09:00").calls(3, WATER, every=4, **HOME)
    city.expect(alert("burst").over("problem").at("新华小区").between("09:08", "09:09").with_reporters(3))


def test_many_places_of_one_street() -> None:
    city = quiet_city()
    city.at("09:00").calls(12, "东一街道{n}号院停水了", every=3, district="城东区", street="东一街道")
    city.expect_any(alert("burst").at("东一街道").by("09:36"))
    city.never(alert("burst").over("city"))


def test_a_whole_district() -> None:
    city = quiet_city(14)
    for number in range(24):
        street = f"东{'一二'[number % 2]}街道"
        city.at(f"09:{number * 2:02}").call(
            f"人{number}", f"{street}{number + 1}号楼停电了,整片都没电", district="城东区", street=street
        )
    told = city.expect_any(alert("burst").between("09:00", "10:30"))
    assert told.alert.district == "城东区"
    assert len(city.found(alert("burst").after("09:00"))) <= 3, city.story()


# What one person can and cannot do


def test_a_hoax_of_many_texts_is_no_crowd() -> None:
    city = quiet_city()
    texts = [f"{estate}{matter}" for estate in ESTATES for matter in ("停水了", "没水", "水压太低")]
    city.at("09:00").calls(24, texts, by="恶作剧", every=5, **HOME)
    city.never(alert("burst"))


def test_one_caller_with_a_danger_is_told_once_and_not_as_a_crowd() -> None:
    city = quiet_city()
    city.at("09:00").calls(8, "幸福里小区3栋有很浓的煤气味", by="甲", every=2, district="城南区")
    city.expect(alert("hazard").by("09:00"))
    city.never(alert("burst"))


@pytest.mark.parametrize("name", ["匿名", "anonymous", "0"])
def test_a_caller_id_that_is_always_the_same_makes_no_crowd(name: str) -> None:
    city = quiet_city()
    city.at("09:00").calls(30, WATER, by=name, every=2, **HOME)
    city.never(alert("burst"))


def test_one_text_five_hundred_times_in_a_minute_by_one_caller() -> None:
    city = quiet_city(5)
    for _ in range(500):
        city.at("09:00").call("脚本", "新华小区停水了,快来修", **HOME)
    city.never(alert("burst"))


def test_copied_texts_of_many_people_are_not_discarded() -> None:
    city = quiet_city()
    city.at("09:00").calls(12, "强烈要求阳光花园加装电梯,请领导尽快批准", every=4, **HOME)
    city.expect_any(alert().at("阳光花园").by("10:00"))


PETITION = (
    "强烈要求立即停止在阳光花园门口修建变电站，此项目没有公示也没有听证，严重影响居民身体健康，"
    "请依法公开环境影响评价报告并给全体业主一个书面答复"
)


def test_five_hundred_accounts_with_one_text_at_one_instant_are_told_once_as_a_campaign() -> None:
    city = quiet_city()
    city.at("09:00").calls(500, PETITION, every=0, **HOME)
    told = city.expect(alert().after("09:00")).alert
    assert (told.kind, told.scope) == ("campaign", "problem") and told.reporters >= 480
    assert "多人提交相近文本" in told.title and "文本只有1种" in told.text
    assert city.found(update()) == [], city.story()


def test_a_crowd_that_turns_out_to_send_one_text_is_told_again_as_a_campaign() -> None:
    city = quiet_city()
    city.at("09:00").calls(20, PETITION, every=10, **HOME)
    first = city.expect(alert().after("09:00")).alert
    assert first.kind == "burst"
    turned = [event.alert for event in city.found(update("campaign"))]
    assert turned and {known.alert_id for known in turned} == {first.alert_id}
    assert "文本只有1种" in turned[0].text


def test_one_danger_called_in_from_many_doors_is_one_alert_and_another_house_another() -> None:
    city = quiet_city()

    def smells(time: str, who: str, **place: str) -> None:
        fields = {"place": {"district": "城南区", "community": "幸福里小区", **place}}
        city.at(time).call(who, "有很浓的煤气味,楼道里都是", **fields)

    smells("09:00", "甲", address="幸福里小区3栋")
    smells("09:05", "乙")
    smells("09:06", "丙", address="幸福里小区3栋")
    city.expect(alert("hazard"))
    smells("09:20", "丁", address="幸福里小区9栋")
    city.expect(alert("hazard").after("09:20"))
    smells("15:30", "戊")
    city.expect(alert("hazard").after("15:30"))


# What holds an alert back


def test_a_silence_has_an_owner_and_an_end_and_the_ledger_says_both() -> None:
    city = quiet_city()
    city.at("08:00").officer("silence", key="城东区|供水", until=moment_of("12:00"), note="计划检修")
    city.at("09:00").calls(4, WATER, every=4, **HOME)
    city.quiet("08:00", "12:00")
    entry = city.expect_any(held("burst", "silenced"))
    assert entry.note == "王静默至3月3日12:00,计划检修".replace(",", "，")
    city.at("12:30").calls(3, WATER, every=4, **HOME)
    city.expect(alert("burst").at("新华小区").between("12:30", "12:40"))


def test_a_street_under_its_estate_updates_the_estate_s_alert() -> None:
    city = quiet_city()
    city.at("09:00").calls(4, WATER, every=3, street="东一街道", **HOME)
    first = city.expect(alert("burst").over("problem").at("新华小区"))
    city.at("09:20").calls(10, "东一街道{n}号院停水了", every=2, street="东一街道", **HOME)
    wide = city.expect_any(update("burst"))
    assert wide.alert.alert_id == first.alert.alert_id
    assert wide.alert.scope in ("street", "district"), city.story()
    city.expect(alert("burst").between("09:00", "10:00"))


def test_what_is_over_the_budget_is_sent_as_one_digest_next_morning() -> None:
    city = quiet_city(10, alerts_per_day=1.0, tickets_per_alert=1.0)
    for hour, estate in enumerate(ESTATES[:5]):
        district = DISTRICTS[hour // 2]
        city.at(f"{9 + hour}:00").calls(
            4, (f"{estate}停水了", f"{estate}没水", f"{estate}停水"), district=district
        )
    # One alert a day, and two more of crowds that are beyond chance.
    assert len(city.found(alert("burst").after("09:00"))) == 3, city.story()
    city.expect_any(held("burst", "budget"))
    city.at("D1 09:30").call("远", "望江小区垃圾没人清运", district="城北区")
    (digest,) = city.told("digest")
    assert digest.at == moment_of("D1 08:00")
    assert all(estate in digest.alert.text for estate in ESTATES[3:5])
    assert [delivery.event.event for delivery in city.deliveries].count("digest") == 1


def test_a_danger_passes_a_spent_budget() -> None:
    city = quiet_city(10, alerts_per_day=1.0, tickets_per_alert=1.0)
    city.at("09:00").calls(3, WATER, **HOME)
    for minute, estate in enumerate(("望江小区", "锦绣花园", "和平里小区")):
        city.at(f"10:{minute * 10:02}").calls(3, (f"{estate}停电了", f"{estate}没电"))
    city.at("11:00").call("甲", "幸福里小区3栋有很浓的煤气味", district="城南区")
    city.expect_any(held("burst", "budget"))
    city.expect(alert("hazard").at("幸福里小区").by("11:00"))


# The life of an alert


def test_quiet_resolves_and_the_same_trouble_is_raised_again_with_fresh_words() -> None:
    city = quiet_city()
    city.at("09:00").calls(3, WATER, every=4, **HOME)
    city.at("D4 08:00").call("远", "望江小区垃圾没人清运", district="城北区")
    city.expect(resolved("burst").between("D1 09:00", "D2 10:00"))
    city.at("D9 09:00").calls(4, ("新华小区又停水了", "新华小区没水,第二次了"), every=4, **HOME)
    again = city.expect(alert("burst").after("D9 09:00").at("新华小区"))
    assert "又停水" in again.alert.text or "第二次" in again.alert.text


def test_what_goes_on_for_days_is_one_alert_and_is_told_again_each_day() -> None:
    city = quiet_city()
    city.at("09:00").calls(3, WATER, every=4, **HOME)
    for day in range(1, 4):
        city.at(f"D{day} 07:00").calls(3, WATER, every=4, **HOME)
    told = city.expect(alert("burst").after("09:00"))
    again = city.found(update("burst"))
    assert {event.alert.alert_id for event in again} == {told.alert.alert_id}
    assert {event.at.day for event in again} >= {5}, city.story()
    city.never(resolved("burst").between("09:00", "D3 12:00"))


def test_two_false_alarms_ask_for_more_evidence_at_that_place() -> None:
    city = quiet_city()
    city.at("09:00").calls(3, WATER, every=4, **HOME)
    told = city.expect(alert("burst").at("新华小区")).alert
    for hour in (10, 11):
        city.at(f"{hour}:00").officer("false_alarm", alert_id=told.alert_id)
    city.at("D9 09:00").calls(3, WATER, every=4, **HOME)
    later = [event for event in city.events if event.at >= moment_of("D9 09:00") and event.alert.figures]
    assert later and all(
        event.alert.figures.get("trust") == 1.0 for event in later if event.alert.scope == "problem"
    )
    city.expect_any(alert("burst").after("D9 09:00").saying("被判误报2次，门槛提高1"))


# Little is known


def test_a_city_of_one_district() -> None:
    whole = town()
    one = City(
        name="一区市",
        utc_offset=whole.utc_offset,
        districts=whole.districts[:1],
        streets=whole.streets[:2],
        places=whole.places[:2],
        categories=whole.categories,
        thresholds=whole.thresholds,
    )
    city = TimeLine(one)
    for day in range(8, 0, -1):
        for hour in range(8, 20):
            who = f"路人{day}-{hour}"
            city.at(f"D-{day} {hour:02}:00").call(who, f"{ESTATES[hour % 2]}{hour}栋路灯不亮了", **HOME)
    city.at("09:00").calls(4, WATER, every=4, **HOME)
    city.expect(alert("burst").at("新华小区").between("09:08", "09:13"))
    city.never(alert("burst").over("city"))


def test_a_matter_never_heard_of_before_in_a_city_without_history() -> None:
    city = TimeLine()
    city.at("09:00").calls(3, "新华小区天上掉白色粉末,{n}楼阳台全是", every=4, **HOME)
    told = city.expect(alert("burst").at("新华小区").with_reporters(3))
    assert "inf" not in f"{told.alert.figures}" and "nan" not in f"{told.alert.figures}"


@pytest.mark.parametrize("place", [{}, {"district": "城东区"}])
def test_tickets_without_a_place_that_say_different_things_are_no_crowd(place: dict[str, str]) -> None:
    city = quiet_city()
    texts = ("路灯不亮了", "电话打不通", "狗叫得睡不着", "有人乱发传单", "社保卡丢了")
    city.at("09:00").calls(5, texts, every=3, **place)
    city.never(alert("burst"))


def test_coordinates_of_nowhere_join_nothing() -> None:
    city = quiet_city()
    for number, text in enumerate(("路灯不亮了", "狗叫得睡不着", "垃圾没人清运", "下水道堵塞")):
        fields = {"place": {"district": "城东区", "lat": 0.0, "lon": 0.0}}
        city.at(f"09:0{number}").call(f"人{number}", text, **fields)
    city.never(alert("burst"))


def test_a_street_whose_name_is_a_category_word() -> None:
    city = quiet_city()
    texts = ("供水街道的路灯不亮了", "供水街道有人占道经营", "供水街道施工噪音扰民", "供水街道电梯坏了")
    city.at("09:00").calls(4, texts, every=3, **HOME)
    city.never(alert("burst").over("problem"))


# A clock that is wrong


def test_one_event_of_a_far_year_stops_nothing() -> None:
    city = quiet_city()
    city.at("D400 09:00").call("错表", "望江小区垃圾没人清运", district="城北区")
    city.at("09:00").calls(4, WATER, every=4, **HOME)
    city.expect(alert("burst").at("新华小区").between("09:00", "09:13"))


def test_a_clock_that_jumps_to_and_fro_loses_and_repeats_nothing() -> None:
    city = quiet_city()
    for number, (day, minute) in enumerate(((0, 0), (3, 5), (0, 4), (-20, 9), (0, 8), (3, 6), (0, 12))):
        city.at(f"D{day} 09:{minute:02}").call(f"人{number}", WATER[number % 3], **HOME)
    city.expect(alert("burst").at("新华小区").between("09:00", "09:13"))
    assert len([event for event in city.told() if event.at >= moment_of("D2 00:00")]) == 0


def test_one_event_of_a_long_gone_year_raises_nothing() -> None:
    city = quiet_city()
    city.at("D-900 09:00").calls(3, WATER, **HOME)
    city.never(alert("burst").after("00:00"))
    city.at("09:00").calls(3, WATER, every=4, **HOME)
    city.expect(alert("burst").at("新华小区").between("09:00", "09:09"))


# The threshold of the day


def test_every_midnight_the_threshold_is_set_from_what_the_city_was_like() -> None:
    city = quiet_city(12)
    assert city.path.desk is not None
    bar = city.path.desk.find("bar", Bar)
    assert bar is not None and bar.days >= 7
    city.at("09:00").calls(3, WATER, every=4, **HOME)
    told = city.expect(alert("burst").at("新华小区")).alert
    assert told.figures["needed"] == bar.needed

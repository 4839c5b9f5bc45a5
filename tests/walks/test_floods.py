"""Stories of what once flooded the duty officer, or was never told: each was seen on a real or simulated stream."""

from datetime import timedelta

from walks.timeline import DISTRICTS, ESTATES, MATTERS, MONDAY, Moment, TimeLine, alert, town

BRIDGE = (
    "强烈反对拆除五一桥改建商业廊桥。五一桥是老城区居民过江的必经之路，几万人每天上下班、接送孩子都要走这座桥，"
    "拆掉以后要绕行三公里，请领导慎重考虑，先征求居民意见。",
    "听说五一桥要拆除建商铺，作为附近居民坚决反对。五一桥承载了几代人的记忆，桥体经鉴定安全，拆桥建廊桥纯属浪费，"
    "接送孩子上学的家长怎么办？",
    "关于五一桥拆除改建廊桥一事，我们老城区居民强烈反对，过江上班、上学都要走五一桥，拆除期间怎么过江？"
    "请公开廊桥方案并征求意见。",
)


def board() -> TimeLine:
    """Sixty days of ten written messages a day, each of another village, none with a district."""
    city = TimeLine(town())
    for number in range(600):
        text = (
            f"反映{'甲乙丙丁戊己'[number % 6]}镇第{number}村的{MATTERS[number % 7]}情况，希望领导安排，"
            f"编号{number * 7919 % 1000}"
        )
        Moment(city, MONDAY - timedelta(days=60 - number / 10)).call(f"路人{number}", text)
    return city


def test_three_people_in_two_weeks_are_told_on_a_board_of_ten_messages_a_day() -> None:
    city = board()
    for day, (who, text) in enumerate(zip("甲乙丙", BRIDGE, strict=True)):
        city.at(f"D{day * 6 + 1} 10:00").call(who, text, title="反对拆除五一桥建商业廊桥")
    city.expect(alert("burst").at("五一桥").by("D13 10:00").with_reporters(3).over("problem"))


def test_a_slow_crowd_is_not_told_again_next_week() -> None:
    city = board()
    for day, who in enumerate("甲乙丙丁戊"):
        text = BRIDGE[day % 3] + "请重视" * (day // 3)
        city.at(f"D{day * 4 + 1} 10:00").call(who, text, title="反对拆除五一桥建商业廊桥")
    city.expect(alert("burst").at("五一桥"))


def test_people_of_one_district_with_different_matters_are_no_crowd() -> None:
    city = TimeLine(town()).lives_ordinarily(40, calls_a_day=6)
    matters = ("垃圾没人清运,都发臭了", "有老鼠,满地乱跑", "公厕脏得进不去,没人打扫")
    for number, (who, matter) in enumerate(zip("甲乙丙", matters, strict=True)):
        city.at(f"1{number}:00").call(
            who, f"{ESTATES[number % 2]}{number + 1}栋{matter}", district=DISTRICTS[0], category=["环境卫生"]
        )
    city.never(alert("burst").over("district"))


def test_a_batch_of_inspections_is_no_crowd() -> None:
    city = TimeLine(town()).lives_ordinarily(40, calls_a_day=6)
    for number in range(5):
        city.at(f"1{number}:00").call(
            f"巡查{number}",
            "Rat Rubout Proactive",
            district=DISTRICTS[0],
            category=["Solid Waste", "Rat Rubout Proactive"],
        )
    city.never(alert("burst").at("Rat Rubout"))
    city.never(alert("burst").over("district"))


def test_strangers_who_say_the_same_of_other_estates_are_no_crowd() -> None:
    city = TimeLine(town()).lives_ordinarily(20)
    for number, who in enumerate("甲乙丙丁"):
        estate = ESTATES[number % 2] if number < 2 else f"{ESTATES[number % 2]}北区"
        city.at(f"1{number}:00").call(
            who, f"{estate}跳广场舞的音响开得震天响,孩子写不了作业", district=DISTRICTS[0], title="广场舞扰民"
        )
    city.never(alert("burst").over("problem").with_reporters(4))


def test_a_stove_that_does_not_light_is_no_fire() -> None:
    city = TimeLine(town())
    texts = (
        "新华小区燃气灶打不着火,停气两天了",
        "新华小区旁边早点铺烧煤冒黑烟,熏死人",
        "楼下还开着仓库,着了火跑都跑不掉",
        "菜贩子堵在大门口,吆喝喇叭一直放",
        "健身房老板失联,卡里的钱不退",
        "路灯坏了,老人摔了一跤",
    )
    for number, text in enumerate(texts):
        city.at(f"08:1{number}").call(f"人{number}", text, district=DISTRICTS[0])
    city.never(alert("hazard"))


def test_a_water_filled_yard_is_no_danger_to_life_but_a_rising_flood_is() -> None:
    city = TimeLine(town())
    city.at("08:10").call("甲", "新华小区水漫进院子,车库快进水了", district=DISTRICTS[0])
    city.never(alert("hazard"))
    city.at("08:20").call("乙", "河水暴涨,我们被困在屋顶,快来人", district=DISTRICTS[1])
    city.expect(alert("hazard").by("08:20"))


def test_returns_after_closing_leave_the_day_to_the_crowds() -> None:
    city = TimeLine(town(alerts_per_day=2.0, tickets_per_alert=1.0)).lives_ordinarily(30)
    for number, estate in enumerate(ESTATES[:3]):
        first = city.at(f"D1 08:{number:02}").call(
            f"旧{number}", f"{estate}3栋暖气不热,只有15度", district=DISTRICTS[number // 2]
        )
        city.at(f"D1 18:{number:02}").close(first, reply="已更换阀门")
    for number, estate in enumerate(ESTATES[:3]):
        for who in "丙丁":
            city.at(f"D4 08:{number:02}").call(
                f"{who}{number}", f"{estate}3栋暖气又不热了,上次没修好", district=DISTRICTS[number // 2]
            )
    city.at("D4 09:01").call("子", "望江小区停水了", district="城北区")
    city.at("D4 09:09").call("丑", "望江小区没水", district="城北区")
    city.at("D4 09:12").call("寅", "望江小区停水一上午", district="城北区")
    city.expect(alert("burst").at("望江小区").by("D4 09:12"))

"""The sense of alarm: what sounds like danger where no list knows it, and what only looks like it. All our own."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.city import City
from agents.grading.rules import RulesGrader
from agents.intake.alarm import Sense, alarm, sense_of, surroundings, telling
from agents.intake.hazards import find_hazards
from agents.intake.ticket import Ticket
from weisu.evaluation.alarm_fit import as_read, runs_of

CITY = City(name="test", version="alarm-test")
SENSE = sense_of(CITY)


def sense(**weights: int) -> Sense:
    return Sense(weights, bias=-1.0, threshold=0.0, certain=1.0, doubt=-1.0, calm=-2.0)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("", -1.0),
        ("平安", -1.0),
        ("倒地", 3.0),  # 倒 and 倒地: (1000 + 4657) / 1000 / √2 - 1
        ("倒地倒地倒地", 3.0),  # each counts once
        ("倒", 0.0),
    ],
)
def test_score_is_the_sum_over_the_root_of_how_many_are_known(text: str, score: float) -> None:
    assert alarm(text, sense(倒=1000, 倒地=4657)) == pytest.approx(score, abs=0.001)


CALM, LOUD = ("".join(map(chr, range(first, first + 40))) for first in (0x4E00, 0x5000))


@pytest.mark.parametrize(
    ("sentence", "around", "calm"),
    [
        # 40 known runs of -1 each: -√40 on the mean, times √40.
        (CALM, CALM, True),
        (CALM[:29], CALM[:29], False),
        # What stands around speaks for danger: (-√40 + 0) / 2 times √80.
        (CALM, CALM + LOUD, False),
        (LOUD, CALM + LOUD, False),
        # Known runs enough, but not in the sentence itself: -(√4 + √40) / 2 times √40.
        (CALM[:4], CALM, False),
    ],
)
def test_the_mean_of_both_times_the_root_of_how_many_are_known_must_be_below(
    sentence: str, around: str, calm: bool
) -> None:
    weights = {**dict.fromkeys(CALM, -1000), **dict.fromkeys(LOUD, 1000)}
    known = Sense(weights, bias=0.0, threshold=0.0, certain=1.0, doubt=-30.0, calm=-99.0)
    assert surroundings(sentence, around, known).are_doubtful(known, is_critical=False) is calm


@pytest.mark.parametrize(
    ("sentence", "around", "times", "calm"),
    [
        # 40 known runs of -1 each: -√40 times √40.
        (CALM[:4], CALM, 1, True),
        (CALM[:4], CALM, 2, False),
        (CALM[:29], CALM[:29], 1, False),
        # Of the sentence itself nothing is known, or it sounds like danger: it stands however calm the rest is.
        ("", CALM, 1, True),
        (LOUD[:1], CALM, 1, False),
        # Too little known.
        (CALM[:19], CALM[:19] * 3, 1, False),
    ],
)
def test_around_a_sentence_that_does_not_sound_like_danger_enough_calm_words_are_believed(
    sentence: str, around: str, times: float, calm: bool
) -> None:
    weights = {**dict.fromkeys(CALM, -1000), **dict.fromkeys(LOUD, 1000)}
    known = Sense(weights, bias=0.0, threshold=0.0, certain=1.0, doubt=-99.0, calm=-35.0)
    assert surroundings(sentence, around, known).are_calm(known, times) is calm


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("早上好，老人倒地了，请来人", "倒地"),
        ("倒，倒地", "倒地"),
        ("平安", ""),
        ("，，。", ""),
        ("", ""),
    ],
)
def test_telling_is_the_heaviest_run_of_the_heaviest_clause(text: str, told: str) -> None:
    start, end = telling(text, sense(倒=1000, 倒地=4657, 请=10))
    assert text[start:end] == told


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("楼下老爷子脸都灰了，手捂着胸，叫他也不吭声，快来人", "楼下老爷子脸都灰了"),
        ("老伴刚才还好好的，突然嘴歪了，话也说不清，身子往下滑", "身子往下滑"),
        ("楼上有东西在响，一股怪味，我眼睛都睁不开，孩子也吐了", "孩子也吐了"),
    ],
)
def test_what_sounds_like_danger_is_urgent_and_quotes_the_clause(text: str, quote: str) -> None:
    (found,) = find_hazards(text, CITY)
    assert (found.name, found.level, found.quote) == ("unclear_danger", "urgent", quote)


@pytest.mark.parametrize(
    "text",
    [
        "急死了，孩子的户口什么时候能办下来",
        "隔壁的炸鸡店生意火爆，排队的人把路堵了",
        "去年隔壁着过一回火，早扑灭了，想问理赔找谁",
        "路灯坏了三盏，晚上走路看不清",
        "如果老人在家摔倒了，该打哪个电话",
        "没有人受伤，也没有人叫不应，就是问一下",
        "去年老伴突然嘴歪了，身子往下滑，想问现在报销",
        "话务员：楼下老爷子脸都灰了，手捂着胸，叫他也不吭声，是吗？\n市民：不是，我问医保怎么报销\n话务员：好的\n市民：谢谢",
        "",
        "。，！？\n",
        "🔥" * 40,
        "\ud800x",
    ],
)
def test_what_only_looks_like_it_is_none(text: str) -> None:
    assert find_hazards(text, CITY) == ()


@pytest.mark.parametrize(
    "text", ["一位大哥冲进去把老人背出来，连口水没喝", "有人无证行医，针头反复用，打完的人嘴都歪了"]
)
def test_what_others_did_told_as_praise_or_report_must_be_certain(text: str) -> None:
    def unclear(certain: float) -> bool:
        alarm = {"threshold": -9.0, "certain": certain}
        city = City(name="test", version=f"alarm-others-{certain}", lexicon={"alarm": alarm})
        return any(hazard.name == "unclear_danger" for hazard in find_hazards(text, city))

    assert unclear(-9.0)
    assert not unclear(99.0)


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        (
            "一楼着火了，浓烟往上窜，楼上还有老人",
            "我家住高层，以后真有火灾的话，云梯够不够得着，要找哪个部门问？",
        ),
        ("电梯停在三楼，里面关着一个老人", "手机掉进座椅缝里拿不出来，想问一下公交公司的电话是多少？"),
    ],
)
def test_what_is_only_asked_about_and_does_not_sound_like_danger_is_none(told: str, asked: str) -> None:
    assert find_hazards(told, CITY) != ()
    assert find_hazards(asked, CITY) == ()


@pytest.mark.parametrize(
    ("hurt", "unhurt"),
    [
        ("楼上掉下来一块玻璃，砸到孩子的头，流血了", "楼上扔下来一个瓶子，落在我脚边，没砸着，请物业查监控"),
        ("电梯关门太快，把老人的胳膊夹断了，在流血", "电梯关门快，葱都夹断了，人没夹到，请调慢两秒"),
    ],
)
def test_of_a_danger_to_people_nobody_is_in_there_is_none(hurt: str, unhurt: str) -> None:
    assert find_hazards(hurt, CITY) != ()
    assert find_hazards(unhurt, CITY) == ()


@pytest.mark.parametrize(
    "text",
    [
        "我不闹了，晚上十二点以后给我收尸就行",
        "花也浇了，猫送人了，我把银行卡密码写给我妹了，就这样吧",
    ],
)
def test_a_farewell_is_told_calmly(text: str) -> None:
    assert [hazard.name for hazard in find_hazards(text, CITY)] == ["self_harm"]


def test_one_who_is_unhurt_does_not_speak_for_another() -> None:
    text = "车翻到沟里了，司机爬出来没事，后座的孩子还卡在里头，满脸是血，喊不答应，快来救人"
    assert find_hazards(text, CITY)[0].level == "critical"


@pytest.mark.parametrize("cue", ["消防演练", "去年的事了，", "感谢你们，"])
def test_drilled_past_and_thanked_for_is_none_although_it_sounds_like_danger(cue: str) -> None:
    city = City(name="test", version=f"alarm-{cue}", lexicon={"alarm": {"threshold": -9.0, "certain": 99.0}})
    assert find_hazards("身子往下滑", city) != ()
    assert find_hazards(f"{cue}身子往下滑", city) == ()


def test_a_rule_that_finds_a_danger_is_not_outdone() -> None:
    (found,) = find_hazards("我家着火了，快来人，老人下不来", City(name="test", version="alarm-fire"))[:1]
    assert (found.name, found.level) == ("fire", "critical")


def told(text: str, **alarm: float) -> list[str]:
    lexicon = {"alarm": {"threshold": 99.0, "calm": -9999.0, **alarm}, "scenes": {"scenes": SCENES}}
    return [
        hazard.name for hazard in find_hazards(text, City(name="test", version=f"{alarm}", lexicon=lexicon))
    ]


def test_a_danger_whose_surroundings_sound_calm_is_none() -> None:
    text = "库里的棉花包发红了，保管员说这个季节都是这样的，物业也说是正常的"
    assert told(text, doubt=-999.0) == ["fire"]
    assert told(text, doubt=999.0) == []
    assert told(text, doubt=-999.0, calm=999.0) == []


def test_the_fewer_words_there_are_the_calmer_they_must_be() -> None:
    weights = dict.fromkeys("天气很好阳光也足", -1000)
    few, many = "天气很好", "天气很好阳光也足"
    scorer = Sense(
        {**weights, **{f"{a}{b}": 0 for a in "甲乙丙丁" for b in "甲乙丙丁"}}, 0.0, 0.0, 1.0, -5.0, -99.0
    )
    blanks = "甲乙丙丁甲丙乙丁丁丙乙甲甲乙甲丁丙甲甲乙乙丙丙丁丁"
    assert not surroundings(blanks + few, blanks + few, scorer).are_doubtful(scorer, is_critical=True)
    assert surroundings(blanks + many, blanks + many, scorer).are_doubtful(scorer, is_critical=True)


def test_a_short_sentence_about_life_is_not_doubted_and_one_about_things_is() -> None:
    calm = "物业说这个季节都是这样的，正常的，我们也不懂，请有关部门来解释解释。"
    assert told(f"棉花包发红了。{calm}", doubt=999.0) == ["fire"]
    assert told(f"棉花包发烫了。{calm}", doubt=999.0) == []
    # Unless all of it is calm beyond belief; what sounds like danger by itself stands even then.
    assert told(f"棉花包发红了。{calm}", calm=999.0) == []
    assert told(f"棉花包发红了，有人昏迷，喘不过气，快来救人。{calm}", calm=999.0) != []


@pytest.mark.parametrize(
    "text", ["库里的棉花包发红了", "Smoke coming from windows, house on fire, please send someone"]
)
def test_a_few_words_and_another_language_are_never_doubted(text: str) -> None:
    assert told(text, doubt=999.0) == ["fire"]


def test_what_sounds_very_much_like_danger_is_one_whatever_the_cues_say() -> None:
    text = "感谢你们，老伴刚才还好好的，突然嘴歪了，话也说不清，身子往下滑"
    assert told(text, threshold=-9.0, certain=99.0) == []
    assert told(text, threshold=-9.0, certain=-9.0) == ["unclear_danger"]


@pytest.mark.parametrize(
    ("calm", "alarming"),
    [
        (
            "谢谢消防员把我家隔壁的火灾扑灭了，想给你们送一面锦旗，请问寄到哪里",
            "隔壁发生火灾，扑不灭，消防员还没到，楼上还有人",
        ),
        ("机动车年检太麻烦，尾气冒黑烟的车照样过，收费还高", "有辆车在冒黑烟，车头里有火苗，司机出不来"),
        ("请求修一个消防水池，考虑到火灾供水的需要", "仓库火灾，水池里没水，火往民房烧过去"),
        ("断桥垮塌半年了，我们上学要绕路，什么时候重修", "桥刚刚垮塌，一辆车掉下去了"),
        ("排队排得我喘不过气，窗口能不能多开两个", "我妈喘不过气，嘴唇发紫，快叫救护车"),
        ("建议给环卫工人发藿香正气水，免得中暑晕倒", "环卫工人中暑晕倒在路边，叫不醒"),
        ("请求市长救救我们村的庄稼，渠里三个月没有水", "救救我们，水淹到二楼了"),
        ("物业强行装油烟管道，业主都不同意", "有人强行把女孩往车里拖，她在喊救命"),
    ],
)
def test_the_same_words_said_calmly_are_none_and_said_in_alarm_are_a_danger(calm: str, alarming: str) -> None:
    assert find_hazards(calm, CITY) == ()
    assert find_hazards(alarming, CITY) != ()


def test_a_danger_stands_beside_everyday_complaints() -> None:
    everyday = "物业服务一直不好，绿化没有人管，门禁坏了也不修，收费却一年比一年高。" * 6
    assert find_hazards(f"有业主被困在电梯里，喘不过气了。{everyday}", CITY)[0].name == "trapped"
    assert find_hazards(f"{everyday}有业主被困在电梯里，喘不过气了。{everyday}", CITY)[0].name == "trapped"


@pytest.mark.parametrize(
    "text",
    [
        "本台讯：昨晚八时许，城南一座仓库发生火灾，现已扑灭，三名伤者已送医救治，起火原因正在调查。",
        "今天凌晨，一辆大客车在国道上侧翻，造成两人死亡、九人受伤，伤者已在医院，道路已恢复通行。",
    ],
)
def test_news_of_an_emergency_that_is_over_is_high(text: str) -> None:
    assert find_hazards(text, CITY)


@pytest.mark.parametrize(
    "text",
    [
        "前年我家厨房着过一次火，早修好了，请问火灾证明现在还能补开吗",
        "去年夏天的车祸，伤早好了，赔偿款什么时候到账",
    ],
)
def test_a_citizen_about_an_old_one_is_ordinary(text: str) -> None:
    assert find_hazards(text, CITY) == ()


SCENES = [
    {"hazard": "collapse_risk", "level": "urgent", "subject": ["棉花包"], "state": "发烫", "reach": 4},
    {"hazard": "fire", "level": "critical", "subject": ["棉花包"], "state": "发红", "reach": 4},
]


def test_a_long_text_is_no_danger_by_its_length() -> None:
    letter = "这个小区的绿化一直没有人管理，希望物业能够安排人手好好打理一下花草树木，让大家看着舒心一些。"
    assert find_hazards(letter * 400, CITY) == ()


@given(st.text(max_size=80))
def test_any_text_has_a_score_and_what_tells_stands_in_it(text: str) -> None:
    low = as_read(text)
    assert -20 < alarm(low, SENSE) < 40
    start, end = telling(low, SENSE)
    assert 0 <= start <= end <= len(low)
    assert all(hazard.quote in text for hazard in find_hazards(text, CITY))


@given(st.text(st.sampled_from("一个倒地着火了没人，。a1\0😀"), max_size=60))
def test_a_score_is_what_its_definition_says(low: str) -> None:
    known = runs_of(low) & SENSE.weights.keys()
    plain = sum(SENSE.weights[run] for run in known) / 1000 / sqrt(len(known) or 1) + SENSE.bias
    assert alarm(low, SENSE) == plain


def test_the_reason_says_that_it_was_learned() -> None:
    at = datetime(2026, 7, 1, 8, tzinfo=UTC)
    content = "楼下老爷子脸都灰了，手捂着胸，叫他也不吭声"
    told = Ticket(ticket_id="t", revision=1, edition=1, updated_at=at, trigger_at=at, content=content)
    reason = RulesGrader(CITY).grade(told).urgency_reason
    assert reason.startswith("紧急：疑似险情") and "学得" in reason and "脸都灰了" in reason


def test_the_score_is_the_same_whatever_the_hash_seed() -> None:
    code = (
        "from agents.city import City; from agents.intake.alarm import *; s = sense_of(City());"
        "t = '楼下老爷子脸都灰了，手捂着胸，叫他也不吭声，快来人'; print(repr(alarm(t, s)), telling(t, s))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1

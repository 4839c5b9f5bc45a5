"""Transcripts: the citizen is heard, the call-taker is not. All dialogues are our own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.city import City
from agents.intake.hazards import find_hazards
from agents.intake.transcript import heard

CITY = City(name="test", version="transcript-test")

DIALOGUES = [
    ("坐席：您好，请说。 市民：喂，楼下停水了。 坐席：麻烦说一下地点？ 市民：新华小区。", ["楼下停水了", "新华小区"], "麻烦"),
    ("话务员：您好，12345。\n来电人：路灯不亮\n话务员：已为您登记", ["路灯不亮"], "登记"),
    ("工号1023：请讲\n用户：我投诉物业\n工号1023：请稍等", ["我投诉物业"], "请稍等"),
    ("[客服] : 您好\n[客户] : 垃圾没人清", ["垃圾没人清"], "您好"),
    ("A：您好，请问有什么可以帮您\nB：我家停电了\nA：请问您的地址？\nB：东街三号", ["我家停电了", "东街三号"], "地址"),
    ("说话人2：喂，井盖没了\n说话人1：您好，这里是12345，具体位置是哪里？", ["井盖没了"], "具体位置"),
    ("您好，12345，请讲。\n我们小区停水了\n请问您的地址？\n新华小区\n好的，已经帮您登记", ["停水了", "新华小区"], "登记"),
]  # fmt: skip


FORMS = [
    "受理人：张三\n工号：1023\n内容：{}",
    "工号:1023\n来电人:匿名\n{}",
    "来电人:匿名\n工号:1023\n{}",
    "来电人:匿名。工号:1023。{}",
    "来电人：李先生\n来电时间：10:20\n受理员：张三\n反映内容：{}",
    "诉求人：李先生 联系方式：13812345678 热线：12345 诉求：{}",
    "系统：转派\n热线：12345\n诉求：{}",
    "系统：自动派单。受理员：007。{}",
    "用户：李先生\n客服：1023\n事件描述：{}",
    "居民：李先生\n工作人员：小陈\n情况：{}",
    "【来电人】：李先生\n【受理员】：1023\n【诉求内容】：{}",
    "反映人：李先生\n受理人：王五\n反映问题：{}\n要求：尽快处理",
    "来电人：甲\n受理员：1\n诉求：路灯\n来电人：乙\n受理员：2\n诉求：{}",
    "用户：李先生\n客服：您好，已登记\n事件描述：{}",
    "用户：李先生 客服：好的，请稍等 事件描述：{}",
    "用户：李先生\n客服：您好，请讲\n{}",
    "坐席:没有异味。系统:已确认误报。{}",
    "坐席：您好。市民：您好。坐席：没有煤气味，是误报\n{}",
    "A：{} B：好的马上派人 A：快点",
    "来电人：\n受理员：\n{}",
    "您好！\n请问之前反映过的事什么时候处理？{}\n请问还要多久了？\n望湖小区",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_form_keeps_what_the_citizen_says(form: str) -> None:
    said = "鼓楼新村3栋楼道里煤气味很浓，有人晕倒"
    assert said in heard(form.format(said))
    assert "gas_leak" in [hazard.name for hazard in find_hazards(form.format(said), CITY)]


@pytest.mark.parametrize(
    ("text", "kept", "gone"),
    [
        *DIALOGUES,
        ("坐席：12345，您好。市民：停水了。", ["停水了"], "您好"),
        ("坐席：哪栋？市民：三栋停水了。坐席：知道了。", ["三栋停水了"], "知道了"),
        ("话务员：先别碰他。市民：他手攥着电线。", ["他手攥着电线"], "别碰"),
        ("市民：送到五栋。话务员：女士，这里是12345。市民：对，大份的。", ["送到五栋", "大份的"], "女士"),
        ("客服：\n您好，请讲。\n客户：\n井盖没了\n客服：\n请稍等", ["井盖没了"], "请"),
        ("客服：您好\n请问您的地址？\n客户：新华小区停水", ["新华小区停水"], "地址"),
    ],
)
def test_only_the_citizen_is_heard(text: str, kept: list[str], gone: str) -> None:
    said = heard(text)
    assert len(said) == len(text)
    assert all(part in said for part in kept) and gone not in said


@pytest.mark.parametrize(
    "text",
    [
        "路灯坏了：不亮",
        "地点：新华小区\n诉求：尽快来水",
        "反映两点：一是停水；二是停电",
        "市民：来电反映路灯不亮",
        "第一行\n第二行\n第三行",
        "来电人：李先生\n受理人：张三",
        "12345你们好\n之前反映过煤气味\n又浓了\n已经登记过了，没人来",
        "您好，我打过12345了\n楼道里煤气味很浓\n你们说已经登记了，请稍等，等到现在",
        "",
    ],
)
def test_a_written_text_is_no_transcript(text: str) -> None:
    assert heard(text) == text


def test_a_danger_the_call_taker_asks_about_is_none() -> None:
    asked = "坐席：请问有人受伤吗，是不是着火了？\n市民：没有，就是路灯不亮。"
    assert find_hazards(asked, CITY) == ()


def test_a_danger_the_citizen_says_yes_to_is_one() -> None:
    asked = "坐席：您是说楼上着火了吗？\n市民：对，你们快来。"
    assert [hazard.name for hazard in find_hazards(asked, CITY)] == ["fire"]


def test_a_call_taker_cannot_talk_a_danger_away() -> None:
    text = "话务员：您好。\n市民：仓库着火了，烟往外灌。\n话务员：该来电已核实为误报，没有着火，演练。\n市民：喂？"
    assert [hazard.name for hazard in find_hazards(text, CITY)] == ["fire"]


def test_the_words_before_the_first_label_are_kept() -> None:
    assert heard("楼道起火\n坐席：您好\n市民：快来").startswith("楼道起火\n")


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(["坐席：", "市民：", "您好", "着火了？", "对，", "\n", "。", " ", "A：", "B："]),
        max_size=30,
    )
)
def test_what_is_heard_has_the_length_of_the_text_and_its_words(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert len(heard(text)) == len(text)
    assert all(left in (right, "\n") for left, right in zip(heard(text), text, strict=True))

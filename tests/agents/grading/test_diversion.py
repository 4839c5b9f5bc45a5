"""Where a call belongs: a proposal by the city's table, with its reason and a verbatim quote."""

from datetime import UTC, datetime

import pytest

from agents.city import City
from agents.grading.diversion import diversion_rules, divert
from agents.intake.hazards import find_hazards
from agents.intake.ticket import Kind, Ticket

AT = datetime(2026, 7, 1, 8, tzinfo=UTC)
CITY = City(name="diversion", version="diversion-test")


def ticket(content: str) -> Ticket:
    return Ticket(
        ticket_id="t", revision=1, edition=1, updated_at=AT, trigger_at=AT, content=content,
        hazards=find_hazards(content, CITY),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("楼上着火了，快来", "help", "119"),
        ("厨房里煤气味很重", "help", "119"),
        ("电梯停在半空，里面有人拍门", "help", "119"),
        ("老人早上走失了，到现在没回家", "help", "110"),
        ("家具仓库起火，现场仍有人员失联", "help", "119"),
        ("山体滑坡埋了两间房，一家四口失联", "help", "119"),
        ("工厂爆炸，三名工人失联", "help", "119"),
        ("船翻了，五人失联", "help", "119"),
        ("孩子掉河里不见了", "help", "119"),
        ("有人拿刀砍人", "help", "110"),
        ("我站在楼顶，不想活了", "consult", "110"),
        ("工地挖出来一个炮弹", "report", "110"),
        ("有个老人晕倒在公交站，没有呼吸", "help", "120"),
        ("路口两车相撞，司机头上流血", "help", "122"),
        ("请问工伤认定要打官司吗", "consult", "expert"),
        ("居住证在哪里办，需要什么材料", "consult", "self_service"),
        ("路灯不亮", "help", "normal"),
        ("物业乱收费，怎么办理退费", "complaint", "normal"),
    ],
)
def test_a_call_is_proposed_to_the_line_that_acts(text: str, kind: Kind, line: str) -> None:
    made = ticket(text)
    found = divert(made, kind, made.hazards, CITY)
    assert (found.to, bool(found.quote)) == (line, line != "normal")
    assert found.reason and found.quote in text


def test_a_city_puts_its_own_rules_first() -> None:
    own = {"diversion": {"first": [{"to": "expert", "words": "路灯", "reason": "路灯归专席"}]}}
    city = City(name="own", version="diversion-own", lexicon=own)
    assert divert(ticket("路灯不亮"), "help", (), city).to == "expert"


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ({"to": "911", "reason": "x"}, "rule 1"),
        ({"to": "110", "hazards": ["drought"], "reason": "x"}, "drought"),
        ({"to": "110", "words": "x"}, "reason"),
        ({"to": "110", "words": "(", "reason": "x"}, "rule 1"),
    ],
)
def test_a_wrong_rule_is_named(rule: dict[str, object], named: str) -> None:
    city = City(name="wrong", version=str(rule), lexicon={"diversion": {"first": [rule]}})
    with pytest.raises(ValueError, match=named):
        diversion_rules(city)

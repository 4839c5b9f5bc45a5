"""Claim review: a clause, a quote, two people; the urgency and the dangers stay as they are."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import weisu
from agents.city import City
from agents.grading.claims import clauses_of, review_claim, status_of
from agents.grading.grade import ClaimReview
from agents.grading.rules import RulesGrader
from agents.intake.hazards import find_hazards
from agents.intake.ticket import Kind, Step, Ticket
from weisu.city_folder import load_city

AT = datetime(2026, 7, 1, 8, tzinfo=UTC)
CITY = load_city(Path(weisu.__file__).parent / "example_city")
REVIEW = ClaimReview(clause="第六条", basis="条文", quote="原话", confidence=0.5)


def ticket(content: str, city: City = CITY) -> Ticket:
    return Ticket(
        ticket_id="t", revision=1, edition=1, updated_at=AT, trigger_at=AT, content=content,
        hazards=find_hazards(content, city),
    )  # fmt: skip


UNREASONABLE = [
    ("自家没车位，凭什么不让我停消防通道，谁再贴条我跟谁没完", "第六条第一项"),
    ("坐地铁睡过站了没人叫我，要赔我误工费两千", "第六条第二项"),
    ("连着阴天下雨，衣服晾不干，气象局赔我一台烘干机", "第六条第二项"),
    ("隔壁公鸡打鸣，要求政府把全村的鸡都宰了", "第六条第三项"),
    ("窗口晚开了一分钟，要求负责人书面道歉还要登报道歉", "第六条第三项"),
    ("不给我解决我就天天打，看谁耗得过谁", "第六条第四项"),
    ("这个事法院已经判决了，但我不服，要求街道重新处理", "第六条第五项"),
    ("酒驾被扣了驾照，要求你们把处罚撤销", "第六条第一项"),
    ("孩子没考上，要求学校给加二十分", "第六条第一项"),
    ("要求把我的违章全消了", "第六条第一项"),
    ("我失恋了，政府要给我介绍对象", "第六条第二项"),
]


@pytest.mark.parametrize(("text", "clause"), UNREASONABLE)
def test_an_unreasonable_claim_is_proposed_with_clause_and_quote(text: str, clause: str) -> None:
    found = review_claim(ticket(text), "complaint", CITY)
    assert found is not None
    assert found.clause.startswith(clause) and found.basis and found.quote in text
    assert 0 < found.confidence <= 0.8


REASONABLE = [
    "消防通道被私家车堵得严严实实，物业不拖车",
    "下大雨小区淹了，车库进水，要求开发商赔偿",
    "我反映了三次没人管，再不解决我就去找市长",
    "法院判决了，对方拒不执行，老赖名下有车",
    "孩子的成绩登记错了，学校说要等教育局",
    "误诊住院两个月，要求医院赔精神损失费三万",
    "公鸡凌晨打鸣吵得睡不着，希望社区劝一劝",
    "热线打不通，每天打几十遍都是忙音",
    "孩子被老师罚下跪道歉",
    "公司老板骂人，逼我下跪道歉",
    "他威胁我说把你们全部都枪毙",
    "邻居威胁要把全小区的狗都毒死",
    "下雨天路上没井盖，我掉进去摔断腿，要求赔偿",
    "我买基金被银行经理骗了亏了十万要求退",
    "法院判决书下来了，要求改户口登记",
    "老师要求给他儿子加十分，不公平",
    "要求加装充电桩分时段收费",
]


@pytest.mark.parametrize("text", REASONABLE)
def test_a_claim_that_may_be_right_is_not_proposed(text: str) -> None:
    assert review_claim(ticket(text), "complaint", CITY) is None


def test_a_city_without_clauses_gets_no_proposals() -> None:
    assert all(review_claim(ticket(text), "complaint", City()) is None for text, _ in UNREASONABLE)


def test_a_question_about_the_law_is_no_claim() -> None:
    assert review_claim(ticket("法院已经判决了但我不服，请问去哪里申诉"), "consult", CITY) is None


def test_a_danger_in_such_a_ticket_still_counts() -> None:
    made = ticket("不给我解决我就天天打，现在楼上着火了你们也不管")
    grade = RulesGrader(CITY).grade(made)
    assert grade.claim_review is not None
    assert grade.urgency == "critical" and grade.hazards == ("fire",)


@pytest.mark.parametrize(("text", "_"), UNREASONABLE)
def test_a_proposal_never_touches_the_urgency(text: str, _: str) -> None:
    no_clauses = City(categories=CITY.categories)
    with_clauses, without = RulesGrader(CITY).grade(ticket(text)), RulesGrader(no_clauses).grade(ticket(text))
    assert with_clauses.urgency == without.urgency


def voice(by: str, verdict: str = "confirm", clause: str = "第六条", minutes: int = 0) -> Step:
    return Step(
        event_id=f"{by}{verdict}{minutes}", event="claim_reviewed", at=AT + timedelta(minutes=minutes), revision=1,
        by=by, verdict=verdict, clause=clause,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([], "proposed"),
        ([voice("甲")], "confirmed_once"),
        ([voice("甲"), voice("甲", minutes=5)], "confirmed_once"),
        ([voice("Li 甲"), voice("ｌｉ　甲", minutes=5)], "confirmed_once"),
        ([voice("甲"), voice("乙")], "confirmed_twice"),
        ([voice("甲"), voice("乙", "reject")], "rejected"),
        ([voice("甲", "reject"), voice("甲", minutes=5)], "confirmed_once"),
        ([voice("甲"), voice("乙", clause="第九条")], "confirmed_once"),
        ([Step(event_id="e", event="reopened", at=AT, revision=2)], "proposed"),
    ],
)
def test_two_different_people_decide(steps: list[Step], status: str) -> None:
    assert status_of(REVIEW, steps) == status


VOICES = [voice("甲"), voice("乙", minutes=1), voice("乙", "reject", minutes=2), voice("丙", minutes=3)]


@given(st.permutations(VOICES))
def test_the_order_in_which_voices_arrive_does_not_matter(steps: list[Step]) -> None:
    assert status_of(REVIEW, steps) == status_of(REVIEW, VOICES)


@pytest.mark.parametrize("missing", ["clause", "basis", "needs", "words"])
def test_a_clause_without_its_words_is_named(missing: str) -> None:
    table = {"clause": "第一条", "basis": "条文", "needs": ["某"], "words": ["某"]}
    del table[missing]
    city = City(name="c", version=f"claims-{missing}", lexicon={"claims": {"clauses": {"odd": table}}})
    with pytest.raises(ValueError, match=f"odd: {missing}"):
        clauses_of(city)


@pytest.mark.parametrize("kind", ["praise", "consult"])
def test_thanks_and_questions_are_never_reviewed(kind: Kind) -> None:
    assert all(review_claim(ticket(text), kind, CITY) is None for text, _ in UNREASONABLE)

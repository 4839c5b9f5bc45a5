"""Copied texts are recognised, weighed, and shown; different words are a crowd."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.alerting.wording import compose
from agents.city import City
from agents.grading.grade import Graded
from agents.problems.baseline import evidence_of
from agents.problems.books import Books
from agents.problems.campaign import Texts, count_different
from agents.problems.case import MAX_TICKETS
from agents.problems.gather import gather
from agents.problems.problem import Candidate

Make = Callable[..., Graded]
PASTED = (
    "强烈要求立即停止在我们小区门口修建变电站，此项目没有公示也没有听证，严重影响居民身体健康，"
    "请有关部门依法公开环境影响评价报告并给全体业主一个书面答复"
)
OWN = (
    "晚上十点以后门口还有挖机在施工，孩子第二天要考试根本睡不着",
    "听说要建变电站，我家老人装了起搏器，担心辐射会不会有影响",
    "工地围挡占了半条人行道，推婴儿车只能走到马路中间去",
    "物业贴的通知第二天就被撕了，问谁谁都说不清楚到底建什么",
    "昨天有几个人拿着仪器在花坛边上量来量去，问他们也不回答",
    "我是三号楼的业主，买房合同里写的是绿地，怎么变成电力设施了",
    "楼下已经拉了警戒线，施工车把我的车刮了，找不到负责的人",
    "这个位置离幼儿园只有二十米，家长群里都在问有没有审批手续",
    "能不能先开个会讲清楚噪声多大，我们不是不讲道理的人",
    "挖出来的土堆在消防通道上，万一着火救护车都进不来",
)


def campaigns(tickets: list[Graded]) -> list[Candidate]:
    books = Books(City(), {}, {}, {})
    found = [candidate for ticket in tickets for candidate in gather(ticket, books).candidates]
    return [candidate for candidate in found if candidate.kind == "campaign"]


def pasted(graded: Make, number: int, **fields: str) -> Graded:
    edit = ("", "谢谢", "盼复")[number % 3]
    text = PASTED + edit
    return graded(
        f"t{number:02}", f"人{number}", text, number * 2.0, matter="变电站", category="规划", **fields
    )


def test_of_more_accounts_than_are_listed_all_of_the_day_are_counted(graded: Make) -> None:
    copies = [
        graded(f"t{n:03}", f"人{n}", PASTED, n / 10, matter="变电站", category="规划") for n in range(140)
    ]
    last = campaigns(copies)[-1]
    assert (last.reporters, len(last.ticket_ids)) == (128, MAX_TICKETS)


def test_eight_accounts_with_one_text_are_shown_as_such(graded: Make) -> None:
    found = campaigns([pasted(graded, n) for n in range(10)])
    assert [(c.trigger_ticket_id, c.reporters) for c in found] == [("t07", 8)]
    assert (found[0].figures["compared"], found[0].figures["texts"]) == (8.0, 1.0)
    assert found[0].figures["n_eff"] == pytest.approx(8 * (1 / 8 + 0.3 * 7 / 8), abs=0.01)
    wording = compose(found[0], City())
    assert "最近8人的文本只有1种，折算为3.1人。" in wording.text
    assert wording.dropped == 0


def test_told_again_when_the_people_have_doubled(graded: Make) -> None:
    assert [c.reporters for c in campaigns([pasted(graded, n) for n in range(20)])] == [8, 16]


def test_honest_neighbours_write_their_own_words(graded: Make) -> None:
    tickets = [
        graded(
            f"t{n:02}",
            f"人{n}",
            text + "请尽快核实处理并答复我们业主",
            n * 2.0,
            matter="变电站",
            category="规划",
        )
        for n, text in enumerate(OWN)
    ]
    assert campaigns(tickets) == []


def test_short_complaints_are_alike_by_themselves(graded: Make) -> None:
    assert campaigns([graded(f"t{n:02}", f"人{n}", "小区停水了没人管", n * 2.0) for n in range(20)]) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("阳光小区三号楼楼顶搭了一个铁皮棚子每天敲敲打打没人管", 1),
        ("阳光小区三号楼楼顶搭了一个铁皮棚子", 0),
        ("the alley behind our house is full of old tires and rubbish again", 1),
        ("the alley is full of old tires again", 0),
    ],
)
def test_a_short_text_is_a_copy_where_it_says_enough(graded: Make, text: str, found: int) -> None:
    tickets = [graded(f"t{n:02}", f"人{n}", text + "，谢谢" * (n % 2), n * 2.0) for n in range(8)]
    assert len(campaigns(tickets)) == found


def test_short_texts_that_share_half_of_their_words_are_no_copies(graded: Make) -> None:
    ends = ("院里的健身器材坏了", "路口的窨井盖翘起来了", "对面的灯箱晚上太亮了", "车棚里的充电桩没电了")
    tickets = [
        graded(f"t{n:02}", f"人{n}", "请物业公司马上派人到三号楼这里看看" + ends[n % 4], n * 2.0)
        for n in range(12)
    ]
    assert all(candidate.figures["texts"] >= 4 for candidate in campaigns(tickets))


def test_copies_weigh_less_in_the_evidence_of_the_crowd_too(graded: Make) -> None:
    books = Books(City(), {}, {}, {})
    found = [c for n in range(12) for c in gather(pasted(graded, n), books).candidates if c.kind == "burst"]
    last = found[-1].figures
    assert (last["texts"], last["weight"]) == (1.0, pytest.approx((1 + 0.3 * 11) / 12, abs=1e-4))
    assert last["lambda"] == pytest.approx(evidence_of(last), abs=1e-6)
    assert last["lambda"] < evidence_of(last | {"weight": 1.0}) - 2.0
    assert "折算为" in compose(found[-1], City()).text


def test_one_account_is_no_campaign(graded: Make) -> None:
    tickets = [pasted(graded, n).model_copy() for n in range(20)]
    same = [t.model_copy(update={"ticket": t.ticket.model_copy(update={"reporter": "甲"})}) for t in tickets]
    assert campaigns(same) == []


@pytest.mark.parametrize(
    ("people", "different", "campaign", "weight"),
    [(38, 9, True, 17.7), (59, 57, False, 57.6), (12, 3, True, 5.7), (7, 1, False, 2.8)],
)
def test_figures_of_real_groups(people: int, different: int, campaign: bool, weight: float) -> None:
    texts = Texts(people, different)
    assert texts.is_campaign is campaign
    assert texts.weight(people) == pytest.approx(weight, abs=0.05)


def is_alike(one: str, other: str) -> bool:
    triples, others = ({text[at : at + 3] for at in range(len(text) - 2)} for text in (one, other))
    return 2 * len(triples & others) >= len(triples | others)


@given(st.lists(st.tuples(st.sampled_from(OWN[:4]), st.integers(0, 20), st.integers(0, 20)), max_size=12))
def test_texts_that_are_alike_by_way_of_others_are_one(cuts: list[tuple[str, int, int]]) -> None:
    texts = list(
        dict.fromkeys(PASTED[:start] + (3 * text)[start : 3 * len(text) - end] for text, start, end in cuts)
    )
    left, groups = set(texts), 0
    while left:
        reached, groups = {min(left)}, groups + 1
        while more := {text for text in left - reached if any(is_alike(text, known) for known in reached)}:
            reached |= more
        left -= reached
    assert count_different(texts) == groups

"""Finding the problem of a ticket: by place and matter, by words, and what odd input may not break."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.city import City
from agents.grading.grade import Graded
from agents.problems.gather import Books, gather
from agents.problems.member import Member
from agents.problems.names import Names
from agents.problems.search import INDEXED_MEMBERS, Search
from agents.problems.signature import sign
from agents.problems.taught import Taught

Make = Callable[..., Graded]

NOWHERE = {"community": None, "street": None}


def problems_of(*tickets: Graded) -> list[str]:
    books = Books(City(), {}, {}, {})
    return [gather(ticket, books).changes[-1].problem.problem_id for ticket in tickets]


@pytest.mark.parametrize(
    ("one", "other", "joins"),
    [
        # One place, one matter: whatever the words.
        ({"text": "小区停水一上午了"}, {"text": "水龙头拧开一滴都没有", "hours": 200}, True),
        # Another matter of the same category: where the words are much the same.
        ({"matter": "停水"}, {"matter": "水压", "text": "小区停水一上午了，楼上都没有人管"}, True),
        ({"matter": "停水"}, {"matter": "水压", "text": "洗漱都不行，楼上哗哗响", "hours": 170}, False),
        # Another category: only where the words are the same, or the person is.
        ({}, {"matter": "路灯", "category": "照明", "text": "路灯整夜不亮，走路害怕"}, False),
        (
            {"text": "三号楼下水道堵了往屋里返脏水"},
            {"matter": "物业", "category": "物业", "text": "三号楼下水道堵了往屋里返脏水"},
            True,
        ),
        # A copy, though it comes days later.
        (
            {"text": "三号楼下水道堵了往屋里返脏水"},
            {"matter": "物业", "category": "物业", "text": "三号楼下水道堵了往屋里返脏水", "hours": 50},
            True,
        ),
        # A name and its short form.
        ({"community": "新华小区"}, {"community": "新华"}, True),
        ({"community": "新村"}, {"community": "新村二期"}, False),
    ],
)
def test_place_and_matter_decide(
    graded: Make, one: dict[str, object], other: dict[str, object], joins: bool
) -> None:
    first, second = problems_of(graded("a", "甲", **one), graded("b", "乙", **{"hours": 1.0, **other}))
    assert (first == second) is joins


def test_who_calls_about_everything_calls_about_many_problems(graded: Make) -> None:
    first, second = problems_of(
        graded("a", "甲", "楼上半夜放音乐吵得睡不着", matter="噪音", category="环保"),
        graded("b", "甲", "电梯停了没人修，老人上不了楼", 1, matter="电梯", category="电梯"),
    )
    assert first != second


def test_of_two_problems_at_one_place_the_larger_one_draws_the_next_ticket(graded: Make) -> None:
    search = Search("东城区", Taught(), lambda matter, category: matter or category)
    ticket = sign(graded("z"))
    problems = ["large", "large", "large", "small"]
    for slot, problem_id in enumerate(problems, 1):
        member = Member(
            ticket_id=f"t{slot}", district="东城区", problem_id=problem_id, edition=1, first_edition=1,
            seq=slot, slot=slot, at=3600.0 * slot, caller=f"人{slot}", signature=ticket,
        )  # fmt: skip
        search.add(member)
    assert search.find(ticket, 3600.0 * 5).problem_id == "large"


def test_what_has_nothing_in_common_speaks_against_a_problem_that_another_of_its_tickets_draws_to(
    graded: Make,
) -> None:
    search = Search("东城区", Taught(), lambda matter, category: matter or category)
    water = sign(graded("a", text="小区停水一上午了，洗菜做饭都没有办法"))
    noise = sign(graded("b", text="楼上半夜放音乐吵得睡不着", matter="噪音", category="环保"))
    asked = sign(graded("z", text="水龙头拧开一滴都没有，孩子洗不了澡"))
    found = []
    for slot, signature in enumerate((water, noise), 1):
        norms = search.find(signature, 3600.0 * slot)
        search.add(
            Member(
                ticket_id=f"t{slot}", district="东城区", problem_id="p", edition=1, first_edition=1,
                seq=slot, slot=slot, at=3600.0 * slot, caller=f"人{slot}", signature=signature,
                norm_text=norms.norm_text, norm_title=norms.norm_title,
            )
        )  # fmt: skip
        found.append(search.find(asked, 3600.0 * 60, "人9").problem_id)
    assert found == ["p", None]


def test_a_name_that_the_platform_taught_is_found_in_the_next_text(graded: Make) -> None:
    taught = graded("a", "甲", "电梯停了没人修", community="春阳庄", matter="电梯", category="电梯")
    said = graded("b", "乙", "我住春阳庄14幢，电梯又停了", 1, matter="电梯", category="电梯", community=None)
    first, second = problems_of(taught, said)
    assert first == second


def test_a_name_is_forgotten_with_the_tickets_that_taught_it(graded: Make) -> None:
    names, taught = Names(), sign(graded("a", community="春阳庄"))
    said = sign(graded("b", "乙", "我住春阳庄14幢，电梯又停了", community=None))
    names.add(taught, "东城区")
    names.add(taught, "东城区")
    names.remove(taught, "东城区")
    assert names.locate(said, "东城区").names == ("community:春阳庄",)
    assert names.locate(said, "西城区") == said
    names.remove(taught, "东城区")
    assert names.locate(said, "东城区") == said


def test_what_the_call_taker_says_makes_no_two_calls_alike(graded: Make) -> None:
    form = "坐席：您好，12345热线，请讲。\n市民：{}。\n坐席：请问地址在什么地方？\n市民：新华小区。\n坐席：好的，帮您登记转办。"
    first, second = problems_of(
        graded("a", "甲", form.format("楼道里的灯坏了"), matter="照明", category="物业"),
        graded("b", "乙", form.format("快递放在驿站不送上门"), 100, matter="快递", category="通信"),
    )
    assert first != second


# Bad input


def test_an_endless_problem_stays_cheap(graded: Make) -> None:
    books = Books(City(), {}, {}, {})
    outcomes = [gather(graded(f"t{n}", f"人{n}", f"停水第{n}天", n / 60), books) for n in range(1_500)]
    assert outcomes[-1].changes[0].problem.tickets == 1_500
    assert sum(member.signature is not None for member in books.members.values()) == INDEXED_MEMBERS


def test_a_street_whose_name_is_a_category_joins_nothing_by_it(graded: Make) -> None:
    here = {"community": None, "street": "供水街道"}
    first, second = problems_of(
        graded("a", "甲", "路灯不亮，晚上走路看不见", matter="路灯", category="照明", **here),
        graded("b", "乙", "停水了，一家人没法做饭", 1, **here),
    )
    assert first != second


def test_the_same_text_500_times_in_a_minute_without_a_place_is_one_problem(graded: Make) -> None:
    text = "整个小区从昨天半夜停水到现在，物业电话打不通，老人小孩都没有水喝，请马上派人抢修恢复供水"
    tickets = [graded(f"x{n}", f"人{n}", text, n / 30_000, **NOWHERE) for n in range(500)]
    assert len(set(problems_of(*tickets))) == 1


def test_words_tell_one_problem_where_no_place_is_known_whatever_it_is_filed_under(graded: Make) -> None:
    told = (
        "滨河绿道上的共享单车停得横七竖八，把盲道全占了，轮椅过不去，上周摔了一位拄拐的老人，"
        "运维车三天没来收，桥洞底下又堆了二十多辆坏车，晚上灯光一暗根本看不清，差点又撞上人。"
    )
    later = told + "我们几家轮流把车挪开，第二天早上又摆满了，请城管和企业一起来定个停车的框。"
    first, second = problems_of(
        graded("a", "甲", told, matter="占道停车", category="城市管理", **NOWHERE),
        graded("b", "乙", later, 50, matter="道路", category="交通出行", **NOWHERE),
    )
    assert first == second


def test_short_complaints_without_a_place_stay_apart_over_days(graded: Make) -> None:
    tickets = [graded(f"x{n}", f"人{n}", "停水了没人管", n * 20, **NOWHERE) for n in range(10)]
    assert len(set(problems_of(*tickets))) == 10


@pytest.mark.parametrize("text", ["", "！", "水", "\ud800" * 5, "停" * 5000])
def test_texts_that_say_nothing_break_nothing(graded: Make, text: str) -> None:
    assert len(problems_of(graded("a", "甲", text, **NOWHERE), graded("b", "乙", text, 1, **NOWHERE))) == 2


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["新华小区", "光明花园", "春阳庄", None]),
            st.sampled_from(["停水了没人管", "新华小区电梯坏了好几天", "春阳庄路灯不亮"]),
            st.sampled_from(["停水", "电梯", "路灯"]),
        ),
        max_size=12,
    )
)
def test_a_rebuilt_index_decides_as_the_one_that_grew(
    graded: Make, told: list[tuple[str | None, str, str]]
) -> None:
    tickets = [
        graded(f"t{n}", f"人{n % 3}", text, n, community=community, matter=matter)
        for n, (community, text, matter) in enumerate(told)
    ]
    grown, rebuilt = Books(City(), {}, {}, {}), Books(City(), {}, {}, {})
    for ticket in tickets:
        rebuilt.forget()
        assert gather(ticket, grown) == gather(ticket, rebuilt)

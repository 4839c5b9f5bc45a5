"""Gathering: which problem, who reported it, what follows."""

from collections.abc import Callable
from datetime import UTC, timedelta

import pytest

from agents.city import City
from agents.grading.grade import Graded
from agents.problems.books import Books
from agents.problems.gather import gather
from agents.problems.problem import Gathered
from agents.problems.tick import gather_on_tick

Make = Callable[..., Graded]


def new_books() -> Books:
    return Books(City(), {}, {}, {})


def run(tickets: list[Graded], books: Books) -> list[Gathered]:
    return [gather(ticket, books) for ticket in tickets]


def problems_of(outcomes: list[Gathered]) -> list[str]:
    return [outcome.changes[-1].problem.problem_id for outcome in outcomes]


def _quiet_weeks(graded: Make) -> list[Graded]:
    return [
        graded(
            f"q{n}",
            f"旧{n}",
            f"第{n}号路灯不亮",
            n * 10,
            community=f"小区{n}",
            category="照明",
            matter="路灯不亮",
        )
        for n in range(70)
    ]


def test_same_place_and_matter_is_one_problem(graded: Make) -> None:
    outcomes = run(
        [graded("a", "甲", "小区停水一上午了"), graded("b", "乙", "家里水龙头没有一滴水，什么时候来", 1)],
        new_books(),
    )
    assert len(set(problems_of(outcomes))) == 1
    assert outcomes[1].changes[0].joined == "joined"
    assert outcomes[1].changes[0].problem.reporters == 2


def test_same_words_at_two_estates_are_two_problems(graded: Make) -> None:
    text = "关于小区停水的投诉：从昨天晚上开始停水，物业说不知道什么时候能来水，请帮忙"
    outcomes = run(
        [graded("a", "甲", text, community="新华小区"), graded("b", "乙", text, 1, community="光明花园")],
        new_books(),
    )
    assert len(set(problems_of(outcomes))) == 2


def test_a_reply_stands_on_the_citys_day_whatever_offset_the_event_has(graded: Make) -> None:
    books = Books(City(utc_offset=UTC), {}, {}, {})
    gather(graded("a"), books)
    # 02:00 of the next day where the platform writes +08:00.
    gather(graded("a", edition=2, closed_hours=18), books)
    (calendar,) = books.calendars.values()
    assert calendar.replies == {2026: ("2026-03-02", "管网已修复")}


def test_two_matters_at_one_estate_are_two_problems(graded: Make) -> None:
    outcomes = run(
        [
            graded("a", "甲", "小区停水一上午了，没有人管"),
            graded("b", "乙", "楼下烧烤摊半夜油烟呛人", 1, matter="油烟扰民", category="环保"),
        ],
        new_books(),
    )
    assert len(set(problems_of(outcomes))) == 2


def test_long_messages_without_a_place_join_by_their_words(graded: Make) -> None:
    one = (
        "关于撤销鲤鱼夜宵城的请求，夜宵城距离居民楼不到五米，每天通宵营业，油"
        "烟和吵闹让四十户居民无法入睡，多次反映没有结果"
    )
    two = (
        "请政府关注鲤鱼夜宵城扰民，夜宵城通宵营业油烟吵闹，紧挨居民楼，四十户"
        "居民夜夜不能入睡，盼望撤销或者搬迁"
    )
    other = (
        "咨询农村养老保险的缴费标准，家里父母年满六十岁，户口迁到县城以后还能"
        "不能在原来的乡镇领取养老金，需要什么手续"
    )
    nowhere = {"community": None, "street": None, "category": "other", "matter": "other"}
    outcomes = run(
        [
            graded("a", "甲", one, **nowhere),
            graded("b", "乙", other, 5, **nowhere),
            graded("c", "丙", two, 9, **nowhere),
        ],
        new_books(),
    )
    first, second, third = problems_of(outcomes)
    assert first == third != second


@pytest.mark.parametrize(
    ("address", "lat", "lon", "joins"),
    [
        ("608 GITTINGS AVE", 39.3701, -76.6082, True),
        ("610 GITTINGS AVE", 39.3705, -76.6084, True),
        ("629 OLDHAM ST", 39.2857, -76.5557, False),
        ("629 OLDHAM ST", 0.0, 0.0, False),
    ],
)
def test_tickets_of_category_words_only_join_by_spot(
    graded: Make, address: str, lat: float, lon: float, joins: bool
) -> None:
    words = {"matter": "Dirty Alley", "category": "Dirty Alley", "community": None, "title": "Dirty Alley"}
    spot = {"address": "608 GITTINGS AVE", "lat": 39.3701, "lon": -76.6082}
    outcomes = run(
        [
            graded("a", "甲", "Dirty Alley", **words, **spot),
            graded("b", "乙", "Dirty Alley", 1, **words, address=address, lat=lat, lon=lon),
        ],
        new_books(),
    )
    assert (len(set(problems_of(outcomes))) == 1) is joins


def test_three_reporters_within_hours_are_a_burst(graded: Make) -> None:
    books = new_books()
    run(_quiet_weeks(graded), books)
    outcomes = run(
        [
            graded("x1", "甲", "新华小区停水了", 700.0),
            graded("x2", "乙", "新华小区没水", 700.2),
            graded("x3", "丙", "我们小区停水一上午", 700.4),
        ],
        books,
    )
    found = [c for c in outcomes[2].candidates if c.scope == "problem"]
    assert [c.kind for c in found] == ["burst"]
    assert found[0].reporters == 3
    assert found[0].figures["lambda"] > 1.0
    assert {quote.ticket_id for quote in found[0].evidence} == {"x1", "x2", "x3"}
    assert not [c for c in outcomes[1].candidates if c.kind == "burst"]


@pytest.mark.parametrize(("behind", "is_told"), [(1.0, True), (73.0, False)])
def test_a_ticket_days_behind_its_stream_tells_nothing_of_now(
    graded: Make, behind: float, is_told: bool
) -> None:
    books = new_books()
    run(_quiet_weeks(graded), books)
    run([graded(f"x{who}", who, "新华小区停水了", 700.0) for who in "甲乙丙丁"], books)
    (late,) = run([graded("late", "戊", "新华小区停水了", 700.0 - behind)], books)
    assert any(found.kind == "burst" for found in late.candidates) is is_told


def test_one_reporter_never_raises_a_burst(graded: Make) -> None:
    books = new_books()
    run(_quiet_weeks(graded), books)
    calls = [graded(f"x{n}", "甲", f"停水第{n}次打电话了", 700 + n / 10) for n in range(40)]
    outcomes = run(calls, books)
    assert not [c for outcome in outcomes for c in outcome.candidates if c.kind == "burst"]
    assert outcomes[-1].changes[0].problem.reporters == 1
    assert outcomes[-1].changes[0].problem.tickets == 40


@pytest.mark.parametrize("caller", [None, "匿名"])
def test_nameless_callers_of_a_platform_that_names_callers_are_one(graded: Make, caller: str | None) -> None:
    books = new_books()
    run(_quiet_weeks(graded), books)
    calls = [graded(f"x{n}", caller, "小区停水", 700 + n / 100) for n in range(50)]
    outcomes = run(calls, books)
    assert not [c for outcome in outcomes for c in outcome.candidates if c.kind == "burst"]


def test_a_platform_that_names_nobody_still_has_bursts(graded: Make) -> None:
    books = new_books()
    quiet = [
        graded(
            f"q{n}", None, f"路灯不亮第{n}处", n * 20, community=f"小区{n}", category="照明", matter="路灯"
        )
        for n in range(35)
    ]
    run(quiet, books)
    calls = [graded(f"x{n}", None, f"停水{n}小时", 700 + n / 3) for n in range(5)]
    outcomes = run(calls, books)
    assert [c for outcome in outcomes for c in outcome.candidates if c.scope == "problem"]


def test_same_text_500_times_in_a_minute_is_no_crowd(graded: Make) -> None:
    books = new_books()
    run([graded(f"q{n}", None, f"路灯{n}", n * 20, community=f"小区{n}") for n in range(35)], books)
    calls = [graded(f"x{n}", None, "小区停水了快来", 700.0) for n in range(500)]
    outcomes = run(calls, books)
    assert outcomes[-1].changes[0].problem.tickets == 500
    assert not [c for outcome in outcomes for c in outcome.candidates if c.kind == "burst"]


def test_praise_is_no_problem(graded: Make) -> None:
    assert gather(graded("a", kind="praise"), new_books()) == Gathered()


def test_ticket_without_its_creation_waits(graded: Make) -> None:
    waiting = graded("a")
    waiting = waiting.model_copy(update={"ticket": waiting.ticket.model_copy(update={"created_at": None})})
    assert gather(waiting, new_books()) == Gathered()


def test_closing_counts_once_and_search_is_not_repeated(graded: Make) -> None:
    books = new_books()
    gather(graded("a", "甲"), books)
    outcome = gather(graded("a", "甲", edition=2, closed_hours=5), books)
    problem = outcome.changes[0].problem
    assert outcome.changes[0].joined == "updated"
    assert (problem.tickets, problem.open_tickets, problem.closures) == (1, 0, 1)
    assert problem.reply == "管网已修复"
    assert outcome.count is None


def test_ticket_moves_when_its_place_changes_and_counts_follow(graded: Make) -> None:
    books = new_books()
    here = gather(graded("a", "甲", community="新华小区"), books).changes[0].problem
    there = gather(graded("b", "乙", community="光明花园", hours=1), books).changes[0].problem
    gather(graded("c", "丙", community="新华小区", hours=2), books)
    outcome = gather(graded("c", "丙", community="光明花园", hours=2, edition=2), books)
    left, moved = outcome.changes
    assert (left.joined, left.problem.problem_id, left.problem.tickets) == ("left", here.problem_id, 1)
    assert (moved.joined, moved.problem.problem_id, moved.problem.tickets) == ("moved", there.problem_id, 2)


def test_return_after_closing_names_the_reply(graded: Make) -> None:
    books = new_books()
    run(_quiet_weeks(graded), books)
    gather(graded("a", "甲", hours=700), books)
    gather(graded("a", "甲", hours=700, edition=2, closed_hours=710), books)
    first = gather(graded("b", "乙", "又停水了，上次说修好了", hours=800), books).changes[0]
    outcome = gather(graded("c", "丙", "怎么又没水了", hours=801), books)
    assert first.graded is not None
    assert first.graded.grade.recurrence.kind == "after_closure"
    assert first.graded.grade.recurrence.earlier == ("a",)
    (candidate,) = [c for c in outcome.candidates if c.kind == "recurrence"]
    assert candidate.facts["reply"] == "管网已修复"


def test_satisfied_caller_within_a_day_is_no_return(graded: Make) -> None:
    books = new_books()
    gather(graded("a", "甲"), books)
    gather(graded("a", "甲", edition=2, closed_hours=10), books)
    change = gather(graded("b", "甲", "停水", hours=12), books).changes[0]
    assert change.graded is not None
    assert change.graded.grade.recurrence.kind == "same_caller"


def test_long_closed_problem_is_followed_by_a_new_one(graded: Make) -> None:
    books = new_books()
    old = gather(graded("a", "甲"), books).changes[0].problem
    gather(graded("a", "甲", edition=2, closed_hours=10), books)
    new = gather(graded("b", "乙", hours=24 * 20), books).changes[0].problem
    assert new.problem_id != old.problem_id
    assert new.after == old.problem_id


def test_critical_grade_without_a_rule_becomes_a_hazard(graded: Make) -> None:
    outcome = gather(graded("a", urgency="critical"), new_books())
    assert [c.kind for c in outcome.candidates] == ["hazard"]


def test_quiet_problems_close_and_are_forgotten(graded: Make) -> None:
    books = new_books()
    start = gather(graded("a"), books).changes[0].problem.first_seen
    gather(graded("a", edition=2, closed_hours=1), books)
    assert gather_on_tick(start + timedelta(days=1), books) == Gathered()
    (change,) = gather_on_tick(start + timedelta(days=20), books).changes
    assert change.problem.status == "closed"
    assert books.members and books.calendars
    gather_on_tick(start + timedelta(days=200), books)
    assert not books.problems
    assert not books.members
    assert not books.calendars


@pytest.mark.parametrize("hours", [-24 * 365 * 50, 24 * 365 * 70])
def test_one_wrong_date_changes_nothing_for_the_rest(graded: Make, hours: float) -> None:
    books = new_books()
    run(_quiet_weeks(graded), books)
    gather(graded("wrong", "丁", hours=hours), books)
    outcomes = run([graded(f"x{n}", f"人{n}", hours=700 + n / 10) for n in range(4)], books)
    assert [c for c in outcomes[-1].candidates if c.kind == "burst" and c.scope == "problem"]


def test_the_unit_that_has_it_again_is_the_one_that_has_it_now(graded: Make) -> None:
    books = new_books()
    for edition, unit in enumerate(("供水公司", "物业", "供水公司"), 1):
        one = graded("a", "甲", edition=edition)
        ticket = one.ticket.model_copy(update={"unit": unit})
        (outcome,) = run([one.model_copy(update={"ticket": ticket})], books)
    assert outcome.changes[-1].problem.units == ("物业", "供水公司")

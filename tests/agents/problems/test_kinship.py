"""Which headings are one thing: what calls from one place teach, whatever order they came and went in."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from agents.problems.kinship import OTHER, REACH, SAME, Kinship, Topic, topic_of

HOUR = 3600.0
DAY = 24 * HOUR


def topic(name: str) -> Topic:
    """The topic of "heading/title"; a title like the heading where none is given."""
    heading, _, title = name.partition("/")
    return topic_of(heading, title or heading)


def taught(*calls: tuple[str, float, str, str]) -> Kinship:
    kinship = Kinship()
    for slot, (place, at, caller, name) in enumerate(calls):
        kinship.add(place, slot, at, caller, topic(name))
    return kinship


def kin(kinship: Kinship, one: str, other: str) -> float:
    return kinship.to(topic(one))(topic(other))


def days_of(one: str, other: str, gap: float, days: int = 20) -> list[tuple[str, float, str, str]]:
    """Every day a call under each heading at one place, with `gap` seconds between them."""
    pairs = [
        [("春阳庄", n * DAY, f"甲{n}", one), ("春阳庄", n * DAY + gap, f"乙{n}", other)] for n in range(days)
    ]
    return [call for pair in pairs for call in pair]


def test_equal_headings_are_nearer_than_others_before_any_ticket_has_told() -> None:
    assert kin(Kinship(), "停水", "停水") > 0 > kin(Kinship(), "停水", "路灯")
    assert SAME > 1 > OTHER


def test_headings_that_come_within_two_hours_become_kin() -> None:
    near, far = (taught(*days_of("停水", "水费", gap)) for gap in (HOUR, 9 * HOUR))
    assert kin(near, "停水", "水费") == kin(near, "水费", "停水") > 0.5 > 0 > kin(far, "停水", "水费")


def test_one_caller_s_calls_days_apart_are_about_one_thing_but_a_nameless_one_is_nobody() -> None:
    def calls(caller: str) -> list[tuple[str, float, str, str]]:
        return [("春阳庄", n * DAY, caller, ("停水", "水费")[n % 2]) for n in range(9)]

    others = days_of("路灯", "噪音", 9 * HOUR)
    named, nameless = taught(*calls("甲"), *others), taught(*calls(""), *others)
    assert kin(named, "停水", "水费") > 0 > kin(nameless, "停水", "水费")


def test_two_calls_alone_teach_no_kinship_by_which_a_third_is_joined() -> None:
    once = taught(("春阳庄", 0.0, "甲", "噪音"), ("春阳庄", 600.0, "乙", "停水"))
    never = taught(("春阳庄", 0.0, "甲", "噪音"), ("春阳庄", 9 * HOUR, "乙", "停水"))
    often = taught(*days_of("噪音", "停水", 600.0, 2))
    assert kin(once, "停水", "噪音") <= kin(never, "停水", "噪音") < kin(often, "停水", "噪音")


def test_calls_of_two_places_tell_nothing_of_each_other() -> None:
    calls = [(f"小区{n}", 0.0, f"人{n}", ("停水", "水费")[n % 2]) for n in range(20)]
    assert kin(taught(*calls), "停水", "水费") == kin(Kinship(), "停水", "水费")


def test_two_facts_under_one_heading_are_told_apart_by_their_titles() -> None:
    days = [
        (f"医院{n}", at * HOUR + n * DAY, f"{n}-{at}", f"就医/{title}")
        for n in range(20)
        for at, title in ((0, "挂号难"), (1, "看病等太久"), (9, "不耐烦"), (10, "态度恶劣"))
    ]
    known = taught(*days)
    assert kin(known, "就医/挂号难", "就医/看病等太久") > kin(known, "就医/药房缺药", "就医/多收费")
    assert kin(known, "就医/药房缺药", "就医/多收费") > kin(known, "就医/挂号难", "就医/不耐烦")


def test_topics_are_measured_by_how_often_each_comes_together_with_itself() -> None:
    calls = [*days_of("道路/坑洼", "道路/没人修", HOUR)]
    calls += [("夏阳庄", *call[1:]) for call in days_of("供水/没水", "供水/断水", HOUR)]
    # Each of the second two fills other places by itself, within the hour.
    for title in ("没水", "断水"):
        calls += [
            (f"{title}{n}", n * DAY + m, f"{n}-{m}", f"供水/{title}") for n in range(20) for m in range(3)
        ]
    known = taught(*calls)
    assert kin(known, "道路/坑洼", "道路/没人修") > kin(known, "供水/没水", "供水/断水")


def test_one_fact_under_two_headings_is_known_by_its_title() -> None:
    known = taught(
        *days_of("供水/没有水", "热线/没有水", HOUR), *days_of("供水/管道漏水", "热线/咨询电话", 9 * HOUR)
    )
    assert kin(known, "供水/没有水", "热线/没有水") > kin(known, "供水/管道漏水", "热线/咨询电话")


def test_tickets_without_a_title_are_kin_by_their_headings_alone() -> None:
    assert topic_of("停水", "") != topic_of("路灯", "")
    untitled = [
        (f"小区{n}", at * HOUR + n * DAY, f"{n}-{at}", heading)
        for n in range(20)
        for at, heading in ((0, "停水"), (1, "水费"), (9, "路灯"))
    ]
    known = Kinship()
    for slot, (place, at, caller, heading) in enumerate(untitled):
        known.add(place, slot, at, caller, topic_of(heading, ""))
    assert known.to(topic_of("停水", ""))(topic_of("水费", "")) > 0.5
    assert known.to(topic_of("停水", ""))(topic_of("路灯", "")) < 0


def test_tickets_far_apart_are_not_compared_and_cost_nothing() -> None:
    kinship = Kinship()
    for slot in (0, REACH + 1):
        kinship.add("春阳庄", slot, 0.0, "甲", topic("停水"))
    assert kin(kinship, "停水", "停水") < kin(Kinship(), "停水", "停水")


TOPICS = ("停水/没水", "停水/断水", "水费/没水", "路灯/不亮")
CALLS = st.lists(
    st.tuples(
        st.sampled_from(("春阳庄", "和谷路")),
        st.integers(0, 40).map(lambda hours: hours * HOUR / 2),
        st.sampled_from(("", "甲", "乙", "~1")),
        st.sampled_from(TOPICS).map(topic),
    ),
    max_size=12,
)


@given(CALLS, st.data())
def test_what_it_holds_follows_from_the_tickets_that_are_in_it(
    calls: list[tuple[str, float, str, Topic]], data: st.DataObject
) -> None:
    numbered = list(enumerate(calls))
    kinship = Kinship(64)
    for slot, call in data.draw(st.permutations(numbered)):
        kinship.add(call[0], slot, *call[1:])
    gone = data.draw(st.lists(st.sampled_from(numbered), unique=True)) if numbered else []
    for slot, call in gone:
        kinship.remove(call[0], slot)
    known = Kinship(64)
    for slot, call in numbered:
        if (slot, call) not in gone:
            known.add(call[0], slot, *call[1:])
    assert vars(kinship) == vars(known)
    for one, other in product(map(topic, TOPICS), repeat=2):
        assert kinship.to(one)(other) == known.to(one)(other)

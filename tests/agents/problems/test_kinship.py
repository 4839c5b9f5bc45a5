"""Which headings are one thing: what calls from one place teach, whatever order they came and went in."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from agents.problems.kinship import OTHER, REACH, SAME, Kinship

HOUR = 3600.0
DAY = 24 * HOUR


def taught(*calls: tuple[str, float, str, str]) -> Kinship:
    kinship = Kinship()
    for slot, (place, at, caller, heading) in enumerate(calls):
        kinship.add(place, slot, at, caller, heading)
    return kinship


def days_of(one: str, other: str, gap: float, days: int = 20) -> list[tuple[str, float, str, str]]:
    """Every day a call under each heading at one place, with `gap` seconds between them."""
    pairs = [
        [("春阳庄", n * DAY, f"甲{n}", one), ("春阳庄", n * DAY + gap, f"乙{n}", other)] for n in range(days)
    ]
    return [call for pair in pairs for call in pair]


def test_equal_headings_are_nearer_than_others_before_any_ticket_has_told() -> None:
    assert Kinship().of("停水", "停水") > 0 > Kinship().of("停水", "路灯")
    assert SAME > 1 > OTHER


def test_headings_that_come_within_two_hours_become_kin() -> None:
    near, far = (taught(*days_of("停水", "水费", gap)) for gap in (HOUR, 9 * HOUR))
    assert near.of("停水", "水费") == near.of("水费", "停水") > 0.5 > 0 > far.of("停水", "水费")


def test_one_caller_s_calls_days_apart_are_about_one_thing_but_a_nameless_one_is_nobody() -> None:
    def calls(caller: str) -> list[tuple[str, float, str, str]]:
        return [("春阳庄", n * DAY, caller, ("停水", "水费")[n % 2]) for n in range(9)]

    others = days_of("路灯", "噪音", 9 * HOUR)
    named, nameless = taught(*calls("甲"), *others), taught(*calls(""), *others)
    assert named.of("停水", "水费") > 0 > nameless.of("停水", "水费")


def test_calls_of_two_places_tell_nothing_of_each_other() -> None:
    calls = [(f"小区{n}", 0.0, f"人{n}", ("停水", "水费")[n % 2]) for n in range(20)]
    assert taught(*calls).of("停水", "水费") == Kinship().of("停水", "水费")


def test_tickets_far_apart_are_not_compared_and_cost_nothing() -> None:
    kinship = Kinship()
    for slot in (0, REACH + 1):
        kinship.add("春阳庄", slot, 0.0, "甲", "停水")
    assert kinship.of("停水", "停水") < Kinship().of("停水", "停水")


CALLS = st.lists(
    st.tuples(
        st.sampled_from(("春阳庄", "和谷路")),
        st.integers(0, 40).map(lambda hours: hours * HOUR / 2),
        st.sampled_from(("", "甲", "乙", "~1")),
        st.sampled_from(("停水", "水费", "路灯")),
    ),
    max_size=12,
)


@given(CALLS, st.data())
def test_what_it_holds_follows_from_the_tickets_that_are_in_it(
    calls: list[tuple[str, float, str, str]], data: st.DataObject
) -> None:
    numbered = list(enumerate(calls))
    kinship = Kinship()
    for slot, call in data.draw(st.permutations(numbered)):
        kinship.add(call[0], slot, *call[1:])
    gone = data.draw(st.lists(st.sampled_from(numbered), unique=True)) if numbered else []
    for slot, call in gone:
        kinship.remove(call[0], slot)
    known = Kinship()
    for slot, call in numbered:
        if (slot, call) not in gone:
            known.add(call[0], slot, *call[1:])
    assert vars(kinship) == vars(known)
    for one, other in permutations(("停水", "水费", "路灯"), 2):
        assert kinship.of(one, other) == known.of(one, other)
        assert kinship.of(one, one) == known.of(one, one)

"""What the addresses of a wide crowd say for one event."""

import pytest

from agents.problems.crowd import LEAST_TOGETHER, MOST_AGREED, MOST_TOGETHER, agreed, together
from agents.problems.member import Member
from agents.problems.problem import Scope
from agents.problems.signature import Signature

STRANGERS = "abcdefghijklmnopqrstuvwxyz"


def crowd(problems: str) -> list[Member]:
    """One caller for each letter, which names the problem."""
    return [
        Member.model_construct(ticket_id=f"t{number}", caller=f"人{number}", problem_id=name)
        for number, name in enumerate(problems)
    ]


@pytest.mark.parametrize("scope", ["street", "district"])
def test_neighbours_speak_for_one_event_and_strangers_against_it(scope: Scope) -> None:
    strangers, two, three = (together(scope, crowd(who), []) for who in ("abcd", "aacd", "aacc"))
    assert LEAST_TOGETHER <= strangers < 0 < two < three <= MOST_TOGETHER


def test_a_place_has_one_address_and_gains_nothing() -> None:
    assert together("problem", crowd("aaaa"), []) == 0.0


@pytest.mark.parametrize("who", ["aaa", "aaab", "aaabc"])
def test_a_place_that_holds_most_of_them_is_no_sign_of_a_wide_crowd(who: str) -> None:
    assert together("district", crowd(who), []) < 0


def test_one_person_is_no_neighbour_of_theirs() -> None:
    members = [*crowd("abc"), Member.model_construct(ticket_id="t9", caller="人0", problem_id="a")]
    assert together("street", members, []) == together("street", crowd("abc"), [])


def test_neighbours_say_less_where_people_often_call_about_one_place() -> None:
    usual = crowd("x" * 20 + STRANGERS[:20])
    assert together("district", crowd("aacd"), usual) < together("district", crowd("aacd"), crowd(STRANGERS))


@pytest.mark.parametrize(("who", "bound"), [(STRANGERS, LEAST_TOGETHER), ("aabbccddee", MOST_TOGETHER)])
def test_no_crowd_is_made_or_lost_by_its_addresses_alone(who: str, bound: float) -> None:
    assert together("district", crowd(who), []) == bound


def saying(*matters: str) -> list[Member]:
    """One caller for each matter; "" where it is not known."""
    signatures = [Signature("", "", False, matter, "教育", "", (), True, "") for matter in matters]
    return [
        Member.model_construct(ticket_id=f"t{number}", caller=f"人{number}", signature=signature)
        for number, signature in enumerate(signatures)
    ]


@pytest.mark.parametrize(
    ("matters", "gain"),
    [
        (("电梯故障", "电梯故障", "电梯故障"), MOST_AGREED),
        (("校园食堂", "校车", "校园食堂"), -MOST_AGREED),
        (("校园食堂", "校车", "学费"), -MOST_AGREED),
        (("", "", "校车"), 0.0),
        ((), 0.0),
    ],
)
def test_people_of_a_place_who_say_one_thing_speak_for_one_event(
    matters: tuple[str, ...], gain: float
) -> None:
    assert agreed(saying(*matters)) == pytest.approx(gain, abs=0.01)


def test_one_who_says_something_else_in_a_large_crowd_takes_nothing_away() -> None:
    assert agreed(saying(*["小区停水"] * 7, "供水")) == MOST_AGREED


@pytest.mark.parametrize("matters", [("校车", "食堂"), ("食堂", "校车")])
def test_of_one_person_who_says_two_things_either_agrees_whichever_came_last(
    matters: tuple[str, str],
) -> None:
    both = [
        Member.model_construct(ticket_id=f"t8{n}", caller="人0", signature=saying(matter)[0].signature)
        for n, matter in enumerate(matters)
    ]
    others = saying("", "校车", "校车")[1:]
    assert agreed([*both, *others]) == MOST_AGREED


def test_what_one_person_says_again_is_no_agreement() -> None:
    again = Member.model_construct(ticket_id="t9", caller="人0", signature=saying("校车")[0].signature)
    assert agreed([*saying("校车"), again]) == 0.0

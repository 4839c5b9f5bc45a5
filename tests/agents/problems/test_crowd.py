"""What the addresses of a wide crowd say for one event."""

import pytest

from agents.problems.crowd import LEAST_TOGETHER, MOST_TOGETHER, together
from agents.problems.member import Member
from agents.problems.problem import Scope

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

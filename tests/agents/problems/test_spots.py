"""The place that may be said of a ticket, and what is the city's own work."""

from collections.abc import Callable

import pytest

from agents.city import City
from agents.grading.grade import Graded
from agents.intake.ticket import PartKind, PlacePart
from agents.problems.crowd import is_own_work_of
from agents.problems.spots import spot_of, title_of

Make = Callable[..., Graded]


def part(kind: PartKind, name: str) -> PlacePart:
    return PlacePart(kind=kind, name=name, said=name, source="text", confidence=0.5)


@pytest.mark.parametrize(
    ("place", "spot"),
    [
        ({"community": "新华小区"}, "新华小区"),
        ({"community": "新华小区", "address": "解放路12号"}, "新华小区（解放路12号）"),
        ({"community": "新华小区", "address": "新华小区3号楼"}, "新华小区3号楼"),
        ({"community": None, "address": "12 Main St, Baltimore, MD"}, "12 Main St"),
        ({"community": None}, ""),
    ],
)
def test_the_platform_gives_the_most_exact_place(
    graded: Make, place: dict[str, str | None], spot: str
) -> None:
    assert spot_of(graded("a", **place).ticket) == spot


def test_a_guessed_name_counts_with_its_town_and_a_guessed_road_only_in_the_title(graded: Make) -> None:
    ticket = graded("a", community=None, title="黄材镇松华村河堤", text="在东三路上也有").ticket
    parts = (part("road", "东三路"), part("street", "黄材镇"), part("community", "松华村"))
    assert spot_of(ticket.model_copy(update={"parts": parts})) == "黄材镇松华村"
    assert spot_of(ticket.model_copy(update={"parts": parts[:1]})) == ""


def test_a_problem_is_called_by_place_and_matter_where_both_are_known(graded: Make) -> None:
    assert title_of(graded("a", title="家里没水", matter="小区停水")) == "新华小区：小区停水"
    assert title_of(graded("a", title="家里没水", matter="other")) == "家里没水"
    assert title_of(graded("a", title="家里没水", community=None)) == "家里没水"


@pytest.mark.parametrize(
    ("said", "is_own"), [("SW-Rat Rubout Proactive", True), ("日常巡查", True), ("小区停水", False)]
)
def test_inspections_are_own_work(said: str, is_own: bool) -> None:
    assert is_own_work_of(City(), said) is is_own

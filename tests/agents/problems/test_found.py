"""What a search finds: the problem that may be one with the one found."""

import pytest

from agents.problems.found import rival_of


@pytest.mark.parametrize(
    ("links", "rival"),
    [
        ({"a": 2.0}, (None, 0.0)),
        # What it joins by words alone is linked to nothing.
        ({"b": 3.0, "c": 2.0}, (None, 0.0)),
        ({"a": 2.0, "b": 3.0}, ("b", 2.0)),
        ({"a": 3.0, "b": 1.5, "c": 2.0}, ("c", 2.0)),
        ({"a": 3.0, "c": 2.0, "b": 2.0}, ("c", 2.0)),
    ],
)
def test_the_rival_is_the_other_problem_of_the_strongest_link(
    links: dict[str, float], rival: tuple[str | None, float]
) -> None:
    assert rival_of("a", links) == rival

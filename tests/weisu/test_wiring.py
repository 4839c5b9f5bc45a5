"""What the wiring promises the agents."""

from weisu import wiring
from weisu.settings import Settings


def test_a_city_read_twice_is_one_object() -> None:
    """The agents remember much by city; twins would be compared field by field at every look, at half the speed."""
    settings = Settings(city=wiring.EXAMPLE_CITY)
    assert wiring.city_of(settings) is wiring.city_of(settings)

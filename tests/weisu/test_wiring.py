"""What the wiring promises the agents."""

from pathlib import Path

import pytest

from weisu import wiring
from weisu.settings import Settings, WrongSetup


def test_a_city_read_twice_is_one_object() -> None:
    """The agents remember much by city; twins would be compared field by field at every look, at half the speed."""
    settings = Settings(city=wiring.EXAMPLE_CITY)
    assert wiring.city_of(settings) is wiring.city_of(settings)


def test_data_that_can_be_no_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WrongSetup, match="WEISU_DATA"):
        wiring.make_index(Settings(data=tmp_path / "file" / "data"))


@pytest.mark.parametrize("endpoints", [[], [{"model": "m0", "base_url": "http://127.0.0.1:9/v1"}]])
def test_paid_answers_are_kept_as_long_as_the_audit(endpoints: list[dict[str, str]]) -> None:
    told = {"stream": {"lane": {"audit_days": 30}}, "ladder": {"endpoints": endpoints}}
    settings = Settings.model_validate(told)
    assert wiring.make_grader(settings, wiring.city_of(settings)).kept_s == 30 * 86_400

"""What the wiring promises the agents."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from agents.city import City
from agents.grading.ladder import Ladder
from weisu import wiring
from weisu.settings import Settings, WrongSetup


def test_whole_path_knows_one_city() -> None:
    """The agents remember much by city, for each object: twins would be looked up and kept twice."""
    path = wiring.make_path(Settings(city=wiring.EXAMPLE_CITY))
    assert path.intake and path.books and path.desk and path.routing
    assert isinstance(path.grader, Ladder)
    known = {path.intake.city, path.grader.rules.city, path.books.city, path.desk.city, path.routing.city}
    assert len(known) == 1


def test_data_that_can_be_no_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WrongSetup, match="WEISU_DATA"):
        wiring.make_index(Settings(data=tmp_path / "file" / "data"))


@pytest.mark.parametrize("endpoints", [[], [{"model": "m0", "base_url": "http://127.0.0.1:9/v1"}]])
def test_paid_answers_are_kept_as_long_as_the_audit(endpoints: list[dict[str, str]]) -> None:
    told = {"stream": {"lane": {"audit_days": 30}}, "ladder": {"endpoints": endpoints}}
    settings = Settings.model_validate(told)
    assert wiring.make_grader(settings, wiring.city_of(settings)).kept_s == 30 * 86_400


@pytest.mark.parametrize(
    ("zone", "minutes", "instant"),
    [
        (None, 480, datetime(2026, 3, 1, 16, tzinfo=UTC)),
        (timezone(timedelta(hours=6)), 360, datetime(2026, 3, 1, 18, tzinfo=UTC)),
        (timezone(-timedelta(hours=3, minutes=30)), -210, datetime(2026, 3, 2, 3, 30, tzinfo=UTC)),
    ],
)
def test_a_day_is_the_city_s_own_wherever_it_is_asked_for(
    zone: timezone | None, minutes: int, instant: datetime
) -> None:
    city = City(utc_offset=zone)
    assert wiring.utc_offset_minutes(city) == minutes
    assert wiring.instant_of(datetime(2026, 3, 2), city) == instant
    assert wiring.instant_of(instant, city) is instant

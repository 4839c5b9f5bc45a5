"""How values look: marks, times and charts."""

from datetime import UTC, datetime, timedelta

import pytest

from weisu.console.charts import MOST_BARS, bars
from weisu.console.view import local, marked


def test_only_our_own_marks_become_marks() -> None:
    assert str(marked("<b>〖停水〗</b>")) == "&lt;b&gt;<mark>停水</mark>&lt;/b&gt;"


@pytest.mark.parametrize(
    ("offset", "said"), [(480, "2025-03-03 08:00"), (0, "2025-03-03 00:00"), (-300, "2025-03-02 19:00")]
)
def test_times_are_the_citys_own(offset: int, said: str) -> None:
    assert local("2025-03-03T08:00:00+08:00", offset) == said


def test_a_chart_keeps_gaps_and_stays_small() -> None:
    assert bars([]) == ""
    gap = bars([("2025-03-03T08:00:00+08:00", 2), ("2025-03-03T11:00:00+08:00", 1)], "hour")
    assert 'viewBox="0 0 4 100"' in gap and gap.count("<rect") == 2
    start = datetime(2015, 1, 1, tzinfo=UTC)
    years = bars([((start + timedelta(days=day)).isoformat(), 1) for day in range(3_650)])
    assert years.count("<rect") <= MOST_BARS

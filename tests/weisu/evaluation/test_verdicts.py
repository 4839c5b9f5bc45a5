"""When an alert is true, and when it is not."""

import pytest
from fakes.small_city import alert, at, call, thing, truth_of

from weisu.evaluation.outcome import Told
from weisu.evaluation.truth import CityTruth
from weisu.evaluation.verdicts import judge

CALLS = [
    *(call(f"i{n}", 10 + n / 10, n, "t1") for n in range(1, 5)),
    *(call(f"h{n}", 12 + n / 10, 50, "t2") for n in range(1, 5)),
    *(call(f"c{n}", 14 + n / 10, 60 + n, "t3") for n in range(1, 5)),
    *(call(f"k{n}", 16 + n, 70 + n, "t4") for n in range(1, 5)),
    *(call(f"s{n}", 18, 80 + n, None, "estate/water", "p1") for n in range(1, 4)),
    *(call(f"x{n}", 19, 90 + n) for n in range(1, 9)),
    call("old", 1, 100, None, "road/lamp", "p2", closed=5),
    call("soon", 10, 101, None, "road/lamp", "p2"),
    call("back", 40, 102, None, "road/lamp", "p2"),
    call("danger", 20, 110, "t5"),
]


@pytest.fixture(scope="module")
def truth() -> CityTruth:
    storm = thing("t9", "storm", (), "city", matter="rain", start=at(48).isoformat(), end=at(72).isoformat())
    kinds = {"t1": "burst", "t2": "hoax", "t3": "campaign", "t4": "chronic", "t5": "hazard"}
    return truth_of(CALLS, storm, *(thing(name, kind, CALLS) for name, kind in kinds.items()))


@pytest.mark.parametrize(
    ("told", "finding", "what"),
    [
        (alert("i3", ["i1", "i2", "i3"], 11), "true", ""),
        (alert("i3", ["i3", "x1", "x2"], 11), "false", "burst"),
        (alert("i3", ["i2", "i3", *(f"x{n}" for n in range(1, 5))], 11), "true", ""),
        (alert("i3", ["i2", "i3", *(f"x{n}" for n in range(1, 6))], 11), "false", "burst"),
        (alert("x3", ["i1", "i2", "x3"], 19), "false", "mixed"),
        (alert("s3", ["s1", "s2", "s3"], 19), "false", "chance"),
        (alert("h3", ["h1", "h2", "h3"], 13), "hoax", ""),
        (alert("c3", ["c1", "c2", "c3"], 15), "campaign", ""),
        (alert("k3", ["k1", "k2", "k3"], 19), "false", "chronic"),
        (alert("x1", ["x1", "x2", "x3"], 50, category="排水"), "storm", ""),
        (alert("x1", ["x1", "x2", "x3"], 80, category="排水"), "false", "mixed"),
        (alert("x1", ["x1", "x2"], 50, scope="city", category="排水"), "true", ""),
        (alert("x1", ["x1", "x2"], 50, scope="city", category="养犬"), "false", "city"),
        (alert("k4", ["k1", "k2", "k4"], 21, kind="chronic"), "true", ""),
        (alert(None, ["k1", "x2", "x3"], 21, kind="chronic"), "false", "background"),
        (alert("h4", ["h1", "h2", "h4"], 14, kind="harassment"), "true", ""),
        (alert("back", ["old", "back"], 40, kind="recurrence"), "true", ""),
        (alert("soon", ["old", "soon"], 10, kind="recurrence"), "false", "not closed before"),
        (alert("x1", ["old", "x1"], 40, kind="recurrence"), "false", "no subject"),
        (alert("danger", ["danger"], 20, kind="hazard"), "true", ""),
        (alert("i1", ["i1"], 20, kind="dispute"), "unjudged", ""),
    ],
)
def test_each_alert_gets_its_verdict(truth: CityTruth, told: Told, finding: str, what: str) -> None:
    (verdict,) = judge(truth, [told])
    assert (verdict.finding, verdict.what) == (finding, what)


def test_thirty_percent_counts_callers_not_calls(truth: CityTruth) -> None:
    told = alert("i2", ["i1", "i2", *(f"h{n}" for n in range(1, 5)), *(f"x{n}" for n in range(1, 5))], 12)
    # 2 of the 7 callers: the hoaxer's four calls are one.
    assert judge(truth, [told])[0].finding == "false"


def test_second_alert_of_an_incident_is_neither_found_nor_false(truth: CityTruth) -> None:
    first, second = alert("i3", ["i1", "i2", "i3"], 11), alert("i4", ["i1", "i2", "i4"], 30)
    assert [v.finding for v in judge(truth, [first, second])] == ["true", "again"]

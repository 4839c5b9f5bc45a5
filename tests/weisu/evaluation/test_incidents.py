"""The fate of incidents: told or not, at which reporter, how early."""

from fakes.small_city import alert, at, call, thing, truth_of

from weisu.evaluation.incidents import fates, summary

EARLY = [call(f"e{n}", 1 + n / 10, n, "t1") for n in range(1, 7)]
CROWD = [call(f"c{n}", 60 + n / 10, 100 + n // 2, "t2") for n in range(1, 14)]
SMALL = [call(f"s{n}", 70 + n / 10, 200 + n, "t3") for n in range(1, 4)]
LATE = [call(f"l{n}", 110 + n / 10, 300 + n, "t4") for n in range(1, 6)]
REST = [call("z", 119.9, 999)]
CALLS = [*EARLY, *CROWD, *SMALL, *LATE, *REST]
TRUTH = truth_of(CALLS, *(thing(name, "burst", CALLS) for name in ("t1", "t2", "t3", "t4")))


def test_warm_up_small_ones_and_the_cut_off_end_are_left_out() -> None:
    assert [fate.thing.truth_id for fate in fates(TRUTH, [], warm_up=1)] == ["t2"]
    assert [fate.thing.truth_id for fate in fates(TRUTH, [], warm_up=0)] == ["t1", "t2"]


def test_delay_is_counted_in_people_and_minutes() -> None:
    told = alert("c4", ["c1", "c2", "c3", "c4"], 60.4)
    (fate,) = fates(TRUTH, [told], warm_up=1)
    # c1 | c2 c3 | c4: the third person; two calls of one are one.
    assert (fate.told_at, fate.reporters, fate.minutes) == (at(60.4), 3, 18.0)
    assert fate.lead == {5: 24.0}
    assert fate.to_come == 9 / 13


def test_fresh_content_of_an_older_alert_counts_as_told() -> None:
    first = alert("c1", ["c1"], 60.1, kind="hazard", again=[(60.6, ["c1", "c2", "c4"])])
    (fate,) = fates(TRUTH, [first], warm_up=1)
    assert fate.told_at == at(60.6)


def test_what_was_never_told_is_censored_at_its_whole_crowd() -> None:
    (fate,) = fates(TRUTH, [], warm_up=1)
    assert (fate.told_at, fate.reporters, fate.to_come) == (None, 7, 0.0)
    figures = summary([fate])
    assert figures["recall"] == 0.0
    assert figures["reporters"] == {"median": None, "p90": None, "median_of_told": None, "p90_of_told": None}


def test_summary_of_nothing_has_no_recall() -> None:
    assert summary([])["recall"] is None

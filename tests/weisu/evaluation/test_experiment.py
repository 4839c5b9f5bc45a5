"""The whole measurement on cities of a few days: the live path once, alerting's step again, the report."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.small_city import alert, call, thing, truth_of
from typer.testing import CliRunner

from weisu import wiring
from weisu.__main__ import app
from weisu.commands.evaluate import FIRST_DAY, command_of, seeds_of
from weisu.evaluation.curve import at_most, points, tried
from weisu.evaluation.experiment import EARS, NAIVE, NAIVE_CALLS, OURS, UNCAPPED, measure, over_years
from weisu.evaluation.outcome import Outcome
from weisu.evaluation.report import html_report, quality_page
from weisu.evaluation.tape import Plan, Played, at_threshold, decide_again, play
from weisu.evaluation.targets import targets
from weisu.settings import Settings, WrongSetup

PLAN = Plan(wiring.EXAMPLE_CITY, date(2026, 6, 1), 3, 100, 1)


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return measure(PLAN, [3, 4], Settings(), workers=1)


@pytest.fixture(scope="module")
def played() -> Played:
    return play(replace(PLAN, days=4, tickets_per_day=400), 3, Settings())


def test_alerting_again_over_its_tape_gives_the_alerts_of_the_run(played: Played) -> None:
    again = decide_again(played.tape, played.city, played.outcome.problem_of)
    assert again == played.outcome
    assert again.alerts
    assert sum(again.held.values()) > 10


def test_lower_threshold_tells_of_no_fewer_crowds(played: Played) -> None:
    told = [
        decide_again(played.tape, at_threshold(played.city, level), {}).alerts for level in (-1.0, 0.0, 3.0)
    ]
    crowds = [sum(one.kind == "burst" for one in alerts) for alerts in told]
    assert crowds == sorted(crowds, reverse=True)
    assert crowds[0] > crowds[-1]


def test_same_plan_gives_the_same_figures_with_any_number_of_workers(figures: Mapping[str, Any]) -> None:
    again = measure(PLAN, [3, 4], Settings(), workers=2)
    assert json.dumps(again, sort_keys=True) == json.dumps(figures, sort_keys=True)


def test_town_of_years_ends_where_the_cities_begin() -> None:
    town = over_years(PLAN, 3)
    assert (town.start, town.days, town.warm_up) == (date(2023, 6, 1), 1096, 731)
    assert town.start + timedelta(days=town.days) == PLAN.start


def test_town_of_years_has_its_own_table(figures: Mapping[str, Any]) -> None:
    slow = {**figures, "command": "", "years": {"years": 3, "tickets_per_day": 40, **figures["pooled"]}}
    assert "Patterns of years" not in html_report(figures)
    assert "Patterns of years" in html_report(slow)
    assert "over 3 years, of which the last is scored" in quality_page(slow)


def test_every_method_has_its_curve(figures: Mapping[str, Any]) -> None:
    assert set(figures["curves"]) == {OURS, UNCAPPED, NAIVE, NAIVE_CALLS, EARS}
    for curve in figures["curves"].values():
        assert [point["days"] for point in curve] == [curve[0]["days"]] * len(curve)
    assert figures["curves"][OURS][0]["days"] == 4
    assert figures["curves"][UNCAPPED][0]["days"] == 2


def test_too_few_incidents_get_no_verdict(figures: Mapping[str, Any]) -> None:
    verdicts = {target.name: target.is_met for target in targets(figures)}
    assert verdicts["recall at 5 false crowd alarms a day"] is None
    assert verdicts["crowd alerts about a hoax"] is None
    assert verdicts["problems: pairwise F1"] is not None


def test_report_and_page_hold_every_method_and_target(figures: Mapping[str, Any]) -> None:
    html, markdown = html_report(figures), quality_page({**figures, "command": "weisu evaluate alerts"})
    for name in (*figures["curves"], *(target.name for target in targets(figures))):
        assert name in html
        assert name in markdown
    assert html.count("<svg") == 4
    assert "too few cases for a verdict" in markdown


def test_point_counts_false_ones_and_finds_the_best_within_a_rate() -> None:
    calls = [call("first", 1, 99)]
    calls += [call(f"i{n}", 30 + n / 10, n, "t1") for n in range(5)]
    calls += [call(f"x{n}", 40 + n, 50 + n) for n in range(60)]
    truth = truth_of(calls, thing("t1", "burst", calls))
    true, false = alert("i2", ["i0", "i1", "i2"], 30.2), alert("x2", ["x0", "x1", "x2"], 42)
    trials = [
        tried(truth, Outcome((true, false), {}, {}), 1, "a", 0.0),
        tried(truth, Outcome((true,), {}, {}), 1, "a", 1.0),
        tried(truth, Outcome((), {}, {}), 1, "a", 2.0),
    ]
    curve = points(trials)["a"]
    assert [(p["false_a_day"], p["recall"]) for p in curve] == [(0.25, 1.0), (0.0, 1.0), (0.0, 0.0)]
    best = at_most(curve, 0.1)
    assert best is not None
    assert best["threshold"] == 1.0
    assert at_most(curve[:1], 0.1) is None


@pytest.mark.parametrize(
    ("text", "seeds"), [("3", [3]), ("3,7", [3, 7]), ("101-103", [101, 102, 103]), ("1, 1-2", [1, 2])]
)
def test_seeds_are_numbers_and_spans(text: str, seeds: list[int]) -> None:
    assert seeds_of(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "3-b", "5-4", "1,,2"])
def test_other_seeds_are_refused(text: str) -> None:
    with pytest.raises(WrongSetup, match="--seeds"):
        seeds_of(text)


SHIPPED = Plan(wiring.EXAMPLE_CITY, FIRST_DAY.date(), 42, 2000, 14)
SIZE = "weisu evaluate alerts --seeds 101-103 --days 42 --tickets-per-day 2000 --warm-up 14 --years 3"


@pytest.mark.parametrize(
    ("plan", "out", "page", "more"),
    [
        (SHIPPED, None, None, ""),
        (SHIPPED, "docs/evaluation", "docs/quality.md", " --out docs/evaluation --page docs/quality.md"),
        (replace(SHIPPED, start=date(2026, 6, 1)), None, None, " --start 2026-06-01"),
        (replace(SHIPPED, city=Path("my city")), "out", None, " --city 'my city' --out out"),
    ],
)
def test_command_names_what_is_not_the_default(
    plan: Plan, out: str | None, page: str | None, more: str
) -> None:
    told = command_of(plan, "101-103", 3, Path(out) if out else None, Path(page) if page else None)
    assert told == SIZE + more


def test_verb_writes_page_report_and_figures(tmp_path: Path) -> None:
    options = [
        "--seeds",
        "3",
        "--days",
        "2",
        "--tickets-per-day",
        "60",
        "--warm-up",
        "1",
        "--years",
        "0",
        "--out",
        str(tmp_path),
        "--start",
        "2026-06-01",
    ]
    done = CliRunner().invoke(app, ["evaluate", "alerts", *options])
    assert done.exit_code == 0, done.output
    assert "not met" in done.stdout or "too few" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "curve.svg",
        "figures.json",
        "quality.md",
        "report.html",
    ]
    size = "--seeds 3 --days 2 --tickets-per-day 60 --warm-up 1 --years 0"
    command = f"weisu evaluate alerts {size} --start 2026-06-01 --out {tmp_path}"
    assert f"Made by `{command}`." in (tmp_path / "quality.md").read_text(encoding="utf-8")

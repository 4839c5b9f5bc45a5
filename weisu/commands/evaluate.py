"""The verb evaluate: how good it is, measured by the live functions against simulated truth and golden sets."""

import json
import os
import shlex
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from weisu import wiring
from weisu.settings import WrongSetup, load_settings

if TYPE_CHECKING:
    from weisu.evaluation.tape import Plan

evaluate = typer.Typer(help="Measure how good it is, against a truth that is known.", no_args_is_help=True)
SEEDS = "101-103"
"""Never looked at while anything is tuned; tune on 1–8."""
FIRST_DAY = datetime(2026, 3, 2)


@evaluate.callback()
def group() -> None:
    """Measure how good it is, against a truth that is known."""


@evaluate.command()
def alerts(
    seeds: Annotated[
        str, typer.Option(help="Cities to simulate, such as 101-103 or 3,7; tune on 1-8 only")
    ] = SEEDS,
    days: Annotated[int, typer.Option(min=2, help="Days of each city, warm-up included")] = 42,
    tickets_per_day: Annotated[int, typer.Option(min=1)] = 2000,
    warm_up: Annotated[int, typer.Option(help="Days at the start that are not scored", min=0)] = 14,
    start: Annotated[datetime, typer.Option(help="First day, local", formats=["%Y-%m-%d"])] = FIRST_DAY,
    city: Annotated[
        Path | None, typer.Option(help="Folder of the city's data; none: the example city")
    ] = None,
    years: Annotated[
        int,
        typer.Option(min=0, help="Years of a small town for seasonal and chronic findings; 0: leave it out"),
    ] = 3,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the figures do not depend on it")] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder for figures.json, report.html, curve.svg")] = None,
    page: Annotated[Path | None, typer.Option(help="Where to write quality.md; none: into --out")] = None,
    simulated: Annotated[
        Path | None, typer.Option(help="Folder of weisu simulate; with --replayed: only score what is there")
    ] = None,
    replayed: Annotated[Path | None, typer.Option(help="Folder of weisu replay over that city")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON")] = False,
) -> None:
    """Alerts: recall and delay against false alarms a day, beside two simpler detectors, on simulated cities."""
    if simulated is not None or replayed is not None:
        _score(simulated, replayed, warm_up, as_json)
        return
    if days <= warm_up:
        raise WrongSetup(f"--days {days} leaves nothing to score after --warm-up {warm_up}")
    from weisu.evaluation.experiment import measure
    from weisu.evaluation.report import protocol_hash
    from weisu.evaluation.tape import Plan

    settings = load_settings()
    plan = Plan(city or settings.city or wiring.EXAMPLE_CITY, start.date(), days, tickets_per_day, warm_up)
    settings = settings.model_copy(update={"ladder": settings.ladder.model_copy(update={"endpoints": ()})})
    figures = measure(
        plan, seeds_of(seeds), settings, workers, years, lambda line: print(line, file=sys.stderr)
    )
    figures["protocol"] = protocol_hash()
    figures["command"] = command_of(plan, seeds, years, out, page)
    _print(figures, as_json)
    if out is not None:
        _write(figures, out, page or out / "quality.md")


def command_of(plan: "Plan", seeds: str, years: int, out: Path | None, page: Path | None) -> str:
    """The line that gives the same figures again: the size of the cities always, the rest where it is not the default.

    Neither --workers nor --json: the figures do not depend on them.
    """
    told: dict[str, object] = {
        "seeds": seeds,
        "days": plan.days,
        "tickets-per-day": plan.tickets_per_day,
        "warm-up": plan.warm_up,
        "years": years,
        "start": plan.start if plan.start != FIRST_DAY.date() else None,
        "city": plan.city if plan.city != wiring.EXAMPLE_CITY else None,
        "out": out,
        "page": page,
    }
    given = (f"--{name} {shlex.quote(str(value))}" for name, value in told.items() if value is not None)
    return " ".join(("weisu evaluate alerts", *given))


def seeds_of(text: str) -> list[int]:
    """3,7 and 101-103. Raises WrongSetup."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()):
            raise WrongSetup(f"--seeds takes numbers and spans such as 3,7 or 101-103, not '{text}'")
        found += range(int(first), int(last or first) + 1)
    if not found:
        raise WrongSetup(f"--seeds {text} names no city")
    return list(dict.fromkeys(found))


def _score(simulated: Path | None, replayed: Path | None, warm_up: int, as_json: bool) -> None:
    from weisu.evaluation.outcome import load_outcome
    from weisu.evaluation.printed import printed
    from weisu.evaluation.scoring import score
    from weisu.evaluation.truth import load_truth

    if simulated is None or replayed is None:
        raise WrongSetup(
            "--simulated DIR and --replayed DIR go together: the city and what was told about it"
        )
    figures = score(load_truth(simulated), load_outcome(replayed), warm_up)
    print(json.dumps(figures, ensure_ascii=False, indent=2) if as_json else printed(figures))


def _print(figures: dict[str, object], as_json: bool) -> None:
    from weisu.evaluation.printed import printed_curves
    from weisu.evaluation.targets import targets

    if as_json:
        print(json.dumps(figures, ensure_ascii=False, indent=2))
        return
    print(printed_curves(figures))
    for target in targets(figures):
        print(f"{target.verdict:12s} {target.name}: asked {target.asked}, measured {target.measured}")


def _write(figures: dict[str, object], out: Path, page: Path) -> None:
    from weisu.evaluation.report import curve_chart, html_report, quality_page

    charts = os.path.relpath(out, page.parent)
    texts = {
        out / "figures.json": json.dumps(figures, ensure_ascii=False, indent=1) + "\n",
        out / "report.html": html_report(figures),
        out / "curve.svg": curve_chart(figures) + "\n",
        page: quality_page(figures, "" if charts == "." else f"{charts}/"),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WrongSetup(f"{error.filename}: cannot be written ({error.strerror})") from None
    print(f"→ {', '.join(map(str, texts))}")


@evaluate.command()
def grading(
    grader: Annotated[
        str,
        typer.Option(help="rules, a model of WEISU_LADDER__ENDPOINTS, or MODEL@PROMPT.md to try a prompt"),
    ] = "rules",
    report: Annotated[Path | None, typer.Option(help="Write the figures: .html with charts, or .md")] = None,
    out: Annotated[Path | None, typer.Option(help="Keep every grade, to compare with later")] = None,
    compare: Annotated[
        tuple[str, str] | None, typer.Option(help="Two graders, or files of --out, on the same tickets")
    ] = None,
    golden: Annotated[
        Path | None, typer.Option(help="Folder of a golden set of your own; the configured city grades it")
    ] = None,
) -> None:
    """Grading: precision and recall on the golden set, injections, masking. Status 1 when a target is not met."""
    from weisu.evaluation.golden import UnreadableGolden
    from weisu.evaluation.graders import open_run
    from weisu.evaluation.grading import UnreadableRun, write_run
    from weisu.evaluation.grading_report import html, markdown, printed, printed_pairs, report_of
    from weisu.evaluation.leaks import make_leak_set
    from weisu.evaluation.masking import measure_leaks
    from weisu.evaluation.paired import compare as compare_runs

    settings = load_settings()
    try:
        if compare is not None:
            first, second = (open_run(name, settings, golden) for name in compare)
            pairs = compare_runs(first, second)
            print(printed_pairs(first, second, pairs))
            raise typer.Exit(1 if any(pair.verdict == "worse" for pair in pairs) else 0)
        run = open_run(grader, settings, golden)
    except (UnreadableRun, UnreadableGolden) as error:
        raise WrongSetup(str(error)) from None
    found = report_of(run, measure_leaks(make_leak_set()))
    print(printed(found))
    try:
        if out is not None:
            write_run(run, out)
        if report is not None:
            report.write_text(html(found) if report.suffix == ".html" else markdown(found), encoding="utf-8")
    except OSError as error:
        raise WrongSetup(f"{error.filename}: cannot be written ({error.strerror})") from None
    raise typer.Exit(0 if found.passes else 1)

"""The verb evaluate: how good it is, measured by the live functions against simulated truth and golden sets."""

import json
from pathlib import Path
from typing import Annotated

import typer

from weisu.settings import WrongSetup, load_settings

evaluate = typer.Typer(help="Measure how good it is, against a truth that is known.", no_args_is_help=True)


@evaluate.callback()
def group() -> None:
    """Measure how good it is, against a truth that is known."""


@evaluate.command()
def alerts(
    simulated: Annotated[
        Path | None, typer.Option(help="Folder of weisu simulate; with --replayed: score what is there")
    ] = None,
    replayed: Annotated[Path | None, typer.Option(help="Folder of weisu replay over that city")] = None,
    warm_up: Annotated[int, typer.Option(help="Days at the start that are not scored", min=0)] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON")] = False,
) -> None:
    """Alerts: recall and delay against false alarms a day, on simulated cities."""
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
    if out is not None:
        write_run(run, out)
    found = report_of(run, measure_leaks(make_leak_set()))
    print(printed(found))
    if report is not None:
        report.write_text(html(found) if report.suffix == ".html" else markdown(found), encoding="utf-8")
    raise typer.Exit(0 if found.passes else 1)

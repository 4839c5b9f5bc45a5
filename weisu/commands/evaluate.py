"""The verb evaluate: how good it is, measured by the live functions against simulated truth."""

import json
from pathlib import Path
from typing import Annotated

import typer

from weisu.settings import WrongSetup

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

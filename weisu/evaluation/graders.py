"""Graders by name: the rules, a configured model, a model with a prompt that is only tried, or a run on file."""

from pathlib import Path

import prompts
from weisu import wiring
from weisu.city_folder import load_city
from weisu.evaluation.golden import FOLDER
from weisu.evaluation.grading import Run, read_run, run_grading
from weisu.evaluation.unseen import grade_unseen
from weisu.settings import PREFIX, Settings, WrongSetup

RULES = "rules"


def open_run(name: str, settings: Settings, own: Path | None = None) -> Run:
    """The run of a file of `--out`, or a new one of the grader of this name.

    The project's golden set is labelled in the terms of the example city, so that city grades it whatever is
    configured; a set of one's `own` is graded by the configured city.
    Raises WrongSetup naming the graders there are, UnreadableRun for a file that is no run.
    """
    if Path(name).is_file():
        return read_run(Path(name))
    model, _, prompt = name.partition("@")
    chosen = tuple(one for one in settings.ladder.endpoints if one.name == model)
    if model != RULES and not chosen:
        known = ", ".join((RULES, *(one.name for one in settings.ladder.endpoints)))
        raise WrongSetup(
            f"no grader and no file '{name}': known are {known}; models stand in {PREFIX}LADDER__ENDPOINTS"
        )
    city = load_city(wiring.EXAMPLE_CITY) if own is None else wiring.city_of(settings)
    folder = own or FOLDER
    ladder = settings.ladder.model_copy(update={"endpoints": chosen})
    grader = wiring.make_grader(settings.model_copy(update={"ladder": ladder}), city)
    if not chosen:
        run = run_grading(grader, RULES, city, folder)
        return run if own is not None else run.model_copy(update={"unseen": grade_unseen(grader, city)})
    try:
        grader.prompt = prompts.read(Path(prompt), "grade") if prompt else prompts.load("grade")
    except (OSError, ValueError) as error:
        raise WrongSetup(f"--grader {name}: {error}") from None
    return run_grading(grader, f"{model} {grader.prompt.id}+{grader.prompt.digest[:8]}", city, folder)

"""The command line: `weisu --help` lists the verbs. Parse, call, print; every decision is elsewhere."""

import sys
from collections.abc import Callable
from typing import Any

import typer

from indexing.index import IndexUnavailable, WrongQuery
from indexing.kibana.install import KibanaError
from streams.lines import UnreadableFile
from streams.topics import WrongTopics
from weisu import __version__
from weisu.city_files import CityError
from weisu.commands import data, run, tools, why
from weisu.commands.audit import audit
from weisu.commands.evaluate import evaluate
from weisu.commands.problems import problems
from weisu.commands.transcribe import transcribe
from weisu.settings import NotTranscribed, WrongSetup

app = typer.Typer(
    name="weisu",
    help="Weisu 未诉: 未诉先办. Tells the duty officer of a 12345 hotline before the next citizen has to call.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

VERBS: tuple[Callable[..., Any], ...] = (
    run.demo,
    run.up,
    run.work,
    run.console,
    run.play,
    data.replay,
    data.simulate,
    data.send,
    data.search,
    transcribe,
    why.why,
    audit,
    tools.setup,
    tools.schema,
    tools.settings,
    tools.doctor,
)
for verb in VERBS:
    app.command()(verb)
app.add_typer(evaluate, name="evaluate")
app.add_typer(problems, name="problems")
app.add_typer(tools.topics, name="topics")
app.add_typer(tools.city, name="city")
app.add_typer(tools.deadletters, name="deadletters")


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def main() -> None:
    """Errors a user can mend are one clear line and status 2."""
    try:
        app()
    except (
        WrongSetup,
        WrongTopics,
        CityError,
        UnreadableFile,
        KibanaError,
        IndexUnavailable,
        WrongQuery,
        NotTranscribed,
    ) as error:
        print(f"weisu: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()

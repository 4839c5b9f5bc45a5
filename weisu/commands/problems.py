"""The verbs `weisu problems …`: what a problem is made of."""

from pathlib import Path
from typing import Annotated

import typer

from weisu.commands.why import tell
from weisu.membership import explain_members

problems = typer.Typer(help="Problems: why each ticket is in one.", no_args_is_help=True)


@problems.callback()
def _group() -> None:
    """Keeps `show` a verb of its own while it is the only one."""


@problems.command()
def show(
    id: Annotated[str, typer.Argument(help="Id of a problem")],
    out: Annotated[
        Path | None, typer.Option(help="Folder that `weisu replay --out` wrote; none: the index")
    ] = None,
) -> None:
    """Say why each ticket is in the problem: the parts of its score, and its own words."""
    tell(explain_members, id, out, "no problem")

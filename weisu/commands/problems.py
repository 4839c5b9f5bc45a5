"""The verbs `weisu problems …`: what a problem is made of."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from weisu import wiring
from weisu.commands.data import plain
from weisu.membership import explain_members
from weisu.settings import Settings, WrongSetup, load_settings
from weisu.why import Folder, Indexed

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
    settings = load_settings()
    lines = asyncio.run(_ask(id, out, settings))
    if not lines:
        raise WrongSetup(f"no problem '{id}' in {out or f'the {settings.index.engine} index'}")
    print("\n".join(plain(line).plain for line in lines))


async def _ask(id: str, out: Path | None, settings: Settings) -> list[str]:
    city = wiring.city_of(settings)
    if out is not None:
        return await explain_members(id, Folder(out), city)
    index = wiring.make_index(settings)
    try:
        await index.setup()
        return await explain_members(id, Indexed(index), city)
    finally:
        await index.close()

"""The verb `why`: why this was told, why it was not, why only now."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from agents.city import City
from weisu import wiring
from weisu.commands.data import plain
from weisu.settings import Settings, WrongSetup, load_settings
from weisu.why import Folder, Indexed, explain

Explaining = Callable[[str, Any, City], Awaitable[list[str]]]
"""(id, what is stored, city) → Chinese sentences; none where nothing is known of the id."""


def why(
    id: Annotated[str, typer.Argument(help="Id of a ticket, a problem, an alert or a ledger entry")],
    out: Annotated[
        Path | None, typer.Option(help="Folder that `weisu replay --out` wrote; none: the index")
    ] = None,
) -> None:
    """Say why something was told, why it was held back, or why only then; with its figures."""
    tell(explain, id, out, "no ticket, problem, alert or ledger entry")


def tell(explaining: Explaining, id: str, out: Path | None, missing: str) -> None:
    """Print what is said of an id. Raises WrongSetup, beginning with `missing`, where nothing is known of it."""
    settings = load_settings()
    lines = asyncio.run(_ask(explaining, id, out, settings))
    if not lines:
        raise WrongSetup(f"{missing} '{id}' in {out or f'the {settings.index.engine} index'}")
    print("\n".join(plain(line).plain for line in lines))


async def _ask(explaining: Explaining, id: str, out: Path | None, settings: Settings) -> list[str]:
    city = wiring.city_of(settings)
    if out is not None:
        return await explaining(id, Folder(out), city)
    async with wiring.open_index(settings) as index:
        return await explaining(id, Indexed(index), city)

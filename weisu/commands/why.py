"""The verb `why`: why this was told, why it was not, why only now."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from weisu import wiring
from weisu.commands.data import plain
from weisu.settings import Settings, WrongSetup, load_settings
from weisu.why import Folder, Indexed, explain


def why(
    id: Annotated[str, typer.Argument(help="Id of a ticket, a problem, an alert or a ledger entry")],
    out: Annotated[
        Path | None, typer.Option(help="Folder that `weisu replay --out` wrote; none: the index")
    ] = None,
) -> None:
    """Say why something was told, why it was held back, or why only then; with its figures."""
    settings = load_settings()
    lines = asyncio.run(_ask(id, out, settings))
    if not lines:
        place = out or f"the {settings.index.engine} index"
        raise WrongSetup(f"no ticket, problem, alert or ledger entry '{id}' in {place}")
    print("\n".join(plain(line).plain for line in lines))


async def _ask(id: str, out: Path | None, settings: Settings) -> list[str]:
    city = wiring.city_of(settings)
    if out is not None:
        return await explain(id, Folder(out), city)
    index = wiring.make_index(settings)
    try:
        await index.setup()
        return await explain(id, Indexed(index), city)
    finally:
        await index.close()

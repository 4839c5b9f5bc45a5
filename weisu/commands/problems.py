"""The verbs `weisu problems …`: what a problem is made of, and what a person asks to be merged or split."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from agents.alerting.alert import Command
from agents.city import City
from streams.commands import KafkaCommander
from streams.topics import Topics
from weisu import wiring
from weisu.commands.why import tell
from weisu.membership import explain_members, list_proposals
from weisu.settings import PREFIX, Settings, WrongSetup, load_settings
from weisu.why import Source

At = Annotated[
    datetime | None,
    typer.Option(help="When it was asked; none: now", formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"]),
]
problems = typer.Typer(
    help="Problems: why each ticket is in one; merge and split them.", no_args_is_help=True
)
Id = Annotated[str, typer.Argument(help="Id of a problem")]
By = Annotated[str, typer.Option(help="Your name: it is recorded")]
Why = Annotated[str, typer.Option(help="Why: it is recorded")]
To = Annotated[
    Path | None,
    typer.Option(
        help="Add the command to this file, for `weisu replay --commands`; none: to the running stack"
    ),
]


@problems.command()
def show(
    id: Id,
    out: Annotated[
        Path | None, typer.Option(help="Folder that `weisu replay --out` wrote; none: the index")
    ] = None,
) -> None:
    """Say why each ticket is in the problem: the parts of its score, and its own words."""
    tell(explain_members, id, out, "no problem")


@problems.command()
def proposals(
    out: Annotated[
        Path | None, typer.Option(help="Folder that `weisu replay --out` wrote; none: the index")
    ] = None,
) -> None:
    """List the merges that are proposed: pairs of problems that one ticket belongs to as surely."""

    async def listed(_: str, source: Source, __: City) -> list[str]:
        return await list_proposals(source) or ["没有待核对的并入建议。"]

    tell(listed, "", out, "no proposals")


@problems.command()
def merge(id: Id, into: Id, by: By, why: Why = "", to: To = None, at: At = None) -> None:
    """Make one of two problems: the older id stays, the younger stands for it from now on."""
    _ask("merge_problems", id, by, why, to, at, into=into)


@problems.command()
def split(
    id: Id,
    tickets: Annotated[str, typer.Option(help="Ids of the tickets of one part, with commas between")],
    by: By,
    why: Why = "",
    to: To = None,
    at: At = None,
) -> None:
    """Make two of one problem: the larger part keeps the id."""
    ids = tuple(dict.fromkeys(name for name in (part.strip() for part in tickets.split(",")) if name))
    if not ids:
        raise WrongSetup("--tickets takes the ids of tickets, with commas between")
    _ask("split_problem", id, by, why, to, at, ticket_ids=ids)


def _ask(name: str, id: str, by: str, why: str, to: Path | None, at: datetime | None, **more: object) -> None:
    if not by.strip():
        raise WrongSetup("--by needs a name: who merged or split is recorded")
    if any("\ud800" <= sign <= "\udfff" for sign in id + by + why):
        raise WrongSetup("the id, --by and --why must be written in the terminal's encoding, UTF-8")
    settings = load_settings()
    moment = datetime.now(UTC) if at is None else wiring.instant_of(at, wiring.city_of(settings))
    shape = {"command": name, "command_id": uuid4().hex, "problem_id": id, "by": by.strip(), "at": moment}
    command = Command.model_validate({**shape, "note": why.strip() or None, **more})
    if to is None:
        asyncio.run(_send(command, settings))
        print(f"{name} {id}: asked; `weisu problems show {id}` tells what came of it")
        return
    try:
        with to.open("a", encoding="utf-8") as file:
            file.write(command.model_dump_json() + "\n")
    except OSError as error:
        raise WrongSetup(f"{to}: cannot be written ({error.strerror})") from None


async def _send(command: Command, settings: Settings) -> None:
    """Only what the index knows is asked for: a wrong id would be answered by nobody."""
    async with wiring.open_index(settings) as index:
        for id in (command.problem_id, command.into):
            if id is not None and await index.get("problems", id) is None:
                raise WrongSetup(f"no problem '{id}' in the {settings.index.engine} index")
    stream = settings.stream
    topics = Topics(stream.prefix, stream.wide)
    name = wiring.city_of(settings).name
    commander = KafkaCommander(stream.address, topics.commands, topics.events, name)
    try:
        await commander.send(command)
    except ConnectionError as error:
        raise WrongSetup(
            f"no Kafka answers at {stream.address} ({error}): start it or set {PREFIX}STREAM__ADDRESS"
        ) from None
    finally:
        await commander.stop()

"""Verbs of the operator: topics, dead letters, city, schema, settings, set-up, doctor."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from streams.topics import ROLES, NotReset, Role, Topics, WrongTopics, create, lag, reset, verify
from weisu import wiring
from weisu.city_folder import load_city
from weisu.city_words import require_words
from weisu.settings import PREFIX, Settings, WrongSetup, describe, load_settings

screen = Console()
topics = typer.Typer(help="Kafka topics: create, verify, lag, reset.", no_args_is_help=True)
city = typer.Typer(help="The city's folder: check it, or begin a new one.", no_args_is_help=True)
deadletters = typer.Typer(help="What could not be read: list it, or send it again.", no_args_is_help=True)


def _topics(settings: Settings) -> Topics:
    return Topics(settings.stream.prefix, settings.stream.wide)


@topics.command("create")
def topics_create(
    replicas: Annotated[int, typer.Option(help="Replication factor; -1: the broker's default")] = -1,
) -> None:
    """Create the topics that are missing; what exists stays as it is."""
    settings = load_settings()
    made = create(settings.stream.address, _topics(settings), replicas)
    print(f"{len(made)} topics created" + (": " + ", ".join(made) if made else ", all were there"))
    topics_verify()


@topics.command("verify")
def topics_verify() -> None:
    """Compare the cluster with the table of topics; status 1 when they differ."""
    settings = load_settings()
    differences = verify(settings.stream.address, _topics(settings))
    for difference in differences:
        print(difference)
    if differences:
        raise typer.Exit(1)
    print(f"{len(_topics(settings).all)} topics are as they must be")


@topics.command("lag")
def topics_lag() -> None:
    """How far each role is behind."""
    settings = load_settings()
    named = _topics(settings)
    table = Table("role", "topic", "partition", "committed", "end", "behind")
    for role in ROLES:
        for place in lag(settings.stream.address, named.group(role), named.inputs(role)):
            committed = "—" if place.committed is None else str(place.committed)
            table.add_row(
                role, place.topic, str(place.partition), committed, str(place.end), str(place.behind)
            )
    screen.print(table)


@topics.command("reset")
def topics_reset(
    role: Annotated[
        str, typer.Argument(help="core, grading, notifying or index; its workers must be stopped")
    ],
    to: Annotated[
        str, typer.Option(help="earliest, latest, or an instant such as 2026-03-02T00:00:00+08:00")
    ],
) -> None:
    """Move a role's place in its topics. State and index are idempotent: what is read again changes nothing twice."""
    known: dict[str, Role] = {name: name for name in ROLES}
    if role not in known:
        raise WrongSetup(f"role is one of {', '.join(ROLES)}, not '{role}'")
    settings = load_settings()
    named = _topics(settings)
    try:
        places = reset(
            settings.stream.address, named.group(known[role]), named.inputs(known[role]), _target(to)
        )
    except NotReset as error:
        raise WrongTopics(str(error)) from error
    print(f"{len(places)} partitions of {role} moved to {to}")


def _target(to: str) -> Literal["earliest", "latest"] | datetime:
    if to == "earliest":
        return "earliest"
    if to == "latest":
        return "latest"
    try:
        at = datetime.fromisoformat(to)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise WrongSetup(f"--to is earliest, latest or an instant with offset, not '{to}'")
    return at


@deadletters.command("list")
def deadletters_list(
    topic: Annotated[str, typer.Argument(help="The input topic")] = "tickets.events",
    most: Annotated[int, typer.Option(min=1)] = 50,
) -> None:
    """Name, reason and origin of each dead letter; never its text."""
    from streams.deadletters import list_letters

    settings = load_settings()
    table = Table("name", "reason", "detail", "origin", "bytes")

    async def read() -> int:
        count = 0
        async for letter in list_letters(settings.stream.address, f"{settings.stream.prefix}{topic}.dlq"):
            count += 1
            if count <= most:
                origin = f"{letter.origin_topic}[{letter.origin_partition}]@{letter.origin_offset}"
                table.add_row(letter.name, letter.reason, letter.error, origin, str(len(letter.value or b"")))
        return count

    with answering(settings):
        count = asyncio.run(read())
    screen.print(table)
    print(f"{count} dead letters")


@deadletters.command("replay")
def deadletters_replay(
    topic: Annotated[str, typer.Argument(help="The input topic")],
    names: Annotated[list[str] | None, typer.Argument(help="Names from `list`; none: all")] = None,
) -> None:
    """Send dead letters back to where they came from, once the cause is mended."""
    from streams.deadletters import replay_letters

    settings = load_settings()
    name = f"{settings.stream.prefix}{topic}.dlq"
    with answering(settings):
        count = asyncio.run(replay_letters(settings.stream.address, name, names or None))
    print(f"{count} sent again")


@contextmanager
def answering(settings: Settings) -> Iterator[None]:
    """Raises WrongTopics where Kafka does not answer."""
    from aiokafka.errors import KafkaError

    try:
        yield
    except KafkaError as error:
        address = settings.stream.address
        raise WrongTopics(
            f"no Kafka answers at {address} ({type(error).__name__}): start it or set {PREFIX}STREAM__ADDRESS"
        ) from None


@city.command("check")
def city_check(
    folder: Annotated[Path, typer.Argument(help="Folder of the city's data")] = wiring.EXAMPLE_CITY,
) -> None:
    """Check a city's folder; every fault with file, line and key, status 2."""
    found = load_city(folder)
    require_words(found, folder)
    print(
        f"{found.name}: {len(found.districts)} 个区县, {len(found.streets)} 个街镇, {len(found.places)} 个地名, "
        f"{len(found.categories)} 个类别, {len(found.units)} 个单位, {len(found.duties)} 项职责, "
        f"{len(found.roster)} 条排班; 版本 {found.version}"
    )


@city.command("new")
def city_new(folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet")]) -> None:
    """Begin your own city from the example."""
    if folder.exists():
        raise WrongSetup(f"{folder} exists already: name a new folder")
    try:
        shutil.copytree(wiring.EXAMPLE_CITY, folder)
    except OSError as error:
        raise WrongSetup(f"{folder} cannot be made ({error.strerror or type(error).__name__})") from error
    print(f"{folder}: edit the files, then run `weisu city check {folder}`")


def schema(
    document: Annotated[str, typer.Argument(help="events or asyncapi")] = "events",
    write: Annotated[bool, typer.Option(help="Renew the committed copies in docs/contract")] = False,
) -> None:
    """Print the JSON Schema of the events and results, or the AsyncAPI document of the topics."""
    from weisu.contract import asyncapi, dump, json_schema, write_contract

    if write:
        write_contract(Path("docs/contract"))
        return
    if document not in ("events", "asyncapi"):
        raise WrongSetup(f"document is events or asyncapi, not '{document}'")
    print(dump(json_schema() if document == "events" else asyncapi()), end="")


def settings() -> None:
    """Print every setting, its value and where it comes from; secrets are masked."""
    table = Table("variable", "value", "origin")
    for row in describe(load_settings()):
        table.add_row(*row)
    screen.print(table)


def setup() -> None:
    """Prepare a running stack: topics, index templates, Kibana's objects. Safe to repeat."""
    loaded = load_settings()
    topics_create()

    async def prepare() -> None:
        async with wiring.open_index(loaded):
            pass

    asyncio.run(prepare())
    print(f"index ready: {loaded.index.engine}")
    if loaded.kibana.url:
        from indexing.kibana.install import install

        index = loaded.index
        for line in install(
            loaded.kibana.url,
            index.user or None,
            index.password.get_secret_value() if index.password else None,
            index.prefix,
            api_key=index.api_key.get_secret_value() if index.api_key else None,
            utc_offset_minutes=wiring.utc_offset_minutes(wiring.city_of(loaded)),
        ):
            print(line)


def doctor() -> None:
    """One line a check: reachable, matching, writable. Status 1 when one fails."""
    from weisu.doctor import CHECKS

    loaded = load_settings()
    failed = 0
    for name, check in CHECKS.items():
        try:
            print(f"ok    {name}: {check(loaded)}")
        except Exception as error:  # a check may fail in any way; the line says how
            failed += 1
            print(f"FAIL  {name}: {error}")
    raise typer.Exit(1 if failed else 0)

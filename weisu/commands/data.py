"""Verbs over files: replay, simulate, send, search."""

import asyncio
import gc
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from indexing.index import Query
from streams.lines import read_lines
from weisu import wiring
from weisu.city_folder import load_city
from weisu.console.view import local
from weisu.replaying import graders_of, read_commands, run_replay, without_model
from weisu.settings import PREFIX, Settings, WrongSetup, load_settings

screen = Console(stderr=True)


@contextmanager
def progress_bar(what: str, total: int | None) -> Iterator[Any]:
    """A bar on a terminal, nothing elsewhere; yields a function of the amount done."""
    if not screen.is_terminal:
        yield lambda _: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def with_city(settings: Settings, city: Path | None) -> Settings:
    return settings.model_copy(update={"city": city}) if city is not None else settings


def replay(
    events: Annotated[Path, typer.Argument(help="Events, .jsonl or .jsonl.gz (docs/contract)")],
    out: Annotated[Path, typer.Option(help="Folder for the results")],
    city: Annotated[
        Path | None, typer.Option(help="Folder of the city's data; none: an unknown city")
    ] = None,
    grader: Annotated[str, typer.Option(help="rules, or llm with WEISU_LADDER__ENDPOINTS set")] = "rules",
    workers: Annotated[
        int,
        typer.Option(
            help="Processes: one gathers, the others read and grade; by rules the results do not depend on it",
            min=1,
        ),
    ] = 1,
    commands: Annotated[
        Path | None, typer.Option(help="What officers asked, .jsonl of alerts.commands: decided at its time")
    ] = None,
) -> None:
    """Run the live decisions over a file, with event time as the only clock."""
    settings = with_city(load_settings(), city)
    if grader not in ("rules", "llm"):
        raise WrongSetup(f"--grader is rules or llm, not '{grader}'")
    if grader == "llm" and not settings.ladder.endpoints:
        raise WrongSetup(
            '--grader llm needs WEISU_LADDER__ENDPOINTS, a JSON list such as \'[{"model": "…", "base_url": "…"}]\''
        )
    if grader == "rules":
        settings = settings.model_copy(
            update={"ladder": settings.ladder.model_copy(update={"endpoints": ()})}
        )
    elif told := wiring.make_grader(
        settings, wiring.city_of(settings), 1 / graders_of(workers)
    ).unaffordable():
        print(f"weisu: {told}", file=sys.stderr)
    size = events.stat().st_size if events.is_file() else None
    asked = read_commands(commands) if commands is not None else ()
    with progress_bar(f"replay {events.name}", size) as show:
        report = run_replay(events, out, settings, workers, show, asked)
    # What it knew goes with the process: to be looked through for cycles first would take a tenth of the time again.
    gc.freeze()
    _say(report, out)


def _say(report: dict[str, Any], out: Path) -> None:
    """What a replay found, and what it did without."""
    counts = report["counts"]
    print(
        f"{counts['tickets']} tickets, {counts['problems']} problems, {counts['alerts']} alerts, "
        f"{counts['held']} held, {report['speed']['tickets_per_s']} tickets/s → {out}"
    )
    print(
        f"{counts['rejected']} lines rejected"
        + (f" (see {out / 'rejected.jsonl'})" if counts["rejected"] else "")
    )
    if told := without_model(report):
        print(f"weisu: {told}", file=sys.stderr)


def simulate(
    out: Annotated[Path, typer.Option(help="Folder for events.jsonl.gz and truth.jsonl")],
    city: Annotated[
        Path | None, typer.Option(help="Folder of the city's data; none: the example city")
    ] = None,
    days: Annotated[int, typer.Option(min=1)] = 7,
    tickets_per_day: Annotated[int, typer.Option(min=1)] = 6000,
    seed: int = 1,
    start: Annotated[datetime, typer.Option(help="First day, local", formats=["%Y-%m-%d"])] = datetime(
        2026, 3, 2
    ),
) -> None:
    """Write a simulated city's events, and the truth about what was planted in them."""
    from weisu.simulator.city import NoCityToLiveIn
    from weisu.simulator.simulate import simulate as simulated
    from weisu.simulator.simulate import write
    from weisu.simulator.truth import Truth

    folder, truth = city or load_settings().city or wiring.EXAMPLE_CITY, Truth()
    try:
        events = simulated(load_city(folder), seed, start.date(), days, tickets_per_day, truth=truth)
        with progress_bar("simulate", None) as show:
            count = write(events, truth, out, compress=True, progress=show)
    except NoCityToLiveIn as error:
        raise WrongSetup(f"{folder}: {error}") from None
    except OSError as error:
        raise WrongSetup(f"{out}: cannot be written ({error.strerror}); choose another --out") from None
    print(f"{count} events of {days} days → {out / 'events.jsonl.gz'}, {out / 'truth.jsonl'}")


def send(
    events: Annotated[Path, typer.Argument(help="Events, .jsonl or .jsonl.gz")],
    speed: Annotated[
        float | None, typer.Option(help="Event seconds per second; none: as fast as possible")
    ] = None,
) -> None:
    """Send a file's events to Kafka: history to warm up a new city, or a simulated day at a chosen speed."""
    from kafka.errors import KafkaError

    from streams.send import send as send_lines
    from streams.topics import Topics, WrongTopics

    stream = load_settings().stream
    total = events.stat().st_size if events.is_file() else None
    with progress_bar(f"send {events.name}", total) as show:
        topic = Topics(stream.prefix, stream.wide).events
        rest = read_lines(events, show)
        first = list(islice(rest, 1))  # a file that cannot be read is named before Kafka is asked for
        try:
            result = send_lines(chain(first, rest), stream.address, topic, speed)
        except KafkaError as error:
            raise WrongTopics(
                f"no Kafka answers at {stream.address} ({type(error).__name__}): start it or set {PREFIX}STREAM__ADDRESS"
            ) from None
    for line, reason in result.failed[:20]:
        print(f"line {line}: not sent ({reason})", file=sys.stderr)
    print(f"{result.delivered} events sent, {len(result.failed)} not sent")
    if result.failed:
        raise typer.Exit(1)


def search(
    text: Annotated[str, typer.Argument(help="Words; “quoted” parts must occur verbatim")] = "",
    where: Annotated[
        list[str] | None,
        typer.Option(help="field=value, may be repeated: district=… unit=… urgency=… problem_id=…"),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            help="From this day of the city, or instant", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(help="Before this day, or instant", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]),
    ] = None,
    facet: Annotated[
        list[str] | None, typer.Option(help="Count the values of a field, may be repeated")
    ] = None,
    size: Annotated[int, typer.Option(min=1, max=200)] = 10,
) -> None:
    """Search the tickets of the index."""
    filters: dict[str, tuple[str, ...]] = {}
    for condition in where or []:
        name, separator, value = condition.partition("=")
        if not separator:
            raise WrongSetup(f"--where takes field=value, not '{condition}'")
        filters[name] = (*filters.get(name, ()), value)
    settings = load_settings()
    city = wiring.city_of(settings)
    query = Query(
        text=text,
        filters=filters,
        since=wiring.instant_of(since, city) if since else None,
        until=wiring.instant_of(until, city) if until else None,
        facets=tuple(facet or ()),
        size=size,
    )
    asyncio.run(_search(settings, query, wiring.utc_offset_minutes(city)))


async def _search(settings: Settings, query: Query, utc_offset_minutes: int) -> None:
    async with wiring.open_index(settings) as index:
        found = await index.search(query)
    table = Table("工单", "时间", "紧急程度", "地点", "内容", title=f"共 {found.total} 件")
    for hit in found.hits:
        body = hit.body
        fragments = (
            hit.highlights.get("content")
            or hit.highlights.get("title")
            or (str(body.get("summary") or body.get("title") or ""),)
        )
        place = " ".join(str(body[part]) for part in ("district", "street", "community") if body.get(part))
        table.add_row(
            plain(hit.id),
            local(body.get("created_at"), utc_offset_minutes),
            plain(str(body.get("urgency") or "")),
            plain(place),
            plain(" … ".join(fragments)),
        )
    Console().print(table)
    for name, values in found.facets.items():
        print(f"{name}: " + ", ".join(f"{plain(value)} {count}" for value, count in values))


def plain(text: str) -> Text:
    """What others wrote, for a terminal: no markup, nothing that moves the cursor, colours or turns the text round."""
    return Text("".join(" " if unicodedata.category(char) in ("Cc", "Cf") else char for char in text))

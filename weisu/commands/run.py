"""Verbs that run: demo, up, work, console."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from streams.broker import EmbeddedBroker, NoBroker
from streams.parent import tied
from streams.topics import ROLES, Role, Topics
from weisu import wiring
from weisu.city_folder import load_city
from weisu.city_words import require_words
from weisu.settings import PREFIX, Settings, WrongSetup, load_settings
from weisu.up import Embedded, Part, empty_folder, held, part

screen = Console()
PARTS: tuple[Role | Literal["keeper"], ...] = (*ROLES, "keeper")


def up(
    city: Annotated[
        Path | None, typer.Option(help="Folder of the city's data; none: the example city")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port of the page")] = None,
) -> None:
    """Start everything on this machine: broker, workers, index, page. Ctrl-C stops it; state is kept for the next start."""
    settings = load_settings()
    run_embedded(settings, city or settings.city or wiring.EXAMPLE_CITY, port or settings.console.port, [])


def demo(
    speed: Annotated[float, typer.Option(help="Event seconds per second")] = 240.0,
    tickets_per_day: Annotated[int, typer.Option(min=1)] = 6000,
    seed: int = 7,
    port: Annotated[int | None, typer.Option(help="Port of the page")] = None,
    data: Annotated[Path, typer.Option(help="Folder of the demo's own state; emptied at the start")] = Path(
        "data/demo"
    ),
) -> None:
    """`up` with a simulated city playing: alerts appear on the page while the day goes by."""
    settings = load_settings().model_copy(update={"data": data})
    day = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    player = part(
        "city",
        data / "logs",
        "play",
        "--speed",
        str(speed),
        "--tickets-per-day",
        str(tickets_per_day),
        "--seed",
        str(seed),
        "--start",
        f"{day:%Y-%m-%d}",
        "--from-hour",
        "7",
    )
    player.ends = True
    run_embedded(
        settings,
        wiring.EXAMPLE_CITY,
        port or settings.console.port,
        [player],
        # The simulated days run from yesterday into next week.
        {f"{PREFIX}NOTIFY__MAX_AGE_H": "48", f"{PREFIX}STREAM__AHEAD_H": "240"},
        afresh=True,
    )


def run_embedded(
    settings: Settings,
    city: Path,
    port: int,
    more: list[Part],
    environment: dict[str, str] | None = None,
    afresh: bool = False,
) -> None:
    """Run the embedded stack until a signal comes. `afresh`: empty what an earlier demo left."""
    require_words(load_city(city), city)
    with held(settings.data):
        if afresh:
            empty_folder(settings.data)
        port = free_port(settings.console.host, port)
        stack = embedded(settings, city, port, more, environment or {})

        def stop(*_: object) -> None:
            stack.stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        try:
            stack.start()
            screen.print(welcome(settings, stack, port))
            stack.watch()
        except NoBroker as error:
            raise WrongSetup(str(error)) from error
        except OSError as error:
            raise WrongSetup(f"{settings.data}: {error.strerror or type(error).__name__}") from error
        finally:
            stack.stop()
        screen.print("stopped")


def embedded(
    settings: Settings, city: Path, port: int, more: list[Part], environment: dict[str, str]
) -> Embedded:
    """The stack on the data folder, not started."""
    logs, data = settings.data / "logs", settings.data.resolve()
    return Embedded(
        broker=EmbeddedBroker(),
        topics=Topics(settings.stream.prefix, settings.stream.wide),
        state=data / "state",
        parts=[
            *(part(role, logs, "work", "--role", role, "--embedded") for role in PARTS),
            part("console", logs, "console"),
            *more,
        ],
        environment={
            f"{PREFIX}CITY": str(city.resolve()),
            f"{PREFIX}DATA": str(data),
            f"{PREFIX}CONSOLE__PORT": str(port),
            f"{PREFIX}STREAM__SESSION_S": "6",
            f"{PREFIX}STREAM__LANE__SESSION_S": "6",
            f"{PREFIX}STREAM__DATA_DIR": str(data / "workers"),
            **environment,
        },
        report=lambda line: screen.print(line, style="dim", markup=False),
    )


def welcome(settings: Settings, stack: Embedded, port: int) -> Panel:
    """Where everything is."""
    address, data = f"http://{settings.console.host}:{port}", settings.data
    return Panel(
        f"值班台   [bold]{address}[/bold]\n检索接口 {address}/api\n"
        f"Kafka    {stack.broker.address} (embedded, in memory)\n"
        f"索引     {escape(str(data.resolve() / 'index.sqlite'))}\n"
        f"日志     {escape(str(data / 'logs'))}\n\nCtrl-C 停止",
        title="未诉 Weisu",
        expand=False,
    )


def free_port(host: str, port: int) -> int:
    """`port` when nobody listens on it, else any free one."""
    import socket

    for wanted in (port, 0):
        with socket.socket() as probe:
            try:
                probe.bind((host, wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise WrongSetup(f"no free port on {host}")


def work(
    role: Annotated[str, typer.Option(help="core, grading, notifying, index, or all")],
    embedded: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Run the workers of one role against Kafka, until a signal comes. More workers of a role share its partitions."""
    settings = load_settings()
    # An empty one is none, as a line of .env that nobody has filled in: the public key must hash no real caller.
    key = settings.pseudonym_key
    if not embedded and (key is None or not key.get_secret_value().strip()):
        raise WrongSetup(
            f"{PREFIX}PSEUDONYM_KEY is not set: callers are hashed with it; set a long random value and keep it"
        )
    if role == "all":
        raise typer.Exit(_work_all())
    if role not in PARTS:
        raise WrongSetup(f"--role is {', '.join(ROLES)} or all, not '{role}'")
    from weisu.workers import run_role

    raise typer.Exit(run_role(role, settings))


def _work_all() -> int:
    """One process a role; when one ends, the rest is stopped and the operator's supervisor starts all again."""
    children = [
        subprocess.Popen([sys.executable, "-m", "weisu", "work", "--role", role], preexec_fn=tied())
        for role in ROLES
    ]
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping and all(child.poll() is None for child in children):
        time.sleep(0.2)
    for child in children:
        if child.poll() is None:
            os.kill(child.pid, signal.SIGTERM)
    statuses = [child.wait() for child in children]
    return 0 if stopping else max(1, *(abs(status) for status in statuses))


def play(
    speed: Annotated[float, typer.Option(help="Event seconds per second")] = 120.0,
    tickets_per_day: Annotated[int, typer.Option(min=1)] = 6000,
    seed: int = 7,
    start: Annotated[datetime, typer.Option(help="First day, local", formats=["%Y-%m-%d"])] = datetime(
        2026, 3, 2
    ),
    days: Annotated[int, typer.Option(min=1)] = 7,
    from_hour: Annotated[
        int, typer.Option(help="Local hour of the first day to begin at", min=0, max=23)
    ] = 0,
) -> None:
    """Play a simulated city into Kafka, as the platform would: one event after the other, at a chosen speed."""
    from streams.send import send
    from weisu.simulator.simulate import simulate

    settings = load_settings()
    city = load_city(settings.city or wiring.EXAMPLE_CITY)
    events = begin_at(simulate(city, seed, start.date(), days, tickets_per_day), from_hour)
    lines = (
        (number, json.dumps(event, ensure_ascii=False).encode()) for number, event in enumerate(events, 1)
    )
    sent = send(
        lines, settings.stream.address, Topics(settings.stream.prefix, settings.stream.wide).events, speed
    )
    print(f"{sent.delivered} events played, {len(sent.failed)} not sent")
    raise typer.Exit(1 if sent.failed else 0)


def begin_at(events: Iterable[dict[str, Any]], hour: int) -> Iterator[dict[str, Any]]:
    """Leave out what happens before a local hour of the first day, and all that happens to those tickets later."""
    earlier: set[str] = set()
    begun = False
    for event in events:
        begun = begun or datetime.fromisoformat(event["occurred_at"]).hour >= hour
        if not begun:
            earlier.add(event["ticket_id"])
        elif event["ticket_id"] not in earlier:
            yield event


def console() -> None:
    """Serve the duty officer's page and the search API."""
    from weisu.console.serve import serve

    serve(load_settings())

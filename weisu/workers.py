"""Plays one role as a process: gives the streams the city's ports and waits for a signal."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Literal, get_args

import uvloop

from streams.app import run
from streams.bindings import Parts
from streams.deadletters import DeadLetters
from streams.health import Health
from streams.keeper import keep
from streams.lane import Lane
from streams.metrics import Metrics
from streams.topics import Topics, require
from streams.worker import end_process, on_signals
from weisu import wiring
from weisu.settings import Settings

Role = Literal["core", "grading", "notifying", "index", "keeper"]
ROLES: tuple[Role, ...] = get_args(Role)


def run_role(role: Role, settings: Settings) -> int:
    """Until SIGTERM or SIGINT; the exit status. Raises WrongTopics before anything is read."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    if role == "index":
        return _run(_index(settings), settings)
    if role == "keeper":
        return _run(_keeper(settings), settings)
    return run(role, settings.stream, _parts(role, settings))


def _parts(role: Role, settings: Settings) -> Parts:
    city = wiring.city_of(settings)
    if role == "core":
        return Parts(city, key=settings.key)
    if role == "grading":
        return Parts(city, grader=wiring.make_grader(settings, city))
    return Parts(city, routing=wiring.make_routing(settings), sender=wiring.make_sender(settings))


def _run(role: Coroutine[Any, Any, None], settings: Settings) -> int:
    require(settings.stream.address, Topics(settings.stream.prefix, settings.stream.wide))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(role)
    return 0


async def _index(settings: Settings) -> None:
    """The index lane with its health page."""
    stop, stream, metrics = on_signals(), settings.stream, Metrics()
    index = wiring.make_index(settings)
    topics = Topics(stream.prefix, stream.wide)
    lane_settings = stream.lane.model_copy(update={"session_s": stream.session_s})
    lane = Lane(stream.address, topics, lane_settings, index, DeadLetters(stream.dlq), metrics, end_process)
    health = Health(stream.health, metrics, lane.lag, end_process)
    health.watch("index", lane.topics, lane.in_flight)
    lane.health = health
    guard = asyncio.create_task(health.guard())
    try:
        await index.setup()
        await health.serve()
        await lane.run(stop)
    finally:
        guard.cancel()
        await health.close()
        await index.close()


async def _keeper(settings: Settings) -> None:
    """Keeps the embedded broker's state on disk."""
    stream = settings.stream
    topics = Topics(stream.prefix, stream.wide)
    await keep(stream.address, topics.changelogs, settings.data / "state", on_signals())

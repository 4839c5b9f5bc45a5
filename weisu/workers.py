"""Plays one role as a process: gives the streams the city's ports and waits for a signal."""

import asyncio
import logging
from typing import Literal

from streams.app import run
from streams.bindings import Parts
from streams.health import on_signals
from streams.keeper import keep
from streams.lane import run as run_lane
from streams.topics import Role, Topics
from weisu import wiring
from weisu.settings import Settings


def run_role(role: Role | Literal["keeper"], settings: Settings) -> int:
    """Until SIGTERM or SIGINT; the exit status. Raises WrongTopics before anything is read."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for library in ("kafka", "aiokafka", "faust", "mode", "elastic_transport", "streams.consumer"):
        logging.getLogger(library).setLevel(logging.WARNING)
    if role == "index":
        return run_lane(settings.stream, wiring.make_index(settings))
    if role == "keeper":
        asyncio.run(_keeper(settings))
        return 0
    return run(role, settings.stream, _parts(role, settings))


def _parts(role: Role, settings: Settings) -> Parts:
    city = wiring.working_city(settings)
    if role == "core":
        return Parts(city, key=settings.key, hide_doors=settings.hide_doors)
    if role == "grading":
        return Parts(city, grader=wiring.make_grader(settings, city))
    return Parts(city, routing=wiring.make_routing(settings), sender=wiring.make_sender(settings))


async def _keeper(settings: Settings) -> None:
    """Keeps the embedded broker's state on disk."""
    stream = settings.stream
    topics = Topics(stream.prefix, stream.wide)
    await keep(stream.address, topics.changelogs, settings.data / "state", on_signals())

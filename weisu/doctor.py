"""One line a check: what runs, what can be reached, what fits."""

import asyncio
import platform
from collections.abc import Callable

from indexing.index import Query
from streams.broker import find_binary
from streams.topics import Topics, WrongTopics, verify
from weisu import __version__, wiring
from weisu.settings import Settings, WrongSetup


def python(_: Settings) -> str:
    return f"weisu {__version__} on Python {platform.python_version()}"


def city(settings: Settings) -> str:
    found = wiring.working_city(settings)
    return f"{found.name or 'unknown city'}, version {found.version}"


def embedded_broker(_: Settings) -> str:
    return f"{find_binary().name} is there for `weisu up`"


def topics(settings: Settings) -> str:
    """For a Kafka by address; `weisu up` brings its own."""
    differences = verify(settings.stream.address, Topics(settings.stream.prefix, settings.stream.wide))
    if differences:
        raise WrongTopics("; ".join(differences[:3]))
    return f"as they must be on {settings.stream.address}"


def index(settings: Settings) -> str:
    async def count() -> int:
        async with wiring.open_index(settings) as port:
            return (await port.search(Query(size=0))).total

    return f"{settings.index.engine} answers, {asyncio.run(count())} tickets"


def grading(settings: Settings) -> str:
    topics = Topics(settings.stream.prefix, settings.stream.wide)
    share = 1 / topics.partitions(topics.accepted)
    if told := wiring.make_grader(settings, wiring.city_of(settings), share).unaffordable():
        raise WrongSetup(f"{told}: set WEISU_LADDER__TOKENS_PER_DAY and __CNY_PER_DAY")
    names = ", ".join(endpoint.name for endpoint in settings.ladder.endpoints)
    return f"rules{', model ' + names if names else ' only (no endpoint is set)'}"


def channels(settings: Settings) -> str:
    wiring.make_sender(settings)
    return ", ".join(settings.notify.channels) or "console only (no channel is set)"


CHECKS: dict[str, Callable[[Settings], str]] = {
    check.__name__.replace("_", " "): check
    for check in (python, city, embedded_broker, topics, index, grading, channels)
}

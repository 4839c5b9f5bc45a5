"""Starts the console's server."""

import uvicorn

from streams.commands import KafkaCommander
from streams.topics import Topics
from weisu import wiring
from weisu.console.app import create
from weisu.settings import Settings


def serve(settings: Settings) -> None:
    """Blocks until a signal comes."""
    city, stream, console = wiring.city_of(settings), settings.stream, settings.console
    topics = Topics(stream.prefix, stream.wide)
    commander = KafkaCommander(stream.address, topics.commands, topics.events, city.name)
    app = create(wiring.make_index(settings), commander, city, [console.host])
    uvicorn.run(app, host=console.host, port=console.port, log_level="warning", access_log=False)

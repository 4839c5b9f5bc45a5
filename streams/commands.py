"""Takes what an officer asks to the topic `alerts.commands`, and what an officer says of a ticket to `tickets.events`."""

import asyncio

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from agents.alerting.alert import Command
from agents.intake.events import ClaimReviewed


class KafkaCommander:
    """Connects when the first command comes, and again after a fault: a page must not need the broker to open."""

    def __init__(self, broker: str, commands: str, events: str, city: str) -> None:
        self._broker, self._commands, self._events = broker, commands, events
        self._key = city.encode() or b"city"
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()

    async def send(self, command: Command) -> None:
        """Returns when the broker has the command. Raises ConnectionError when it does not take it."""
        await self._send(self._commands, self._key, command.model_dump_json().encode())

    async def report(self, event: ClaimReviewed) -> None:
        """The same for an event of a ticket."""
        await self._send(self._events, event.ticket_id.encode(), event.model_dump_json().encode())

    async def _send(self, topic: str, key: bytes, value: bytes) -> None:
        try:
            await (await self._connected()).send_and_wait(topic, key=key, value=value)
        except (KafkaError, OSError) as error:
            await self.stop()
            raise ConnectionError(f"{topic}: {type(error).__name__}") from error

    async def _connected(self) -> AIOKafkaProducer:
        # One at a time: who sends by a producer that another is still starting waits for ever if that fails.
        async with self._connecting:
            if self._producer is None:
                producer = AIOKafkaProducer(bootstrap_servers=self._broker, request_timeout_ms=5_000)
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer

    async def stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

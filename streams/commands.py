"""Takes what an officer asks to the topic `alerts.commands`, and what an officer says of a ticket to `tickets.events`."""

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

    async def start(self) -> None:
        """Nothing to do before the first command."""

    async def send(self, command: Command) -> None:
        """Returns when the broker has the command. Raises ConnectionError when it does not take it."""
        await self._send(self._commands, self._key, command.model_dump_json().encode())

    async def report(self, event: ClaimReviewed) -> None:
        """The same for an event of a ticket."""
        await self._send(self._events, event.ticket_id.encode(), event.model_dump_json().encode())

    async def _send(self, topic: str, key: bytes, value: bytes) -> None:
        try:
            if self._producer is None:
                self._producer = AIOKafkaProducer(bootstrap_servers=self._broker, request_timeout_ms=5_000)
                await self._producer.start()
            await self._producer.send_and_wait(topic, key=key, value=value)
        except (KafkaError, OSError) as error:
            await self.stop()
            raise ConnectionError(f"{topic}: {type(error).__name__}") from error

    async def stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

"""Takes an officer's commands to the topic `alerts.commands`."""

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from agents.alerting.alert import Command


class KafkaCommander:
    """Connects when the first command comes, and again after a fault: a page must not need the broker to open."""

    def __init__(self, broker: str, topic: str, city: str) -> None:
        self._broker, self._topic, self._key = broker, topic, city.encode() or b"city"
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Nothing to do before the first command."""

    async def send(self, command: Command) -> None:
        """Returns when the broker has the command. Raises ConnectionError when it does not take it."""
        try:
            if self._producer is None:
                self._producer = AIOKafkaProducer(bootstrap_servers=self._broker, request_timeout_ms=5_000)
                await self._producer.start()
            await self._producer.send_and_wait(
                self._topic, key=self._key, value=command.model_dump_json().encode()
            )
        except (KafkaError, OSError) as error:
            await self.stop()
            raise ConnectionError(f"{self._topic}: {type(error).__name__}") from error

    async def stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

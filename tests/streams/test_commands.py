"""An officer's commands on their way: all that are given arrive, and a broker that is down is told to each."""

import asyncio
import socket
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, TopicPartition

from agents.alerting.alert import Command
from streams.commands import KafkaCommander
from streams.topics import Topics, create


def command(number: int) -> Command:
    at = datetime(2026, 3, 2, 8, tzinfo=UTC)
    return Command(command="acknowledge", command_id=f"c{number}", alert_id="a-1", by="王", at=at)


async def given_together(commander: KafkaCommander) -> list[BaseException | None]:
    """What became of three commands that come at once, before the first connection stands."""
    async with asyncio.timeout(120):
        return await asyncio.gather(*(commander.send(command(n)) for n in range(3)), return_exceptions=True)


async def test_commands_that_come_together_all_arrive(embedded_broker: str, prefix: str) -> None:
    topics = Topics(prefix)
    await asyncio.to_thread(create, embedded_broker, topics)
    commander = KafkaCommander(embedded_broker, topics.commands, topics.events, "试城")
    assert await given_together(commander) == [None, None, None]
    await commander.stop()
    consumer = AIOKafkaConsumer(bootstrap_servers=embedded_broker, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(topics.commands, 0)])
    async with asyncio.timeout(120):
        records = [await consumer.getone() for _ in range(3)]
    await consumer.stop()
    assert {record.key for record in records} == {"试城".encode()}
    assert {Command.model_validate_json(record.value).command_id for record in records} == {"c0", "c1", "c2"}


async def test_a_broker_that_is_down_is_told_to_each_who_commands() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        commander = KafkaCommander(f"127.0.0.1:{taken.getsockname()[1]}", "commands", "events", "试城")
        told = await given_together(commander)
        await commander.stop()
    assert [type(one) for one in told] == [ConnectionError] * 3
    assert "127.0.0.1" not in str(told[0]) and str(told[0]).startswith("commands: ")

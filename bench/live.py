"""How fast is one live lane? Intake of `weisu work --role core` against a plain aiokafka loop, on one embedded broker."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from itertools import islice
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from agents.intake.events import decode
from streams.broker import EmbeddedBroker
from streams.send import send
from streams.topics import Topics, create, lag
from weisu import wiring
from weisu.city_folder import load_city
from weisu.simulator.simulate import simulate

EVENTS = 6_000


def events() -> list[bytes]:
    """The first events of a simulated day."""
    day = simulate(load_city(wiring.EXAMPLE_CITY), 1, date(2026, 3, 2), 2, 3000)
    return [json.dumps(event, ensure_ascii=False).encode() for event in islice(day, EVENTS)]


async def floor(broker: str, source: str, target: str) -> float:
    """Seconds of a plain loop: consume, validate, produce the same bytes, and nothing else."""
    consumer = AIOKafkaConsumer(
        source, bootstrap_servers=broker, group_id="floor", auto_offset_reset="earliest"
    )
    producer = AIOKafkaProducer(bootstrap_servers=broker, linger_ms=20)
    await consumer.start()
    await producer.start()
    started, left = 0.0, EVENTS
    while left:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            started = started or time.perf_counter()
            for record in records:
                decode(record.value)
                await producer.send(target, record.value, key=record.key)
                left -= 1
    await producer.flush()
    seconds = time.perf_counter() - started
    await consumer.stop()
    await producer.stop()
    return seconds


def live(broker: str, topics: Topics, folder: Path) -> float:
    """Seconds a core worker needs for the same events, from its first acknowledgement on, scaled to all of them."""
    environment = {
        **os.environ, "WEISU_STREAM__ADDRESS": broker, "WEISU_STREAM__PREFIX": topics.prefix, "WEISU_STREAM__SESSION_S": "6",
        "WEISU_STREAM__DATA_DIR": str(folder), "WEISU_CITY": str(wiring.EXAMPLE_CITY), "WEISU_PSEUDONYM_KEY": "bench",
    }  # fmt: skip
    command = [sys.executable, "-m", "weisu", "work", "--role", "core"]
    worker = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        first, first_at = 0, 0.0
        while True:
            done = sum(place.committed or 0 for place in lag(broker, topics.group("core"), [topics.events]))
            now = time.perf_counter()
            if done and not first:
                first, first_at = done, now
            if done == EVENTS:
                return (now - first_at) * EVENTS / max(1, EVENTS - first)
            time.sleep(0.1)
    finally:
        worker.terminate()
        worker.wait(60)


def main() -> list[tuple[str, float, str]]:
    with EmbeddedBroker() as broker, tempfile.TemporaryDirectory() as folder:
        topics = Topics("bench.")
        create(broker.address, topics)
        send(((number, line) for number, line in enumerate(events(), 1)), broker.address, topics.events)
        plain = asyncio.run(floor(broker.address, topics.events, topics.accepted))
        ours = live(broker.address, topics, Path(folder))
    return [
        ("live intake lane, one worker", EVENTS / ours, "events/s"),
        ("floor: plain aiokafka loop", EVENTS / plain, "events/s"),
        ("live intake lane / floor", plain / ours, "ratio"),
    ]


if __name__ == "__main__":
    for name, value, unit in main():
        print(f"{name}: {value:.2f} {unit}")

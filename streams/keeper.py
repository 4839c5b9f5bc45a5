"""Keeps the agents' state on disk for the embedded broker, whose own memory ends with its process.

Reads the changelog topics of the Faust tables and appends every record to a file a topic; `refill` puts the last value
of each key back into a fresh broker before the workers start. With a real Kafka none of this runs: its log is durable.
Only masked state is in those topics. Events that the dead broker had taken and no worker had read yet are not in them.
"""

import asyncio
import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

_HEAD = struct.Struct(">iiq")
"""Partition, length of the key, length of the value (−1: deleted)."""

Entry = tuple[int, bytes, bytes | None]


def file_of(folder: Path, topic: str) -> Path:
    return folder / f"{topic}.log"


def read_entries(path: Path) -> Iterator[Entry]:
    """The entries of a kept file; a tail that a crash cut off is passed over."""
    if not path.exists():
        return
    data = path.read_bytes()
    place = 0
    while place + _HEAD.size <= len(data):
        partition, key_size, value_size = _HEAD.unpack_from(data, place)
        start = place + _HEAD.size
        end = start + key_size + max(value_size, 0)
        if end > len(data):
            return
        yield (
            partition,
            data[start : start + key_size],
            None if value_size < 0 else data[start + key_size : end],
        )
        place = end


def mend(path: Path) -> None:
    """Cut off a last entry that a crash or a full disk broke off: what is appended behind it could not be read."""
    whole = sum(_HEAD.size + len(key) + len(value or b"") for _, key, value in read_entries(path))
    if path.exists() and path.stat().st_size > whole:
        os.truncate(path, whole)


def pack(entry: Entry) -> bytes:
    partition, key, value = entry
    return _HEAD.pack(partition, len(key), -1 if value is None else len(value)) + key + (value or b"")


def compact(path: Path) -> dict[tuple[int, bytes], bytes]:
    """Rewrite a kept file with the last value of each key; give those values back."""
    last: dict[tuple[int, bytes], bytes] = {}
    for partition, key, value in read_entries(path):
        if value is None:
            last.pop((partition, key), None)
        else:
            last[partition, key] = value
    if path.exists():
        fresh = path.with_suffix(".new")
        with fresh.open("wb") as out:
            out.writelines(pack((partition, key, value)) for (partition, key), value in last.items())
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(path)
    return last


async def refill(broker: str, topics: Iterable[str], folder: Path) -> int:
    """Put the kept state into a fresh broker's changelog topics; returns how many keys."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, linger_ms=20, max_request_size=16 * 1024 * 1024)
    await producer.start()
    sends = []
    try:
        for topic in topics:
            for (partition, key), value in compact(file_of(folder, topic)).items():
                sends.append(await producer.send(topic, key=key, value=value, partition=partition))
        # A state that the broker refuses must not be missing in silence.
        await asyncio.gather(*sends)
    finally:
        await producer.stop()
    return len(sends)


async def keep(broker: str, partitions: dict[str, int], folder: Path, stop: asyncio.Event) -> None:
    """Append every changelog record to its topic's file until `stop`. `partitions`: topic → number of partitions."""
    folder.mkdir(parents=True, exist_ok=True)
    for topic in partitions:
        mend(file_of(folder, topic))
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        places = [
            TopicPartition(topic, number) for topic, size in partitions.items() for number in range(size)
        ]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        while not stop.is_set():
            batches = await consumer.getmany(timeout_ms=500, max_records=2_000)
            for place, records in batches.items():
                _append(file_of(folder, place.topic), records)
    finally:
        await consumer.stop()


def _append(path: Path, records: list[ConsumerRecord]) -> None:
    with path.open("ab") as out:
        out.writelines(pack((record.partition, record.key or b"", record.value)) for record in records)

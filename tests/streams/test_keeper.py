"""The embedded broker forgets; what the keeper wrote brings the state back."""

import asyncio
from pathlib import Path

import hypothesis.strategies as some
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from hypothesis import given, settings

from streams.keeper import Entry, compact, file_of, keep, mend, pack, read_entries, refill
from streams.topics import Topics, create

entries = some.lists(
    some.tuples(some.integers(0, 3), some.binary(max_size=4), some.none() | some.binary(max_size=20)),
    max_size=30,
)


@settings(max_examples=50)
@given(written=entries, cut=some.integers(0, 30))
def test_compacting_keeps_the_last_value_of_each_key(
    tmp_path_factory: "object", written: list[Entry], cut: int
) -> None:
    path = tmp_path_factory.mktemp("kept") / "t.log"  # type: ignore[attr-defined]  # pytest's own factory
    data = b"".join(map(pack, written))
    path.write_bytes(data)
    expected: dict[tuple[int, bytes], bytes] = {}
    for partition, key, value in written:
        expected.pop((partition, key), None)
        if value is not None:
            expected[partition, key] = value
    assert compact(path) == expected
    assert {(p, k): v for p, k, v in read_entries(path)} == expected
    path.write_bytes(data[: max(0, len(data) - cut)])
    assert list(read_entries(path)) == written[: len(list(read_entries(path)))], (
        "a cut tail costs only itself"
    )


@settings(max_examples=50)
@given(written=entries, cut=some.integers(0, 30))
def test_what_is_written_behind_a_mended_tail_can_be_read(
    tmp_path_factory: "object", written: list[Entry], cut: int
) -> None:
    path = tmp_path_factory.mktemp("torn") / "t.log"  # type: ignore[attr-defined]  # pytest's own factory
    data = b"".join(map(pack, written))
    path.write_bytes(data[: max(0, len(data) - cut)])
    whole = list(read_entries(path))
    mend(path)
    with path.open("ab") as out:
        out.write(pack((0, b"next", b"value")))
    assert list(read_entries(path)) == [*whole, (0, b"next", b"value")]


async def _values(broker: str, topic: str, partition: int, count: int) -> dict[bytes, bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(topic, partition)])
    found: dict[bytes, bytes] = {}
    try:
        async with asyncio.timeout(120):
            while len(found) < count:
                record = await consumer.getone()
                found[record.key] = record.value
    finally:
        await consumer.stop()
    return found


async def test_what_was_kept_is_in_the_next_broker(embedded_broker: str, prefix: str, tmp_path: Path) -> None:
    first, second = Topics(prefix + "a."), Topics(prefix + "b.")
    for topics in (first, second):
        await asyncio.to_thread(create, embedded_broker, topics)
    source = first.changelog("tickets")
    producer = AIOKafkaProducer(bootstrap_servers=embedded_broker)
    await producer.start()
    for number in range(50):
        await producer.send_and_wait(source, key=b"k%d" % (number % 5), value=b"v%d" % number, partition=2)
    await producer.stop()

    stop = asyncio.Event()
    keeping = asyncio.create_task(keep(embedded_broker, {source: 4}, tmp_path, stop))
    async with asyncio.timeout(120):
        while len(list(read_entries(file_of(tmp_path, source)))) < 50:
            await asyncio.sleep(0.05)
    stop.set()
    await keeping

    target = second.changelog("tickets")
    file_of(tmp_path, source).rename(file_of(tmp_path, target))
    assert await refill(embedded_broker, [target], tmp_path) == 5
    assert await _values(embedded_broker, target, 2, 5) == {b"k%d" % n: b"v%d" % (45 + n) for n in range(5)}

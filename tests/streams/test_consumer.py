"""The consumer's rule about offsets: deliver only the next one, commit only without a gap."""

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka import AIOKafkaProducer
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.consumer import ContiguousConsumer, Positions, UnknownFaust, Verdict, install, require_known
from streams.topics import Topics, create

PLACE = TP("tickets.events", 0)
OTHER = TP("tickets.events", 1)


def begun(offset: int) -> Positions:
    positions = Positions()
    positions.prepare({PLACE: offset})
    positions.begin()
    return positions


@pytest.mark.parametrize(
    ("offset", "verdict"), [(9, "skip"), (10, "deliver"), (11, "rewind"), (300, "rewind")]
)
def test_only_the_wanted_offset_is_delivered(offset: int, verdict: Verdict) -> None:
    assert begun(10).take(PLACE, offset) == verdict


def test_delivery_moves_the_wanted_offset_on() -> None:
    positions = begun(10)
    assert [positions.take(PLACE, offset) for offset in (10, 11, 11, 12)] == [
        "deliver",
        "deliver",
        "skip",
        "deliver",
    ]


def test_nothing_is_delivered_before_the_position_is_known() -> None:
    assert Positions().take(PLACE, 0) == "skip"


def test_nothing_is_delivered_between_prepare_and_begin() -> None:
    positions = Positions()
    positions.prepare({PLACE: 10})
    assert positions.take(PLACE, 10) == "skip"
    positions.begin()
    assert positions.take(PLACE, 10) == "deliver"


def test_nothing_is_delivered_of_a_revoked_partition() -> None:
    positions = begun(10)
    positions.forget({PLACE})
    positions.begin()
    assert positions.take(PLACE, 10) == "skip"


def test_hole_is_believed_when_the_log_answers_a_seek_with_it() -> None:
    positions = begun(10)
    assert positions.take(PLACE, 15) == "rewind"
    positions.asked(PLACE, 10, 15)
    assert [positions.take(PLACE, 15), positions.take(PLACE, 15)] == ["missing", "deliver"]
    assert (positions.counts.rewinds, positions.counts.missing) == (1, 5)


def test_hole_is_not_believed_before_the_seek() -> None:
    positions = begun(10)
    assert [positions.take(PLACE, 15), positions.take(PLACE, 15)] == ["rewind", "rewind"]


def test_answer_to_a_seek_of_before_a_rebalance_is_not_believed() -> None:
    positions = begun(10)
    positions.take(PLACE, 15)
    positions.prepare({PLACE: 7})
    positions.begin()
    positions.asked(PLACE, 10, 15)
    assert positions.take(PLACE, 15) == "rewind"


def test_emptied_buffers_are_delivered_again_from_what_is_committed() -> None:
    positions = begun(10)
    for offset in (10, 11, 12):
        positions.take(PLACE, offset)
    assert positions.commit(PLACE, {10}) == 11
    positions.begin()
    assert [positions.take(PLACE, offset) for offset in (10, 11)] == ["skip", "deliver"]


@pytest.mark.parametrize(
    ("acked", "commit"),
    [
        (set(), None),
        ({10}, 11),
        ({10, 11, 12}, 13),
        ({11, 12}, None),
        ({10, 12}, 11),
        ({12, 11, 10, 14}, 13),
    ],
)
def test_commit_never_passes_an_unacknowledged_offset(acked: set[int], commit: int | None) -> None:
    assert begun(10).commit(PLACE, acked) == commit


def test_commit_steps_over_what_the_log_does_not_hold() -> None:
    positions = begun(10)
    positions.take(PLACE, 15)
    positions.asked(PLACE, 10, 15)
    positions.take(PLACE, 15)
    positions.take(PLACE, 15)
    assert positions.commit(PLACE, {15}) == 16


def test_commit_of_what_is_in_flight_at_a_rebalance_keeps_the_rule() -> None:
    positions = begun(10)
    positions.forget({PLACE})
    assert positions.commit(PLACE, {12}) is None
    assert positions.commit(PLACE, {10, 11, 12}) == 13


def test_unknown_partition_commits_nothing() -> None:
    assert begun(10).commit(OTHER, {0, 1}) is None


@settings(max_examples=50)
@given(
    missing=st.sets(st.integers(0, 30), max_size=8),
    script=st.lists(
        st.tuples(st.sampled_from(["fetch", "stale", "rebalance", "emptied"]), st.integers(0, 40)),
        max_size=40,
    ),
)
def test_every_event_of_the_log_is_processed_whatever_is_fetched(
    missing: set[int], script: list[tuple[str, int]]
) -> None:
    """A model of a partition: wrong fetches, rebalances and emptied buffers come in any order."""
    log = [offset for offset in range(40) if offset not in missing]
    positions, position, committed, buffer, processed = begun(0), 0, 0, list[int](), set[int]()
    for step, number in [*script, *[("fetch", 0)] * 100]:
        if step in ("rebalance", "emptied"):
            buffer.clear()
            if step == "rebalance":
                positions.prepare({PLACE: committed})
            positions.begin()
            position = positions.wanted[PLACE]
            continue
        start = number if step == "stale" else position
        batch = [offset for offset in log if offset >= start][:6]
        position = batch[-1] + 1 if step == "fetch" and batch else position
        for offset in batch:
            wanted, verdict = positions.wanted[PLACE], positions.take(PLACE, offset)
            if verdict == "missing":
                assert not set(range(wanted, offset)) & set(log), "took fetched-over events for missing"
                verdict = positions.take(PLACE, offset)
            if verdict == "rewind":
                if step == "fetch":
                    position = wanted
                    positions.asked(PLACE, wanted, offset)
                break
            if verdict == "deliver":
                buffer.append(offset)
        processed.update(buffer[: 1 + number % 4])
        del buffer[: 1 + number % 4]
        committed = positions.commit(PLACE, processed) or committed
        assert set(log) & set(range(committed)) <= processed
    assert processed == set(log)


def test_unknown_faust_is_refused_with_the_pinned_version() -> None:
    with pytest.raises(UnknownFaust, match=r"faust-streaming 0\.16\.0 .* install 0\.15\.3"):
        require_known("0.16.0")


def test_installed_faust_is_known() -> None:
    app = SimpleNamespace(
        conf=SimpleNamespace(consumer_auto_offset_reset="earliest"), transport=SimpleNamespace()
    )
    install(app)
    assert app.transport.Consumer is ContiguousConsumer


def test_reading_a_new_group_from_the_end_is_refused() -> None:
    app = SimpleNamespace(
        conf=SimpleNamespace(consumer_auto_offset_reset="latest"), transport=SimpleNamespace()
    )
    with pytest.raises(ValueError, match="earliest"):
        install(app)


async def test_a_table_is_recovered_to_the_last_record_of_a_batch(embedded_broker: str, prefix: str) -> None:
    topics = Topics(prefix)
    await asyncio.to_thread(create, embedded_broker, topics, 1)
    topic = topics.changelog("members")
    producer = AIOKafkaProducer(bootstrap_servers=embedded_broker, linger_ms=500)
    await producer.start()
    await asyncio.gather(*[await producer.send(topic, b"%d" % n, key=b"k", partition=1) for n in range(50)])
    await producer.stop()
    consumer = object.__new__(ContiguousConsumer)
    host, port = embedded_broker.split(":")
    consumer.app = SimpleNamespace(conf=SimpleNamespace(broker=[SimpleNamespace(host=host, port=port)]))
    assert await consumer.highwaters(TP(topic, 1), TP(topic, 2)) == {TP(topic, 1): 50, TP(topic, 2): 0}
    assert await consumer.highwaters() == {}

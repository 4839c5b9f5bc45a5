"""The table of topics, and what an operator does with them, on the embedded broker and on a real Kafka."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaConsumer
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from streams.topics import INPUTS, TABLES, NotReset, Topics, WrongTopics, create, lag, require, reset, verify

CONTRACT = {
    "tickets.events", "tickets.accepted", "tickets.graded", "problems", "city.counts", "alerts.candidates",
    "alerts", "alerts.commands",
}  # fmt: skip

real = [pytest.mark.kafka, pytest.mark.xdist_group("kafka")]


@pytest.fixture(params=["embedded_broker", pytest.param("kafka", marks=real)])
def broker(request: pytest.FixtureRequest) -> str:
    address: str = request.getfixturevalue(request.param)
    return address


@pytest.fixture
def topics(broker: str, prefix: str) -> Iterator[Topics]:
    topics = Topics(prefix)
    create(broker, topics)
    yield topics
    admin = KafkaAdminClient(bootstrap_servers=broker)
    admin.delete_topics([topic for topic in admin.list_topics() if topic.startswith(prefix)])
    admin.close()


def send(broker: str, topic: str, count: int, size: int = 10) -> None:
    producer = KafkaProducer(bootstrap_servers=broker, linger_ms=20, max_request_size=16 << 20)
    for number in range(count):
        producer.send(topic, key=b"%d" % number, value=b"x" * size)
    producer.flush()
    producer.close()


def behind(broker: str, topics: Topics) -> int:
    return sum(place.behind for place in lag(broker, topics.group("grading"), [topics.accepted]))


def test_table_holds_every_topic_of_the_contract_with_its_dead_letters() -> None:
    names = {topic.name for topic in Topics().all}
    assert names >= CONTRACT | {f"{name}.dlq" for name in CONTRACT}


def test_names_are_unique() -> None:
    names = [topic.name for topic in Topics("bj.").all]
    assert len(names) == len(set(names))


def test_prefix_stands_before_every_name_and_group() -> None:
    topics = Topics("bj.")
    assert all(topic.name.startswith("bj.") for topic in topics.all)
    assert (topics.events, topics.group("core")) == ("bj.tickets.events", "bj.weisu-core")


@pytest.mark.parametrize("table", TABLES)
def test_changelog_shares_the_partitions_of_its_source(table: str) -> None:
    topics = Topics("bj.", wide=7)
    _, source = TABLES[table]
    assert topics.partitions(topics.changelog(table)) == topics.partitions(f"bj.{source}")
    assert topics.table_partitions[table] == topics.partitions(f"bj.{source}")


def test_changelog_is_named_as_faust_names_it() -> None:
    assert Topics("bj.").changelog("delivered") == "bj.weisu-notifying-delivered-changelog"


def test_only_changelogs_are_compacted_and_kept_for_ever() -> None:
    for topic in Topics().all:
        is_changelog = topic.name.endswith("-changelog")
        assert (topic.cleanup == "compact", topic.retention is None) == (is_changelog, is_changelog)


def test_every_input_of_a_role_is_a_topic() -> None:
    assert {name for names in INPUTS.values() for name in names} == CONTRACT | {
        "grading.audit",
        "tickets.recalls",
    }


def test_created_topics_are_as_the_table_says(broker: str, topics: Topics) -> None:
    assert verify(broker, topics) == []
    require(broker, topics)


def test_create_twice_changes_nothing(broker: str, topics: Topics) -> None:
    assert create(broker, topics) == []


def test_worker_without_topics_is_told_what_to_do(broker: str, prefix: str) -> None:
    with pytest.raises(WrongTopics, match=r"tickets\.events is missing.*weisu topics create"):
        require(broker, Topics(prefix))


def test_each_difference_is_one_sentence(broker: str, prefix: str) -> None:
    topics = Topics(prefix)
    admin = KafkaAdminClient(bootstrap_servers=broker)
    settings = topics.all[0].settings() | {"cleanup.policy": "compact", "max.message.bytes": "1000"}
    admin.create_topics([NewTopic(topics.events, 3, 1, topic_configs=settings)])
    admin.close()
    create(broker, topics)
    assert verify(broker, topics) == [
        f"{topics.events} has 3 partitions instead of 4",
        f"{topics.events} has cleanup.policy=compact instead of delete",
        f"{topics.events} has max.message.bytes=1000 instead of 8388608",
    ]


def test_lag_counts_what_was_never_read(broker: str, topics: Topics) -> None:
    send(broker, topics.accepted, 500)
    found = lag(broker, topics.group("grading"), [topics.accepted])
    assert [(place.topic, place.partition, place.committed) for place in found] == [
        (topics.accepted, number, None) for number in range(4)
    ]
    assert behind(broker, topics) == 500


def test_reset_moves_a_group_to_either_end(broker: str, topics: Topics) -> None:
    send(broker, topics.accepted, 300)
    reset(broker, topics.group("grading"), [topics.accepted], "latest")
    assert behind(broker, topics) == 0
    send(broker, topics.accepted, 20)
    assert behind(broker, topics) == 20
    reset(broker, topics.group("grading"), [topics.accepted], "earliest")
    assert behind(broker, topics) == 320


def test_lag_of_a_missing_topic_is_a_clear_error(broker: str, prefix: str) -> None:
    with pytest.raises(WrongTopics, match="is missing"):
        lag(broker, "anyone", [Topics(prefix).events])


def test_message_of_five_megabytes_arrives(broker: str, topics: Topics) -> None:
    send(broker, topics.events, 1, 5_000_000)
    consumer = KafkaConsumer(bootstrap_servers=broker, group_id=None)
    places = [
        TopicPartition(topics.events, number) for number in consumer.partitions_for_topic(topics.events)
    ]
    try:
        consumer.assign(places)
        consumer.seek_to_beginning()
        assert len(next(consumer).value) == 5_000_000
    finally:
        consumer.close()


@pytest.mark.kafka
@pytest.mark.xdist_group("kafka")
def test_reset_finds_the_first_message_after_a_time(kafka: str, prefix: str) -> None:
    topics = Topics(prefix)
    create(kafka, topics)
    send(kafka, topics.accepted, 50)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    reset(kafka, topics.group("grading"), [topics.accepted], tomorrow)
    assert behind(kafka, topics) == 0
    reset(kafka, topics.group("grading"), [topics.accepted], tomorrow - timedelta(days=2))
    assert behind(kafka, topics) == 50


@pytest.mark.kafka
@pytest.mark.xdist_group("kafka")
async def test_group_with_running_workers_is_not_reset(kafka: str, prefix: str) -> None:
    topics = Topics(prefix)
    create(kafka, topics)
    group = topics.group("grading")
    # The client that the workers have: a member of kafka-python 3.0.12 is now and then told no partition of its group's
    # assignment, for ever (once in 118 joins).
    worker = AIOKafkaConsumer(topics.accepted, bootstrap_servers=kafka, group_id=group)
    await worker.start()
    try:
        async with asyncio.timeout(120):
            while not worker.assignment():
                await worker.getmany(timeout_ms=200)
        with pytest.raises(NotReset, match="stop its workers"):
            await asyncio.to_thread(reset, kafka, group, [topics.accepted], "earliest")
    finally:
        await worker.stop()

"""One table of all topics, and what an operator does with them: create, verify, see the lag, reset a group.

Works on Kafka 4.x and on the embedded broker. The calls block: nothing here runs inside a worker's event loop.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal, TypeVar, get_args

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic, OffsetSpec, OffsetTimestamp
from kafka.errors import CoordinatorNotAvailableError, KafkaError, NoError, NotCoordinatorError
from kafka.structs import OffsetAndMetadata

Cleanup = Literal["delete", "compact"]
Role = Literal["core", "grading", "notifying", "index"]
ROLES: tuple[Role, ...] = get_args(Role)
T = TypeVar("T")

SMALL, LARGE = 1 << 20, 8 << 20
"""Largest message in bytes. Whatever a platform may send must fit, be read and go to the dead letters."""

LETTER = LARGE + (64 << 10)
"""A dead letter is its message with headers that say why."""

ANSWERS_WITHIN_S = 15.0

TABLES: Mapping[str, tuple[Role, str]] = {
    "tickets": ("core", "tickets.events"),
    "problems": ("core", "tickets.graded"),
    "members": ("core", "tickets.graded"),
    "rates": ("core", "tickets.graded"),
    "calendars": ("core", "tickets.graded"),
    "desk": ("core", "alerts.candidates"),
    "answers": ("grading", "tickets.accepted"),
    "spent": ("grading", "tickets.accepted"),
    "waiting": ("grading", "tickets.accepted"),
    "delivered": ("notifying", "alerts"),
}
"""Faust table → the app that owns it, and the topic whose partition count it must share."""

INPUTS: Mapping[Role, tuple[str, ...]] = {
    "core": (
        "tickets.events",
        "tickets.recalls",
        "tickets.graded",
        "city.counts",
        "alerts.candidates",
        "alerts.commands",
    ),
    "grading": ("tickets.accepted",),
    "notifying": ("alerts",),
    "index": ("tickets.accepted", "tickets.graded", "grading.audit", "problems", "alerts"),
}
"""What each role reads; its consumer group is `Topics.group(role)`."""


class WrongTopics(Exception):
    """Kafka does not answer, or its topics are not as the table says: one line with what to do."""


class NotReset(Exception):
    """The group's offsets stay as they were: workers still run, or the broker refused."""


@dataclass(frozen=True)
class Topic:
    """One topic as it must stand on the cluster."""

    name: str
    key: str
    partitions: int
    retention: timedelta | None
    """None: for ever."""
    cleanup: Cleanup
    meaning: str
    max_bytes: int = SMALL

    def settings(self) -> dict[str, str]:
        """The broker's own names and values."""
        kept_ms = -1 if self.retention is None else self.retention // timedelta(milliseconds=1)
        return {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(kept_ms),
            "max.message.bytes": str(self.max_bytes),
        }


@dataclass(frozen=True)
class Lag:
    """How far a group is behind on one partition."""

    topic: str
    partition: int
    committed: int | None
    """Next offset to read; None: the group has committed nothing here."""
    end: int

    @property
    def behind(self) -> int:
        """Messages not yet read; where nothing was committed, all that were ever written."""
        return max(0, self.end - (self.committed or 0))


@dataclass(frozen=True)
class Topics:
    """All topics of one city. `prefix` stands before every name and group."""

    prefix: str = ""
    wide: int = 4
    """Partitions of the topics keyed by ticket, district or problem: so many workers can share the work."""

    @property
    def events(self) -> str:
        return f"{self.prefix}tickets.events"

    @property
    def accepted(self) -> str:
        return f"{self.prefix}tickets.accepted"

    @property
    def graded(self) -> str:
        return f"{self.prefix}tickets.graded"

    @property
    def recalls(self) -> str:
        return f"{self.prefix}tickets.recalls"

    @property
    def audit(self) -> str:
        return f"{self.prefix}grading.audit"

    @property
    def problems(self) -> str:
        return f"{self.prefix}problems"

    @property
    def counts(self) -> str:
        return f"{self.prefix}city.counts"

    @property
    def candidates(self) -> str:
        return f"{self.prefix}alerts.candidates"

    @property
    def alerts(self) -> str:
        return f"{self.prefix}alerts"

    @property
    def commands(self) -> str:
        return f"{self.prefix}alerts.commands"

    def dlq(self, topic: str) -> str:
        """Where the dead letters of a topic go."""
        return f"{topic}.dlq"

    def group(self, role: Role) -> str:
        """The role's Faust app id, and so its consumer group."""
        return f"{self.prefix}weisu-{role}"

    def inputs(self, role: Role) -> tuple[str, ...]:
        return tuple(self.prefix + name for name in INPUTS[role])

    def changelog(self, table: str) -> str:
        """The compacted topic from which Faust rebuilds a table."""
        return f"{self.group(TABLES[table][0])}-{table}-changelog"

    @cached_property
    def changelogs(self) -> dict[str, int]:
        """Changelog topic → its partitions."""
        return {self.changelog(table): count for table, count in self.table_partitions.items()}

    def partitions(self, topic: str) -> int:
        """Partitions of one topic of the table. Raises KeyError for a stranger."""
        return self._by_name[topic].partitions

    @cached_property
    def _by_name(self) -> dict[str, Topic]:
        return {topic.name: topic for topic in self.all}

    @cached_property
    def table_partitions(self) -> dict[str, int]:
        """Faust table → its partitions."""
        return {name: self.partitions(self.prefix + source) for name, (_, source) in TABLES.items()}

    @cached_property
    def all(self) -> tuple[Topic, ...]:
        """The whole table: the contract's topics, their dead letters, the changelogs."""
        streams = self._streams()
        return (*streams, *self._dead_letters(streams), *self._changelogs(streams))

    def _streams(self) -> tuple[Topic, ...]:
        wide, day = self.wide, timedelta(days=1)
        # Raw events hold personal data, so they stay for as short as a repair may need.
        return (
            Topic(self.events, "ticket_id", wide, 7 * day, "delete", "what the platform sends", LARGE),
            Topic(self.accepted, "ticket_id", wide, 30 * day, "delete", "tickets, folded and masked", LARGE),
            Topic(self.graded, "city", wide, 30 * day, "delete", "graded tickets", LARGE),
            Topic(self.recalls, "ticket_id", wide, 7 * day, "delete", "tickets to be graded once more"),
            Topic(self.audit, "ticket_id", wide, 90 * day, "delete", "questions to models and their answers"),
            Topic(self.problems, "problem_id", wide, 90 * day, "delete", "problems after each change", LARGE),
            Topic(self.counts, "city", 1, 7 * day, "delete", "one compact count a ticket"),
            Topic(self.candidates, "city", 1, 30 * day, "delete", "candidates with their evidence"),
            Topic(self.alerts, "alert_id", 1, 365 * day, "delete", "alerts' lives, and what was held"),
            Topic(self.commands, "city", 1, 90 * day, "delete", "what officers ask"),
        )

    def _dead_letters(self, streams: Iterable[Topic]) -> Iterator[Topic]:
        for topic in streams:
            meaning = f"original bytes of what could not be read from {topic.name}"
            yield Topic(self.dlq(topic.name), topic.key, 1, timedelta(days=14), "delete", meaning, LETTER)

    def _changelogs(self, streams: Iterable[Topic]) -> Iterator[Topic]:
        partitions = {topic.name: topic.partitions for topic in streams}
        for table, (_, source) in TABLES.items():
            count, state = partitions[self.prefix + source], f"state of the table {table}"
            yield Topic(self.changelog(table), "as the table", count, None, "compact", state, LARGE)


def create(broker: str, topics: Topics, replicas: int = -1) -> list[str]:
    """Create what is missing and say which; what exists stays as it is (see `verify`). Raises WrongTopics.

    `replicas` -1 takes the broker's default.
    """
    with _admin(broker) as admin:
        present = set(admin.list_topics())
        missing = [topic for topic in topics.all if topic.name not in present]
        if missing:
            answer = admin.create_topics(
                [NewTopic(t.name, t.partitions, replicas, topic_configs=t.settings()) for t in missing],
                raise_errors=False,
            )
            _refuse_errors(answer["topics"])
            _wait_until_seen(admin, {topic.name for topic in missing})
    return [topic.name for topic in missing]


def _refuse_errors(answers: Iterable[Mapping[str, Any]]) -> None:
    already_there = 36  # somebody else created it in the same moment
    failed = [a for a in answers if a["error_code"] not in (0, already_there)]
    if failed:
        raise WrongTopics("; ".join(f"{a['name']} not created: {a['error_message']}" for a in failed))


def _wait_until_seen(admin: Any, names: set[str]) -> None:
    """A broker answers before all of it knows of the new topics."""
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    while not names <= set(admin.list_topics()) and time.monotonic() < deadline:
        time.sleep(0.1)


def verify(broker: str, topics: Topics) -> list[str]:
    """Every way in which the cluster differs from the table, one sentence each; empty: all is well.

    Raises WrongTopics when the cluster does not answer.
    """
    with _admin(broker) as admin:
        present = set(admin.list_topics())
        there = [topic for topic in topics.all if topic.name in present]
        counts, settings = _describe(admin, [topic.name for topic in there])
    problems = [f"{t.name} is missing" for t in topics.all if t.name not in present]
    for topic in there:
        problems += _differences(topic, counts[topic.name], settings.get(topic.name, {}))
    return problems


def require(broker: str, topics: Topics) -> None:
    """A worker's first step: a Faust worker that starts before its topics exist would never get them.

    Raises WrongTopics.
    """
    problems = verify(broker, topics)
    if problems:
        shown = "; ".join(problems[:5]) + (f"; and {len(problems) - 5} more" if len(problems) > 5 else "")
        raise WrongTopics(f"topics on {broker} do not fit: {shown}. Run `weisu topics create`, then verify")


def _describe(admin: Any, names: list[str]) -> tuple[dict[str, int], dict[str, dict[str, str]]]:
    if not names:
        return {}, {}
    counts = {found["name"]: len(found["partitions"]) for found in admin.describe_topics(names)}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answer = admin.describe_configs(asked, config_filter="all")["topic"]
    return counts, {name: {k: v["value"] for k, v in found.items()} for name, found in answer.items()}


def _differences(topic: Topic, partitions: int, settings: Mapping[str, str]) -> Iterator[str]:
    if partitions != topic.partitions:
        yield f"{topic.name} has {partitions} partitions instead of {topic.partitions}"
    for name, wanted in topic.settings().items():
        found = settings.get(name, wanted)  # the embedded broker keeps only what it was told
        enough = name == "max.message.bytes" and int(found) >= int(wanted)
        if found != wanted and not enough:
            yield f"{topic.name} has {name}={found} instead of {wanted}"


def lag(broker: str, group: str, names: Iterable[str]) -> list[Lag]:
    """How far the group is behind on each partition of these topics, in order. Raises WrongTopics."""
    with _admin(broker) as admin:
        places = _places(admin, names)
        committed = _patiently(lambda: admin.list_group_offsets({group: None}))[group]
    ends = ends_of(broker, places)
    found = {place: committed[place].offset for place in places if place in committed}
    return [Lag(p.topic, p.partition, found.get(p), ends[p]) for p in places]


def reset(
    broker: str, group: str, names: Iterable[str], to: Literal["earliest", "latest"] | datetime
) -> list[Lag]:
    """Move the group on these topics to their beginning, end, or first message at or after a time.

    Workers of the group must be stopped. Every step is idempotent, so what is read again changes nothing
    that is settled. Raises NotReset, WrongTopics.
    """
    names = list(names)
    with _admin(broker) as admin:
        places = _places(admin, names)
        target = _targets(admin, broker, places, to)
        offsets = {place: OffsetAndMetadata(offset, "", -1) for place, offset in target.items()}
        answer = _patiently(lambda: admin.alter_group_offsets(group, offsets))
    refused = sorted({error.__name__ for error in answer.values() if error is not NoError})
    if refused:
        raise NotReset(
            f"group {group} was not reset ({', '.join(refused)}): stop its workers, wait a minute, repeat"
        )
    return lag(broker, group, names)


def _targets(
    admin: Any, broker: str, places: list[TopicPartition], to: Literal["earliest", "latest"] | datetime
) -> dict[TopicPartition, int]:
    if to == "latest":
        return ends_of(broker, places)
    spec = OffsetSpec.EARLIEST if to == "earliest" else OffsetTimestamp(int(to.timestamp() * 1000))
    found = {place: answer.offset for place, answer in _list_offsets(admin, places, spec).items()}
    if all(offset >= 0 for offset in found.values()):
        return found
    ends = ends_of(broker, places)  # -1: nothing as late as that
    return {place: offset if offset >= 0 else ends[place] for place, offset in found.items()}


def _list_offsets(admin: Any, places: list[TopicPartition], spec: int) -> dict[TopicPartition, Any]:
    return dict(admin.list_partition_offsets(dict.fromkeys(places, spec)))


def _places(admin: Any, names: Iterable[str]) -> list[TopicPartition]:
    wanted = sorted(set(names))
    described = {found["name"]: found for found in admin.describe_topics(wanted)}
    missing = [name for name in wanted if not described[name]["partitions"]]
    if missing:
        raise WrongTopics(f"{', '.join(missing)} is missing: run `weisu topics create`")
    return [TopicPartition(name, n) for name in wanted for n in range(len(described[name]["partitions"]))]


def ends_of(broker: str, places: list[TopicPartition]) -> dict[TopicPartition, int]:
    """End offsets by the high water of a fetch: the embedded broker's ListOffsets is short by a batch."""
    consumer = KafkaConsumer(bootstrap_servers=broker, enable_auto_commit=False, group_id=None)
    try:
        consumer.assign(places)
        consumer.seek_to_end(*places)
        deadline = time.monotonic() + ANSWERS_WITHIN_S
        while waiting := [place for place in places if consumer.highwater(place) is None]:
            if time.monotonic() > deadline:
                raise WrongTopics(f"{waiting[0].topic} does not answer on {broker}: is its leader up?")
            consumer.poll(timeout_ms=100, max_records=1)
        return {place: consumer.highwater(place) for place in places}
    finally:
        consumer.close()


@contextmanager
def _admin(broker: str) -> Iterator[Any]:
    try:
        admin = KafkaAdminClient(bootstrap_servers=broker)
    except KafkaError as error:
        raise WrongTopics(
            f"no Kafka answers at {broker} ({type(error).__name__}): start it or set WEISU_STREAM__ADDRESS"
        ) from error
    try:
        yield admin
    except KafkaError as error:
        raise WrongTopics(f"Kafka at {broker} refused ({type(error).__name__}): see its log") from error
    finally:
        admin.close()


def _patiently(call: Callable[[], T]) -> T:
    """A fresh cluster has no group coordinator for its first seconds."""
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    while True:
        try:
            return call()
        except (CoordinatorNotAvailableError, NotCoordinatorError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)

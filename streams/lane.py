"""The index lane: what the agents put out becomes documents, in bulk, committed only after the write.

A plain consumer, an order of magnitude cheaper than an agent. It keeps no state: a crash or a rebalance reads
again from the last commit, and versions make writing twice harmless.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener
from aiokafka.errors import KafkaError

from agents.alerting.alert import AlertEvent
from agents.grading.audit import Audit
from agents.grading.grade import Graded
from agents.intake.ticket import Ticket
from agents.problems.problem import Change
from indexing.documents import of_alert_event, of_audit, of_change, of_graded, of_ticket
from indexing.index import Document, Index, IndexUnavailable
from streams.asks import is_ask
from streams.bulk import Bulker, Refusal
from streams.deadletters import DeadLetters
from streams.delivery import TooManyDead
from streams.health import Health, Place, end_process, on_signals
from streams.metrics import Metrics
from streams.outbox import Halt, Held, Outbox, Output, pauses
from streams.settings import LaneSettings, StreamSettings
from streams.ticks import is_tick
from streams.topics import Topics, require

log = logging.getLogger(__name__)


class NotIndexed(Exception):
    """The index refuses a document for good."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.reason = "not_indexed"
        self.detail = detail


Reader = Callable[[bytes], list[Document]]
READERS: Mapping[str, Reader] = {
    "tickets.accepted": lambda raw: [of_ticket(Ticket.model_validate_json(raw))],
    "tickets.graded": lambda raw: [of_graded(Graded.model_validate_json(raw))],
    "grading.audit": lambda raw: [of_audit(Audit.model_validate_json(raw))],
    "problems": lambda raw: of_change(Change.model_validate_json(raw)),
    "alerts": lambda raw: of_alert_event(AlertEvent.model_validate_json(raw)),
}
"""Topic, without prefix → its documents."""


class Batch:
    """What was read since the last commit: documents, where each came from, and how far each partition was
    read."""

    def __init__(self) -> None:
        self.origins: dict[tuple[str, str], Any] = {}
        self.offsets: dict[Any, int] = {}
        self.records = 0

    def take(self, place: Any, record: Any, documents: Iterable[Document]) -> None:
        """Count `record` of partition `place` as read."""
        self.records += 1
        self.offsets[place] = record.offset + 1
        for document in documents:
            self.origins[document.collection, document.id] = record


class Lane(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is not typed
    """Reads, gathers, writes, commits, in one task."""

    def __init__(
        self,
        address: str,
        topics: Topics,
        settings: LaneSettings,
        index: Index,
        dead: DeadLetters,
        metrics: Metrics,
        halt: Halt,
    ) -> None:
        self._address = address
        self._group = topics.group("index")
        self._settings = settings
        self._dead = dead
        self._metrics = metrics
        self._halt = halt
        self._readers = {topics.prefix + topic: reader for topic, reader in READERS.items()}
        self._bulker = Bulker(index, settings.bulk, time.monotonic, on_wait=self._waited)
        self._batch = Batch()
        self._epoch = 0
        self._consumer: Any = None
        self._committed: dict[Any, int] = {}
        self.health: Health | None = None
        """Told of commits and waits, once set."""

    @property
    def topics(self) -> frozenset[str]:
        """What it reads, with prefix."""
        return frozenset(self._readers)

    def in_flight(self) -> int:
        """Records read and not committed."""
        return self._batch.records

    def lag(self) -> dict[Place, int]:
        """Fetched high-water mark less what is committed, by partition."""
        if self._consumer is None:
            return {}
        found: dict[Place, int] = {}
        for place in self._consumer.assignment():
            end = self._consumer.highwater(place)
            if end is not None:
                found[place.topic, place.partition] = max(0, end - self._committed.get(place, 0))
        return found

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then what was read is written and committed."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._address, acks="all", linger_ms=5, max_request_size=16 << 20
        )
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._address,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(self._settings.session_s * 1000),
            heartbeat_interval_ms=int(self._settings.session_s * 200),
            # A long outage of the index must not cost the lane its place in the group.
            max_poll_interval_ms=86_400_000,
        )
        self._consumer.subscribe(sorted(self._readers), listener=self)
        for client in (producer, self._consumer):
            await _start(client, stop)
        if stop.is_set():
            await self._close(producer)
            return

        async def send(output: Output) -> "asyncio.Future[Any]":
            future: asyncio.Future[Any] = await producer.send(
                output.topic, output.value, key=output.key, headers=list(output.headers)
            )
            return future

        outbox = Outbox(send, self._halt)
        try:
            while not stop.is_set():
                await self._turn(outbox)
            await self._settle(outbox)
        except TooManyDead as limit:
            self._halt(Held(limit))
        finally:
            await self._close(producer)

    async def _turn(self, outbox: Outbox) -> None:
        wait_ms = int(min(self._bulker.wait_s, 1.0) * 1000)
        try:
            found = await self._consumer.getmany(timeout_ms=wait_ms, max_records=self._settings.bulk.size)
        except KafkaError as error:
            log.warning("reading failed, trying again error=%s", type(error).__name__)
            await asyncio.sleep(1.0)
            return
        # Nothing is awaited from here to the next flush: a rebalance meanwhile would make these offsets void.
        letters = [
            letter
            for place, records in found.items()
            for record in records
            if (letter := self._read(place, record)) is not None
        ]
        if letters:
            await self._bury(letters, outbox)
        elif self._bulker.due or (self._batch.records and not len(self._bulker)):
            await self._settle(outbox)

    def _read(self, place: Any, record: Any) -> Output | None:
        """Take one record; its dead letter when it cannot be read."""
        documents: list[Document] = []
        letter = None
        if record.value is not None and not is_tick(record.value) and not is_ask(record.value):
            try:
                documents = self._readers[record.topic](record.value)
                self._dead.good(record.topic)
            except Exception as error:
                letter = self._letter(record, error)
        self._batch.take(place, record, documents)
        self._bulker.add(documents)
        return letter

    def _letter(self, record: Any, error: Exception) -> Output:
        return self._dead.letter(
            record.topic, record.partition, record.offset, record.key, record.value, error
        )

    async def _bury(self, letters: list[Output], outbox: Outbox) -> None:
        """Letters are delivered, and what was read with them is written, before anything is committed."""
        epoch = self._epoch
        for delivered in [await outbox.put(letter) for letter in letters]:
            await delivered
        if epoch == self._epoch:
            await self._settle(outbox)

    async def _settle(self, outbox: Outbox) -> None:
        """Write what was gathered, then commit what was read."""
        epoch, batch = self._epoch, self._batch
        outcome = await self._bulker.flush()
        self._metrics.count("weisu_indexed_total", outcome.stored, outcome="stored")
        self._metrics.count("weisu_indexed_total", outcome.stale, outcome="stale")
        self._metrics.count("weisu_indexed_total", len(outcome.refused), outcome="refused")
        for delivered in [await outbox.put(letter) for letter in self._refusals(batch, outcome.refused)]:
            await delivered
        if epoch == self._epoch and batch.offsets:
            self._batch = Batch()
            await self._commit(batch)

    def _refusals(self, batch: Batch, refused: list[Refusal]) -> list[Output]:
        return [
            self._letter(
                batch.origins[refusal.document.collection, refusal.document.id], NotIndexed(refusal.why)
            )
            for refusal in refused
        ]

    async def _commit(self, batch: Batch) -> None:
        try:
            await self._consumer.commit(batch.offsets)
        except KafkaError as error:
            # A rebalance or a broker that is gone: the next owner, or we, read it again; versions absorb it.
            log.warning("commit failed error=%s", type(error).__name__)
            return
        self._committed.update(batch.offsets)
        if self.health is not None:
            self.health.acked("index", batch.records)

    def _waited(self) -> None:
        self._metrics.count("weisu_index_waits_total")
        if self.health is not None:
            self.health.waiting("index")

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Reading goes on from the last commit, here or elsewhere: what was gathered is forgotten."""
        self._epoch += 1
        self._batch = Batch()
        self._bulker.clear()
        self._committed.clear()

    async def on_partitions_assigned(self, assigned: Any) -> None:
        for place in assigned:
            with contextlib.suppress(KafkaError):
                self._committed[place] = await self._consumer.committed(place) or 0

    async def _close(self, producer: Any) -> None:
        for client in (self._consumer, producer):
            with contextlib.suppress(KafkaError):
                await client.stop()


async def _start(client: Any, stop: asyncio.Event) -> None:
    """Start a Kafka client; a broker that is not there yet is waited for until `stop`."""
    for pause in pauses(0.5, 10.0):
        if stop.is_set():
            return
        try:
            await client.start()
        except KafkaError as error:
            log.warning("broker does not answer, trying again error=%s", type(error).__name__)
            await asyncio.sleep(pause)
        else:
            return


def run(settings: StreamSettings, index: Index) -> int:
    """Play the role "index" until SIGTERM or SIGINT; the exit status. Raises WrongTopics before anything is
    read."""
    topics = Topics(settings.prefix, settings.wide)
    require(settings.address, topics)
    return asyncio.run(_run(settings, topics, index))


async def _run(settings: StreamSettings, topics: Topics, index: Index) -> int:
    stop, metrics = on_signals(), Metrics()
    dead = DeadLetters(
        settings.dlq,
        lambda topic, reason: metrics.count("weisu_dead_letters_total", topic=topic, reason=reason),
    )
    lane = Lane(settings.address, topics, settings.lane, index, dead, metrics, end_process)
    lane.health = Health(settings.health, metrics, lane.lag, end_process)
    lane.health.watch("index", lane.topics, lane.in_flight)
    await lane.health.serve()
    await _set_up(index, stop)
    guard = asyncio.create_task(lane.health.guard())
    forgetting = asyncio.create_task(_forget_daily(index, timedelta(days=settings.lane.audit_days)))
    try:
        await lane.run(stop)
    finally:
        guard.cancel()
        forgetting.cancel()
        await lane.health.close()
        await index.close()
    return 0


async def _forget_daily(index: Index, kept: timedelta) -> None:
    """Questions to models are kept for a set time: they hold what citizens said, though masked."""
    while True:
        try:
            gone = await index.forget("audit", datetime.now(UTC) - kept)
            log.info("old audit records deleted count=%s", gone)
        except IndexUnavailable:
            log.warning("old audit records could not be deleted, trying again tomorrow")
        await asyncio.sleep(86_400)


async def _set_up(index: Index, stop: asyncio.Event) -> None:
    """Templates or tables first; an engine that does not answer yet is waited for until `stop`."""
    for pause in pauses(0.5, 10.0):
        if stop.is_set():
            return
        try:
            await index.setup()
        except IndexUnavailable:
            log.warning("index does not answer, trying again pause_s=%s", pause)
            await asyncio.sleep(pause)
        else:
            return

"""Faust's consumer with one invariant: delivered offsets are contiguous from the committed position.

Plain Faust 0.15.3 loses events at a rebalance. It delivers before its seek to the committed offsets has
ended, from the old position; it delivers before the streams' buffers are emptied for the new generation; it
takes what is missing then for a hole in the log; and having forgotten what was committed, it commits past
it. Here nothing is delivered before the buffers are empty, nothing but the very next offset, and nothing is
committed past a gap.
"""

import asyncio
import logging
from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any, Literal

from aiokafka.errors import IllegalStateError
from faust.transport.consumer import CONSUMER_FETCHING
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP
from kafka.structs import TopicPartition

from streams.topics import ends_of

KNOWN_FAUST = frozenset({"0.15.3"})
"""Versions whose consumer was read line by line, and on which tests/streams/test_rejoin.py passes."""

YIELD_EVERY = 100
"""Messages after which the event loop gets a turn."""

Verdict = Literal["deliver", "skip", "rewind", "missing"]

log = logging.getLogger(__name__)


class UnknownFaust(RuntimeError):
    """This version of faust-streaming is not one that the consumer was written for."""


@dataclass
class Counts:
    """What the consumer has done since it started; metrics read it."""

    rewinds: int = 0
    """Seeks back to an offset that was passed over."""
    skipped: int = 0
    """Records dropped: delivered before, or fetched before the position after a rebalance was known."""
    missing: int = 0
    """Offsets the log does not hold (compaction, retention, transaction markers)."""


@dataclass
class Positions:
    """Per partition the one offset that may be delivered next. Pure: the consumer seeks, this decides."""

    wanted: dict[TP, int] = field(default_factory=dict)
    """A partition that is not in here delivers nothing: its position is not known yet."""
    _asked: dict[TP, tuple[int, int]] = field(default_factory=dict)
    """(wanted, later): the log gave `later`, was asked for `wanted` by a seek, and has not given it yet."""
    _floor: dict[TP, int] = field(default_factory=dict)
    """Where the next commit begins. Outlives `forget`: what is in flight may still be committed."""
    _holes: dict[TP, dict[int, int]] = field(default_factory=dict)
    """First missing offset → next one that is there."""
    _prepared: dict[TP, int] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)

    def prepare(self, wanted: Mapping[TP, int]) -> None:
        """These offsets come next, once `begin` says so."""
        self.forget(wanted)
        self._prepared.update(wanted)

    def begin(self) -> None:
        """Deliver now: from the prepared offsets, and elsewhere anew from what is committed."""
        again = {tp: self._floor[tp] for tp in self.wanted}
        starts = again | self._prepared
        self.forget(starts)
        self.wanted.update(starts)
        self._floor.update(starts)
        for tp in starts:
            self._holes.pop(tp, None)

    def forget(self, partitions: Iterable[TP]) -> None:
        """Deliver nothing of these until they are prepared, and begun, again."""
        for tp in list(partitions):
            self.wanted.pop(tp, None)
            self._prepared.pop(tp, None)
            self._asked.pop(tp, None)

    def take(self, tp: TP, offset: int) -> Verdict:
        """What to do with a fetched record.

        "deliver": it is the wanted one, and the next is wanted now. "skip": it was delivered before, or
        nothing is wanted yet. "rewind": seek to the wanted offset, call `asked`, and drop what else this
        batch holds of the partition. "missing": asked for the wanted offset, the log gave the same later
        one again, so it holds nothing between; the later one is wanted now. Take the record once more.
        """
        wanted = self.wanted.get(tp)
        if wanted is None or offset < wanted:
            self.counts.skipped += 1
            return "skip"
        if offset == wanted:
            self.wanted[tp] = offset + 1
            return "deliver"
        if self._asked.get(tp) != (wanted, offset):
            return "rewind"
        self.wanted[tp] = offset
        self._holes.setdefault(tp, {})[wanted] = offset
        self.counts.missing += offset - wanted
        return "missing"

    def asked(self, tp: TP, wanted: int, later: int) -> None:
        """A seek to `wanted` was done because `later` had come."""
        self.counts.rewinds += 1
        if self.wanted.get(tp) == wanted:  # else a rebalance has named another place meanwhile
            self._asked[tp] = (wanted, later)

    def commit(self, tp: TP, acked: Container[int]) -> int | None:
        """The offset to commit now: the first that is not acknowledged, where that is news; else None."""
        floor = offset = self._floor.get(tp)
        if floor is None or offset is None:
            return None
        holes = self._holes.get(tp, {})
        while (hole_ends := holes.get(offset)) is not None or offset in acked:
            offset = offset + 1 if hole_ends is None else hole_ends
        self._floor[tp] = offset
        return None if offset == floor else offset


class ContiguousConsumer(Consumer):  # type: ignore[misc]  # faust is untyped here
    """Drop-in for Faust's aiokafka consumer. Changelog partitions keep Faust's own rule."""

    _n_acked: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.positions = Positions()
        self._times_resumed = 0
        self._seek_is_due = True
        """What was fetched but not delivered since the last seek must be fetched again."""

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Records still in hand belong to a position that is about to be given up: deliver none of them."""
        self.positions.forget(revoked)
        # Faust forgets first what was acknowledged, and then commits what is still in flight.
        await self.commit()
        await super().on_partitions_revoked(revoked)

    async def perform_seek(self) -> None:
        """Seek to the committed offsets, and wait with delivering until `resume_flow`.

        Faust and aiokafka seek only where something above 0 was committed. Elsewhere records that were
        fetched and then dropped would never come again, so we seek on every partition.
        """
        resumed = self._times_resumed
        await super().perform_seek()
        wanted = await self._committed_or_earliest()
        if resumed == self._times_resumed:
            self.positions.prepare(wanted)
            await self._seek_to(wanted)
        else:
            # getmany seeks too; its seek came late, and delivery has begun after another one.
            self._seek_is_due = True

    def resume_flow(self) -> None:
        """Faust calls this right after it has emptied the streams' buffers: what was in them is due again."""
        self.positions.begin()
        self._seek_is_due = True
        self._times_resumed += 1
        super().resume_flow()

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """Where each partition ends, by a fetch: the end that the embedded broker tells is short by a batch, and a
        table that is recovered up to there lacks its last writes."""
        address = ",".join(f"{url.host}:{url.port}" for url in self.app.conf.broker)
        places = [TopicPartition(tp.topic, tp.partition) for tp in partitions]
        ends = await asyncio.to_thread(ends_of, address, places) if places else {}
        return {TP(place.topic, place.partition): end for place, end in ends.items()}

    async def _committed_or_earliest(self) -> dict[TP, int]:
        acked = self.app.topics.acks_enabled_for
        committed = {tp: self._read_offset.get(tp) for tp in self.assignment() if acked(tp.topic)}
        fresh = [tp for tp, offset in committed.items() if offset is None]
        earliest = await self.earliest_offsets(*fresh) if fresh else {}
        starts = {TP(tp.topic, tp.partition): offset for tp, offset in earliest.items()}
        return {tp: starts.get(tp, 0) if offset is None else offset for tp, offset in committed.items()}

    async def _seek_to(self, wanted: Mapping[TP, int]) -> bool:
        """Whether the seek was done. Not when a partition was just taken away: that brings its own seek."""
        try:
            await self.seek_wait(dict(wanted))
        except IllegalStateError:
            return False
        return True

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            self._seek_is_due = True  # an earlier drain may have been stopped with records in hand
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                self.diag.set_flag(CONSUMER_FETCHING)
                await self._seek_when_due()
                await self._drain_batch()
                self.diag.unset_flag(CONSUMER_FETCHING)
        except (*self.consumer_stopped_errors, asyncio.CancelledError):
            if not self.app.should_stop:
                raise
        except Exception:
            log.exception("consumer stopped: reading from Kafka failed")
            raise
        finally:
            self.diag.unset_flag(CONSUMER_FETCHING)

    async def _seek_when_due(self) -> None:
        if self._seek_is_due and self.positions.wanted:
            self._seek_is_due = False
            assigned = self.assignment()
            await self._seek_to({tp: o for tp, o in self.positions.wanted.items() if tp in assigned})

    async def _drain_batch(self) -> None:
        batch = self.getmany(timeout=1.0)
        await self.sleep(0)  # getmany may answer at once, again and again
        if self.should_stop:
            return
        holes: dict[TP, int] = {}
        count = 0
        async for tp, message in batch:
            count += 1
            if count % YIELD_EVERY == 0:
                await asyncio.sleep(0)
            if not self.app.topics.acks_enabled_for(message.topic):
                await self._deliver_by_fausts_rule(tp, message)
            elif tp not in holes and not await self._deliver_if_next(tp, message):
                holes[tp] = message.offset
        if holes:
            await self._rewind(holes)

    async def _deliver_by_fausts_rule(self, tp: TP, message: Any) -> None:
        read = self._read_offset[tp]
        if read is None or message.offset >= read:
            await self._hand_over(message)
            self._read_offset[tp] = message.offset

    async def _deliver_if_next(self, tp: TP, message: Any) -> bool:
        """False when the message lies beyond a hole."""
        # Before the verdict: a rebalance during this wait would make an earlier one void.
        await self._commit_when_due()
        if message.generation_id != self.app.consumer_generation_id:
            return True  # the streams would pass it over
        before = self.positions.wanted.get(tp)
        verdict = self.positions.take(tp, message.offset)
        if verdict == "missing" and before is not None:
            log.info("offsets missing in the log", extra=_place(tp, before) | {"until": message.offset})
            verdict = self.positions.take(tp, message.offset)
        if verdict == "deliver":
            # The wanted offset has moved on already: a seek during this wait has the last word.
            await self._hand_over(message)
        return verdict != "rewind"

    async def _commit_when_due(self) -> None:
        if self._commit_every is not None and self._n_acked >= self._commit_every:
            self._n_acked = 0
            await self.commit()

    async def _hand_over(self, message: Any) -> None:
        """To the streams, which may have to wait for room; a rebalance ends the wait."""
        await self.wait_first(self.callback(message), self.suspend_flow.wait())

    async def _rewind(self, holes: Mapping[TP, int]) -> None:
        """Go back to the wanted offsets of these partitions, each with the later offset that came instead."""
        assigned = self.assignment()
        wanted = {tp: o for tp, o in self.positions.wanted.items() if tp in holes and tp in assigned}
        if not wanted or not self.flow_active or not await self._seek_to(wanted):
            return
        for tp, offset in wanted.items():
            self.positions.asked(tp, offset, holes[tp])
            log.info("rewound to an offset that was passed over", extra=_place(tp, offset))

    def ack(self, message: Any) -> bool:
        """Record an acknowledgement, but not of a message that a stream passed over without handing it out.

        Streams do so in a rebalance; the message comes again after it.
        """
        if message.tracked:
            return bool(super().ack(message))
        message.acked = True
        return False

    def _new_offset(self, tp: TP) -> int | None:
        """Second line of defence: a commit goes on from the last one without a gap, past nothing un-acked.

        Faust 0.15.3 steps over one message in flight at the head, over any number while nothing was
        committed yet (faust-streaming issue 606), and in a rebalance, where it has just forgotten what was
        committed.
        """
        acked = self._acked_index[tp]
        offset = self.positions.commit(tp, acked)
        if offset is not None:
            acked.difference_update([done for done in acked if done < offset])
            self._acked[tp] = sorted(acked)
        return offset


def _place(tp: TP, offset: int) -> dict[str, object]:
    return {"topic": tp.topic, "partition": tp.partition, "offset": offset}


def install(app: Any) -> None:
    """Make the Faust app use this consumer; to be called before it starts.

    Raises UnknownFaust where the installed Faust is not one the consumer was checked against, and ValueError
    where the app would begin a new group at the end of a topic.
    """
    require_known(version("faust-streaming"))
    if app.conf.consumer_auto_offset_reset != "earliest":
        raise ValueError(
            "consumer_auto_offset_reset must be 'earliest': from the end, events would be passed over"
        )
    app.transport.Consumer = ContiguousConsumer


def require_known(found: str) -> None:
    """Raises UnknownFaust for a version that nobody has checked."""
    if found not in KNOWN_FAUST:
        known = ", ".join(sorted(KNOWN_FAUST))
        raise UnknownFaust(
            f"faust-streaming {found} is not known to be safe: install {known}, the pinned version"
        )


def counts_of(app: Any) -> dict[str, int]:
    """How often the app's consumer met each of Counts' cases; empty before it has one."""
    return asdict(app._consumer.positions.counts) if app._consumer is not None else {}

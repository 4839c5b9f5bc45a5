"""What every Faust worker has in common: safe settings, letting go at a rebalance, health, start and end."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import faust
import uvloop
from pydantic import BaseModel

from streams.consumer import counts_of, install
from streams.deadletters import DeadLetters
from streams.delivery import Arrived, KeyedPool, OrderedAcker, Series
from streams.health import Health, Place, end_process, on_signals
from streams.metrics import Metrics
from streams.outbox import Halt, Outbox, Output
from streams.settings import StreamSettings
from streams.tables import Journal
from streams.topics import Role, Topics

log = logging.getLogger(__name__)

AgentBody = Callable[[Any], Awaitable[None]]
TimerBody = Callable[[], Awaitable[None]]


class WorkerApp(faust.App):  # type: ignore[misc]  # Faust's App is Any to mypy
    """A Faust app that lets go of unfinished work in time when partitions are revoked or the worker stops."""

    let_go: list[tuple[float, Callable[[int], None]]]
    """(seconds of grace, what to call with the generation that ends)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.let_go = []

    async def _consumer_wait_empty(self, consumer: Any, logger: Any) -> None:
        # Faust waits here until every message that it handed out is acknowledged, without end.
        generation = self.consumer_generation_id
        loop = asyncio.get_running_loop()
        timers = [loop.call_later(grace, close, generation) for grace, close in self.let_go]
        try:
            await super()._consumer_wait_empty(consumer, logger)
        finally:
            for timer in timers:
                timer.cancel()
            for _, close in self.let_go:
                close(generation)


class Worker:
    """One role's process: its app, its way out, its dead letters, its health. The agents hang on to it."""

    def __init__(self, role: Role, settings: StreamSettings, metrics: Metrics, halt: Halt) -> None:
        self.settings = settings
        self.topics = Topics(settings.prefix, settings.wide)
        self.metrics = metrics
        self.app = make_app(role, settings)
        self.health = Health(
            settings.health,
            metrics,
            lambda: lag_of(self.app),
            halt,
            busy=lambda: bool(self.app.rebalancing),
            offsets=lambda: counts_of(self.app),
        )
        self.dead = DeadLetters(settings.dlq, self._count_dead)
        self.outbox = Outbox(
            self._send, halt, limits={topic.name: topic.max_bytes for topic in self.topics.all}
        )
        self._halt = halt
        self._agents: dict[str, Any] = {}

    def agent(self, name: str, *topics: str) -> Callable[[AgentBody], AgentBody]:
        """Register an agent that reads raw bytes: decoding is the step's work, and its errors are ours."""
        source = self.app.topic(
            *topics, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
        )

        def register(body: AgentBody) -> AgentBody:
            self._agents[name] = self.app.agent(source, name=name)(body)
            return body

        return register

    def every(self, seconds: float) -> Callable[[TimerBody], TimerBody]:
        """Register work for every so many seconds."""

        def register(body: TimerBody) -> TimerBody:
            async def guarded() -> None:
                try:
                    if not self.app.rebalancing:
                        await body()
                except Exception:
                    # What a timer raises would end the app.
                    log.exception("a timer failed, its next round tries again")

            self.app.timer(interval=seconds)(guarded)
            return body

        return register

    def output(self, topic: str, key: str, value: BaseModel) -> Output:
        """One record of a topic of the contract."""
        return Output(topic, key.encode(), value.model_dump_json().encode())

    def series(
        self,
        name: str,
        topics: Sequence[str],
        max_unacked: int,
        journal: Journal,
        grace_s: float | None = None,
    ) -> Series:
        """The one-at-a-time delivery of the agent `name`."""
        acker = self._acker(name, topics, max_unacked)
        self.app.let_go.append((self.settings.grace_s if grace_s is None else grace_s, acker.close))
        return Series(
            acker, self.outbox, self.dead, self._halt, writes=journal.take, on_step=partial(self._time, name)
        )

    def pool(
        self,
        name: str,
        topics: Sequence[str],
        handler: Callable[[Arrived], Awaitable[Sequence[Output]]],
        journal: Journal | None = None,
        window: int | None = None,
    ) -> KeyedPool:
        """The many-at-a-time delivery of the slow agent `name`; `window` None: as set."""
        pool = KeyedPool(
            handler,
            self._acker(name, topics, self.settings.window if window is None else window),
            self.outbox,
            self.dead,
            self._halt,
            concurrency=self.settings.concurrency,
            on_retry=partial(self.health.waiting, name),
            writes=tuple if journal is None else journal.take,
            on_step=partial(self._time, name),
        )
        self.app.let_go.append((self.settings.grace_s, pool.close))
        return pool

    def _acker(self, name: str, topics: Sequence[str], max_unacked: int) -> OrderedAcker:
        acker = OrderedAcker(
            lambda: int(self.app.consumer_generation_id),
            max_unacked,
            on_ack=lambda topic, acked: self.health.acked(name, acked),
        )
        self.health.watch(
            name, frozenset(topics), in_flight=lambda: acker.in_flight, alive=partial(self._runs, name)
        )
        return acker

    def _runs(self, name: str) -> bool:
        return name in self._agents and bool(self._agents[name].started)

    def _time(self, name: str, seconds: float) -> None:
        self.metrics.observe("weisu_step_seconds", seconds, agent=name)

    def _count_dead(self, topic: str, reason: str) -> None:
        self.metrics.count("weisu_dead_letters_total", topic=topic, reason=reason)

    async def _send(self, output: Output) -> "asyncio.Future[Any]":
        # Not through Topic.send: it has a queue of its own, and forgets what the broker refuses.
        future: asyncio.Future[Any] = await self.app.producer.send(
            output.topic,
            output.key,
            output.value,
            output.partition,
            None,
            list(output.headers) or None,
        )
        self.metrics.count("weisu_outputs_total", topic=output.topic)
        return future


def make_app(role: Role, settings: StreamSettings) -> WorkerApp:
    """A Faust app with the settings that lost nothing in the kill tests, and the contiguous consumer."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    group = Topics(settings.prefix, settings.wide).group(role)
    app = WorkerApp(
        group,
        broker=[f"kafka://{address.strip()}" for address in settings.address.split(",")],
        datadir=str(settings.data_dir / group),
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        # None, never "": Kafka takes an empty name for a name, and two workers of one name throw each other out.
        consumer_group_instance_id=f"{settings.prefix}{role}-{settings.instance}"
        if settings.instance
        else None,
        # A full buffer stops polling: after max_poll_interval a slow worker would leave its group for good.
        broker_max_poll_interval=86_400,
        stream_buffer_maxsize=settings.buffer,
        stream_wait_empty=True,
        broker_session_timeout=settings.session_s,
        broker_heartbeat_interval=settings.session_s / 5,
        broker_rebalance_timeout=60,
        broker_commit_interval=settings.commit_s,
        producer_linger=settings.linger_s,
        producer_max_batch_size=65_536,
        producer_max_request_size=16 << 20,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        web_bind="127.0.0.1",
        store="memory://",
    )
    install(app)
    return app


def lag_of(app: WorkerApp) -> dict[Place, int]:
    """Fetched high-water mark less committed offset of the partitions that `app` reads now.

    Not from end offsets: asking for them is not reliable on every broker (faust.md §5).
    """
    consumer = app._consumer
    if consumer is None or app.rebalancing:
        return {}
    found: dict[Place, int] = {}
    with contextlib.suppress(Exception):
        for place in consumer.assignment():
            end = consumer.highwater(place)
            if end and app.topics.acks_enabled_for(place.topic):
                found[place.topic, place.partition] = max(0, end - (consumer._committed_offset[place] or 0))
    return found


def run_app(build: Callable[[], Worker], stop_within_s: float = 60.0) -> int:
    """Run an app until SIGTERM or SIGINT; the exit status. `build` is called inside the event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(build, stop_within_s))


async def _run(build: Callable[[], Worker], stop_within_s: float) -> int:
    stop = on_signals()
    worker = build()
    app, health = worker.app, worker.health
    app.finalize()
    await health.serve()
    starting = asyncio.ensure_future(app.start())
    guard = asyncio.create_task(health.guard())
    stopping = asyncio.create_task(stop.wait())
    try:
        await _until_over(app, starting, stopping)
        crashed = app.crashed or (starting.done() and starting.exception() is not None)
        if crashed:
            reason = app.crash_reason or starting.exception()
            log.error("Faust crashed", exc_info=reason)
            end_process(f"Faust crashed: {type(reason).__name__}")
        await asyncio.wait_for(app.stop(), stop_within_s)
    except TimeoutError:
        end_process(f"could not stop within {stop_within_s:.0f} s; what is unfinished will be done again")
    finally:
        guard.cancel()
        stopping.cancel()
        await health.close()
    return 0


async def _until_over(app: WorkerApp, starting: "asyncio.Future[Any]", stopping: "asyncio.Task[Any]") -> None:
    """Returns when a signal came, or when the app failed to start or crashed."""
    while not stopping.done() and not app.crashed:
        if starting.done() and starting.exception() is not None:
            return
        await asyncio.wait([stopping], timeout=0.5)

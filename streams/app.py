"""Every Faust agent of every role on one page. What they decide stands in streams/path.py and agents/."""

import logging
import time
from typing import Any, Literal

from streams.bindings import Core, Parts, Telling
from streams.grading import Grading
from streams.health import end_process
from streams.metrics import Metrics
from streams.outbox import Halt
from streams.settings import StreamSettings
from streams.topics import Topics, require
from streams.worker import Worker, run_app

log = logging.getLogger(__name__)

Role = Literal["core", "grading", "notifying"]
FORGETTING_S = 3_600.0
"""How often paid answers that are too old are looked for."""


def run(role: Role, settings: StreamSettings, parts: Parts) -> int:
    """Play `role` until SIGTERM or SIGINT; the exit status. Raises WrongTopics before anything is read."""
    require(settings.address, Topics(settings.prefix, settings.wide))
    return run_app(lambda: build(role, settings, parts, Metrics(), end_process))


def build(role: Role, settings: StreamSettings, parts: Parts, metrics: Metrics, halt: Halt) -> Worker:
    """The worker of a role, not started. Its Faust app is `.app`."""
    worker = Worker(role, settings, metrics, halt)
    {"core": add_core, "grading": add_grading, "notifying": add_notifying}[role](worker, parts)
    return worker


def add_core(worker: Worker, parts: Parts) -> None:
    """Intake, problems, alerting: one input at a time, its outputs delivered meanwhile."""
    core = Core(worker, parts)
    topics, settings = worker.topics, worker.settings
    news = (topics.candidates, topics.counts, topics.commands)
    # What waits for its turn in event time is unacknowledged meanwhile, and cannot end at a rebalance.
    window = len(news) * topics.partitions(topics.candidates) * settings.waiting + settings.max_unacked
    accepting = worker.series("accept_tickets", [topics.events], settings.max_unacked, core.journal)
    add_recalling(worker, core)
    gathering = worker.series("gather_problems", [topics.graded], settings.max_unacked, core.journal)
    deciding = worker.series("decide_alerts", news, window, core.journal, grace_s=0.5)

    @worker.agent("accept_tickets", topics.events)
    async def accept_tickets(stream: Any) -> None:
        async for event in stream.noack().events():
            await accepting.submit(event, core.accept)

    @worker.agent("gather_problems", topics.graded)
    async def gather_problems(stream: Any) -> None:
        async for event in stream.noack().events():
            await core.gather(event, gathering)

    @worker.agent("decide_alerts", *news)
    async def decide_alerts(stream: Any) -> None:
        async for event in stream.noack().events():
            await core.decide(event, deciding)

    @worker.every(settings.tick_s)
    async def tick_idle_partitions() -> None:
        for tick in core.ticks_for_idle(time.monotonic()):
            await worker.outbox.put(tick)


def add_recalling(worker: Worker, core: Core) -> None:
    """Tickets that are graded and gathered once more; part of the core, for it holds their state."""
    topics = worker.topics
    recalling = worker.series("recall_tickets", [topics.recalls], worker.settings.max_unacked, core.journal)

    @worker.agent("recall_tickets", topics.recalls)
    async def recall_tickets(stream: Any) -> None:
        async for event in stream.noack().events():
            await recalling.submit(event, core.recall)


def add_grading(worker: Worker, parts: Parts) -> None:
    """Many tickets at once, the events of one ticket in order."""
    grading = Grading(worker, parts)
    topics = worker.topics
    pool = worker.pool("grade_tickets", [topics.accepted], grading.grade, grading.journal)

    @worker.agent("grade_tickets", topics.accepted)
    async def grade_tickets(stream: Any) -> None:
        async for event in stream.noack().events():
            await pool.submit(event)

    @worker.every(worker.settings.regrade_s)
    async def grade_again() -> None:
        await grading.grade_again()

    @worker.every(FORGETTING_S)
    async def forget_old_answers() -> None:
        await grading.forget_old()


def add_notifying(worker: Worker, parts: Parts) -> None:
    """Many alerts at once, the events of one alert in order."""
    telling = Telling(worker, parts)
    topics = worker.topics
    # Most of what comes is the ledger, which is told nobody: behind one alert that waits for its channel, it must not
    # fill the window and keep the other channels from theirs.
    window = worker.settings.max_unacked
    pool = worker.pool("tell_officers", [topics.alerts], telling.tell, telling.journal, window)

    @worker.agent("tell_officers", topics.alerts)
    async def tell_officers(stream: Any) -> None:
        async for event in stream.noack().events():
            await pool.submit(event)

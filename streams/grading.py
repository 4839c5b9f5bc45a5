"""The grading role's binding: what it remembers lies in tables, one memory a partition; what waits is graded again."""

import asyncio
import logging
import time
from collections.abc import Sequence

from agents.grading.audit import REUSED, Audit
from agents.grading.budget import Spent
from agents.grading.grade import Judged
from agents.grading.ladder import Ladder
from agents.grading.memory import Answered, Memory
from agents.grading.waiting import Waiting
from agents.intake.ticket import Ticket
from streams.bindings import Parts
from streams.delivery import Arrived
from streams.outbox import Output
from streams.path import Path
from streams.tables import Tables
from streams.worker import Worker

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Waiting tickets that are graded again together."""


class Grading:
    """The grading role: waits for a model."""

    def __init__(self, worker: Worker, parts: Parts) -> None:
        if parts.grader is None:
            raise ValueError("the grading role needs a ladder")
        self._worker = worker
        self._city_key = parts.city_key
        self._topics = worker.topics
        self._ladder = parts.grader
        tables = Tables(worker.app, worker.topics.table_partitions, self._forget)
        self.journal = tables.journal
        self._answers = tables.open("answers", Answered)
        self._spent = tables.open("spent", Spent)
        self._waiting = tables.open("waiting", Waiting)
        self._ladders: dict[int, Ladder] = {}
        self._share = 1 / self._topics.partitions(self._topics.accepted)
        if told := self._ladder.over(Memory(share=self._share)).unaffordable():
            log.warning("%s", told)
        self._wrong: set[str] = set()

    def _forget(self) -> None:
        """After a rebalance nothing derived from the old state may stay."""
        self._ladders.clear()

    async def grade(self, event: Arrived) -> Sequence[Output]:
        """tickets.accepted → tickets.graded, grading.audit. A ticket whose text has not arrived yet is not
        graded."""
        ticket = Ticket.model_validate_json(event.value or b"")
        if ticket.created_at is None:
            return []
        judged = await Path(grader=self._of(event.message.partition)).on_accepted(ticket)
        self._count(judged)
        return [self._graded(judged), *self._audits(judged)]

    async def grade_again(self) -> None:
        """Tickets that the rules graded while no model could be asked, as long as one answers."""
        for partition in self._waiting.partitions():
            ladder, most = self._of(partition), 1
            while tickets := ladder.due(most):
                if not await self._grade_some(partition, ladder, tickets):
                    break
                most = AT_ONCE  # the first went alone: a breaker lets one through to try
        left = sum(len(self._waiting.shelf(partition)) for partition in self._waiting.partitions())
        self._worker.metrics.set("weisu_grades_waiting", left)

    async def _grade_some(self, partition: int, ladder: Ladder, tickets: Sequence[Ticket]) -> bool:
        """Whether a model is there for all of them. Each leaves the line after its grade has been delivered."""
        path = Path(grader=ladder)
        judged = await asyncio.gather(*(path.on_model_back(ticket) for ticket in tickets))
        if self._ladders.get(partition) is not ladder:
            return False  # the partition is another worker's now, and so is its line
        better = [one for one in judged if one.graded.grade.source == "llm"]
        # A newer state that was graded meanwhile must not be followed by this older one.
        better = [one for one in better if ladder.is_waiting(one.graded.ticket)]
        records = [record for one in judged for record in self._audits(one)]
        for delivered in [
            await self._worker.outbox.put(one) for one in (*map(self._graded, better), *records)
        ]:
            await delivered
        for one in judged:
            self._count(one)
        if self._ladders.get(partition) is not ladder:
            return False
        for one in better:
            ladder.graded(one.graded.ticket)
        for output in self.journal.take():
            await self._worker.outbox.put(output)
        return not any(ladder.is_waiting(one.graded.ticket) for one in judged)

    async def forget_old(self) -> None:
        """Paid answers are kept as long as the records of what was asked."""
        before = time.time() - self._ladder.kept_s
        for partition in self._answers.partitions():
            if gone := Memory(self._answers.shelf(partition)).forget(before):
                log.info("old answers forgotten partition=%s count=%s", partition, gone)
            for output in self.journal.take():
                await self._worker.outbox.put(output)

    def _of(self, partition: int) -> Ladder:
        if partition not in self._ladders:
            memory = Memory(
                self._answers.shelf(partition),
                self._spent.shelf(partition),
                self._waiting.shelf(partition),
                share=self._share,
            )
            self._ladders[partition] = self._ladder.over(memory)
        return self._ladders[partition]

    def _graded(self, judged: Judged) -> Output:
        graded = judged.graded
        return self._worker.output(self._topics.graded, self._city_key, graded)

    def _audits(self, judged: Judged) -> list[Output]:
        return [self._worker.output(self._topics.audit, audit.ticket_id, audit) for audit in judged.audits]

    def _count(self, judged: Judged) -> None:
        grade, metrics = judged.graded.grade, self._worker.metrics
        metrics.count("weisu_grades_total", source=grade.source, urgency=grade.urgency)
        for reason in grade.review:
            metrics.count("weisu_grades_review_total", reason=reason)
        if grade.source == "llm" and not judged.calls:
            is_reused = any(audit.call.outcome == REUSED for audit in judged.audits)
            metrics.count("weisu_model_cached_total", whose="other" if is_reused else "own")
        for audit in judged.audits[len(judged.audits) - judged.calls :]:
            self._count_call(audit)

    def _count_call(self, audit: Audit) -> None:
        call, metrics = audit.call, self._worker.metrics
        metrics.count("weisu_model_calls_total", model=call.model, outcome=call.outcome)
        metrics.observe("weisu_model_seconds", call.latency_ms / 1000, model=call.model)
        metrics.count("weisu_model_tokens_total", call.tokens_in, direction="in")
        metrics.count("weisu_model_tokens_total", call.tokens_out, direction="out")
        metrics.count("weisu_model_cost_cny_total", call.cost_cny)
        if call.outcome == "answered":
            self._wrong.discard(call.model)
        elif call.outcome == "wrong_setting" and call.model not in self._wrong:
            # One line until it works: the breaker tries again every ten minutes.
            self._wrong.add(call.model)
            log.error("%s; the rules grade meanwhile", call.detail)

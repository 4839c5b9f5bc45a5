"""The grading role over a model that fails and comes back: nothing lost, the truth told, what waits graded again."""

import asyncio
import logging
import time
from pathlib import Path

import pytest
from fakes.model_city import CALM, GAS, Clock, ladder, ticket
from fakes.model_server import ModelServer, Scripted, model_server
from fakes.roles import Event, Memory, Message

from agents.city import City
from agents.grading.audit import Audit
from agents.grading.grade import Graded
from agents.grading.ladder import KEPT_S, Ladder
from agents.intake.ticket import Ticket
from streams.bindings import Parts
from streams.grading import Grading
from streams.metrics import Metrics
from streams.outbox import Outbox
from streams.settings import StreamSettings
from streams.worker import Worker

GRADED, AUDIT, WAITING = "p.tickets.graded", "p.grading.audit", "p.weisu-grading-waiting-changelog"


class Role:
    """The grading role without Kafka: what it sends is written down, and can be held back."""

    def __init__(self, rungs: Ladder, folder: Path) -> None:
        self.worker = Worker("grading", StreamSettings(prefix="p.", data_dir=folder), Metrics(), pytest.fail)
        producer = Memory()
        self.worker.outbox = Outbox(producer.send, pytest.fail)
        self.grading = Grading(self.worker, Parts(City(name="试城"), grader=rungs))
        self.sent = producer.sent

    async def take(self, *tickets: Ticket, partition: int = 0) -> list[Graded]:
        """Grade these as they arrive."""
        for one in tickets:
            event = Event(one.model_dump_json().encode(), Message("p.tickets.accepted", 0, partition))
            self.sent += [*await self.grading.grade(event), *self.grading.journal.take()]
        return self.graded()

    def graded(self) -> list[Graded]:
        return [Graded.model_validate_json(one.value or b"") for one in self.sent if one.topic == GRADED]

    def audits(self) -> list[Audit]:
        return [Audit.model_validate_json(one.value or b"") for one in self.sent if one.topic == AUDIT]

    def metric(self, name: str) -> list[str]:
        lines = self.worker.metrics.text().decode().splitlines()
        return [line for line in lines if line.startswith(name)]


def down(server: ModelServer) -> None:
    server.always = Scripted(status=503)


async def test_outage_loses_nothing_and_all_is_graded_again_when_it_is_over(tmp_path: Path) -> None:
    clock = Clock()
    with model_server() as server:
        down(server)
        role = Role(ladder(server, clock=clock, breaker_failures=1, own={"variant": "json_schema"}), tmp_path)
        await role.take(*(ticket(f"{CALM}{n}", f"T{n}") for n in range(20)), ticket(GAS, "gas"))
        assert [one.grade.source for one in role.graded()] == ["rules"] * 21
        assert all(one.grade.why for one in role.graded())
        await role.grading.grade_again()
        assert len(role.graded()) == 21  # the breaker is open: nobody is asked
        server.always = Scripted()
        server.script = [
            Scripted({"summary": "楼道里燃气泄漏", "quotes": ["楼道里燃气泄漏"], "key_phrases": ["燃气"]})
        ]
        clock.now += 61
        await role.grading.grade_again()
    better = role.graded()[21:]
    assert {one.ticket.ticket_id for one in better} == {*(f"T{n}" for n in range(20)), "gas"}
    assert {one.grade.source for one in better} == {"llm"}
    assert better[0].ticket.ticket_id == "gas"
    assert [one.value for one in role.sent if one.topic == WAITING][-21:] == [None] * 21
    assert role.metric("weisu_grades_waiting ") == ["weisu_grades_waiting 0.0"]


async def test_line_survives_a_restart(tmp_path: Path) -> None:
    with model_server() as server:
        down(server)
        before = Role(ladder(server), tmp_path)
        await before.take(ticket(CALM), partition=2)
        kept = [one for one in before.sent if one.topic == WAITING]
        assert [one.partition for one in kept] == [2]
        server.always = Scripted()
        after = Role(ladder(server), tmp_path)
        assert kept[0].key is not None and kept[0].value is not None
        after.grading._waiting.shelf(2).fill(kept[0].key.partition(b"/")[2].decode(), kept[0].value)
        await after.grading.grade_again()
    assert [one.grade.source for one in after.graded()] == ["llm"]


async def test_model_that_fails_again_leaves_the_line_as_it_is(tmp_path: Path) -> None:
    clock = Clock()
    with model_server() as server:
        down(server)
        role = Role(ladder(server, clock=clock, breaker_failures=1, own={"variant": "json_schema"}), tmp_path)
        await role.take(*(ticket(f"{CALM}{n}", f"T{n}") for n in range(12)))
        asked = len(server.requests)
        clock.now += 61
        await role.grading.grade_again()
    assert len(role.graded()) == 12
    assert len(server.requests) == asked + 2  # one trial
    assert role.metric("weisu_grades_waiting ") == ["weisu_grades_waiting 12.0"]


async def test_text_that_a_model_refuses_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    clock = Clock()
    with model_server() as server:
        down(server)
        role = Role(
            ladder(server, clock=clock, breaker_failures=50, own={"variant": "json_schema"}), tmp_path
        )
        await role.take(ticket(GAS, "first"), *(ticket(f"{CALM}{n}", f"T{n}") for n in range(3)))
        server.always = Scripted()
        server.script = [Scripted(refusal="no")]
        clock.now += 6_001
        await role.grading.grade_again()
    assert {one.ticket.ticket_id for one in role.graded()[4:]} == {"T0", "T1", "T2"}
    assert role.metric("weisu_grades_waiting ") == ["weisu_grades_waiting 0.0"]
    assert [one.value for one in role.sent if one.topic == WAITING][-4:] == [None] * 4


async def test_older_state_never_follows_a_newer_one(tmp_path: Path) -> None:
    clock = Clock()
    with model_server() as server:
        down(server)
        role = Role(ladder(server, clock=clock, breaker_failures=1), tmp_path)
        await role.take(ticket(CALM))
        server.always = Scripted()
        server.go.clear()
        clock.now += 61
        again = asyncio.create_task(role.grading.grade_again())
        await server.reached(1)
        await role.take(ticket(f"{CALM}急", edition=2))
        server.go.set()
        await again
    told = [(one.ticket.edition, one.grade.source) for one in role.graded()]
    assert told == [(1, "rules"), (2, "rules"), (2, "llm")]


async def test_partition_that_moves_away_keeps_its_line(tmp_path: Path) -> None:
    clock = Clock()
    with model_server() as server:
        down(server)
        role = Role(ladder(server, clock=clock, breaker_failures=1), tmp_path)
        await role.take(ticket(CALM))
        server.always = Scripted()
        server.go.clear()
        clock.now += 61
        again = asyncio.create_task(role.grading.grade_again())
        await server.reached(1)
        role.grading._forget()
        server.go.set()
        await again
    assert [one.grade.source for one in role.graded()] == ["rules"]
    assert [one.value is None for one in role.sent if one.topic == WAITING] == [False]


async def test_wrong_key_is_one_clear_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    with model_server() as server, caplog.at_level(logging.ERROR):
        server.always = Scripted(status=401)
        role = Role(ladder(server, clock=clock), tmp_path)
        for minute in range(45):
            clock.now = 1_000_000 + minute * 60
            await role.take(ticket(f"{CALM}{minute}", f"T{minute}"))
    assert [record.getMessage() for record in caplog.records] == [
        "endpoint m0 answers 401: check its model, base_url and api_key in WEISU_LADDER__ENDPOINTS; "
        "the rules grade meanwhile"
    ]
    assert len(server.requests) == 5


async def test_every_call_is_audited_masked_and_counted(tmp_path: Path) -> None:
    with model_server(Scripted(content="好的")) as server:
        role = Role(ladder(server, own={"variant": "json_schema"}), tmp_path)
        await role.take(ticket(f"{CALM}请打〔电话1〕"))
    bad, good = role.audits()
    assert (bad.call.outcome, bad.call.answer, good.call.outcome) == ("bad_json", "好的", "answered")
    assert (bad.ticket_id, bad.rung, good.call.attempt) == ("T1", 1, 2)
    assert "〔电话1〕" in good.call.message and good.prompt.startswith("grade@")
    assert bad.audit_id != good.audit_id
    assert 'weisu_model_calls_total{model="m0",outcome="bad_json"} 1.0' in role.metric(
        "weisu_model_calls_total"
    )
    assert 'weisu_model_tokens_total{direction="in"} 600.0' in role.metric("weisu_model_tokens_total")


async def test_redelivery_tells_the_same_again_and_counts_no_call(tmp_path: Path) -> None:
    with model_server() as server:
        role = Role(ladder(server), tmp_path)
        first, second = await role.take(ticket(CALM), ticket(CALM))
    assert first == second
    assert role.audits()[0] == role.audits()[1]
    assert role.metric("weisu_model_calls_total{") == [
        'weisu_model_calls_total{model="m0",outcome="answered"} 1.0'
    ]
    assert role.metric("weisu_model_cached_total{") == ['weisu_model_cached_total{whose="own"} 1.0']
    assert len(server.requests) == 1


async def test_copy_of_another_ticket_is_counted_as_such(tmp_path: Path) -> None:
    with model_server() as server:
        role = Role(ladder(server), tmp_path)
        await role.take(ticket(CALM, "T1"), ticket(CALM, "T2"))
    assert role.metric("weisu_model_cached_total{") == ['weisu_model_cached_total{whose="other"} 1.0']
    assert [audit.call.outcome for audit in role.audits()] == ["answered", "reused"]
    assert role.metric("weisu_model_calls_total{") == [
        'weisu_model_calls_total{model="m0",outcome="answered"} 1.0'
    ]


async def test_old_answers_leave_the_table(tmp_path: Path) -> None:
    clock = Clock()
    with model_server() as server:
        role = Role(ladder(server, clock=clock), tmp_path)
        clock.now = time.time()
        await role.take(ticket(CALM, "new"), partition=1)
        clock.now -= KEPT_S + 60
        await role.take(ticket(GAS, "old"), partition=2)
        before = len(role.sent)
        await role.grading.forget_old()
    (gone,) = role.sent[before:]
    assert (gone.topic, gone.partition, gone.value) == ("p.weisu-grading-answers-changelog", 2, None)
    assert [len(role.grading._answers.shelf(number)) for number in (1, 2)] == [1, 0]


async def test_partitions_have_purses_of_their_own(tmp_path: Path) -> None:
    with model_server() as server:
        role = Role(ladder(server, tokens_per_day=16_000), tmp_path)
        for partition in range(4):
            await role.take(
                *(ticket(f"{CALM}{partition}{n}", f"T{partition}{n}") for n in range(10)), partition=partition
            )
    by_model = [one.ticket.ticket_id[1] for one in role.graded() if one.grade.source == "llm"]
    assert {by_model.count(str(partition)) for partition in range(4)} == {len(by_model) // 4}
    assert 400 * len(server.requests) <= 16_000


async def test_share_that_cannot_pay_one_question_is_one_line_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with model_server() as server:
        Role(ladder(server), tmp_path / "a")
        assert not caplog.records
        Role(ladder(server, tokens_per_day=3_000), tmp_path / "b")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "no model will be asked" in caplog.text

"""The agents' bindings: keys and topics of the contract, held inputs, ticks, and what is told once."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.roles import Event, Memory, Message, Pager, make, parts, series, settle

from agents.alerting.alert import Alert, AlertEvent, Command
from agents.city import City
from agents.intake.ticket import Ticket
from agents.notifying.route import Routing
from agents.notifying.send import NotDelivered
from agents.problems.problem import Change, Count
from agents.problems.rising import Recall
from streams.bindings import Core, Telling
from streams.delivery import TryAgain
from streams.grading import Grading
from streams.settings import StreamSettings
from streams.ticks import is_tick, write_tick

AT = datetime(2026, 3, 2, 8, 10, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> StreamSettings:
    return StreamSettings(prefix="p.", data_dir=tmp_path, lateness_s=60, tick_s=10)


def created(number: int, **more: Any) -> bytes:
    event = {
        "event_id": f"e{number}",
        "event": "created",
        "ticket_id": f"T{number}",
        "revision": 1,
        "occurred_at": AT.isoformat(),
        "content": "路灯不亮",
        "place": {"district": "城东"},
    }
    return json.dumps(event | more, ensure_ascii=False).encode()


def count(number: int, minutes: float) -> bytes:
    at = AT + timedelta(minutes=minutes)
    return (
        Count(ticket_id=f"T{number}", at=at, district="城东", category="市政", fresh=True)
        .model_dump_json()
        .encode()
    )


def test_intake_sends_by_ticket_and_keeps_the_state_on_the_partition(settings: StreamSettings) -> None:
    worker = make("core", settings)
    core = Core(worker, parts())
    outputs = core.accept(Event(created(1), Message("p.tickets.events", 0, partition=2)))
    assert [(output.topic, output.key) for output in outputs] == [("p.tickets.accepted", b"T1")]
    writes = core.journal.take()
    assert [(w.topic, w.partition) for w in writes] == [("p.weisu-core-tickets-changelog", 2)]


def test_a_critical_hazard_goes_to_the_city_at_once(settings: StreamSettings) -> None:
    core = Core(make("core", settings), parts())
    event = Event(created(1, content="小区里有人闻到很浓的煤气味，燃气泄漏"), Message("p.tickets.events", 0))
    outputs = core.accept(event)
    assert [(output.topic, output.key) for output in outputs[1:]] == [
        ("p.alerts.candidates", "试城".encode())
    ]


async def test_a_bad_event_is_a_dead_letter_and_acknowledged(settings: StreamSettings) -> None:
    core, memory = Core(make("core", settings), parts()), Memory()
    one, event = series(core, memory), Event(b"{broken", Message("p.tickets.events", 0))
    await one.submit(event, core.accept)
    await settle()
    assert [output.topic for output in memory.sent] == ["p.tickets.events.dlq"]
    assert memory.sent[0].value == b"{broken"
    assert event.log == [("p.tickets.events", 0)]


async def test_all_of_a_city_is_gathered_on_one_partition_and_no_text_is_no_grade(
    settings: StreamSettings,
) -> None:
    worker = make("grading", settings)
    grading = Grading(worker, parts())
    core = Core(make("core", settings), parts())
    for raw, keys in ((created(1), ["试城"]), (created(2, place={}), ["试城"])):
        accepted = core.accept(Event(raw, Message("p.tickets.events", 0)))[0]
        outputs = await grading.grade(Event(accepted.value, Message("p.tickets.accepted", 0)))
        assert [(output.topic, output.key) for output in outputs] == [
            ("p.tickets.graded", key.encode()) for key in keys
        ]
    early = Ticket(ticket_id="T3", revision=1, edition=1, updated_at=AT, trigger_at=AT)
    assert (
        await grading.grade(Event(early.model_dump_json().encode(), Message("p.tickets.accepted", 1))) == []
    )


async def test_a_graded_ticket_leads_to_its_problem_and_a_count(settings: StreamSettings) -> None:
    core, memory = Core(make("core", settings), parts()), Memory()
    grading, one = Grading(make("grading", settings), parts()), series(core, memory)
    accepted = core.accept(Event(created(1), Message("p.tickets.events", 0)))[0]
    graded = (await grading.grade(Event(accepted.value, Message("p.tickets.accepted", 0))))[0]
    core.journal.take()
    event = Event(graded.value, Message("p.tickets.graded", 0, partition=3))
    await core.gather(event, one)
    await settle()
    assert len(memory.of("p.problems")) == 1
    assert [output.key for output in memory.of("p.city.counts")] == ["试城".encode()]
    assert {w.partition for w in memory.sent if w.topic.endswith("-changelog")} == {3}
    assert event.log == [("p.tickets.graded", 0)]


async def test_a_merge_goes_to_the_problems_and_what_came_of_it_to_alerts_and_index(
    settings: StreamSettings,
) -> None:
    core, memory = Core(make("core", settings), parts()), Memory()
    grading, one, log = (
        Grading(make("grading", settings), parts()),
        series(core, memory),
        list[tuple[str, int]](),
    )
    for number, text in ((1, "新华小区停水了"), (2, "楼下烧烤摊油烟呛人，睡不着")):
        accepted = core.accept(Event(created(number, content=text), Message("p.tickets.events", number)))[0]
        graded = (await grading.grade(Event(accepted.value, Message("p.tickets.accepted", number))))[0]
        await core.gather(Event(graded.value, Message("p.tickets.graded", number, partition=3), log), one)
    await settle()
    water, smoke = (Change.model_validate_json(out.value or b"").problem for out in memory.of("p.problems"))
    memory.sent.clear()
    command = Command(
        command="merge_problems",
        command_id="c1",
        problem_id=smoke.problem_id,
        into=water.problem_id,
        by="王五",
        at=AT,
    )
    await core.decide(Event(command.model_dump_json().encode(), Message("p.alerts.commands", 0), log), one)
    await settle()
    (asked,) = memory.of("p.tickets.graded")
    assert asked.key == "试城".encode()
    await core.gather(Event(asked.value, Message("p.tickets.graded", 3, partition=3), log), one)
    await settle()
    gone, kept = (Change.model_validate_json(out.value or b"") for out in memory.of("p.problems"))
    assert (gone.problem.problem_id, gone.problem.into) == (smoke.problem_id, water.problem_id)
    assert kept.problem.tickets == 2 and kept.record is not None and kept.record.by == "王五"
    assert [output.key for output in memory.of("p.tickets.recalls")] == [b"T2"]
    (follow,) = (Command.model_validate_json(out.value or b"") for out in memory.of("p.alerts.commands"))
    assert (follow.command, follow.problem_id, follow.into) == (
        "follow_problem",
        smoke.problem_id,
        water.problem_id,
    )
    assert ("p.alerts.commands", 0) in log and ("p.tickets.graded", 3) in log


async def test_a_ticket_that_is_recalled_is_accepted_again_as_it_stands(settings: StreamSettings) -> None:
    core = Core(make("core", settings), parts())
    accepted = core.accept(Event(created(1), Message("p.tickets.events", 0, partition=2)))[0]
    core.journal.take()
    recall = Recall(ticket_id="T1", at=AT).model_dump_json().encode()
    assert core.recall(Event(recall, Message("p.tickets.recalls", 0, partition=2))) == [accepted]
    assert core.recall(Event(recall, Message("p.tickets.recalls", 0, partition=1))) == []
    assert core.journal.take() == []


async def test_news_waits_unacknowledged_until_event_time_has_passed_it(settings: StreamSettings) -> None:
    core, memory = Core(make("core", settings), parts()), Memory()
    one = series(core, memory)
    log: list[tuple[str, int]] = []
    for offset, minutes in enumerate((0, 0.5, 5)):
        await core.decide(Event(count(offset, minutes), Message("p.city.counts", offset), log), one)
        await settle()
        assert log == ([] if offset < 2 else [("p.city.counts", 0), ("p.city.counts", 1)])
    assert one.acker.in_flight == 1


async def test_an_idle_partition_is_moved_by_a_tick(settings: StreamSettings) -> None:
    core, memory = Core(make("core", settings), parts()), Memory()
    one = series(core, memory)
    log: list[tuple[str, int]] = []
    now = time.monotonic()
    await core.decide(Event(count(0, 0), Message("p.city.counts", 0), log), one)
    assert core.ticks_for_idle(now + 5) == []
    ticks = core.ticks_for_idle(now + 90)
    assert [(tick.topic, tick.partition) for tick in ticks] == [("p.alerts.candidates", 0)]
    assert ticks[0].value is not None and is_tick(ticks[0].value)
    await core.decide(Event(ticks[0].value, Message("p.alerts.candidates", 0), log), one)
    await settle()
    assert sorted(log) == [("p.alerts.candidates", 0), ("p.city.counts", 0)]
    assert core.ticks_for_idle(now + 95) == []


async def test_a_command_never_waits(settings: StreamSettings) -> None:
    core, memory = Core(make("core", settings), parts()), Memory()
    log: list[tuple[str, int]] = []
    command = Command(
        command="silence", command_id="c1", key="x", by="值班", at=AT, until=AT + timedelta(hours=1)
    )
    event = Event(command.model_dump_json().encode(), Message("p.alerts.commands", 0), log)
    await core.decide(event, series(core, memory))
    await settle()
    assert log == [("p.alerts.commands", 0)]


async def test_broken_news_and_ticks_are_dead_letters(settings: StreamSettings) -> None:
    core, memory = Core(make("core", settings), parts()), Memory()
    one, log = series(core, memory), list[tuple[str, int]]()
    await core.decide(Event(b"[]", Message("p.city.counts", 0), log), one)
    await core.decide(Event(b'{"tick": 1}', Message("p.alerts.candidates", 0), log), one)
    await core.gather(Event(None, Message("p.tickets.graded", 0), log), one)
    await settle()
    assert [output.topic for output in memory.sent] == [
        "p.city.counts.dlq",
        "p.alerts.candidates.dlq",
        "p.tickets.graded.dlq",
    ]
    assert len(log) == 3


async def test_a_graded_tick_is_acknowledged_and_makes_nothing(settings: StreamSettings) -> None:
    core, memory = Core(make("core", settings), parts()), Memory()
    event = Event(write_tick(AT), Message("p.tickets.graded", 0))
    await core.gather(event, series(core, memory))
    await settle()
    assert event.log == [("p.tickets.graded", 0)] and memory.sent == []


def raised() -> bytes:
    alert = Alert(
        alert_id="a-1",
        kind="burst",
        level="red",
        scope="problem",
        key="k",
        raised_at=AT,
        updated_at=AT,
        title="停水",
        text="停水",
    )
    return AlertEvent(event="raised", at=AT, alert=alert, seq=1).model_dump_json().encode()


async def test_an_alert_that_comes_again_is_told_once_and_reported_again(settings: StreamSettings) -> None:
    pager = Pager()
    telling = Telling(make("notifying", settings), parts(pager))
    event = Event(raised(), Message("p.alerts", 0))
    first, second = await telling.tell(event), await telling.tell(event)
    assert len(pager.told) == 1
    assert first == second
    assert [(output.topic, output.key) for output in first] == [("p.alerts.commands", "试城".encode())]
    assert [write.partition for write in telling.journal.take()] == [0]


async def test_a_silent_channel_keeps_no_other_channel_waiting(settings: StreamSettings) -> None:
    pager = Pager(NotDelivered(True, "no answer"))
    both = replace(parts(pager), routing=Routing(City(), ("wecom", "mail")))
    telling = Telling(make("notifying", settings), both)
    event = Event(raised(), Message("p.alerts", 0))
    with pytest.raises(TryAgain):
        await telling.tell(event)
    assert pager.channels == ["mail"]
    outputs = await telling.tell(event)
    assert pager.channels == ["mail", "wecom"]
    assert len(outputs) == 2


async def test_a_silent_channel_is_tried_again_and_a_refusal_reported(settings: StreamSettings) -> None:
    pager = Pager(NotDelivered(True, "no answer"), NotDelivered(False, "not configured"))
    telling = Telling(make("notifying", settings), parts(pager))
    event = Event(raised(), Message("p.alerts", 0))
    with pytest.raises(TryAgain):
        await telling.tell(event)
    outputs = await telling.tell(event)
    assert b'"note":"refused"' in (outputs[0].value or b"")
    assert pager.told == []

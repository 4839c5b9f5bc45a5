"""A small city for the console: real documents of a made-up morning, and a commander that keeps what it gets."""

import asyncio
import json
import re
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeVar

from walks.timeline import TimeLine, town

from agents.alerting.alert import AlertEvent, Command
from agents.intake.events import ClaimReviewed
from agents.problems.problem import Change
from indexing.documents import of_alert_event, of_change
from indexing.index import Document
from indexing.sqlite import SqliteIndex
from streams import path as one_path
from streams.replay import Stopwatch, replay
from streams.results import Results

Answer = TypeVar("Answer")
HOSTILE = "<script>window.hurt=1</script>\"'><img src=x onerror=window.hurt=1>"
WATER = ("新华小区停水了", "新华小区没水,请尽快来修", "我们新华小区停水一上午,没有通知")


class MemoryCommander:
    """Keeps commands; `down` plays a broker that does not answer."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.events: list[ClaimReviewed] = []
        self.down = False

    async def report(self, event: ClaimReviewed) -> None:
        if self.down:
            raise ConnectionError("tickets.events: no broker")
        self.events.append(event)

    async def send(self, command: Command) -> None:
        if self.down:
            raise ConnectionError("alerts.commands: no broker")
        self.commands.append(command)

    async def stop(self) -> None: ...


def call(number: int, at: str, text: str, **fields: Any) -> dict[str, Any]:
    """A `created` event of the contract, on 2025-03-03 local time unless `at` has a date."""
    day, _, clock = at.rpartition(" ")
    return {
        "event_id": f"e{number}",
        "event": "created",
        "ticket_id": f"T{number}",
        "occurred_at": f"{day or '2025-03-03'}T{clock}:00+08:00",
        "content": text,
        "caller": {"id": f"p{number}"},
        "place": {"district": "城东区"},
    } | fields


def morning() -> list[dict[str, Any]]:
    """Gas at night, three neighbours without water, one of them answered, and a caller who means harm."""
    gas = "幸福里小区3栋有很浓的煤气味,楼道里都是"
    closed = {"event": "closed", "unit": "水务局", "reply": "阀门已更换,恢复供水", "outcome": "solved"}
    return [
        call(1, "03:30", gas, place={"district": "城南区"}),
        *(call(number, f"08:0{number}", text) for number, text in enumerate(WATER, 2)),
        call(
            9, "08:30", f"{HOSTILE} 路灯不亮", title=HOSTILE, place={"district": HOSTILE, "address": HOSTILE}
        ),
        {"event_id": "h1", "ticket_id": "T9", "occurred_at": "2025-03-03T08:40:00+08:00"}
        | {"event": "dispatched", "unit": HOSTILE, "reason": HOSTILE},
        {"event_id": "c1", "ticket_id": "T2", "occurred_at": "2025-03-03T11:00:00+08:00"} | closed,
    ]


class ConsoleCity:
    """The walked path and what it left: further events and commands can follow."""

    def __init__(self, events: Sequence[dict[str, Any]]) -> None:
        self.city = town()
        self.path: one_path.Path = TimeLine(self.city).path
        self.results = self._play(events)

    def _play(self, events: Sequence[dict[str, Any]]) -> Results:
        lines = ((at, json.dumps(event).encode()) for at, event in enumerate(events, 1))
        return finish(replay(lines, self.path, Stopwatch()))

    def documents(self) -> list[Document]:
        found: list[Document] = []
        for ticket_id, graded in self.results.graded.items():
            problem = self.results.problems[self.results.problem_of[ticket_id]]
            found += of_change(Change(problem=problem, graded=graded, joined="joined"))
        for event in (*self.results.raised.values(), *self.results.held):
            found += of_alert_event(event)
        return found

    def raised(self, kind: str) -> AlertEvent:
        """The one alert of a kind."""
        (event,) = (event for event in self.results.raised.values() if event.alert.kind == kind)
        return event

    def obey(self, command: Command) -> list[Document]:
        """What alerting makes of an officer's command, as the index gets it."""
        return [document for event in self.path.on_news(command) for document in of_alert_event(event)]


def finish(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Run to the end in a thread of its own: Playwright holds the main thread's event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def write(index: SqliteIndex, documents: Sequence[Document]) -> None:
    """Store all of them."""

    async def go() -> None:
        await index.setup()
        written = await index.write(documents)
        assert not written.refused, written.refused

    finish(go())


def filled(folder: Path, documents: Sequence[Document]) -> SqliteIndex:
    index = SqliteIndex(folder / "index.sqlite")
    write(index, documents)
    return index


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(html: str) -> str:
    """What a reader sees, without tags, spaces folded."""
    reader = _Reader()
    reader.feed(html)
    return re.sub(r"\s+", " ", " ".join(reader.parts))

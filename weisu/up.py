"""Embedded mode: broker, topics, workers, index lane and page in one go; each part is started again when it dies."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.broker import EmbeddedBroker
from streams.keeper import refill
from streams.topics import Topics, create

BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_S = 30.0
"""A part that has run this long starts again almost at once."""
GRACE_S = 20.0
"""Time that parts have to stop by themselves."""


@dataclass
class Part:
    """One child process, and how often it had to be started again."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    due: float = 0.0

    def start(self, environment: Mapping[str, str]) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **environment},
                start_new_session=True,
            )
        self.started, self.due = time.monotonic(), 0.0

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        if self.process is not None and self.alive():
            self.process.terminate()

    def wait(self, until: float) -> None:
        """Wait for the end until a monotonic instant, then end it by force."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def part(name: str, logs: Path, *arguments: str) -> Part:
    """One of our own commands as a part."""
    return Part(name, [sys.executable, "-m", "weisu", *arguments], logs / f"{name}.log")


@dataclass
class Embedded:
    """The broker and the parts that live on it."""

    broker: EmbeddedBroker
    topics: Topics
    state: Path
    """Folder of what streams/keeper.py keeps."""
    parts: list[Part]
    environment: dict[str, str]
    report: Callable[[str], None] = print
    stopping: bool = False

    def start(self) -> None:
        """Broker first, then its topics and what earlier runs kept, then the parts. Raises NoBroker, WrongTopics."""
        self.broker.start()
        self.environment["WEISU_STREAM__ADDRESS"] = self.broker.address
        create(self.broker.address, self.topics)
        kept = asyncio.run(refill(self.broker.address, self.topics.changelogs, self.state))
        if kept:
            self.report(f"{kept} states of earlier runs are back")
        for one in self.parts:
            one.log.parent.mkdir(parents=True, exist_ok=True)
            one.start(self.environment)

    def watch(self) -> None:
        """Keep everything running until `stopping`, then stop it: the parts first, the broker last."""
        try:
            while not self.stopping:
                self.look()
                time.sleep(0.2)
        finally:
            self._stop_parts()
            self.broker.stop()

    def look(self) -> None:
        """Start again what has died. A new broker is empty: everything on it starts anew from the kept state."""
        if not self.broker.alive():
            self.report("the broker has ended: it and all parts start again")
            self._stop_parts()
            self.start()
            return
        for one in self.parts:
            if not one.alive():
                self._revive(one)

    def _revive(self, one: Part) -> None:
        now = time.monotonic()
        if one.due == 0.0:
            one.deaths = 1 if now - one.started > STEADY_S else one.deaths + 1
            delay = BACKOFF_S[min(one.deaths, len(BACKOFF_S)) - 1]
            one.due = now + delay
            status = one.process.returncode if one.process is not None else None
            self.report(
                f"{one.name} ended with status {status}, starts again in {delay:g} s; its log: {one.log}"
            )
        elif now >= one.due:
            one.start(self.environment)

    def _stop_parts(self) -> None:
        until = time.monotonic() + GRACE_S
        for one in self.parts:
            one.stop()
        for one in self.parts:
            one.wait(until)

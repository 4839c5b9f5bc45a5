"""Embedded mode: broker, topics, workers, index lane and page in one go; each part is started again when it dies."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.broker import EmbeddedBroker
from streams.health import HELD, STOPPED
from streams.keeper import refill
from streams.parent import tied
from streams.topics import Topics, create
from weisu.settings import PREFIX, WrongSetup

BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_S = 30.0
"""A part that has run this long starts again almost at once."""
HELD_S = 300.0
"""Pause after a part stopped because nearly all its inputs fail: each new try costs as many dead letters again."""
LOCK = "lock"
"""File in the data folder that the one stack on it holds."""
GRACE_S = 20.0
"""Time that parts have to stop by themselves."""


@dataclass
class Part:
    """One child process, and how often it had to be started again."""

    name: str
    command: list[str]
    log: Path
    ends: bool = False
    """Its work has an end: with status 0 it is done, not dead."""
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
                preexec_fn=tied(),
            )
        self.started, self.due = time.monotonic(), 0.0

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_done(self) -> bool:
        return self.ends and self.process is not None and self.process.poll() == 0

    def last_words(self) -> str:
        """The line in which it said why it stopped; empty when it did not."""
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 65_536))
            said = [line for line in log.read().decode(errors="replace").splitlines() if " CRITICAL " in line]
            return said[-1].partition("worker stops: ")[2] if said else ""
        return ""

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


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """The folder for one stack alone: two would mix up their state. Raises WrongSetup."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("ab")
    except OSError as error:
        raise WrongSetup(f"{folder} cannot be written ({error.strerror}): set {PREFIX}DATA") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise WrongSetup(f"another weisu runs on {folder}: stop it, or set {PREFIX}DATA") from error
        yield


def empty_folder(folder: Path) -> None:
    """Remove what an earlier demo left. Only a folder that a demo made is touched."""
    mark = folder / "made-by-weisu-demo"
    folder.mkdir(parents=True, exist_ok=True)
    found = [path for path in folder.iterdir() if path.name != LOCK]
    if found and not mark.exists():
        raise WrongSetup(f"{folder} is not empty and no demo made it: choose another --data")
    for path in found:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    mark.touch()


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
            if self.stopping:
                return
            one.log.parent.mkdir(parents=True, exist_ok=True)
            one.start(self.environment)

    def watch(self) -> None:
        """Keep everything running until `stopping`."""
        while not self.stopping:
            self.look()
            time.sleep(0.2)

    def stop(self) -> None:
        """The parts first, the broker last; safe to call whatever has been started."""
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
            if not one.alive() and not one.is_done():
                self._revive(one)

    def _revive(self, one: Part) -> None:
        now = time.monotonic()
        if one.due == 0.0:
            one.deaths = 1 if now - one.started > STEADY_S else one.deaths + 1
            status = one.process.returncode if one.process is not None else None
            delay = HELD_S if status == HELD else BACKOFF_S[min(one.deaths, len(BACKOFF_S)) - 1]
            one.due = now + delay
            words = one.last_words() if status in (HELD, STOPPED) else ""
            self.report(
                f"{one.name} ended with status {status}, starts again in {delay:g} s; its log: {one.log}"
                + (f"\n  {words}" if words else "")
            )
        elif now >= one.due:
            one.start(self.environment)

    def _stop_parts(self) -> None:
        until = time.monotonic() + GRACE_S
        for one in self.parts:
            one.stop()
        for one in self.parts:
            one.wait(until)

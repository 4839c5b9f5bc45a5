"""Runs a replay and writes its files: weisu replay, and whatever else needs one."""

import asyncio
import gc
import json
import os
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agents.alerting.alert import Command
from agents.grading.ladder import NO_WORDS
from agents.intake.ticket import Ticket
from agents.problems.member import Member
from agents.problems.problem import Problem
from streams.attic import json_attic
from streams.lines import Damage, read_lines
from streams.path import Path as PathOfTickets
from streams.replay import Back, Stopwatch, replay
from streams.results import Results, files, written_only
from streams.shards import replay_sharded
from weisu import __version__, wiring
from weisu.settings import PREFIX, Settings, WrongSetup

A_TICKET = 20_000
"""Bytes that a ticket takes with all that is known of it, as objects. Measured: docs/decisions/0014."""
LEAST_NEWEST = 30_000
CONTAINER = Path("/sys/fs/cgroup/memory.max")
"""What a container may take, in bytes, or "max"; not there outside of Linux."""


def run_replay(
    events: Path,
    out: Path,
    settings: Settings,
    workers: int = 1,
    progress: Callable[[int], None] = lambda _: None,
    commands: Sequence[Command] = (),
) -> dict[str, Any]:
    """Replay a file into `out`; returns the report. Same input, same files, whatever the number of workers; a
    model's answers and its budget, of which each that grades has an equal share, are the exception.

    `commands`: what officers asked meanwhile. Raises UnreadableFile before anything is written when the input
    cannot be opened.
    """
    started, watch = time.perf_counter(), Stopwatch()
    next(iter(read_lines(events)), None)
    _make(out)
    with no_collections():
        path, results = _decide(events, settings, workers, progress, watch, commands)
        try:
            for name, lines in files(results).items():
                _write(out / name, lines)
            watch.lap("output")
            report = _report(events, results, settings, path, watch, time.perf_counter() - started)
            (out / "report.json").write_text(
                json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
            )
        except OSError as error:
            raise _unwritable(out, error.strerror) from error
    return report


def _make(out: Path) -> None:
    """Make the folder before the long work, not after it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(out, error.strerror) from error
    if not os.access(out, os.W_OK):
        raise _unwritable(out, "no right to write")


def _unwritable(out: Path, why: str | None) -> WrongSetup:
    return WrongSetup(f"{out}: cannot be written ({why}); choose another --out")


def _decide(
    events: Path,
    settings: Settings,
    workers: int,
    progress: Callable[[int], None],
    watch: Stopwatch,
    commands: Sequence[Command],
) -> tuple[PathOfTickets, Results]:
    if workers == 1:
        path = with_attic(wiring.make_path(settings))
        lines = read_lines(events, progress)
        results = asyncio.run(replay(lines, path, watch, results=written_only(newest()), commands=commands))
        return path, results
    path, shards = with_attic(wiring.make_back(settings)), graders_of(workers)
    back = Back(path, watch, results=written_only(newest()), commands=commands)
    return path, replay_sharded(events, shards, partial(make_front, settings, 1 / shards), back, watch)


def graders_of(workers: int) -> int:
    """How many of so many processes grade: all but the one that gathers behind them, where there are several."""
    return max(1, workers - 1)


def read_commands(path: Path) -> tuple[Command, ...]:
    """What officers asked, one command of `alerts.commands` a line. Raises WrongSetup, UnreadableFile."""
    commands = []
    for number, line in read_lines(path):
        if isinstance(line, Damage):
            raise WrongSetup(f"{path} line {number}: {line.detail}")
        try:
            commands.append(Command.model_validate_json(line))
        except ValidationError as error:
            where = "/".join(str(part) for part in error.errors()[0]["loc"])
            raise WrongSetup(f"{path} line {number}: no command ({where or 'not JSON'})") from None
    return tuple(commands)


def make_front(settings: Settings, share: float) -> PathOfTickets:
    """Intake and grading in one shard, with its share of the day's budget for models."""
    return with_attic(wiring.make_front(settings, share=share))


def with_attic(path: PathOfTickets) -> PathOfTickets:
    """For a file of any length: what has been untouched for long stands in the state as bytes."""
    most = newest()
    if path.intake is not None:
        path.intake.tickets = json_attic(Ticket, most, lambda ticket: ticket.status == "closed")
    if path.books is not None:
        # Not the rates: they are few, as a problem of one ticket has none of its own, and asked for all the time.
        path.books.problems = json_attic(Problem, most, lambda problem: not problem.open_tickets)
        path.books.members = json_attic(Member, most, lambda member: not member.open)
    return path


def newest() -> int:
    """How many values of each kind stay objects, and as many more of tickets that are open: as objects they take a third more
    room than as bytes, but no time. As many as half of the memory holds."""
    return max(LEAST_NEWEST, _memory() // 2 // A_TICKET)


def _memory() -> int:
    """Bytes that this process may take: the machine's, or its container's where those are fewer; 0: unknown."""
    if not hasattr(os, "sysconf"):
        return 0
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    container = CONTAINER.read_text().strip() if CONTAINER.exists() else ""
    return min(machine, int(container)) if container.isdecimal() else machine


@contextmanager
def no_collections() -> Iterator[None]:
    """Values here make no cycles, and there are millions of them: looking for cycles is in vain, and a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _write(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(line + b"\n" for line in lines)


def _report(
    events: Path, results: Results, settings: Settings, path: PathOfTickets, watch: Stopwatch, seconds: float
) -> dict[str, Any]:
    tickets = len(results.graded)
    reasons: dict[str, int] = {}
    for event in results.held:
        reason = str(getattr(event.alert, "suppressed", ""))
        reasons[reason] = reasons.get(reason, 0) + 1
    urgencies: dict[str, int] = {}
    for urgency in results.urgency_of.values():
        urgencies[urgency] = urgencies.get(urgency, 0) + 1
    assert path.books is not None
    city = path.books.city
    return {
        "input": events.name,
        "counts": {
            "lines": results.counts.get("lines", 0),
            "events": results.counts.get("events", 0),
            "redelivered": results.counts.get("redelivered", 0),
            "tickets": tickets,
            "tickets_without_created": len(results.waiting),
            "problems": len(set(results.problem_of.values())),
            "alerts": len(results.raised),
            "held": len(results.held),
            "rejected": len(results.rejected),
        },
        "graded_by": _makers(results),
        "no_model": dict(Counter(results.unasked.values()).most_common(20)),
        "held_by_reason": dict(sorted(reasons.items())),
        "urgency": dict(sorted(urgencies.items())),
        "waiting_for_created": list(results.waiting)[:1000],
        "rejected": [
            {"line": bad.line, "reason": bad.reason, "detail": bad.detail} for bad in results.rejected[:1000]
        ],
        "speed": {
            "seconds": round(seconds, 3),
            "tickets_per_s": round(tickets / seconds) if seconds else 0,
            "seconds_by_stage": {stage: round(spent, 3) for stage, spent in watch.seconds.items()},
        },
        "versions": {"weisu": __version__, "python": platform.python_version(), "city": city.version},
        "settings": {"city": city.name or None, "grader": "llm" if settings.ladder.endpoints else "rules"},
    }


def _makers(results: Results) -> dict[str, int]:
    """How many tickets each model has graded, and the rules the rest."""
    models = Counter(results.model_of.values())
    return {"rules": len(results.graded) - models.total(), **dict(sorted(models.items()))}


def without_model(report: dict[str, Any]) -> str:
    """One line about the tickets that no model graded though one was wanted; empty: there are none."""
    reasons = {why: count for why, count in report["no_model"].items() if why != NO_WORDS}
    if not reasons:
        return ""
    told = ", ".join(f"{why} ({count})" for why, count in list(reasons.items())[:5])
    wrong = any("wrong_setting" in why for why in reasons)
    advice = f"; check model, base_url, api_key and balance in {PREFIX}LADDER__ENDPOINTS" if wrong else ""
    return f"{sum(reasons.values())} of {report['counts']['tickets']} tickets graded by rules: {told}{advice}"

"""How fast a file is replayed, by stage, beside a loop that only reads and validates it: `python -m bench.replay`.

Seconds are of the processor, not of the clock, so that a loaded machine tells the truth too; the share of each
stage is of the clock. Each run has a process of its own and the fastest counts: what else a machine does, or who else
has the other half of its core, only ever slows it down.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from agents.intake.events import TICKET_EVENT
from streams.lines import Damage, read_lines
from weisu.city_folder import load_city
from weisu.replaying import run_replay
from weisu.settings import Settings
from weisu.simulator.simulate import simulate, write
from weisu.simulator.truth import Truth
from weisu.wiring import EXAMPLE_CITY

Row = tuple[str, float, str]
T = TypeVar("T")
DAYS = 3
TICKETS_PER_DAY = 6_000
ROUNDS = 3
FLOOR_ROUNDS = 5
"""Before the replays and after them, as the pace of a shared machine changes within a minute. The fastest counts."""


class Run(NamedTuple):
    """One replay in a process of its own."""

    report: dict[str, Any]
    spent: float
    """The processor's seconds, without those that an empty file takes."""
    start_up: float
    memory: float
    """The most that it held, in MiB."""


def main() -> list[Row]:
    """(name, value, unit) of each figure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _apart(_simulate, folder)
        lines, before = _floor(folder / "events.jsonl")
        ones = [_apart(_run, folder) for _ in range(ROUNDS)]
        floor = min(before, _floor(folder / "events.jsonl")[1])
        on_two = min(_apart(_clock_of_two, folder) for _ in range(ROUNDS))
    run = min(ones, key=lambda one: one.spent)
    on_one = min(one.report["speed"]["seconds"] for one in ones)
    tickets = run.report["counts"]["tickets"]
    return [
        *_figures(run, floor, lines),
        ("the slowest of these runs", tickets / max(one.spent for one in ones), "tickets/s of processor"),
        ("start-up, not in the above", run.start_up, "s of processor"),
        ("on two workers, by the clock", tickets / on_two, "tickets/s"),
        ("on two workers, by the clock", on_one / on_two, "× one"),
    ]


def _apart(work: Callable[[Path], T], folder: Path) -> T:
    """In a process of its own: what earlier work leaves in the heap is none of a run's business."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(work, folder).result()


def _simulate(folder: Path) -> None:
    truth = Truth()
    city = load_city(EXAMPLE_CITY)
    write(simulate(city, 1, date(2026, 3, 2), DAYS, TICKETS_PER_DAY, None, truth), truth, folder)


def _run(folder: Path) -> Run:
    events, settings = folder / "events.jsonl", Settings(city=EXAMPLE_CITY)
    run_replay(_head(events, 2_000), folder / "warm", settings)
    _, start_up = _replay(_head(events, 0), folder / "none", settings)
    report, spent = _replay(events, folder / "one", settings)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Run(report, spent - start_up, start_up, memory)


def _replay(events: Path, out: Path, settings: Settings) -> tuple[dict[str, Any], float]:
    """The report, and the processor's seconds that the run took."""
    started = time.process_time()
    return run_replay(events, out, settings), time.process_time() - started


def _clock_of_two(folder: Path) -> float:
    """Seconds of the clock that two workers take."""
    started = time.perf_counter()
    run_replay(folder / "events.jsonl", folder / "two", Settings(city=EXAMPLE_CITY), workers=2)
    return time.perf_counter() - started


def _figures(run: Run, floor: float, lines: int) -> list[Row]:
    tickets, stages = run.report["counts"]["tickets"], run.report["speed"]["seconds_by_stage"]
    whole = sum(stages.values())
    return [
        ("tickets", float(tickets), ""),
        ("events a ticket", lines / tickets, ""),
        ("replay, one process", tickets / run.spent, "tickets/s of processor"),
        ("replay, one process", lines / run.spent, "events/s of processor"),
        ("floor: read and validate", lines / floor, "events/s of processor"),
        ("replay / floor", run.spent / floor, "× the time"),
        *((f"share of {stage}", 100 * seconds / whole, "%") for stage, seconds in stages.items()),
        ("largest memory", run.memory, "MiB"),
    ]


def _head(events: Path, most: int) -> Path:
    head = events.with_name("head.jsonl")
    with events.open("rb") as whole, head.open("wb") as part:
        part.writelines(line for line, _ in zip(whole, range(most), strict=False))
    return head


def _floor(events: Path) -> tuple[int, float]:
    """Number of lines, and the processor's seconds that reading and validating them takes."""
    rounds = []
    for _ in range(FLOOR_ROUNDS):
        started, count = time.process_time(), 0
        for _, raw in read_lines(events):
            assert not isinstance(raw, Damage)
            TICKET_EVENT.validate_json(raw)
            count += 1
        rounds.append(time.process_time() - started)
    return count, min(rounds)


if __name__ == "__main__":
    for told, value, unit in main():
        sys.stdout.write(f"{told:<32} {value:>12,.2f} {unit}\n")

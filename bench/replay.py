"""How fast a file is replayed, by stage, beside a loop that only reads and validates it: `python -m bench.replay`.

Seconds are of the processor, not of the clock, so that a loaded machine tells the truth too; the share of each
stage is of the clock.
"""

import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from agents.intake.events import TICKET_EVENT
from streams.lines import Damage, read_lines
from weisu.city_folder import load_city
from weisu.replaying import run_replay
from weisu.settings import Settings
from weisu.simulator.simulate import simulate, write
from weisu.simulator.truth import Truth
from weisu.wiring import EXAMPLE_CITY

Row = tuple[str, float, str]
DAYS = 3
TICKETS_PER_DAY = 6_000
FLOOR_ROUNDS = 5
"""Before the replay and after it, as the pace of a shared machine changes within a minute."""


def main() -> list[Row]:
    """(name, value, unit) of each figure."""
    with tempfile.TemporaryDirectory() as name:
        folder, settings = Path(name), Settings(city=EXAMPLE_CITY)
        # In a process of its own: what a simulation leaves in the heap would slow down all that is measured.
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            pool.submit(_simulate, folder).result()
        events = folder / "events.jsonl"
        run_replay(_head(events, 2_000), folder / "warm", settings)
        _, start_up = _replay(_head(events, 0), folder / "none", settings)
        lines, before = _floor(events)
        report, spent = _replay(events, folder / "one", settings)
        floor = (before + _floor(events)[1]) / 2
        started = time.perf_counter()
        run_replay(events, folder / "two", settings, workers=2)
        on_two = time.perf_counter() - started
    return [
        *_figures(report, spent - start_up, floor, lines),
        ("start-up, not in the above", start_up, "s of processor"),
        ("on two workers, by the clock", report["speed"]["seconds"] / on_two, "× one"),
    ]


def _simulate(folder: Path) -> None:
    truth = Truth()
    city = load_city(EXAMPLE_CITY)
    write(simulate(city, 1, date(2026, 3, 2), DAYS, TICKETS_PER_DAY, None, truth), truth, folder)


def _replay(events: Path, out: Path, settings: Settings) -> tuple[dict[str, Any], float]:
    """The report, and the processor's seconds that the run took."""
    started = time.process_time()
    return run_replay(events, out, settings), time.process_time() - started


def _figures(report: dict[str, Any], spent: float, floor: float, lines: int) -> list[Row]:
    tickets, stages = report["counts"]["tickets"], report["speed"]["seconds_by_stage"]
    whole = sum(stages.values())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        ("tickets", float(tickets), ""),
        ("events a ticket", lines / tickets, ""),
        ("replay, one process", tickets / spent, "tickets/s of processor"),
        ("replay, one process", lines / spent, "events/s of processor"),
        ("floor: read and validate", lines / floor, "events/s of processor"),
        ("replay / floor", spent / floor, "× the time"),
        *((f"share of {stage}", 100 * seconds / whole, "%") for stage, seconds in stages.items()),
        ("largest memory", memory, "MiB"),
    ]


def _head(events: Path, most: int) -> Path:
    head = events.with_name("head.jsonl")
    with events.open("rb") as whole, head.open("wb") as part:
        part.writelines(line for line, _ in zip(whole, range(most), strict=False))
    return head


def _floor(events: Path) -> tuple[int, float]:
    """Number of lines, and the processor's seconds that reading and validating them takes."""
    started, count = time.process_time(), 0
    for _ in range(FLOOR_ROUNDS):
        for _, raw in read_lines(events):
            assert not isinstance(raw, Damage)
            TICKET_EVENT.validate_json(raw)
            count += 1
    return count // FLOOR_ROUNDS, (time.process_time() - started) / FLOOR_ROUNDS


if __name__ == "__main__":
    for told, value, unit in main():
        sys.stdout.write(f"{told:<32} {value:>12,.2f} {unit}\n")

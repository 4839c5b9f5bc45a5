"""Plays a city: contract events in order of event time, and the truth behind them."""

import gzip
import heapq
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from random import Random
from typing import IO, Any, cast

from agents.city import City
from weisu.simulator.city import days_of
from weisu.simulator.lives import Scribe
from weisu.simulator.stories import Rates, Stories
from weisu.simulator.truth import Truth


def simulate(
    city: City,
    seed: int = 1,
    start: date = date(2026, 3, 2),
    days: int = 7,
    tickets_per_day: float = 6000,
    rates: Rates | None = None,
    truth: Truth | None = None,
) -> Iterator[dict[str, Any]]:
    """The events of `days` local days, in order of event time; what would happen later is left out.

    `rates` are those of a city of 6,200 tickets a day and are scaled by volume. `truth`, when handed in, is
    complete once the iterator has ended. The same arguments give the same events, in any process.
    """
    truth = truth if truth is not None else Truth()
    stories = Stories(city, seed, tickets_per_day, truth, rates or Rates(), days)
    scribe = Scribe(city)
    zone = city.utc_offset or timezone(timedelta(hours=8))
    end = datetime.combine(start + timedelta(days=days), time(), zone)
    waiting: list[tuple[datetime, str, dict[str, Any]]] = []
    for day in days_of(start, days):
        rng = Random(f"{seed}/voices/{day.isoformat()}")
        for number, call in enumerate(stories.calls_on(day), 1):
            ticket_id = f"YC{day:%Y%m%d}{number:06d}"
            told = truth.belong(ticket_id, call.at, call.caller, call.subject, call.planted)
            while waiting and waiting[0][0] <= call.at:
                yield heapq.heappop(waiting)[2]
            for at, event in scribe.write(rng, call, ticket_id):
                if at >= end:
                    continue
                if event["event"] == "closed" and told.closed_at is None:
                    told.closed_at = at
                heapq.heappush(waiting, (at, event["event_id"], event))
    while waiting:
        yield heapq.heappop(waiting)[2]


def write(
    events: Iterator[dict[str, Any]],
    truth: Truth,
    folder: Path,
    compress: bool = False,
    progress: Callable[[int], None] = lambda count: None,
) -> int:
    """Writes events.jsonl (or .jsonl.gz) and truth.jsonl; the number of events, which `progress` hears too.

    The same events give the same bytes, compressed or not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with _open(folder / ("events.jsonl.gz" if compress else "events.jsonl"), compress) as file:
        for count, event in enumerate(events, 1):
            file.write(_line(event))
            progress(count)
    with (folder / "truth.jsonl").open("wb") as plain:
        plain.writelines(_line(line) for line in truth.lines())
    return count


def _line(shape: dict[str, Any]) -> bytes:
    return json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _open(path: Path, compress: bool) -> IO[bytes]:
    if not compress:
        return path.open("wb")
    # No time stamp in the header, so that equal events are equal bytes.
    return cast(IO[bytes], gzip.GzipFile(path, mode="wb", mtime=0))

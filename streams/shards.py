"""Replay on several cores: intake and grading in shards by ticket, problems and alerting in file order behind them."""

import asyncio
import gc
import heapq
import json
import multiprocessing
import pickle
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path as FilePath

from streams.lines import Damage, read_lines
from streams.path import Path
from streams.replay import BATCH, Back, Front, Stopwatch, walk_front
from streams.results import Results

_TICKET_ID = re.compile(rb'"ticket_id"\s*:\s*"((?:[^"\\]|\\.)*)"')


def shard_of(raw: bytes | Damage, shards: int) -> int:
    """Which shard sees this line: all lines of a ticket go to one. Lines that are no event may go anywhere."""
    if isinstance(raw, Damage):
        return 0
    found = _TICKET_ID.findall(raw)
    if len(found) == 1 and b"\\" not in found[0]:
        return zlib.crc32(found[0]) % shards
    try:  # the name occurs in a text too, or the id is written with escapes: parse to be sure
        event = json.loads(raw)
        return zlib.crc32(str(event["ticket_id"]).encode("utf-8", "surrogatepass")) % shards
    except (ValueError, TypeError, LookupError, RecursionError):
        return 0


def _work(file: FilePath, shard: int, shards: int, make_path: Callable[[], Path], out: Connection) -> None:
    """Body of one shard's process: sends (line numbers seen, fronts) chunk by chunk, then its stopwatch."""
    watch = Stopwatch()

    def mine() -> Iterator[tuple[int, bytes | Damage]]:
        for number, raw in read_lines(file):
            if shard_of(raw, shards) == shard:
                yield number, raw

    async def run() -> None:
        async for batch in walk_front(mine(), make_path(), watch):
            out.send_bytes(pickle.dumps(batch, protocol=5))
            watch.lap("hand over")
        out.send_bytes(pickle.dumps(watch.seconds))

    gc.disable()  # values here make no cycles; see weisu/replaying.py
    asyncio.run(run())
    out.close()


class ShardDied(Exception):
    """A shard's process ended early; nothing was written."""


def _fronts(pipe: Connection, shard: int, spent: dict[str, float]) -> Iterator[Front]:
    """The fronts of one shard in line order; adds the shard's seconds to `spent` at the end."""
    while True:
        try:
            message = pickle.loads(pipe.recv_bytes())
        except EOFError as error:
            raise ShardDied(f"shard {shard} of the replay ended early; run again with --workers 1") from error
        if isinstance(message, dict):
            for stage, seconds in message.items():
                spent[stage] = spent.get(stage, 0.0) + seconds
            return
        yield from message


@contextmanager
def _processes(file: FilePath, shards: int, make_path: Callable[[], Path]) -> Iterator[list[Connection]]:
    context = multiprocessing.get_context("spawn")
    pipes, children = [], []
    for shard in range(shards):
        here, there = context.Pipe(duplex=False)
        child = context.Process(target=_work, args=(file, shard, shards, make_path, there), daemon=True)
        child.start()
        there.close()
        pipes.append(here)
        children.append(child)
    try:
        yield pipes
    finally:
        for child in children:
            child.terminate()
            child.join()


def replay_sharded(
    file: FilePath,
    shards: int,
    make_front: Callable[[], Path],
    back: Back,
    watch: Stopwatch,
    progress: Callable[[int], None] = lambda _: None,
) -> Results:
    """Replay with `shards` processes in front of this one; the results are those of one process, byte for byte.

    `make_front` must be picklable: each shard calls it for its own intake and grading. `progress` gets the line number.
    """
    spent: dict[str, float] = {}
    with _processes(file, shards, make_front) as pipes:
        streams = [_fronts(pipe, shard, spent) for shard, pipe in enumerate(pipes)]
        fronts = heapq.merge(*streams, key=lambda front: front.line)
        while batch := list(islice(fronts, BATCH)):
            watch.lap("wait for shards")
            back.take(batch)
            progress(batch[-1].line)
    for stage, seconds in spent.items():
        watch.seconds[f"shards: {stage}"] = seconds
    return back.finish()

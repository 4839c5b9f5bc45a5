"""The file: killed writers, changed fields, several processes, a broken disk."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from indexing import analysis
from indexing.index import IndexUnavailable, Query
from indexing.sqlite import SqliteIndex
from tests.indexing.notes import NOTES

WRITER = """
import asyncio, sys
from indexing.index import Document
from indexing.sqlite import SqliteIndex

async def main():
    index = SqliteIndex(sys.argv[1])
    await index.setup()
    for number in range(10_000):
        await index.write([
            Document("tickets", f"T{number}-{n}", 1, {
                "ticket_id": f"T{number}-{n}", "created_at": "2024-03-01T08:00:00+08:00", "title": "小区停水",
            }) for n in range(100)
        ])
        print(number, flush=True)

asyncio.run(main())
"""


async def test_a_killed_writer_leaves_whole_batches(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    acknowledged = 0
    while acknowledged < 5:
        acknowledged = int(writer.stdout.readline()) + 1
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.stdout.read().split()
    writer.stdout.close()
    writer.wait()
    acknowledged = max([acknowledged, *(int(line) + 1 for line in rest)])
    index = SqliteIndex(path)
    await index.setup()
    found = await index.search(Query(text="“停水”", size=1))
    everything = await index.search(Query(size=1))
    await index.close()
    assert found.total == everything.total
    assert everything.total % 100 == 0 and everything.total >= acknowledged * 100


async def test_words_are_made_anew_when_the_tokenizer_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = SqliteIndex(tmp_path / "index.db")
    await first.setup()
    await first.write(NOTES)
    await first.close()
    monkeypatch.setattr(analysis, "VERSION", analysis.VERSION + 1)
    second = SqliteIndex(tmp_path / "index.db")
    await second.setup()
    assert (await second.write(NOTES)).stale == tuple(note.id for note in NOTES)
    assert (await second.search(Query(text="燃气泄漏"))).total == 2
    assert (await second.search(Query(filters={"district": ("临江区",)}))).total == 8
    await second.close()


async def test_two_openers_write_one_file(tmp_path: Path) -> None:
    one, other = SqliteIndex(tmp_path / "index.db"), SqliteIndex(tmp_path / "index.db")
    await asyncio.gather(one.setup(), other.setup())
    written = await asyncio.gather(
        *(index.write(NOTES[at : at + 3]) for at in range(0, 21, 3) for index in (one, other))
    )
    assert sum(len(each.stored) for each in written) == len(NOTES)
    assert sum(len(each.stale) for each in written) == len(NOTES)
    assert (await other.search(Query())).total == len(NOTES)
    await one.close()
    await other.close()


async def test_readers_see_whole_batches_while_a_batch_is_written(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "index.db")
    await index.setup()
    writing = asyncio.create_task(index.write(NOTES))
    totals = [(await index.search(Query(size=0))).total for _ in range(5)]
    await writing
    assert set(totals) <= {0, len(NOTES)}
    await index.close()


async def test_a_file_that_is_no_index_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "index.db").write_bytes(b"this is no database, and long enough to be read as a page" * 100)
    broken = SqliteIndex(tmp_path / "index.db")
    with pytest.raises(IndexUnavailable, match=r"index\.db"):
        await broken.setup()
    await broken.close()


async def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "nowhere" / "index.db")
    with pytest.raises(IndexUnavailable):
        await index.get("tickets", "T")
    await index.close()


async def test_a_locked_file_is_unavailable_and_then_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexing.sqlite._BUSY_MS", 50)
    index = SqliteIndex(tmp_path / "index.db")
    await index.setup()
    holder = sqlite3.connect(tmp_path / "index.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(IndexUnavailable, match="locked"):
        await index.write(NOTES)
    holder.execute("ROLLBACK")
    holder.close()
    assert len((await index.write(NOTES)).stored) == len(NOTES)
    await index.close()


async def test_a_closed_index_is_unavailable(tmp_path: Path) -> None:
    index = SqliteIndex(tmp_path / "index.db")
    await index.setup()
    await index.close()
    with pytest.raises(IndexUnavailable, match="closed"):
        await index.get("tickets", "T")

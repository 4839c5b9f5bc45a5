"""How fast both engines take and find tickets, beside what each can do by itself: `python -m bench.indexing`.

The floor of a bulk write is the engine's own rate for the same documents in the same run: for Elasticsearch
the ready request bodies posted to `_bulk` by the plain client, for SQLite the ready rows put into
the same tables. WEISU_TEST_ELASTIC names a running Elasticsearch; without it only SQLite is measured.
"""

import asyncio
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from elasticsearch import AsyncElasticsearch

from indexing import sqlite
from indexing.elastic import ElasticIndex
from indexing.index import Document, Index, Query
from indexing.sqlite import SqliteIndex

Row = tuple[str, float, str]
DOCUMENTS = 20_000
BATCH = 1_000
SEARCHES = 200

_PLACES = ("新华小区", "北湖花园", "学府路", "人民广场", "中心小学", "东风新村", "滨江大道", "火车站南广场")
_MATTERS = ("停水", "路灯不亮", "夜间施工噪音", "燃气泄漏", "拖欠工资", "下雨积水", "垃圾没人收", "电梯困人")
_WORDS = tuple(
    "居民反映多次拨打电话物业一直没有处理影响正常生活希望有关部门尽快核实并给予答复谢谢老人孩子出行不便今天早上昨晚已经三次"
)


def main() -> list[Row]:
    """(name, value, unit) of each figure."""
    documents = _documents(DOCUMENTS)
    rows = asyncio.run(_sqlite(documents))
    if url := os.environ.get("WEISU_TEST_ELASTIC"):
        rows += asyncio.run(_elastic(url, documents))
    return rows


def _documents(count: int) -> list[Document]:
    """Tickets of about 250 characters, as grading leaves them; the same on every run."""
    dice = random.Random(12345)
    made = []
    for number in range(count):
        place, matter = dice.choice(_PLACES), dice.choice(_MATTERS)
        content = f"{place}{dice.randint(1, 30)}号楼{matter}，" + "".join(dice.choices(_WORDS, k=200))
        day = f"2024-{1 + number * 6 // count:02d}-{dice.randint(1, 28):02d}"
        body: dict[str, Any] = {
            "ticket_id": f"T{number:07d}",
            "created_at": f"{day}T{dice.randint(0, 23):02d}:{dice.randint(0, 59):02d}:00+08:00",
            "updated_at": f"{day}T23:59:59+08:00",
            "title": f"{place}{matter}",
            "content": content,
            "summary": content[:60],
            "matter": matter,
            "stage": "gathered",
            "status": dice.choice(("open", "closed")),
            "channel": "phone",
            "kind": "complaint",
            "category": matter[:2],
            "urgency": dice.choice(("low", "normal", "urgent")),
            "district": f"第{dice.randint(1, 9)}区",
            "street": f"第{dice.randint(1, 60)}街道",
            "unit": f"单位{dice.randint(1, 40)}",
            "reporter": f"{dice.getrandbits(64):016x}",
            "problem_id": f"p-{dice.randint(1, count // 4)}",
            "location": {"lat": 30 + dice.random(), "lon": 120 + dice.random()},
            "confidence": 0.8,
            "revision": number,
            "edition": 1,
        }
        made.append(Document("tickets", body["ticket_id"], 13, body))
    return made


async def _sqlite(documents: Sequence[Document]) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        floor = await _sqlite_floor(Path(folder) / "floor.db", documents)
        index = SqliteIndex(Path(folder) / "index.db")
        await index.setup()
        ours = await _write_all(index, documents)
        updates = await _write_all(index, [_newer(document) for document in documents])
        rows = [
            *_rates("sqlite", ours, floor),
            ("sqlite rewrite", updates, "docs/s"),
            *await _searches("sqlite", index),
        ]
        await index.close()
    return rows


async def _sqlite_floor(path: Path, documents: Sequence[Document]) -> float:
    """Rows made beforehand, put with their words into the tables that SqliteIndex makes.

    Cutting texts into words counts as the engine's own work, as it does in Elasticsearch.
    """
    index = SqliteIndex(path)
    await index.setup()
    await index.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA cache_size=-65536")
    rows = [sqlite.row_of(document) for document in documents]
    upsert = sqlite.UPSERT["tickets"].removesuffix(" RETURNING number")
    started = time.perf_counter()
    for at in range(0, len(rows), BATCH):
        some = enumerate(documents[at : at + BATCH], at + 1)
        words = [(number, *sqlite.words_in("tickets", document.body)) for number, document in some]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(upsert, rows[at : at + BATCH])
        connection.executemany("INSERT INTO tickets_words(rowid, u, b) VALUES (?, ?, ?)", words)
        connection.execute("COMMIT")
    taken = time.perf_counter() - started
    connection.close()
    return len(documents) / taken


async def _elastic(url: str, documents: Sequence[Document]) -> list[Row]:
    client = AsyncElasticsearch(url)
    prefix = f"bench{time.time_ns()}."
    try:
        warm = ElasticIndex(url, f"{prefix}warm.")
        await warm.setup()
        await _write_all(warm, documents[: len(documents) // 2])
        floor = await _elastic_floor(client, url, f"{prefix}floor.", documents)
        index = ElasticIndex(url, f"{prefix}ours.")
        await index.setup()
        ours = await _write_all(index, documents)
        await index.refresh()
        # Once more, so that not the floor alone has the cold half of the run.
        floor = max(floor, await _elastic_floor(client, url, f"{prefix}floor2.", documents))
        rows = [*_rates("elasticsearch", ours, floor), *await _searches("elasticsearch", index)]
        await index.close()
        await warm.close()
    finally:
        made = await client.indices.get(index=f"{prefix}*")
        for name in made:
            await client.indices.delete(index=name)
        for part in ("warm", "floor", "floor2", "ours"):
            await client.indices.delete_index_template(name=f"{prefix}{part}.weisu-*")
        await client.close()
    return rows


async def _elastic_floor(
    client: AsyncElasticsearch, url: str, prefix: str, documents: Sequence[Document]
) -> float:
    """Ready bodies posted to `_bulk`, two requests in flight like ours."""
    index = ElasticIndex(url, prefix)
    await index.setup()
    lines = [index.lines_of(document) for document in documents]
    await index.close()
    chunks = [b"\n".join(lines[at : at + 500]) + b"\n" for at in range(0, len(lines), 500)]
    headers = {"accept": "application/json", "content-type": "application/x-ndjson"}
    started = time.perf_counter()
    for at in range(0, len(chunks), 2):
        posts = [
            client.perform_request("POST", "/_bulk", headers=headers, body=chunk)
            for chunk in chunks[at : at + 2]
        ]
        for response in await asyncio.gather(*posts):
            assert not response.body["errors"]
    return len(documents) / (time.perf_counter() - started)


async def _write_all(index: Index, documents: Sequence[Document]) -> float:
    started = time.perf_counter()
    for at in range(0, len(documents), BATCH):
        written = await index.write(documents[at : at + BATCH])
        assert len(written.stored) == len(documents[at : at + BATCH])
    return len(documents) / (time.perf_counter() - started)


def _newer(document: Document) -> Document:
    body = {**document.body, "status": "closed", "replies": ["已处理完毕，感谢来电"]}
    return Document(document.collection, document.id, document.version + 10, body)


def _rates(name: str, ours: float, floor: float) -> list[Row]:
    return [
        (f"{name} write", ours, "docs/s"),
        (f"{name} write, floor", floor, "docs/s"),
        (f"{name} write / floor", ours / floor, "×"),
    ]


async def _searches(name: str, index: Index) -> list[Row]:
    """Words, phrase, filters, facets and histogram, as the console asks."""
    taken = []
    for number in range(SEARCHES):
        place, matter = _PLACES[number % 8], _MATTERS[number // 8 % 8]
        text = (f"{place} {matter}", f"“{place}{matter}”", matter, "")[number % 4]
        filters: dict[str, tuple[str, ...]] = (
            {"district": (f"第{1 + number % 9}区",)} if number % 3 == 0 else {}
        )
        started = time.perf_counter()
        await index.search(Query(text=text, filters=filters, facets=("district", "urgency"), histogram="day"))
        taken.append((time.perf_counter() - started) * 1000)
    taken.sort()
    return [
        (f"{name} search p50", taken[len(taken) // 2], "ms"),
        (f"{name} search p95", taken[len(taken) * 95 // 100], "ms"),
    ]


if __name__ == "__main__":
    for told, value, unit in main():
        sys.stdout.write(f"{told:<32} {value:>12,.2f} {unit}\n")

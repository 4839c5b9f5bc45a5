"""One suite over both engines: whatever SQLite answers, Elasticsearch answers too."""

# Tables read by rows.
# ruff: noqa: E501

import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import datetime

import pytest

from indexing.index import Index, Query, WrongQuery
from tests.indexing.engines import ENGINES, Open, ids_found, opener, using
from tests.indexing.notes import CHINA, NOTES


@pytest.fixture(params=ENGINES, scope="module")
def open_notes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """An index that holds the notes."""
    prefix = f"n{secrets.token_hex(4)}."
    open_index = opener(request.param, request, tmp_path_factory.mktemp("notes"), prefix)

    async def fill(index: Index) -> None:
        await index.setup()
        written = await index.write(NOTES)
        assert len(written.stored) == len(NOTES)
        await index.refresh()

    using(open_index, fill)
    yield open_index


@pytest.fixture
async def notes(open_notes: Open) -> AsyncIterator[Index]:
    index = open_notes()
    yield index
    await index.close()


def _ids(*numbers: int) -> set[str]:
    return {f"T{number:02d}" for number in numbers}


# --- words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“停水两天”", _ids(1, 3)),
        ('"新华小区"', _ids(1, 2)),
        ("「路灯都不亮」", _ids(8)),
        ("“小区停水”", _ids(1, 3)),
        ("“不亮”", _ids(8, 10)),
        ("“12号”", _ids(9, 19)),
        ("“１２号楼”", _ids(19)),
        ("“3.5万户”", _ids(3)),
        ("“2,400元”", _ids(17)),
        ("“ktv”", _ids(4)),
        ("“A-1024”", _ids(15)),
        ("“wi-fi”", _ids(21)),
        ("“DON'T work”", _ids(21)),
        ("“水我们”", set()),
        ("“停水 新华”", set()),
        ("“处理完毕”", _ids(3, 5, 9, 18)),
        ("“完毕请”", set()),
        ("“燃气泄漏” “煤气味”", _ids(6)),
    ],
)
async def test_finds_a_phrase_verbatim(notes: Index, text: str, expected: set[str]) -> None:
    assert await ids_found(notes, text=text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("停水", _ids(1, 3)),
        ("新华小区停水", _ids(1, 2, 3)),
        ("停水 通知", _ids(3)),
        ("路灯不亮", _ids(8, 10)),
        ("噪音扰民", _ids(4)),
        ("ktv", _ids(4)),
        ("灯", _ids(8, 9, 10, 15)),
        ("工资", _ids(11, 12)),
        ("积水　小学", _ids(13, 14)),
        ("燃气泄漏 抽烟", _ids(7)),
        ("没有这种事情", set()),
        ("“新华” 施工", _ids(5)),
    ],
)
async def test_finds_by_words(notes: Index, text: str, expected: set[str]) -> None:
    assert await ids_found(notes, text=text) == expected


async def test_the_best_match_comes_first(notes: Index) -> None:
    found = await notes.search(Query(text="新华小区停水"))
    assert found.hits[0].id == "T01"
    assert [hit.score for hit in found.hits] == sorted((hit.score for hit in found.hits), reverse=True)


async def test_marks_what_matched(notes: Index) -> None:
    found = await notes.search(Query(text="“停水两天” 居民"))
    assert found.hits[0].highlights == {
        "content": ("小区停水没有提前通知，〖停水两天〗影响3.5万户〖居民〗。",)
    }


HOSTILE = [
    "",
    " \n\t　",
    "！！？？。。",
    '"',
    '""',
    "“”",
    "“",
    '" OR 1=1 --',
    "'; DROP TABLE tickets; --",
    "u : *",
    "NEAR(停水 两天, 5)",
    "停水 AND OR NOT",
    "NOT",
    "b:停水^2",
    "(((",
    "停水*",
    "{u b} : x",
    "\x00停水\x00",
    "\x00",
    "\ud800停水",
    "\ue000",
    "{}[]\\/:~^+-&|!",
    "😡😡",
    "停" * 10_000,
    "停水 " * 3_000,
    '"' * 10_001,
    "a" * 10_000,
    "_ __ _._",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_any_text_is_a_query(notes: Index, text: str) -> None:
    found = await notes.search(Query(text=text, facets=("district",), histogram="day"))
    assert found.total <= len(NOTES)


@pytest.mark.parametrize("text", ["", "！！？？", "\x00", "“”", '"'])
async def test_a_query_without_words_finds_everything(notes: Index, text: str) -> None:
    found = await notes.search(Query(text=text, size=3))
    assert found.total == len(NOTES)
    assert [hit.id for hit in found.hits] == ["T21", "T20", "T19"]


@pytest.mark.parametrize("value", ["' OR ''='", "\x00", "\ud800", '["a"]', "x" * 40_000, ""])
async def test_any_filter_value_is_only_a_value(notes: Index, value: str) -> None:
    for name in ("district", "hazards"):
        assert await ids_found(notes, filters={name: (value,)}) == set()


# --- filters, time, facets, histogram ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"district": ("南山县",)}, _ids(13, 14, 15, 16, 17)),
        ({"district": ("南山县", "北湖区"), "status": ("closed",)}, _ids(9, 18)),
        ({"unit": ("人社局",)}, _ids(11, 12)),
        ({"units": ("路灯所",)}, _ids(8, 9, 10)),
        ({"urgency": ("critical",)}, _ids(6, 7)),
        ({"problem_id": ("p-water",)}, _ids(1, 2, 3)),
        ({"hazards": ("fire", "trapped")}, _ids(7, 19)),
        ({"ticket_id": ("T05",)}, _ids(5)),
        ({"district": ()}, set()),
    ],
)
async def test_filters_by_exact_values(
    notes: Index, filters: dict[str, tuple[str, ...]], expected: set[str]
) -> None:
    assert await ids_found(notes, filters=filters) == expected


async def test_time_is_half_open(notes: Index) -> None:
    since, until = datetime(2024, 3, 2, tzinfo=CHINA), datetime(2024, 3, 3, 9, 6, tzinfo=CHINA)
    assert await ids_found(notes, since=since, until=until) == _ids(4, 5, 6)


async def test_words_and_filters_and_time_hold_together(notes: Index) -> None:
    since = datetime(2024, 3, 1, 8, 30, tzinfo=CHINA)
    assert await ids_found(notes, text="小区", filters={"category": ("供水",)}, since=since) == _ids(2, 3)


async def test_facets_count_the_whole_result(notes: Index) -> None:
    found = await notes.search(Query(facets=("district", "hazards", "units", "problem_id"), size=1))
    assert found.facets["district"] == (("临江区", 8), ("北湖区", 7), ("南山县", 5))
    assert found.facets["hazards"] == (("gas_leak", 2), ("fire", 1), ("poisoning", 1), ("trapped", 1))
    assert found.facets["units"][0] == ("热线中心", 20)
    assert found.facets["problem_id"] == (("p-light", 3), ("p-water", 3), ("p-flood", 2))


async def test_facets_follow_the_text(notes: Index) -> None:
    found = await notes.search(Query(text="路灯", facets=("status",)))
    assert found.facets == {"status": (("open", 1), ("closed", 1))[::-1]}


@pytest.mark.parametrize(
    ("interval", "offset", "expected"),
    [
        ("month", 480, [("2024-03-01T00:00:00+08:00", 11), ("2024-04-01T00:00:00+08:00", 7), ("2024-05-01T00:00:00+08:00", 3)]),
        ("month", 0, [("2024-02-01T00:00:00+00:00", 0), ("2024-03-01T00:00:00+00:00", 12), ("2024-04-01T00:00:00+00:00", 6), ("2024-05-01T00:00:00+00:00", 3)][1:]),
        ("day", 480, [("2024-03-01T00:00:00+08:00", 3), ("2024-03-02T00:00:00+08:00", 2), ("2024-03-03T00:00:00+08:00", 2), ("2024-03-04T00:00:00+08:00", 1)]),
        ("week", 480, [("2024-02-26T00:00:00+08:00", 7), ("2024-03-04T00:00:00+08:00", 2), ("2024-03-11T00:00:00+08:00", 1), ("2024-03-25T00:00:00+08:00", 1)]),
        ("hour", 480, [("2024-03-01T08:00:00+08:00", 2), ("2024-03-01T23:00:00+08:00", 1), ("2024-03-02T00:00:00+08:00", 1)]),
        ("day", -330, [("2024-02-29T00:00:00-05:30", 2), ("2024-03-01T00:00:00-05:30", 2)]),
    ],
)  # fmt: skip
async def test_counts_by_local_time(
    notes: Index, interval: str, offset: int, expected: list[tuple[str, int]]
) -> None:
    found = await notes.search(Query(histogram=interval, utc_offset_minutes=offset))  # type: ignore[arg-type]  # a table
    assert list(found.histogram)[: len(expected)] == expected
    assert sum(count for _, count in found.histogram) == len(NOTES)


# --- order and pages -----------------------------------------------------------------------------------------


async def test_pages_join_without_gap_or_repeat(notes: Index) -> None:
    for sort in ("relevance", "newest", "oldest"):
        for text in ("", "小区 "):
            whole = await notes.search(Query(text=text, sort=sort, size=100))  # type: ignore[arg-type]  # a table
            pages = [
                await notes.search(Query(text=text, sort=sort, offset=at, size=4))  # type: ignore[arg-type]  # a table
                for at in range(0, whole.total, 4)
            ]
            assert [hit.id for page in pages for hit in page.hits] == [hit.id for hit in whole.hits]


async def test_sorts_by_time(notes: Index) -> None:
    newest = await notes.search(Query(sort="newest", size=100))
    oldest = await notes.search(Query(sort="oldest", size=100))
    assert [hit.id for hit in oldest.hits] == [f"T{number:02d}" for number in range(1, 22)]
    assert [hit.id for hit in newest.hits] == [hit.id for hit in oldest.hits][::-1]


@pytest.mark.parametrize(
    "query",
    [
        Query(offset=9_990, size=20),
        Query(offset=-1),
        Query(size=-1),
        Query(filters={"content": ("停水",)}),
        Query(since=datetime(2024, 3, 1)),
        Query(utc_offset_minutes=24 * 60),
        Query(filters={"unit": tuple(map(str, range(1_001)))}),
        Query(facets=("version; DROP TABLE tickets",)),
    ],
)
async def test_says_what_cannot_be_asked(notes: Index, query: Query) -> None:
    with pytest.raises(WrongQuery):
        await notes.search(query)

"""The Bulker: flushed by size or age, an outage keeps the batch, single refusals do not stop the rest."""

import asyncio
from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.index import Document, IndexUnavailable, Written
from streams.bulk import Bulker, keep_newest
from streams.settings import BulkSettings


class MemoryIndex:
    """Keeps the newest version; answers as it is told: "gone", "busy" (puts all off), or by document id."""

    def __init__(
        self, moods: Sequence[str] = (), busy: dict[str, int] | None = None, bad: Sequence[str] = ()
    ) -> None:
        self.moods = list(moods)
        self.busy = busy or {}
        self.bad = set(bad)
        self.kept: dict[str, Document] = {}
        self.writes: list[int] = []

    async def write(self, documents: Sequence[Document]) -> Written:
        mood = self.moods.pop(0) if self.moods else "well"
        if mood == "gone":
            raise IndexUnavailable("no answer")
        if mood == "busy":
            return Written((), (), tuple(documents), ())
        self.writes.append(len(documents))
        stored, stale, retry, refused = [], [], [], []
        for document in documents:
            if document.id in self.bad:
                refused.append((document, "mapping"))
            elif self.busy.get(document.id, 0) > 0:
                self.busy[document.id] -= 1
                retry.append(document)
            elif document.id in self.kept and self.kept[document.id].version > document.version:
                stale.append(document.id)
            else:
                self.kept[document.id] = document
                stored.append(document.id)
        return Written(tuple(stored), tuple(stale), tuple(retry), tuple(refused))


class Now:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


async def no_sleep(seconds: float) -> None:
    return None


def doc(name: str, version: int = 1) -> Document:
    return Document("tickets", name, version, {"n": version})


def bulker(
    index: MemoryIndex, now: Callable[[], float] | None = None, waits: list[float] | None = None
) -> Bulker:
    async def sleep(seconds: float) -> None:
        if waits is not None:
            waits.append(seconds)

    return Bulker(index, BulkSettings(size=3, age_s=2.0, tries=3), now or Now(), sleep=sleep)


def test_it_is_due_by_size() -> None:
    one = bulker(MemoryIndex())
    one.add([doc("a"), doc("b")])
    assert not one.due
    one.add([doc("c")])
    assert one.due


def test_it_is_due_by_the_age_of_the_first() -> None:
    now = Now()
    one = bulker(MemoryIndex(), now)
    assert one.wait_s == 2.0
    one.add([doc("a")])
    now.at += 1.5
    one.add([doc("b")])
    assert one.wait_s == 0.5 and not one.due
    now.at += 0.5
    assert one.due


def test_nothing_gathered_is_never_due() -> None:
    now = Now()
    one = bulker(MemoryIndex(), now)
    now.at += 100
    one.add([])
    assert not one.due


async def test_an_outage_keeps_the_batch() -> None:
    index = MemoryIndex(["gone"] * 5)
    waits: list[float] = []
    one = bulker(index, waits=waits)
    one.add([doc("a"), doc("b")])
    outcome = await one.flush()
    assert set(index.kept) == {"a", "b"}
    assert (outcome.stored, outcome.refused) == (2, [])
    assert waits == sorted(waits) and len(waits) == 5
    assert len(one) == 0


async def test_an_overloaded_engine_is_waited_for() -> None:
    index = MemoryIndex(["busy"] * 20)
    one = bulker(index)
    one.add([doc("a")])
    outcome = await one.flush()
    assert outcome.stored == 1 and not outcome.refused


async def test_an_item_put_off_is_tried_again_alone() -> None:
    index = MemoryIndex(busy={"b": 2})
    one = bulker(index)
    one.add([doc("a"), doc("b"), doc("c")])
    outcome = await one.flush()
    assert index.writes == [3, 1, 1]
    assert outcome.stored == 3 and not outcome.refused


async def test_an_item_put_off_for_ever_is_refused() -> None:
    index = MemoryIndex(busy={"b": 99})
    one = bulker(index)
    one.add([doc("a"), doc("b")])
    outcome = await one.flush()
    assert [refusal.document.id for refusal in outcome.refused] == ["b"]
    assert outcome.stored == 1


async def test_a_bad_item_does_not_stop_the_rest() -> None:
    index = MemoryIndex(bad=["b"])
    one = bulker(index)
    one.add([doc("a"), doc("b"), doc("c"), doc("d")])
    outcome = await one.flush()
    assert set(index.kept) == {"a", "c", "d"}
    assert [(refusal.document.id, refusal.why) for refusal in outcome.refused] == [("b", "mapping")]


async def test_no_write_is_larger_than_the_size() -> None:
    index = MemoryIndex()
    one = bulker(index)
    one.add([doc(str(number)) for number in range(8)])
    await one.flush()
    assert index.writes == [3, 3, 2]


def test_of_several_versions_the_newest_is_kept() -> None:
    kept = keep_newest([doc("a", 1), doc("b", 5), doc("a", 3), doc("b", 4), Document("alerts", "a", 1, {})])
    assert [(d.collection, d.id, d.version) for d in kept] == [
        ("tickets", "a", 3),
        ("tickets", "b", 5),
        ("alerts", "a", 1),
    ]


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 5)), min_size=1, max_size=30),
    st.lists(st.sampled_from(["gone", "busy", "well"]), max_size=8),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 2)),
)
@settings(max_examples=50)
def test_every_document_is_stored_in_its_newest_version(
    documents: list[tuple[str, int]], moods: list[str], busy: dict[str, int]
) -> None:
    async def story() -> None:
        index = MemoryIndex(moods, busy)
        one = Bulker(index, BulkSettings(size=3, age_s=2.0, tries=30), Now(), sleep=no_sleep)
        for name, version in documents:
            one.add([doc(name, version)])
            if one.due:
                await one.flush()
        await one.flush()
        newest = {name: max(v for n, v in documents if n == name) for name, _ in documents}
        assert {name: document.version for name, document in index.kept.items()} == newest

    asyncio.run(story())

"""Tables as typed mappings: each partition by itself, every write a changelog record, decoded once."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from streams.outbox import Output
from streams.tables import Journal, JsonCodec, Shelf, State


class Note(BaseModel):
    text: str
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)


class Counting(JsonCodec[Note]):
    def __init__(self) -> None:
        super().__init__(Note)
        self.decoded = 0

    def decode(self, raw: bytes) -> Note:
        self.decoded += 1
        return super().decode(raw)


def fresh(
    data: dict[bytes, bytes] | None = None,
) -> tuple[State[Note], dict[bytes, bytes], Journal, Counting]:
    kept = {} if data is None else data
    journal, codec = Journal(), Counting()
    return State(lambda: kept, "core-notes-changelog", codec, journal), kept, journal, codec


def test_a_write_is_stored_and_noted_on_its_partition() -> None:
    state, kept, journal, codec = fresh()
    state.shelf(3)["甲"] = Note(text="x")
    name, raw = "3/甲".encode(), codec.encode(Note(text="x"))
    assert journal.take() == [Output("core-notes-changelog", name, raw, partition=3)]
    assert kept == {name: raw}
    assert journal.take() == []


def test_a_deletion_is_a_tombstone() -> None:
    state, kept, journal, _ = fresh()
    state.shelf(0)["a"] = Note(text="x")
    journal.take()
    del state.shelf(0)["a"]
    assert journal.take() == [Output("core-notes-changelog", b"0/a", None, partition=0)]
    assert kept == {} and "a" not in state.shelf(0)


def test_a_key_written_twice_in_a_step_is_sent_once() -> None:
    state, _, journal, codec = fresh()
    for text in ("first", "second"):
        state.shelf(0)["a"] = Note(text=text)
    raw = codec.encode(Note(text="second"))
    assert journal.take() == [Output("core-notes-changelog", b"0/a", raw, partition=0)]


def test_a_write_before_a_reload_is_void() -> None:
    state, kept, journal, _ = fresh()
    state.shelf(0)["a"] = Note(text="never sent")
    state.reload([0])
    assert journal.take() == [] and kept == {} and "a" not in state.shelf(0)


def test_a_missing_key_is_a_key_error() -> None:
    state, _, journal, _ = fresh()
    with pytest.raises(KeyError):
        state.shelf(0)["a"]
    with pytest.raises(KeyError):
        del state.shelf(0)["a"]
    assert journal.take() == []


def test_partitions_do_not_see_each_other() -> None:
    state, _, _, _ = fresh()
    state.shelf(0)["a"] = Note(text="zero")
    state.shelf(1)["a"] = Note(text="one")
    assert state.shelf(0)["a"].text == "zero"
    assert list(state.shelf(1).items()) == [("a", Note(text="one"))]
    assert len(state.shelf(2)) == 0


def test_what_was_read_back_is_decoded_once_and_only_when_asked() -> None:
    raw = JsonCodec[Note](Note).encode(Note(text="x"))
    state, _, _, codec = fresh({b"0/a": raw, b"0/b": raw})
    state.reload([0])
    assert list(state.shelf(0)) == ["a", "b"]
    assert codec.decoded == 0
    assert state.shelf(0)["a"] is state.shelf(0)["a"]
    assert codec.decoded == 1


def test_a_reload_takes_new_values_and_forgets_foreign_partitions() -> None:
    state, kept, journal, codec = fresh()
    state.shelf(0)["a"] = Note(text="old")
    state.shelf(1)["b"] = Note(text="moved")
    journal.take()
    kept[b"0/a"] = codec.encode(Note(text="new"))
    state.reload([0, 2])
    assert state.shelf(0)["a"].text == "new"
    assert list(state.shelf(1)) == []
    assert list(kept) == [b"0/a"]


def test_a_key_may_hold_a_slash() -> None:
    state, _, journal, _ = fresh()
    state.shelf(0)["a/b"] = Note(text="x")
    journal.take()
    state.reload([0])
    assert state.shelf(0)["a/b"].text == "x"


Steps = st.lists(
    st.tuples(st.sampled_from(["set", "delete", "reload"]), st.integers(0, 1), st.sampled_from("abc"))
)


@given(Steps)
@settings(max_examples=50)
def test_shelves_behave_as_dicts_and_the_changelog_rebuilds_them(steps: list[tuple[str, int, str]]) -> None:
    state, _, journal, _ = fresh()
    plain: dict[int, dict[str, Note]] = {0: {}, 1: {}}
    log: list[Output] = []
    for number, (what, partition, key) in enumerate(steps):
        shelf: Shelf[Note] = state.shelf(partition)
        if what == "set":
            shelf[key] = plain[partition][key] = Note(text=str(number))
        elif what == "delete":
            assert (shelf.pop(key, None) is None) == (plain[partition].pop(key, None) is None)
        else:
            state.reload([0, 1])
        log += journal.take()
    rebuilt: dict[bytes, bytes] = {}
    for record in log:
        assert record.key is not None
        if record.value is None:
            rebuilt.pop(record.key)
        else:
            rebuilt[record.key] = record.value
    other, _, _, _ = fresh(rebuilt)
    other.reload([0, 1])
    for partition, values in plain.items():
        assert dict(state.shelf(partition)) == values
        assert dict(other.shelf(partition)) == values

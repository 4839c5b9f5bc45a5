"""The agents' state in Faust tables, seen as plain typed mappings: one mapping a partition, decoded once.

A worker may own several partitions, and what lives on one must never be written to another: so every partition
has its own mapping, and the key in the table carries the partition. Reads and iteration never leave the process;
each write also becomes a changelog record, which is delivered before the input that caused it is acknowledged.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Generic, Literal, Protocol, TypeVar

from pydantic import TypeAdapter

from streams.outbox import Output

V = TypeVar("V")
TableName = Literal[
    "tickets", "problems", "members", "rates", "calendars", "desk", "answers", "spent", "waiting", "delivered"
]


class Codec(Protocol[V]):
    """How a value stands in the table."""

    def encode(self, value: V) -> bytes: ...

    def decode(self, raw: bytes) -> V: ...


class JsonCodec(Generic[V]):
    """JSON by pydantic: for models, dataclasses, unions and plain containers alike."""

    def __init__(self, kind: Any) -> None:
        self._adapter: TypeAdapter[V] = kind if isinstance(kind, TypeAdapter) else TypeAdapter(kind)

    def encode(self, value: V) -> bytes:
        return self._adapter.dump_json(value, exclude_defaults=False)

    def decode(self, raw: bytes) -> V:
        return self._adapter.validate_json(raw)


class Journal:
    """What was written since the last take(). A key that a step writes twice is encoded and sent once.

    The table's own sending is not used: it waits in a queue of its own, and forgets what the broker refuses.
    """

    def __init__(self) -> None:
        self._dirty: dict[tuple[State[Any], int, str], Any] = {}

    def note(self, state: "State[Any]", partition: int, key: str, value: Any) -> None:
        """`value` GONE: deleted."""
        self._dirty[state, partition, key] = value

    def forget(self, state: "State[Any]") -> None:
        """The writes to `state` are void: it has been read back anew."""
        self._dirty = {place: value for place, value in self._dirty.items() if place[0] is not state}

    def take(self) -> list[Output]:
        """The changelog records of all writes since the last call, in order of first writing.

        Call right after a step, before anything is awaited.
        """
        if not self._dirty:
            return []
        dirty, self._dirty = self._dirty, {}
        return [state.store(partition, key, value) for (state, partition, key), value in dirty.items()]


GONE = object()


class _Raw:
    """A value that nobody has asked for since it was read back."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class Shelf(MutableMapping[str, V]):
    """The part of a table that lives on one partition. Iterates in insertion order, over its own keys."""

    def __init__(self, state: "State[V]", partition: int) -> None:
        self._state = state
        self._partition = partition
        self._values: dict[str, V | _Raw] = {}

    def __getitem__(self, key: str) -> V:
        value = self._values[key]
        if isinstance(value, _Raw):
            value = self._values[key] = self._state.codec.decode(value.data)
        return value

    def __setitem__(self, key: str, value: V) -> None:
        self._values[key] = value
        self._state.journal.note(self._state, self._partition, key, value)

    def __delitem__(self, key: str) -> None:
        del self._values[key]
        self._state.journal.note(self._state, self._partition, key, GONE)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def fill(self, key: str, raw: bytes) -> None:
        """Take a value that was read back from the changelog."""
        self._values[key] = _Raw(raw)


class State(Generic[V]):
    """One table as typed mappings. `data` is the mapping of bytes that is rebuilt from the changelog."""

    def __init__(
        self,
        data: Callable[[], MutableMapping[bytes, bytes]],
        changelog: str,
        codec: Codec[V],
        journal: Journal,
    ) -> None:
        self.codec = codec
        self.journal = journal
        self._data = data
        self._changelog = changelog
        self._shelves: dict[int, Shelf[V]] = {}

    def shelf(self, partition: int) -> Shelf[V]:
        """The mapping of one partition. A new one stands in its place after each reload()."""
        shelf = self._shelves.get(partition)
        if shelf is None:
            shelf = self._shelves[partition] = Shelf(self, partition)
        return shelf

    def partitions(self) -> list[int]:
        """The partitions that hold or held something since the last reload()."""
        return sorted(self._shelves)

    def store(self, partition: int, key: str, value: Any) -> Output:
        """Put the value as bytes into the table, GONE: delete it there; the changelog record."""
        name = b"%d/%s" % (partition, key.encode())
        raw = None
        if value is GONE:
            self._data().pop(name, None)
        else:
            raw = self._data()[name] = self.codec.encode(value)
        return Output(self._changelog, name, raw, partition=partition)

    def reload(self, owned: Iterable[int]) -> None:
        """After recovery: take over the partitions `owned` now, in key order, and forget all others."""
        keep = set(owned)
        self._shelves = {}
        self.journal.forget(self)
        data = self._data()
        for name in sorted(data):
            number, _, key = name.partition(b"/")
            partition = int(number)
            if partition in keep:
                self.shelf(partition).fill(key.decode(), data[name])
            else:
                # Its new owner deletes keys that this process would never hear of.
                del data[name]


class Tables:
    """The tables of one Faust app. `on_reload` runs after each recovery, when all shelves are new."""

    def __init__(self, app: Any, partitions: Mapping[str, int], on_reload: Callable[[], None]) -> None:
        self.journal = Journal()
        self._app = app
        self._partitions = partitions
        self._on_reload = on_reload

    def open(self, name: TableName, kind: Any) -> State[Any]:
        """The state called `name`, of values of type `kind` (or its TypeAdapter)."""
        table = self._app.Table(
            name, key_type=bytes, value_type=bytes, partitions=self._partitions[name], default=None
        )
        changelog = table.changelog_topic.get_topic_name()
        state: State[Any] = State(lambda: table.data, changelog, JsonCodec(kind), self.journal)

        async def recovered() -> None:
            actives = self._app.assignor.assigned_actives()
            state.reload(place.partition for place in actives if place.topic == changelog)
            self._on_reload()

        table.on_recover(recovered)
        return state

"""A mapping whose newest values are objects and whose older ones are compact bytes: memory of a long replay."""

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

V = TypeVar("V")
"""Of a value; never bytes."""


class Attic(MutableMapping[str, V], Generic[V]):
    """Iterates in the order in which keys first came, as a dict does. Values must not be changed in place."""

    def __init__(
        self,
        encode: Callable[[V], bytes],
        newest: int,
        decode: Callable[[bytes], V] | None = None,
        is_done: Callable[[V], bool] = lambda _: True,
    ) -> None:
        """Keep the values that came last as they are, at least half of `newest` and at most so many; older ones as bytes.
        Of those that are not done, which will be asked for again, `newest` more are kept.

        Without `decode` an older value can be had as raw() bytes only; reading it is a KeyError.
        """
        self._encode, self._decode, self._is_done = encode, decode, is_done
        self._newest, self._half = newest, max(1, newest // 2)
        self._values: dict[str, Any] = {}
        self._young: list[str] = []
        """Keys whose values have become objects since the last ageing; then those of the time before; then older ones
        that were not done. Each key of an object is in one of the three, perhaps twice where it was deleted between."""
        self._middle: list[str] = []
        self._undone: dict[str, None] = {}

    def __getitem__(self, key: str) -> V:
        value: V = self._values[key]
        if type(value) is not bytes:
            return value
        if self._decode is None:
            raise KeyError(key)
        # Who asks for an old value asks again soon, and mostly changes it.
        raw: bytes = self._values[key]
        self[key] = value = self._decode(raw)
        return value

    def get(self, key: str, default: Any = None) -> Any:
        """As dict.get(). (The one that is inherited raises and catches an error for each key that is not there.)"""
        value = self._values.get(key, default)
        return self[key] if type(value) is bytes else value

    def is_old(self, key: str) -> bool:
        """Whether the value is there as bytes only."""
        return type(self._values.get(key)) is bytes

    def rewrite(self, key: str, change: Callable[[bytes], bytes]) -> None:
        """Change an old value as it lies there."""
        raw = self._values[key]
        if type(raw) is bytes:
            self._values[key] = change(raw)

    def __setitem__(self, key: str, value: V) -> None:
        before = self._values.get(key)
        self._values[key] = value
        if before is None or type(before) is bytes:
            self._young.append(key)
            if len(self._young) >= self._half:
                self._age()

    def _age(self) -> None:
        """What has been an object for two halves, and is done, becomes bytes."""
        undone: dict[str, None] = {}
        for key in (*self._undone, *self._middle):
            value = self._values.get(key)
            if value is None or type(value) is bytes:
                continue
            if self._is_done(value):
                self._values[key] = self._encode(value)
            else:
                undone[key] = None
        if len(undone) > self._newest:
            self._give_up(undone)
        self._undone, self._middle, self._young = undone, self._young, []

    def _give_up(self, undone: dict[str, None]) -> None:
        """The older half becomes bytes, too."""
        for key in list(undone)[: len(undone) // 2]:
            del undone[key]
            self._values[key] = self._encode(self._values[key])

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def raw(self) -> Iterator[bytes]:
        """The bytes of every value, in the order of the keys."""
        for value in self._values.values():
            yield value if type(value) is bytes else self._encode(value)


def json_attic(kind: Any, newest: int, is_done: Callable[[Any], bool] = lambda _: True) -> Attic[Any]:
    """An attic of pydantic values as JSON, which can be read back."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def encode(value: Any) -> bytes:
        return adapter.dump_json(value, exclude_defaults=True)

    return Attic(encode, newest, adapter.validate_json, is_done)

"""A mapping whose newest values are objects and whose older ones are compact bytes: memory of a long replay."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

V = TypeVar("V")


class Attic(MutableMapping[str, V], Generic[V]):
    """Iterates in the order in which keys first came, as a dict does. Values, never None, must not be changed in place."""

    def __init__(
        self, encode: Callable[[V], bytes], newest: int, decode: Callable[[bytes], V] | None = None
    ) -> None:
        """Keep the `newest` values written last as they are, older ones as bytes.

        Without `decode` an older value can be had as raw() bytes only; reading it is a KeyError.
        """
        self._encode, self._decode = encode, decode
        self._newest = newest
        # Not a dict: its first key takes long to find where many before it are gone.
        self._fresh: OrderedDict[str, V] = OrderedDict()
        self._kept: dict[str, bytes | None] = {}
        """Every key; None: the value is fresh."""

    def __getitem__(self, key: str) -> V:
        value = self._fresh.get(key)
        if value is not None:
            return value
        raw = self._kept[key]
        if raw is None or self._decode is None:
            raise KeyError(key)
        # Who asks for an old value asks again soon, and mostly changes it.
        self[key] = value = self._decode(raw)
        return value

    def get(self, key: str, default: Any = None) -> Any:
        """As dict.get(). (The one that is inherited raises and catches an error for each key that is not there.)"""
        value = self._fresh.get(key)
        if value is not None:
            return value
        return self[key] if key in self._kept else default

    def is_old(self, key: str) -> bool:
        """Whether the value is there as bytes only."""
        return self._kept.get(key) is not None

    def rewrite(self, key: str, change: Callable[[bytes], bytes]) -> None:
        """Change an old value as it lies there."""
        raw = self._kept[key]
        if raw is not None:
            self._kept[key] = change(raw)

    def __setitem__(self, key: str, value: V) -> None:
        fresh = self._fresh
        if key in fresh:
            fresh[key] = value
            fresh.move_to_end(key)
            return
        fresh[key] = value
        self._kept[key] = None
        if len(fresh) > self._newest:
            oldest, value = fresh.popitem(last=False)
            self._kept[oldest] = self._encode(value)

    def __delitem__(self, key: str) -> None:
        del self._kept[key]
        self._fresh.pop(key, None)

    def __contains__(self, key: object) -> bool:
        return key in self._kept

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def raw(self) -> Iterator[bytes]:
        """The bytes of every value, in the order of the keys."""
        for key, raw in self._kept.items():
            yield self._encode(self._fresh[key]) if raw is None else raw


def json_attic(kind: Any, newest: int) -> Attic[Any]:
    """An attic of pydantic values as JSON, which can be read back."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def encode(value: Any) -> bytes:
        return adapter.dump_json(value, exclude_defaults=True)

    return Attic(encode, newest, adapter.validate_json)

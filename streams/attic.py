"""A mapping whose newest values are objects and whose older ones are compact bytes: memory of a long replay."""

from collections.abc import Iterator, MutableMapping
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

V = TypeVar("V")


class Attic(MutableMapping[str, V], Generic[V]):
    """Iterates in the order in which keys first came, as a dict does. Values must not be changed in place."""

    def __init__(self, kind: Any, newest: int) -> None:
        """Keep the `newest` values written last as they are, older ones as JSON."""
        self._adapter: TypeAdapter[V] = TypeAdapter(kind)
        self._newest = newest
        self._fresh: dict[str, V] = {}
        self._kept: dict[str, bytes | None] = {}
        """Every key; None: the value is fresh."""

    def __getitem__(self, key: str) -> V:
        raw = self._kept[key]
        return self._fresh[key] if raw is None else self._adapter.validate_json(raw)

    def __setitem__(self, key: str, value: V) -> None:
        fresh = self._fresh
        fresh.pop(key, None)
        fresh[key] = value
        self._kept[key] = None
        if len(fresh) > self._newest:
            oldest = next(iter(fresh))
            self._kept[oldest] = self._adapter.dump_json(fresh.pop(oldest), exclude_defaults=True)

    def __delitem__(self, key: str) -> None:
        del self._kept[key]
        self._fresh.pop(key, None)

    def __contains__(self, key: object) -> bool:
        return key in self._kept

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

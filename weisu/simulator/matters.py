"""What citizens call about: the matters of matters.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from agents.intake.ticket import Kind

Scope = Literal["place", "street", "district"]


@dataclass(frozen=True)
class Fact:
    """One thing that is wrong, said in several ways."""

    titles: tuple[str, ...]
    whats: tuple[str, ...]


@dataclass(frozen=True)
class Matter:
    key: str
    category: str
    kind: Kind
    places: tuple[str, ...]
    """Kinds of places where it happens; empty: a personal affair without a place."""
    shape: str
    weight: float
    facts: tuple[Fact, ...]
    details: tuple[str, ...]
    effects: tuple[str, ...]
    asks: tuple[str, ...]
    names: tuple[str, ...] = ()
    """Of sites only those whose name holds one of these; empty: any."""
    weather: str = ""
    crowd: bool = False
    reach: Scope = "place"
    """The widest scope on which it can be one incident: an outage a district's, a faded crossing only a place's."""
    hazard: bool = False
    shared: bool = False


@cache
def load_matters() -> tuple[Matter, ...]:
    """All matters, in the order of the file."""
    text = files("weisu").joinpath("simulator", "matters.toml").read_text(encoding="utf-8")
    return tuple(_matter(key, entry) for key, entry in tomllib.loads(text).items())


def _matter(key: str, entry: dict[str, Any]) -> Matter:
    facts = tuple(Fact(tuple(fact["titles"]), tuple(fact["whats"])) for fact in entry["facts"])
    fields: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in entry.items()}
    return Matter(key, **{**fields, "facts": facts})

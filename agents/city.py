"""The city's own data: districts, places, units and their duties, categories, clocks, roster.

The types and the word lists stand here; `weisu/city_folder.py` reads and checks a city's folder, once.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from functools import lru_cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class District:
    name: str
    aliases: tuple[str, ...] = ()
    population: int = 0


@dataclass(frozen=True)
class Street:
    """街道 or 镇: the level under a district."""

    name: str
    district: str
    aliases: tuple[str, ...] = ()
    population: int = 0


@dataclass(frozen=True)
class NamedPlace:
    """A gazetteer entry: estate, village, school, road, station, market, park …"""

    name: str
    kind: str
    """One of ticket.PartKind: community, road, site, station, building."""
    street: str
    district: str
    aliases: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True)
class Category:
    key: str
    """Short Chinese name, such as "供水"; unique."""
    path: tuple[str, ...]
    """Widest first, as the platform writes it."""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unit:
    """承办单位."""

    name: str
    level: str
    """city, district, street or community."""
    district: str = ""


@dataclass(frozen=True)
class Duty:
    """One item of the duty catalogue 谁主管谁负责."""

    item: str
    title: str
    category: str
    words: tuple[str, ...]
    unit: str
    """Name, or a pattern with {district} or {street}."""
    basis: str
    enforcement: bool = False
    """Needs the power to enforce, which a community lacks."""


@dataclass(frozen=True)
class Clock:
    """Source: Shenzhen rule for urgent appeals (20 min / 2 h / same day) as the example."""

    urgency: str
    accept: timedelta
    solve: timedelta


@dataclass(frozen=True)
class Officer:
    name: str
    role: str
    shift: str
    """Local hours, "08:00-20:00"."""
    districts: tuple[str, ...] = ()
    """Empty: the whole city."""
    channels: tuple[str, ...] = ()
    """Names of the channels in settings; addresses and tokens are secrets and stand there."""


@dataclass(frozen=True)
class Thresholds:
    """What decides how many alerts reach a person; every default is explained in docs/decisions."""

    alerts_per_day: float = 8.0
    evidence: float | None = None
    """λ*, least evidence of a crowd alert: minus log10 of the expected chance findings a day. None: set each
    midnight so that the last four weeks had given `alerts_per_day` (agents/alerting/shadow.py)."""
    reporters: int = 3
    """Least distinct reporters of a crowd alert."""
    cool_down: timedelta = timedelta(hours=24)
    recurrence_window: timedelta = timedelta(days=30)
    start_up: timedelta = timedelta(days=7)
    """While less of the city's history is known, λ* is `start_up_evidence`, unless `evidence` fixes it."""
    start_up_evidence: float = 1.5
    growth: float = 2.0
    """An alert within its cool-down is told again when its reporters have grown by this factor."""
    tickets_per_alert: float = 20.0
    """A small city's budget: at most one alert a day for so many tickets a day (10: one in two days)."""
    quiet: timedelta = timedelta(hours=24)
    """An open burst quiet for so long resolves by itself; other kinds: agents/alerting/life.py."""


@dataclass(frozen=True, eq=False)
class City:
    """Everything a decision may know of a city.

    `City()` is an unknown city: no gazetteer, built-in word lists only. Two cities are the same only where they are
    one object: so a city keys the caches at no cost, a dozen times a ticket.
    """

    name: str = ""
    utc_offset: timezone | None = None
    """None: local time is that of each event's own offset."""
    districts: tuple[District, ...] = ()
    streets: tuple[Street, ...] = ()
    places: tuple[NamedPlace, ...] = ()
    categories: tuple[Category, ...] = ()
    units: tuple[Unit, ...] = ()
    duties: tuple[Duty, ...] = ()
    clocks: tuple[Clock, ...] = ()
    roster: tuple[Officer, ...] = ()
    thresholds: Thresholds = field(default_factory=Thresholds)
    lexicon: Mapping[str, Any] = field(default_factory=dict)
    """Name of a word list → the city's own lexicon/NAME.toml; read through words()."""
    version: str = "builtin"
    """sha256 prefix of all files read: stands in every decision."""


@lru_cache(maxsize=256)
def words(city: City, name: str) -> Mapping[str, Any]:
    """The word list `name`: the built-in agents/lexicon/NAME.toml with the city's `lexicon[name]` over it.

    Tables are merged key by key, lists are joined (built-in first, an entry already there is not repeated),
    any other value of the city replaces the built-in one. Cached: do not change what you get.
    Raises LookupError when neither knows the list.
    """
    own = city.lexicon.get(name)
    try:
        built_in = _built_in(name)
    except FileNotFoundError:
        if own is None:
            raise LookupError(
                f"no word list '{name}': neither agents/lexicon/{name}.toml nor the city has it"
            ) from None
        built_in = {}
    return _overlay(built_in, own or {})


@lru_cache(maxsize=64)
def _built_in(name: str) -> Mapping[str, Any]:
    return tomllib.loads(files("agents").joinpath("lexicon", f"{name}.toml").read_text(encoding="utf-8"))


def _overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both tables as a new one; see words() for the rule."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            merged[key] = _overlay(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            merged[key] = [*old, *(entry for entry in value if entry not in old)]
        else:
            merged[key] = value
    return merged

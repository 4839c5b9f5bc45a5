"""The city's own data: districts, places, units and their duties, categories, clocks, roster. Read and checked once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone
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
    evidence: float = 1.0
    """λ*: least evidence of a crowd alert, minus log10 of expected chance findings a day (alerting.md A.3)."""
    reporters: int = 3
    """Least distinct reporters of a crowd alert."""
    cool_down: timedelta = timedelta(hours=24)
    recurrence_window: timedelta = timedelta(days=30)
    crowd_window: timedelta = timedelta(days=7)


@dataclass(frozen=True)
class City:
    """Everything a decision may know of a city. `City()` is an unknown city: no gazetteer, built-in word lists only."""

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
    """Name of a word list → its TOML table: agents/lexicon/NAME.toml with the city's lexicon/NAME.toml over it."""
    version: str = "builtin"
    """sha256 prefix of all files read: stands in every decision."""

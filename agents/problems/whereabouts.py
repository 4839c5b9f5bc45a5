"""How the places of two tickets stand to each other, and the keys by which a ticket is found by its place."""

import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from agents.problems.signature import Signature

CELL_DEGREES = 0.0015
"""About 150 m of latitude."""
SPOT_M = 150.0
DOOR_M = 50.0
"""So near, two names are two names of one spot."""
REACH_M = 600.0
"""Points of one named place lie no further apart."""

Relation = Literal["same", "near", "named", "road", "alike", "unknown", "doubtful", "different"]
_COUNTED = re.compile("[0-9一二三四五六七八九十]")
PLACED: frozenset[Relation] = frozenset(("same", "near", "named", "road", "alike"))
"""Relations that bear out one place."""


def relate(one: Signature, other: Signature) -> Relation:
    """How two tickets' places stand to each other.

    "same": an equal numbered address, or an equal name within 150 m; "near": within 150 m; "named": an
    equal named place; "road": an equal road, whatever the numbers; "alike": a name and its short form;
    "different": both name places of one kind and share none; "doubtful": the same of guessed names.
    """
    if one.address and one.address == other.address:
        return "same"
    distance_m = _distance_m(one, other)
    if distance_m is not None and distance_m > REACH_M:
        return "different"
    by_name = _by_name(one.names, other.names, one.is_sure and other.is_sure)
    if distance_m is not None and distance_m <= SPOT_M:
        if by_name in PLACED:
            return "same"
        both_named = bool(one.names) and bool(other.names) and one.is_sure and other.is_sure
        return "different" if both_named and distance_m > DOOR_M else "near"
    if by_name in PLACED:
        return by_name
    if distance_m is not None or (one.address and other.address):
        return "different"
    if by_name == "unknown" and one.street and other.street and one.street != other.street:
        return "different"
    return by_name


@lru_cache(maxsize=16_384)
def _by_name(names: tuple[str, ...], others: tuple[str, ...], are_sure: bool) -> Relation:
    """Remembered: two places that lie side by side are compared by every ticket of the two."""
    if not names or not others:
        return "unknown"
    shared = [name for name in names if name in others]
    if shared:
        apart = _estates_apart(names, others, shared) if are_sure else None
        if apart is None:
            return "road" if all(name.startswith("road:") for name in shared) else "named"
        names, others = apart
    pairs = [
        (name, bare)
        for kind, name in map(_parted, names)
        for other_kind, bare in map(_parted, others)
        if kind == other_kind
    ]
    if not pairs:
        return "unknown"
    if any(is_nickname(name, bare) or is_nickname(bare, name) for name, bare in pairs):
        return "alike"
    return "different" if are_sure else "doubtful"


def _estates_apart(
    names: tuple[str, ...], others: tuple[str, ...], shared: list[str]
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The estates of two tickets that share none though each names one: what they share only says by what the two lie.
    Not asked of guessed names: guessed estates are mostly none."""
    if _estates(shared):
        return None
    estates, other_estates = _estates(names), _estates(others)
    return (estates, other_estates) if estates and other_estates else None


def _estates(names: Iterable[str]) -> tuple[str, ...]:
    return tuple([name for name in names if name.startswith("community:")])


def _parted(name: str) -> tuple[str, str]:
    kind, _, bare = name.partition(":")
    return kind, bare


def is_nickname(short: str, full: str) -> bool:
    """ "新华" of "新华花园"; but "新村1" is not short for "新村12", nor is "新村" for "新村二期"."""
    return short in full and not _COUNTED.search(full.replace(short, "", 1))


def has_spot(signature: Signature) -> bool:
    """Whether the ticket is pinned to an address or a point, so that a name alone must not join it."""
    return bool(signature.address) or signature.lat is not None


def place_keys(signature: Signature) -> tuple[str, ...]:
    """Keys under which a ticket is found by place: address, cell, each named place."""
    keys = [f"address:{signature.address}"] if signature.address else []
    if signature.lat is not None and signature.lon is not None:
        keys.append(_cell(round(signature.lat / CELL_DEGREES), round(signature.lon / CELL_DEGREES)))
    return (*keys, *signature.names)


def query_keys(signature: Signature) -> tuple[str, ...]:
    """Keys to look under, most telling first: those of the ticket, with the eight cells round its own."""
    if signature.lat is None or signature.lon is None:
        return place_keys(signature)
    row, column = round(signature.lat / CELL_DEGREES), round(signature.lon / CELL_DEGREES)
    around = [_cell(row + i, column + j) for i in (0, -1, 1) for j in (0, -1, 1)]
    address = (f"address:{signature.address}",) if signature.address else ()
    return (*address, *signature.names, *around)


@lru_cache(maxsize=65_536)
def _cell(row: int, column: int) -> str:
    return f"cell:{row}:{column}"


def _distance_m(one: Signature, other: Signature) -> float | None:
    lat, lon, other_lat, other_lon = one.lat, one.lon, other.lat, other.lon
    if lat is None or lon is None or other_lat is None or other_lon is None:
        return None
    north = (lat - other_lat) * 111_320
    east = (lon - other_lon) * 111_320 * math.cos(math.radians(lat))
    return math.hypot(north, east)

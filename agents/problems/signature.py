"""What a ticket is about and where, in a form that two tickets can be compared by."""

import math
import re
from array import array
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Literal

from agents.grading.grade import Graded
from agents.intake.ticket import Place, PlacePart, Ticket, Value

TITLE_CHARACTERS = 40
TEXT_CHARACTERS = 150
"""Subject + 150 characters: the best pair score of alerting.md B.1."""
THIN_GRAMS = 6
"""A text with fewer pairs beside its category words says nothing of its own: the place must decide."""
CELL_DEGREES = 0.0015
"""About 150 m of latitude."""
SPOT_M = 150.0
OTHER = "other"

Relation = Literal["same", "named", "unknown", "doubtful", "different"]

# Words of courtesy and office that stand in every message; removed before scoring (alerting.md B.1).
_ADMINISTRATIVE = re.compile(
    "尊敬的|各位领导|领导|您好|你好|谢谢|感谢|请问|请求|希望|有关部门|相关部门|政府部门|反映|来电|市民|群众|"
    "投诉|举报|咨询|求助|建议|关于|问题|情况|诉求|尽快|及时|处理|解决|落实|给予|予以|核实|回复|答复"
)
_MASK = re.compile(r"〔[^〕]*〕|\[[^\]]*\]|<[^>]*>|＊+|\*+")
_SILENT = re.compile(r"[\W_]+")
_CLAUSE = re.compile(r"[^。！？!?；;，,\n]+")
_NUMBERED = re.compile(r"\d")


class Signature(Value):
    """Comparable form of a ticket; small enough to be kept in state for each recent ticket of a problem."""

    title: str
    """Normal form, ≤ 40 characters; the matter where there is no title."""
    text: str
    """Normal form of title and content, ≤ 40 + 150 characters."""
    thin: bool
    """The text holds hardly more than the words of the category."""
    matter: str
    category: str
    street: str
    names: tuple[str, ...]
    """Named specific places as "kind:name", sorted: estate, site, station, building."""
    is_sure: bool
    """The names come from the platform or the gazetteer, not from a guess at the words of the text."""
    address: str
    """Road with number in normal form, or ""."""
    lat: float | None = None
    lon: float | None = None


def hash_of(*parts: str) -> str:
    """16 hexadecimal digits, the same on every machine and run."""
    return blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=8).hexdigest()


def normalise(text: str) -> str:
    """Lower case, without masks, courtesy and punctuation."""
    return _SILENT.sub("", _ADMINISTRATIVE.sub("", _MASK.sub("", text))).lower()


@lru_cache(maxsize=256)
def grams_of(text: str) -> "array[int]":
    """Distinct character pairs as numbers, in a fixed order. Cached: do not change what you get."""
    units = text.encode("utf-16-le", "surrogatepass")
    # Two bytes a character: four bytes from an even and from an odd character on are all its pairs.
    pairs = array("I", units[: len(units) // 4 * 4])
    pairs.frombytes(units[2 : 2 + (len(units) - 2) // 4 * 4] if len(units) > 2 else b"")
    return array("I", dict.fromkeys(pairs))


def sign(graded: Graded) -> Signature:
    """The signature of a graded ticket."""
    ticket, grade = graded.ticket, graded.grade
    category = category_of(graded)
    title = normalise(ticket.title)[:TITLE_CHARACTERS] or normalise(grade.matter)
    text = title + normalise(ticket.content)[:TEXT_CHARACTERS]
    lat, lon = point_of(ticket.place)
    return Signature.trusted(
        title=title,
        text=text,
        thin=_is_thin(text, (*ticket.category, grade.category)),
        matter="" if grade.matter == OTHER else grade.matter,
        category=category,
        street=ticket.place.street or "",
        names=_names_of(ticket),
        is_sure=bool(ticket.said_place.community) or any(part.source != "text" for part in _sites(ticket)),
        address=_address_of(ticket.place),
        lat=lat,
        lon=lon,
    )


def digest_of(graded: Graded) -> str:
    """Changes when anything changes that a signature is made of: then a ticket has to be compared anew."""
    ticket, place = graded.ticket, graded.ticket.place
    said = (ticket.title, ticket.content, graded.grade.matter, category_of(graded), "/".join(ticket.category))
    where = (place.street or "", place.community or "", place.address or "", f"{place.lat}", f"{place.lon}")
    return hash_of(*said, *where, *(part.name for part in ticket.parts))


def quote_of(graded: Graded) -> str:
    """A verbatim clause of the ticket, ≤ 60 characters: the one that the grade rests on, else the first."""
    text = graded.ticket.content or graded.ticket.title
    clauses: list[str] = [clause.strip() for clause in _CLAUSE.findall(text[:1000])]
    told = [clause for clause in clauses if len(clause) >= 6] or clauses
    for quote in graded.grade.quotes:
        for clause in told:
            if (start := clause.find(quote)) >= 0:
                return clause[max(0, start - 30) :][:60] if len(clause) > 60 else clause
    return told[0][:60] if told else ""


def category_of(graded: Graded) -> str:
    """The city's category; the platform's narrowest one where the city's list has none that fits."""
    category, path = graded.grade.category, graded.ticket.category
    return path[-1] if category == OTHER and path else category


def point_of(place: Place) -> tuple[float, float] | tuple[None, None]:
    """Coordinates, unless they are missing, impossible, or the (0, 0) of an empty form."""
    lat, lon = place.lat, place.lon
    if lat is None or lon is None or not (math.isfinite(lat) and math.isfinite(lon)):
        return None, None
    if (abs(lat) < 0.01 and abs(lon) < 0.01) or abs(lat) > 90 or abs(lon) > 180:
        return None, None
    return lat, lon


def relate(one: Signature, other: Signature) -> Relation:
    """How two tickets' places stand to each other.

    "same": one spot (equal numbered address, or within 150 m); "named": an equal named place, of which at
    least one ticket gives no spot; "different": both name places of one kind, and none is shared;
    "doubtful": the same of names that were guessed from the words of a text.
    """
    distance_m = _distance_m(one, other)
    if one.address and one.address == other.address:
        return "same"
    if distance_m is not None:
        if distance_m <= SPOT_M:
            return "same"
        return "named" if distance_m <= 4 * SPOT_M and _share(one.names, other.names) else "different"
    if _share(one.names, other.names):
        return "named"
    if one.address and other.address:
        return "different"
    if _conflict(one.names, other.names):
        return "different" if one.is_sure and other.is_sure else "doubtful"
    if one.street and other.street and one.street != other.street:
        return "different"
    return "unknown"


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
    """Keys to look under: those of the ticket, with the eight cells round its own."""
    if signature.lat is None or signature.lon is None:
        return place_keys(signature)
    row, column = round(signature.lat / CELL_DEGREES), round(signature.lon / CELL_DEGREES)
    around = [_cell(row + i, column + j) for i in (0, -1, 1) for j in (0, -1, 1)]
    address = (f"address:{signature.address}",) if signature.address else ()
    return (*address, *around, *signature.names)


def _cell(row: int, column: int) -> str:
    return f"cell:{row}:{column}"


def _is_thin(text: str, category: Iterable[str]) -> bool:
    known = _grams_of_category(tuple(category))
    own = 0
    for gram in grams_of(text):
        if gram not in known:
            own += 1
            if own == THIN_GRAMS:
                return False
    return True


@lru_cache(maxsize=4096)
def _grams_of_category(category: tuple[str, ...]) -> frozenset[int]:
    return frozenset(grams_of("".join(normalise(word) for word in category)))


def _sites(ticket: Ticket) -> list[PlacePart]:
    """The named specific places; "4栋" alone is one of every estate."""
    kinds = ("community", "site", "station", "building")
    parts = [part for part in ticket.parts if part.kind in kinds and part.name]
    sites = [part for part in parts if part.kind != "building" or not _NUMBERED.match(part.name)]
    # Beside a name that is known, one guessed from the words is more often none ("找物业推社区").
    return [part for part in sites if part.source != "text"] or sites


def _names_of(ticket: Ticket) -> tuple[str, ...]:
    names = {f"{part.kind}:{part.name}" for part in _sites(ticket)}
    if ticket.place.community:
        names.add(f"community:{ticket.place.community}")
    return tuple(sorted(names))


def _address_of(place: Place) -> str:
    address = _SILENT.sub("", place.address or "").lower()
    return address if _NUMBERED.search(address) else ""


def _share(ones: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return any(name in others for name in ones)


def _conflict(ones: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Both name places of one kind and no name is a part of the other ("新华" may be "新华花园")."""
    pairs = [
        (a.partition(":")[2], b.partition(":")[2])
        for a in ones
        for b in others
        if a.partition(":")[0] == b.partition(":")[0]
    ]
    return bool(pairs) and not any(_is_nickname(a, b) or _is_nickname(b, a) for a, b in pairs)


def _is_nickname(short: str, full: str) -> bool:
    """ "新华" of "新华花园"; but "新村1" is not short for "新村12"."""
    return short in full and not _NUMBERED.search(full.replace(short, "", 1))


def _distance_m(one: Signature, other: Signature) -> float | None:
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return None
    north = (one.lat - other.lat) * 111_320
    east = (one.lon - other.lon) * 111_320 * math.cos(math.radians(one.lat))
    return math.hypot(north, east)

"""What a ticket is about and where, in a form that two tickets can be compared by."""

import math
import re
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, NamedTuple

from agents.grading.grade import Graded
from agents.intake.ticket import Place, PlacePart, Ticket
from agents.intake.transcript import heard

TITLE_CHARACTERS = 40
TEXT_CHARACTERS = 150
"""Subject + 150 characters: the best pair score of alerting.md B.1."""
THIN_GRAMS = 6
"""A text with fewer pairs beside its category words says nothing of its own: the place must decide."""
OTHER = "other"

# Words of courtesy and office that stand in every message; removed before scoring (alerting.md B.1).
_ADMINISTRATIVE = re.compile(
    "尊敬的|各位领导|领导|您好|你好|谢谢|感谢|请问|请求|希望|有关部门|相关部门|政府部门|反映|来电|市民|群众|"
    "投诉|举报|咨询|求助|建议|关于|问题|情况|诉求|尽快|及时|处理|解决|落实|给予|予以|核实|回复|答复"
)
_MASK = re.compile(r"〔[^〕]*〕|\[[^\]]*\]|<[^>]*>|＊+|\*+")
_SILENT = re.compile(r"[\W_]+")
_CLAUSE = re.compile(r"[^。！？!?；;，,\n]+")
_LEAD = re.compile(
    r"^(?:市民|来电人|来话人|群众|诉求人|反映人|居民|用户)?(?:来电|致电|来信|再次)?(?:反映|称|表示|投诉|咨询|求助)?(?:内容|问题)?[：:]\s*"
)
"""Who speaks, or that somebody does, before a colon."""
_FORM = re.compile(
    r"(?:联系)?(?:电话|手机|方式|人)|姓名|身份证|工号|受理|时间|地点(?:在|是|[:：])|热线|话务|坐席|客服|您好|你好|尊敬的"
    r"|请问(?:有什么|(?:是|您是)?12345)|(?:我)?(?:想|要|来)?反映(?:一个|个|一下)?(?:问题|情况|事)"
    r"|我是.{1,16}(?:居民|住户|业主|市民|村民)$"
)
"""What a form, a letter or a call begins with."""
LEAST_QUOTE = 6
LEAST_SAID = 4
"""Characters of a clause, and of what is left of it without courtesy and masks."""
NUMBERED = re.compile(r"\d")
_NUMBERED_ROAD = re.compile(r"([\u4e00-\u9fff]{1,8}(?:路|街|巷|大道|胡同))\d")
_TURNS = re.compile(
    r"(?:^|(?<=\s))(?:坐席|座席|客服|话务员|接线员|受理员|值机员)\s?[：:].*?(?=\s\S{2,4}[：:]|\n|$)"
    r"|(?:^|(?<=\s))(?:市民|来电人|群众|诉求人|用户|客户)\s?[：:]"
)
"""What the call-taker says in a transcript, and who speaks."""
_FILLERS = re.compile(r"(?<![^\W_])(?:喂|嗯+|呃+|哎呀|那个|就是说|怎么讲呢|反正|你听我说)(?=[，,、])")


@dataclass(frozen=True, slots=True)
class Signature:
    """Comparable form of a ticket; small enough to be kept in state for each recent ticket of a problem.

    No pydantic model: comparing reads its fields some hundred times a ticket, from here at a fifth of the cost.
    """

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
    """Named places as "kind:name", sorted: estate, site, station, building; a road where there is none."""
    is_sure: bool
    """The names come from the platform or the gazetteer, not from a guess at the words of the text."""
    address: str
    """Road with number in normal form, or ""."""
    lat: float | None = None
    lon: float | None = None

    def without_texts(self) -> "Signature":
        """What is compared beside title and text."""
        return Signature("", "", *_fields_of(self)[2:])

    def __reduce__(self) -> tuple[Any, ...]:
        return Signature, _fields_of(self)


_fields_of: Callable[[Signature], tuple[Any, ...]] = attrgetter(*Signature.__slots__)


class Told(NamedTuple):
    """What a ticket says to gathering, and no other ticket changes: it can be worked out ahead, for many at once."""

    digest: str
    signature: Signature | None = None
    """None: left out, as a later state of a ticket that changes neither text nor place needs none."""
    quote: str = ""


def hash_of(*parts: str) -> str:
    """16 hexadecimal digits, the same on every machine and run."""
    return blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=8).hexdigest()


def normalise(text: str) -> str:
    """Lower case, without masks, courtesy and punctuation."""
    return _SILENT.sub("", _ADMINISTRATIVE.sub("", _MASK.sub("", text))).lower()


def told_of(text: str) -> str:
    """What the caller says: a transcript without the call-taker's turns, labels and words of hesitation."""
    if "：" not in text and ":" not in text:
        return text
    return _FILLERS.sub("", _TURNS.sub("", text))


def _without(text: str, known: Iterable[str]) -> str:
    """The text without the places that are known: they are compared by themselves."""
    for said in known:
        if said in text:
            text = text.replace(said, "")
    return text


@lru_cache(maxsize=1024)
def grams_of(text: str) -> "array[int]":
    """Distinct character pairs as numbers, in a fixed order. Cached: do not change what you get."""
    units = text.encode("utf-16-le", "surrogatepass")
    # Two bytes a character: four bytes from an even and from an odd character on are all its pairs.
    pairs = array("I", units[: len(units) // 4 * 4])
    pairs.frombytes(units[2 : 2 + (len(units) - 2) // 4 * 4] if len(units) > 2 else b"")
    return array("I", dict.fromkeys(pairs))


def tell(graded: Graded) -> Told:
    """What a graded ticket says; of one that has been heard of before hardly more than whether it says it anew."""
    digest = digest_of(graded)
    return Told(digest) if graded.ticket.edition > 1 else Told(digest, sign(graded), quote_of(graded))


def sign(graded: Graded) -> Signature:
    """The signature of a graded ticket."""
    ticket, grade = graded.ticket, graded.grade
    category = category_of(graded)
    sites = _sites(ticket)
    road = "" if sites else _road_of(ticket.place)
    is_sure = bool(ticket.said_place.community or road) or any(part.source != "text" for part in sites)
    known = [part.said for part in ticket.parts if part.source != "text"] if is_sure else []
    known += [road] if road else []
    title = normalise(_without(ticket.title, known))[:TITLE_CHARACTERS] or normalise(grade.matter)
    content = told_of(ticket.content[: 4 * TEXT_CHARACTERS])
    text = title + normalise(_without(content, known))[:TEXT_CHARACTERS]
    lat, lon = point_of(ticket.place)
    return Signature(
        title=title,
        text=text,
        thin=_is_thin(text, (*ticket.category, grade.category)),
        matter="" if grade.matter == OTHER else grade.matter,
        category=category,
        street=ticket.place.street or "",
        names=_names_of(ticket, sites, road),
        is_sure=is_sure,
        address=_address_of(ticket.place),
        lat=lat,
        lon=lon,
    )


def digest_of(graded: Graded) -> str:
    """Changes when anything changes that a signature is made of: then a ticket has to be compared anew."""
    ticket, place = graded.ticket, graded.ticket.place
    return hash_of(
        ticket.title,
        ticket.content,
        graded.grade.matter,
        category_of(graded),
        "/".join(ticket.category),
        place.street or "",
        place.community or "",
        place.address or "",
        f"{place.lat}",
        f"{place.lon}",
        *[part.name for part in ticket.parts],
    )


def quote_of(graded: Graded) -> str:
    """A verbatim clause of what the citizen says, ≤ 60 characters: the one that the grade rests on, else the first that
    says something."""
    ticket = graded.ticket
    # Of the whole text, as intake and grading have asked for that, and it is remembered.
    text = heard(ticket.text)[-len(ticket.content) :][:1000] if ticket.content else ticket.title
    clauses: list[str] = [clause.strip() for clause in _CLAUSE.findall(text)]
    if "：" in text or ":" in text:
        clauses = [_LEAD.sub("", clause) for clause in clauses]
    told = [clause for clause in clauses if len(clause) >= LEAST_QUOTE] or clauses
    for quote in graded.grade.quotes:
        for clause in told:
            if (start := clause.find(quote)) >= 0:
                return clause[max(0, start - 30) :][:60] if len(clause) > 60 else clause
    return next((clause for clause in told if _says(clause)), told[0] if told else "")[:60]


def _says(clause: str) -> bool:
    """Whether a clause is more than a greeting, a phone number or a name."""
    return not _FORM.match(clause) and len(normalise(clause)) >= LEAST_SAID


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
    """The named places that find a ticket, sure ones if there are any; a road where nothing is more exact."""
    parts = [part for part in ticket.parts if part.kind in _KINDS and part.name]
    # "4栋" is one of every estate, and "解放路12号" stands in the address.
    named = [part for part in parts if part.kind != "building" or not NUMBERED.search(part.name)]
    # Beside a name that is known, one guessed from the words is more often none ("找物业推社区").
    known = [part for part in named if part.source != "text"] or named
    return [part for part in known if part.kind != "road"] or known


_KINDS = ("community", "site", "station", "building", "road")


def _names_of(ticket: Ticket, sites: list[PlacePart], road: str) -> tuple[str, ...]:
    names = {_named(part.kind, part.name) for part in sites}
    if road:
        names.add(_named("road", road))
    if ticket.place.community:
        names.add(_named("community", ticket.place.community))
    return tuple(sorted(names))


@lru_cache(maxsize=8192)
def _named(kind: str, name: str) -> str:
    """One string for all tickets of a place: it is compared at once, and kept once."""
    return f"{kind}:{name}"


def _road_of(place: Place) -> str:
    """The road of a numbered address whose name no form could be cut from: 和谷路 of "和谷路66号"."""
    numbered = _NUMBERED_ROAD.match(place.address or "")
    return numbered[1] if numbered is not None else ""


def _address_of(place: Place) -> str:
    address = _SILENT.sub("", place.address or "").lower()
    return address if NUMBERED.search(address) else ""

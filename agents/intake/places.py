"""Where a ticket is: the platform's fields in normal form, and the places that its text names."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

from agents.city import City
from agents.intake.gazetteer import Entry, Gazetteer, gazetteer
from agents.intake.numerals import half_width, normalize_place_text
from agents.intake.ticket import PartKind, PartSource, Place, PlacePart

_Named = tuple[PlacePart, Entry | None]
"""A place that is named, and the gazetteer's entry where that can be told."""
MAX_PARTS = 16
_SURE, _RESOLVED, _SAID, _AMBIGUOUS = 0.9, 0.8, 0.5, 0.4
"""Confidence of: a gazetteer name; one of several places of that name, told by the district; a name by its
form alone; one of several places of that name, untold."""


def normalize_place(
    city: str | None = None,
    district: str | None = None,
    street: str | None = None,
    community: str | None = None,
    address: str | None = None,
    lat: float | None = None,
    lon: float | None = None,
) -> Place:
    """The platform's fields in one spelling: NFKC, Arabic house numbers, no empty texts.

    Coordinates that are 0, 0 (the platform's "unknown") or only half given become None.
    """
    known = lat is not None and lon is not None and (lat, lon) != (0, 0)
    return Place.trusted(
        city=_normal(city),
        district=_normal(district),
        street=_normal(street),
        community=_normal(community),
        address=_normal(address),
        lat=lat if known else None,
        lon=lon if known else None,
    )


_NOWHERE = frozenset(
    (
        "无",
        "没有",
        "暂无",
        "不详",
        "不清楚",
        "不知道",
        "未知",
        "未提供",
        "未填写",
        "-",
        "--",
        "/",
        "none",
        "null",
        "n/a",
        "unknown",
    )
)
"""What stands in a field that may not be left empty. As a name it would be one place of all who do not say theirs."""


@lru_cache(maxsize=16_384)
def _normal(text: str | None) -> str | None:
    name = normalize_place_text(text).strip() if text else ""
    return None if not name or name.casefold() in _NOWHERE else name


def find_places(said: Place, text: str, city: City) -> tuple[Place, tuple[PlacePart, ...]]:
    """The ticket's place, and every place name found: the platform's first, then in the text's order.

    `said` is as normalize_place() returns it. Where it is silent, the best gazetteer name of the text fills
    in district, street, community and coordinates. What is named by its form alone never does: without a
    gazetteer the text sets no district. Names by form may carry a word too much in front: compare them by
    parts, not whole.
    """
    names = gazetteer(city)
    place = _with_gazetteer(said, names)
    found: dict[tuple[str, str], PlacePart] = {}
    anchors: list[Entry] = []
    for part, entry in chain(_platform_parts(said, place, names), _text_parts(text, names, place.district)):
        if len(found) < MAX_PARTS:
            found.setdefault((part.kind, part.name), part)
        if entry is not None:
            anchors.append(entry)
    return _anchored(place, anchors), tuple(found.values())


def _with_gazetteer(said: Place, names: Gazetteer) -> Place:
    """Nick-names in the platform's fields become the gazetteer's; a street tells its district."""
    district = _only_name(names, said.district, "district", None)
    street = _only_name(names, said.street, "street", district)
    community = _only_name(names, said.community, "community", district)
    if district is None and street is not None:
        found = names.look_up(street, "street")
        district = found[0].district if len(found) == 1 else None
    if (district, street, community) == (said.district, said.street, said.community):
        return said
    return said.model_copy(update={"district": district, "street": street, "community": community})


def _only_name(names: Gazetteer, said: str | None, kind: PartKind, district: str | None) -> str | None:
    if said is None:
        return None
    found = [e for e in names.look_up(said, kind) if district is None or e.district == district]
    return found[0].name if len(found) == 1 else said


def _platform_parts(said: Place, place: Place, names: Gazetteer) -> Iterator[_Named]:
    pairs: tuple[tuple[PartKind, str | None, str | None], ...] = (
        ("city", place.city, said.city),
        ("district", place.district, said.district),
        ("street", place.street, said.street),
        ("community", place.community, said.community),
    )
    for kind, name, words in pairs:
        if name is not None:
            yield _part(kind, name, words or name, "platform", 1.0), None
    if said.community is not None:
        for entry in _resolve(names.look_up(place.community or "", "community"), place.district)[0]:
            yield _part(entry.kind, entry.name, said.community, "platform", 1.0), entry
    if said.address is not None:
        yield from _address_parts(said.address, names, place.district)


def _address_parts(address: str, names: Gazetteer, district: str | None) -> Sequence[_Named]:
    if not _HAN.search(address):
        # Not a Chinese address: it has no suffixes to cut by, and is comparable as a whole.
        return ((_part("building", " ".join(address.casefold().split()), address, "platform", _SURE), None),)
    found = _text_parts(address, names, district)
    if not found and not _DIGIT.search(address):
        # What stands in the field is a place, even where its form does not tell: 荣湾饭店.
        return ((_part("site", normalize_place_text(address), address, "platform", _RESOLVED), None),)
    return [
        (_part(part.kind, part.name, part.said, "platform", max(part.confidence, _RESOLVED)), entry)
        for part, entry in found
    ]


@lru_cache(maxsize=16_384)
def _part(kind: PartKind, name: str, said: str, source: PartSource, confidence: float) -> PlacePart:
    """Remembered: the same few thousand places are named again and again."""
    return PlacePart.trusted(kind=kind, name=name, said=said, source=source, confidence=confidence)


_DIGIT = re.compile("[0-9]")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def _text_parts(text: str, names: Gazetteer, district: str | None) -> list[_Named]:
    plain = half_width(text)
    parts: list[tuple[int, int, PlacePart, Entry | None]] = []
    for mention in names.find(plain):
        entries, sure = _resolve(mention.entries, district)
        words = text[mention.start : mention.end]
        first = mention.entries[0]
        entry = entries[0] if entries else None
        part = _part(first.kind, (entry or first).name, words, "gazetteer", sure)
        parts.append((mention.start, mention.end, part, entry))
    known = [(start, end) for start, end, _, _ in parts]
    for start, end, kind in _by_form(plain):
        if not known or not any(_is_covered(start, end, span) for span in known):
            words = text[start:end]
            parts.append((start, end, _part(kind, normalize_place_text(words), words, "text", _SAID), None))
    if len(parts) > 1:
        parts.sort(key=lambda found: (found[0], -found[1]))
    return [(part, entry) for _, _, part, entry in parts]


def _is_covered(start: int, end: int, known: tuple[int, int]) -> bool:
    """Whether what looks like a name begins in a known one, and is not that name with a house number."""
    return known[0] < start < known[1] or (start == known[0] and end <= known[1])


def _resolve(entries: tuple[Entry, ...], district: str | None) -> tuple[tuple[Entry, ...], float]:
    """The one place that is meant, if that can be told, and how sure that is."""
    if len(entries) == 1:
        fits = district is None or entries[0].district == district
        return (entries, _SURE) if fits else ((), _AMBIGUOUS)
    here = tuple(entry for entry in entries if entry.district == district)
    return (here, _RESOLVED) if len(here) == 1 else ((), _AMBIGUOUS)


_PREFERENCE: tuple[PartKind, ...] = ("community", "building", "site", "station", "street", "road", "district")


def _anchored(place: Place, entries: list[Entry]) -> Place:
    """The silent fields of `place` from the most telling place named; of equally telling ones the first."""
    if not entries:
        return place
    anchor = min(entries, key=lambda entry: _PREFERENCE.index(entry.kind))
    changes: dict[str, object] = {}
    if place.district is None:
        changes["district"] = anchor.district
    elif place.district != anchor.district:
        return place
    if place.street is None and anchor.street:
        changes["street"] = anchor.street
    if place.community is None and anchor.kind == "community":
        changes["community"] = anchor.name
    if place.lat is None and anchor.lat is not None:
        changes |= {"lat": anchor.lat, "lon": anchor.lon}
    return place.model_copy(update=changes) if changes else place


_FORM = re.compile(r"[^|(]+(?:\([^)]*\))?")
_SUFFIXES: dict[PartKind, str] = {
    "community": "小区|花园|家园|社区|新村|公寓|嘉园|佳园|佳苑|雅苑|名苑|花苑|家苑|馨苑|庄园|山庄"
    "|华庭|豪庭|公馆|新城|之城|安置房|雅居|名居|新居|名邸|官邸|府邸|华府|名府|名城|别墅|村|苑|湾",
    "road": "大道|大街|公路|高速|胡同|立交桥|大桥|隧道|支路|路(?![线由况费牌灯障])|街(?!道|办)|巷",
    "station": "地铁站|公交站|火车站|汽车站|高铁站|客运站|站(?![在点着起出立])",
    "site": "幼儿园|小学|中学|大学|学院|学校|医院|卫生院|派出所|广场|公园|市场|商场|大厦|工业园|产业园|工业区"
    "|开发区|工地|体育馆|图书馆|酒店|宾馆|写字楼|商务楼",
    "street": "街道|镇",
}
"""What a place ends with. Source: the extractor that did best on board messages, docs of alerting B.2."""
_SUFFIX = re.compile("|".join(_SUFFIXES.values()))
"""Without groups, so that the search skips every character that begins no suffix."""
_KIND_OF: dict[str, PartKind] = {
    form.partition("(")[0]: kind for kind, forms in _SUFFIXES.items() for form in _FORM.findall(forms)
}
_BUILDING = re.compile(
    r"(?=[0-9A-Za-z一二三四五六七八九十百])(?<![0-9A-Za-z])(?:[0-9A-Za-z]{1,4}|[一二三四五六七八九十百]{1,5})(?:号楼|栋|幢)"
)
_HOUSE = re.compile(r"(?:[0-9]{1,5}(?:-[0-9]{1,3})?|[一二三四五六七八九十百]{1,6})号(?![线楼])")
_CUT = re.compile(
    r"[^\u4e00-\u9fff0-9A-Za-z]|[的在是到了和与及从由被把我你他她它们这那有没因为对给让请将住去来往离距经过个条座处所找推]"
    r"|[每各某该本此都问也就还又很至以而之说区县省]|(?<=.)[市镇乡](?=.{2})|反映|反应|投诉|来电|附近|门口|路口|旁边"
    r"|对面|希望|建议|咨询|举报|要求|关于|位于|市民|居民|业主|今天|昨天|早上|晚上|上午|下午|凌晨|目前|现在|整个"
    r"|一个|隔壁|进入|前往|沿着|靠近|直接|导致|周边|周围|一名|全体|当地|高速(?=公路)"
)
"""Words and signs that no place name holds: what stands before them does not belong to the name."""
_GENERIC_BEFORE: dict[str, str] = {
    "路": "马道铁线电走出思修小土半堵占问迷断网管续一岔弯大主支老泥车便新改铺挖开拦套销绕引头叉巴青油字投无",
    "村": "农全乡中新山政然老困小集大下驻丽",
    "街": "上逛扫沿行吃业小大后老一整",
    "巷": "小后大深老",
    "镇": "乡城集小重村古",
    "湾": "港海台",
    "站": "网油水电泵车务交铁到进方终起转圾热驿",
    "小学": "上读念",
    "中学": "上读念",
    "大学": "上读念",
    "幼儿园": "上读念",
}
"""Last character of a suffix → characters that make a common noun with it: 马路, 农村, 网站."""
_GENERIC_NAMES = frozenset(
    [
        *(
            "高等",
            "农贸",
            "蔬菜",
            "劳动",
            "人才",
            "房地产",
            "建筑",
            "职业",
            "附属",
            "公立",
            "民办",
            "私立",
            "公办",
        ),
        *(
            "重点",
            "主题",
            "儿童",
            "城市",
            "房产",
            "股票",
            "消费",
            "农村",
            "国内",
            "国外",
            "建材",
            "二手",
            "城镇",
        ),
        *("全国", "配套", "中心", "大型", "老旧", "商业", "住宅", "高档", "安置", "绕城", "施工"),
    ]
)
"""Descriptions before a suffix that name no one place: 公办幼儿园, 农贸市场, 老旧小区."""


def _by_form(text: str) -> Iterator[tuple[int, int, PartKind]]:
    """Places by their form: two to six characters before a telling suffix, cut where another word ends."""
    free = 0
    for match in _SUFFIX.finditer(text):
        start = _name_start(text, max(free, match.start() - 6), match.start())
        if match.start() - start < 2 or _is_generic(text[start : match.start()], match.group()):
            continue
        kind, free = _KIND_OF[match.group()], match.end()
        yield start, free, kind
        if kind == "road" and (house := _HOUSE.match(text, free)):
            yield start, house.end(), "building"
    if "楼" in text or "栋" in text or "幢" in text:
        for match in _BUILDING.finditer(text):
            yield match.start(), match.end(), "building"


def _name_start(text: str, low: int, end: int) -> int:
    for cut in _CUT.finditer(text, low, end):
        low = cut.end()
    return low


def _is_generic(name: str, suffix: str) -> bool:
    # "303路" is a bus line.
    if name in _GENERIC_NAMES or name[-1].isdigit():
        return True
    # "一路" is all the way, "锦庭一路" is a road.
    generic = name[-1] in _GENERIC_BEFORE.get(suffix, "") and not (len(name) > 2 and name[-1] in "一二三四五")
    return generic

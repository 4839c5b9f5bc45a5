"""What a ticket is about: its canonical problem 事项 and its category, by words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, get_args

from agents.city import City, words
from agents.grading.evidence import plain
from agents.grading.grade import Urgency
from agents.intake.lists import terms_of
from agents.intake.scan import Hit, Scanner, Term, lowered
from agents.intake.ticket import Hazard, Ticket

OTHER = "other"
UNSAID = "未说明"
_SHORT = 60
_NO_WORDS = re.compile(r"〔[^〕]{1,12}〕|[^a-zA-Z\u4e00-\u9fff]")
MAX_MATTER = 14
_LEAST_MATTER = 4
_READ_FOR_NAME = 300
_CLAUSE = re.compile(r"[^，。！？；,!?;…\n]+")
_FIELD = re.compile(r"\A[【\[]?[\u4e00-\u9fff]{0,4}(?:内容|诉求|问题|描述|情况|事项)[】\]]?\s*[：:]\s*")
_SAYS_LITTLE = re.compile(
    r"[【\[]?[^：:]{1,5}[人员号话名间式址源型][】\]]?\s*[：:].*|(?:喂|[你您]好|请问|哎|呃|嗯|啊|那个|我们?|想|要|来电?|跟[你您]|就是|反映|投诉|举报|咨询|求助|问|说|讲|一?下|一?[个件]|事情?|问题|情况|\s)+"
)
_OPENING = 80
"""First characters of the content, which weigh more: what a caller says first is what they call for."""
_HAZARD_WEIGHT = {"critical": 10.0, "urgent": 4.0}
_HITS_COUNTED = 4
_ROAD = 5
"""Characters of the longest road name that is believed by its form: a longer one has swallowed words before it."""
_NO_ROAD = frozenset("口面灯线基径障况政牌标权")
"""What goes on so is none: 红绿灯路口, 修复路面."""
_READ_FOR_CATEGORY = 600
_MATTER_SHARE = 0.5
"""Of a matter's weight, beside the characters of the category's own words. 0.3 and 0.5 are the best of five on golden dev."""


@dataclass(frozen=True)
class Matter:
    """One table of lexicon/matters.toml."""

    key: str
    category: str
    """Key of the city's categories."""
    urgency: Urgency
    anywhere: bool
    """It happens in every field of the city's work: the other words of the text say whose it is."""


class Found(NamedTuple):
    """What the words say. `matter` None: no word list knows it."""

    name: str
    matter: Matter | None
    category: str
    weight: float
    phrases: tuple[str, ...] = ()
    """Verbatim words it rests on, in the order of the text."""
    first: tuple[int, int] | None = None
    """Where in ticket.text the first of them stands."""


@dataclass(frozen=True)
class MatterRules:
    """The matters and categories of one city, compiled once."""

    matters: Mapping[str, Matter]
    scanner: Scanner
    by_hazard: Mapping[str, str]
    categories: tuple[str, ...]
    category_scanner: Scanner
    inside: Mapping[str, Sequence[tuple[str, int]]]
    """Word → what holds it without meaning it, and where in that the word begins: 动车 → 电动车, 1."""


@lru_cache(maxsize=16)
def matter_rules(city: City) -> MatterRules:
    """Raises ValueError naming the table that is wrong."""
    tables: Mapping[str, Mapping[str, Any]] = words(city, "matters")["matters"]
    built_in: Mapping[str, Mapping[str, Any]] = words(city, "categories")["categories"]
    own = {category.key: (category.path, category.words) for category in city.categories}
    known = own or {key: (tuple(table["path"]), tuple(table["words"])) for key, table in built_in.items()}
    terms: list[Term] = []
    for key, (path, said) in known.items():
        spoken = dict.fromkeys(word.lower() for word in (key, *path[-1:], *said) if len(word) >= 2)
        terms += [Term(key, word) for word in spoken]
    scanner = Scanner(terms)
    matters = {
        key: Matter(
            key, _category_of(key, table, known, scanner), _urgency(key, table), bool(table.get("anywhere"))
        )
        for key, table in tables.items()
    }
    hazards: Mapping[str, Mapping[str, Any]] = words(city, "hazards")["hazards"]
    return MatterRules(
        matters,
        Scanner(term for key, table in tables.items() for term in terms_of(key, table)),
        {name: table["matter"] for name, table in hazards.items() if table.get("matter") in matters},
        tuple(known),
        scanner,
        {
            word: tuple((longer, longer.index(word)) for longer in holders)
            for word, holders in words(city, "matters").get("inside", {}).items()
        },
    )


def find_matter(ticket: Ticket, hazards: Sequence[Hazard], city: City) -> Found:
    """The matter with the most weight of words and dangers; a text with hardly any words is what its platform
    category says. Equal weights: the one the text names first."""
    rules = matter_rules(city)
    said = ticket.text
    whole = lowered(said)
    text = _without_names(whole, ticket)
    meant = _meant(text, rules.scanner.scan(text, whole), rules)
    weights, hits = _weigh(text, meant, len(ticket.title))
    for hazard in hazards:
        if hazard.name in rules.by_hazard:
            key = rules.by_hazard[hazard.name]
            weights[key] = weights.get(key, 0.0) + _HAZARD_WEIGHT[hazard.level]
    best = max(weights, key=lambda key: weights[key]) if weights else None
    matter = rules.matters[best] if best else None
    category = _platform_category(ticket.category, city)
    if category is None:
        category = _spoken_category(text, matter, weights[best] if best else 0.0, rules)
    own = hits.get(best, []) if best else []
    phrases = tuple(dict.fromkeys(said[hit.start : hit.end] for hit in own))[:5]
    first = (own[0].start, own[0].end) if own else None
    name = _name(ticket, best)
    return Found(name, matter, category, weights[best] if best else 0.0, phrases, first)


def _without_names(text: str, ticket: Ticket) -> str:
    """The text with the names of known places blanked, each at its length: 第三中学 is no matter of schools, 停车场路 none
    of parking. A road that only its form tells is one where it goes on as a road does, and is short."""
    estate = ticket.said_place.community or ""
    if len(estate) > 2 and (name := lowered(estate)) in text:
        text = text.replace(name, " " * len(name))
    for part in ticket.parts:
        if part.kind == "city" or part.said not in text:
            continue
        if part.source != "text":
            text = text.replace(part.said, " " * len(part.said))
        elif part.kind == "road" and len(part.said) <= _ROAD:
            text = _without_road(text, part.said)
    return text


def _without_road(text: str, name: str) -> str:
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if text[end : end + 1] not in _NO_ROAD:
            text = text[:at] + " " * len(name) + text[end:]
        at = text.find(name, end)
    return text


def _meant(text: str, hits: list[Hit], rules: MatterRules) -> list[Hit]:
    """The hits without the words that only stand inside of others."""
    inside = rules.inside
    return [
        hit
        for hit in hits
        if (word := text[hit.word[0] : hit.word[1]]) not in inside
        or not _is_inside(text, hit.word[0], inside[word])
    ]


def stands_alone(text: str, word: str, holders: Sequence[tuple[str, int]]) -> bool:
    """Whether the text says the word at least once outside of what holds it without meaning it."""
    return any(not _is_inside(text, found.start(), holders) for found in re.finditer(re.escape(word), text))


def _is_inside(text: str, start: int, holders: Sequence[tuple[str, int]]) -> bool:
    return any(start >= before and text.startswith(longer, start - before) for longer, before in holders)


def _weigh(text: str, hits: list[Hit], title: int) -> tuple[dict[str, float], dict[str, list[Hit]]]:
    """The weight of each matter, and the hits that it counts: no two overlap, the first few of them."""
    weights: dict[str, float] = {}
    counted: dict[str, list[Hit]] = {}
    for hit in hits:
        found = counted.setdefault(hit.entry, [])
        if found and (hit.start < found[-1].end or len(found) == _HITS_COUNTED):
            continue
        found.append(hit)
        weights[hit.entry] = weights.get(hit.entry, 0.0) + _weight(text, hit, title)
    return weights, counted


def _weight(text: str, hit: Hit, title: int) -> float:
    """Longer words are more specific; latin letters say less each; a state beside the word adds one."""
    start, end = hit.word
    size = (end - start) / 3 if text[start].isascii() else float(end - start)
    weight = min(size, 5.0) - 0.9 + (1.0 if (hit.start, hit.end) != hit.word else 0.0)
    if hit.start < title:
        return weight * 3
    return weight * 1.5 if hit.start < title + _OPENING else weight


def _name(ticket: Ticket, key: str | None) -> str:
    specific = ticket.category[-1] if ticket.category else ""
    if specific and len(ticket.content) <= len(specific) + 8:
        return specific
    if key or specific:
        return key or specific
    return UNSAID if says_nothing(ticket) else _opening(ticket)


def _opening(ticket: Ticket) -> str:
    """The first clause that says more than a greeting or a form's 来电人 and 电话, without links and markup; at most
    MAX_MATTER characters."""
    said = [plain(text[:_READ_FOR_NAME]) for text in (ticket.title, ticket.content.lstrip())]
    clauses = [
        _FIELD.sub("", " ".join(found[0].split()), count=1)
        for text in said
        for found in _CLAUSE.finditer(text)
    ]
    telling = (
        clause for clause in clauses if len(clause) >= _LEAST_MATTER and not _SAYS_LITTLE.fullmatch(clause)
    )
    return (next(telling, "") or max(clauses, key=len, default="") or UNSAID)[:MAX_MATTER].strip()


def says_nothing(ticket: Ticket) -> bool:
    """Whether there are no words besides masks, numbers and marks: a text that is only a phone number."""
    return len(ticket.text) <= _SHORT and len(_NO_WORDS.sub("", ticket.text)) < 2


@lru_cache(maxsize=4096)
def _platform_category(path: tuple[str, ...], city: City) -> str | None:
    """The platform's own path, most specific part first: by name, then by words. Remembered: paths are few."""
    rules = matter_rules(city)
    for part in reversed(path):
        if part in rules.categories:
            return part
    for part in reversed(path):
        found = _by_words(lowered(part), rules)
        if found != OTHER:
            return found
    return None


def _spoken_category(text: str, matter: Matter | None, weight: float, rules: MatterRules) -> str:
    """What the words say, and the matter with a share of its weight; one that happens anywhere only where they
    say nothing: somebody trapped in a lift is the lift's."""
    counts = _counts(text, rules)
    if matter and matter.category != OTHER:
        share = 0.0 if matter.anywhere else _MATTER_SHARE * weight
        counts[matter.category] = counts.get(matter.category, 0) + share
    return _most(counts)


def _by_words(text: str, rules: MatterRules) -> str:
    return _most(_counts(text, rules))


def _counts(text: str, rules: MatterRules) -> dict[str, float]:
    """How many characters of the text speak for each category."""
    read = text[:_READ_FOR_CATEGORY]
    return _lengths(_meant(read, rules.category_scanner.scan(read), rules))


def _lengths(hits: Sequence[Hit]) -> dict[str, float]:
    counts: dict[str, float] = {}
    for hit in hits:
        counts[hit.entry] = counts.get(hit.entry, 0) + hit.end - hit.start
    return counts


def _most(counts: Mapping[str, float]) -> str:
    return max(counts, key=lambda key: counts[key]) if counts else OTHER


def _category_of(key: str, table: Mapping[str, Any], known: Mapping[str, Any], scanner: Scanner) -> str:
    """The table's category where the city has it; else the city's category whose words the matter speaks."""
    if table["category"] in known:
        return str(table["category"])
    spoken = "\n".join([table["category"], key, *table.get("words", ())]).lower()
    return _most(_lengths(scanner.scan(spoken)))


def _urgency(key: str, table: Mapping[str, Any]) -> Urgency:
    for urgency in get_args(Urgency):
        if table.get("urgency", "normal") == urgency:
            return urgency  # type: ignore[no-any-return]  # get_args of a Literal gives its own values
    raise ValueError(f"matters.{key}: urgency must be one of {', '.join(get_args(Urgency))}")

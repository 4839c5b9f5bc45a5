"""What the caller wants 工单类型, whom they praise, and what they say about earlier calls."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args

from agents.city import City, words
from agents.grading.grade import Recurrence, RecurrenceKind
from agents.intake.lists import Signs, any_of, signs_of
from agents.intake.orders import FILLER
from agents.intake.scan import lowered
from agents.intake.ticket import Kind, Ticket

_HEAD, _TAIL = 400, 150
"""Characters at the beginning and the end of a long text that are read for kind and recurrence."""
_GREETING = re.compile(
    r"^(?:尊敬的[^，。：:！!]{0,14}|各位领导|领导|您好|你好|市民(?:来电|反映|致电)|来电人?)[，。：:！!,\s]*"
)
_PRAISED = re.compile(
    r"(?:感谢|表扬|点赞|致谢|致敬)(?:一下|了)?(?:对|给|向)?(?P<who>(?:(?!的帮|帮|热心|及时|解决|修|处理|为|在|的)[^，。！!,；;\s]){2,20})"
    r"|(?:向|为|对|给)(?P<whom>[^，。！!,；;\s]{2,20}?)(?:的[^，。]{0,12})?(?:提出|予以|给予|表示)?(?:表扬|感谢|点赞|致谢|致敬|送.{0,3}锦旗)"
)


@dataclass(frozen=True)
class KindRules:
    """lexicon/kinds.toml, compiled."""

    titles: Mapping[Kind, re.Pattern[str]]
    signs: Mapping[Kind, Signs]


@lru_cache(maxsize=16)
def kind_rules(city: City) -> KindRules:
    """Raises ValueError naming a kind that is none or a pattern that is wrong."""
    tables: Mapping[str, Mapping[str, Any]] = words(city, "kinds")["kinds"]
    known: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
    if strange := [name for name in tables if name not in known]:
        raise ValueError(f"kinds.{strange[0]}: no such kind; the kinds are {', '.join(known)}")
    kinds = {known[name]: table for name, table in tables.items()}
    return KindRules(
        {kind: any_of(table["title"], kind) for kind, table in kinds.items()},
        {kind: signs_of(kind, table) for kind, table in kinds.items()},
    )


def find_kind(ticket: Ticket, city: City, danger: int = 0) -> tuple[Kind, bool]:
    """The kind, and whether it is certain: the platform's label, else the first words, else most words.

    `danger`: points for a call for help from whoever tells a danger, who may still thank or accuse.
    """
    if ticket.kind is not None:
        return ticket.kind, True
    rules = kind_rules(city)
    opening = lowered(_read(ticket.title)) or _GREETING.sub("", lowered(_read(ticket.content)[:120]), count=1)
    for kind, pattern in rules.titles.items():
        if pattern.match(opening):
            return kind, True
    text = lowered(_edges(ticket))
    scores = {kind: signs.points(text) for kind, signs in rules.signs.items()}
    if scores.get("praise", 0) <= scores.get("complaint", 0) + scores.get("report", 0):
        scores["praise"] = 0
    scores["help"] = scores.get("help", 0) + danger
    best = max(scores, key=lambda kind: scores[kind])
    return (best, False) if scores[best] else ("complaint", False)


def _edges(ticket: Ticket) -> str:
    """Title, beginning and end: where a caller says what they want."""
    content = _read(ticket.content)
    if len(content) > _HEAD + _TAIL:
        content = f"{content[:_HEAD]}\n{content[-_TAIL:]}"
    return f"{_read(ticket.title)}\n{content}"


def _read(text: str) -> str:
    """The words without the gaps that what was taken out has left."""
    return text.replace(FILLER, "").lstrip("，。：:、；;！!") if FILLER in text else text


def find_praised(ticket: Ticket) -> str | None:
    """Whom a praise ticket thanks, in its own words."""
    for match in _PRAISED.finditer(_edges(ticket)):
        who = match["who"] or match["whom"]
        if who and who not in ("领导", "政府", "您", "你们", "大家"):
            return who
    return None


@lru_cache(maxsize=16)
def _recurrence_rules(city: City) -> tuple[tuple[RecurrenceKind, re.Pattern[str]], ...]:
    tables: Mapping[str, Mapping[str, Any]] = words(city, "recurrence")["recurrence"]
    known: dict[str, RecurrenceKind] = {kind: kind for kind in get_args(RecurrenceKind)}
    if strange := [name for name, table in tables.items() if table["kind"] not in known]:
        raise ValueError(f"recurrence.{strange[0]}: kind must be one of {', '.join(known)}")
    return tuple((known[table["kind"]], any_of(table["words"], name)) for name, table in tables.items())


@lru_cache(maxsize=16)
def _any_recurrence(city: City) -> re.Pattern[str]:
    """Any of the words: most texts hold none, and one search tells."""
    tables: Mapping[str, Mapping[str, Any]] = words(city, "recurrence")["recurrence"]
    return any_of([word for table in tables.values() for word in table["words"]], "recurrence")


_UNSAID = Recurrence()


def find_recurrence(ticket: Ticket, city: City) -> Recurrence:
    """What the caller says about earlier times. Only "same_caller" and "seasonal" are taken from words alone;
    whether a crowd calls or a closed problem is back, the problems decide: here those words are cues."""
    text = _edges(ticket)
    low = lowered(text)
    if not _any_recurrence(city).search(low):
        return _UNSAID
    cues: dict[str, None] = {}
    kinds: list[RecurrenceKind] = []
    for kind, found in _spoken(low, text, _recurrence_rules(city)):
        cues[found] = None
        kinds.append(kind)
    for kind in ("same_caller", "seasonal"):
        if kind in kinds:
            return Recurrence(
                kind="same_caller" if kind == "same_caller" else "seasonal", cues=tuple(cues)[:6]
            )
    return Recurrence.trusted(cues=tuple(cues)[:6])


def _spoken(
    low: str, text: str, rules: tuple[tuple[RecurrenceKind, re.Pattern[str]], ...]
) -> Iterator[tuple[RecurrenceKind, str]]:
    for kind, pattern in rules:
        for match in pattern.finditer(low):
            if said := text[match.start() : match.end()].strip():
                yield kind, said

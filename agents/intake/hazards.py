"""Danger rules 风险点: they run first and whatever a model says, and know what only sounds dangerous."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from agents.city import City, words
from agents.intake.alarm import Sense, alarm, sense_of, surroundings, telling
from agents.intake.lists import NEVER, Level, Signs, any_of, compiled, scenes_of, signs_of, terms_of
from agents.intake.orders import without_orders
from agents.intake.scan import (
    Hit,
    Scanner,
    Term,
    clause_end,
    clause_start,
    lowered,
    sentence_end,
    sentence_start,
)
from agents.intake.ticket import Hazard
from agents.intake.transcript import heard

MAX_QUOTE = 40
"""Characters of a hazard's quote."""
UNCLEAR = "unclear_danger"
"""The danger that the sense of alarm tells where no word and no scene does."""
_NEARBY = 150
_AROUND = 100
"""Characters before and after a hit that say whether it sounds like danger."""
_IDIOM = ""
"""Entry of a figure of speech: what it covers is no danger."""
_ALWAYS = re.compile("")

_ASKED, _PLAIN = 2, -1.0
"""A danger with so many points of a question, whose sentence and surroundings score below that, is only asked about."""
_SEARCHED = (
    *(("hypothetical", key) for key in ("after", "between", "question", "here", "asked")),
    *(("history", key) for key in ("words", "since", "now")),
    *(("habitual", key) for key in ("words", "now")),
    *(("settled", "words"), ("drill", "words"), ("unreal", "words"), ("unreal", "now")),
    *(("thanks", key) for key in ("words", "turned")),
    *(("aftermath", key) for key in ("words", "now")),
    *(("closed", "words"), ("aside", "words"), ("aside", "now"), ("unhurt", "words")),
)
"""Groups and lists of cues.toml that are searched anywhere, in the order of Cues."""

Verdict = Literal["danger", "settled", "void"]
"""settled: over, or said in passing: one step less."""


@dataclass(frozen=True)
class Danger:
    """One table of lexicon/hazards.toml, compiled."""

    name: str
    title: str
    level: Level
    excludes: re.Pattern[str]
    spares: frozenset[str]
    aftermath: bool
    sudden: bool
    """Over within hours: told as months old, or with the papers of its case, it is past."""
    needs: re.Pattern[str]
    """Must stand within _NEARBY characters: whom it hits or how long, for what is no danger to a single home."""
    sure: re.Pattern[str]
    """Found in the clause, the learned sense of alarm may not doubt it."""
    farewell: bool
    """Told calmly by those in it: only surroundings that are calm beyond belief speak against it."""
    hurt: bool
    """Somebody is: where it is said that nobody is, it is none."""


@dataclass(frozen=True)
class Cues:
    """lexicon/cues.toml, compiled: what around a hit says that it is no danger now."""

    aside_longer_than: int
    aside_opening: int
    negated: re.Pattern[str]
    hypothetical: re.Pattern[str]
    hypothetical_after: re.Pattern[str]
    hypothetical_between: re.Pattern[str]
    question: re.Pattern[str]
    here: re.Pattern[str]
    asked: re.Pattern[str]
    history: re.Pattern[str]
    since: re.Pattern[str]
    now: re.Pattern[str]
    habitual: re.Pattern[str]
    habitual_now: re.Pattern[str]
    settled: re.Pattern[str]
    drill: re.Pattern[str]
    unreal: re.Pattern[str]
    unreal_now: re.Pattern[str]
    thanks: re.Pattern[str]
    turned: re.Pattern[str]
    aftermath: re.Pattern[str]
    aftermath_now: re.Pattern[str]
    closed: re.Pattern[str]
    aside: re.Pattern[str]
    aside_now: re.Pattern[str]
    unhurt: re.Pattern[str]


@dataclass(frozen=True)
class HazardRules:
    """Everything find_hazards needs of one city, compiled once."""

    dangers: Mapping[str, Danger]
    cues: Cues
    scanner: Scanner
    sense: Sense
    asked: Signs
    """What questions are told by."""
    witnessed: tuple[Signs, ...]
    """What praise and reports are told by: who tells what others did tells it vividly, and it sounds like danger."""


@lru_cache(maxsize=512)
def find_hazards(text: str, city: City) -> tuple[Hazard, ...]:
    """The dangers that the (masked) text tells as present, critical first, then in the order of the text.

    One hazard a name, with the first quote that stands. A danger told as over ("已经扑灭") or in passing is
    urgent instead of critical; an urgent one of that kind is none, and so is what is denied, feared, drilled,
    thanked for or long ago. Of a transcript only the citizen's words count. Remembered, for the lines of a whole
    batch of a replay: intake asks first, and grading asks again where nothing was found.
    """
    return dangers_in(text, hazard_rules(city))


def dangers_in(text: str, rules: HazardRules) -> tuple[Hazard, ...]:
    """What find_hazards gives, by the rules handed in."""
    low = lowered(without_orders(heard(text)))
    found: dict[str, Hazard] = {}
    hits = rules.scanner.scan(low)
    for hit in _outside_idioms(hits) if hits else ():
        danger = rules.dangers.get(hit.entry)
        if danger is None:
            continue
        known = found.get(danger.name)
        if known is not None and known.level == danger.level:
            continue
        level = _level(danger, _verdict(low, hit, danger, rules.cues))
        is_news = level is not None and (known is None or level == "critical")
        if level is not None and is_news and not _is_doubted(low, hit, danger, level, rules):
            found[danger.name] = Hazard(name=danger.name, level=level, quote=_quote(text, hit))
    if not found and (score := alarm(low, rules.sense)) > rules.sense.threshold:
        return _unclear(text, low, hits, rules, is_certain=score > rules.sense.certain)
    return tuple(sorted(found.values(), key=lambda hazard: hazard.level != "critical"))


def _is_doubted(low: str, hit: Hit, danger: Danger, level: Level, rules: HazardRules) -> bool:
    """Whether its sentence and the words around the hit do not sound like danger: both so calm that no word stands
    against them; or, unless a word tells it for sure, the two taken together; or nobody is hurt by it."""
    is_many = danger.needs is not _ALWAYS
    if is_many and danger.needs.search(low, max(0, hit.start - _NEARBY), hit.end + _NEARBY) is None:
        return True
    sentence = low[sentence_start(low, hit.start) : sentence_end(low, hit.end)]
    around = low[max(0, hit.start - _AROUND) : hit.end + _AROUND]
    sounds = surroundings(sentence, around, rules.sense)
    if danger.hurt and sounds.score < 0 and rules.cues.unhurt.search(around):
        return True
    # An outage is told calmly even by who suffers from it.
    is_firm = (
        is_many or danger.sure.search(low, clause_start(low, hit.start), clause_end(low, hit.end)) is not None
    )
    if sounds.are_calm(rules.sense, times=2 if is_firm else 1):
        return True
    if is_firm or danger.farewell:
        return False
    is_asked = sounds.are_below(_PLAIN) and rules.asked.points(around) >= _ASKED
    return is_asked or sounds.are_doubtful(rules.sense, level == "critical")


def _unclear(
    text: str, low: str, hits: list[Hit], rules: HazardRules, is_certain: bool
) -> tuple[Hazard, ...]:
    """What only sounds like danger, where nothing refuses it."""
    start, end = telling(low, rules.sense)
    hit = Hit(UNCLEAR, (start, end), start, end)
    if start == end or _is_refused(low, hit, hits, rules, is_certain):
        return ()
    return (Hazard(name=UNCLEAR, level=rules.dangers[UNCLEAR].level, quote=_quote(text, hit)),)


def _is_refused(low: str, hit: Hit, hits: list[Hit], rules: HazardRules, is_certain: bool) -> bool:
    """Whether its sentence tells of an outage in one home; or, where it is not certain, its clause is a figure of
    speech, denied, over, long ago, its sentence a drill, or the text praise or a report of others."""
    clause = clause_start(low, hit.start), clause_end(low, hit.end)
    sentence = sentence_start(low, hit.start), sentence_end(low, hit.end)
    for other in hits:
        is_idiom = other.entry == _IDIOM
        first, last = clause if is_idiom else sentence
        is_reason = not is_certain if is_idiom else rules.dangers[other.entry].needs is not _ALWAYS
        if is_reason and first <= other.start < last:
            return True
    if is_certain:
        return False
    if rules.cues.drill.search(low, *sentence) or any(signs.points(low) for signs in rules.witnessed):
        return True
    return _verdict(low, hit, rules.dangers[UNCLEAR], rules.cues) != "danger"


def title_of(name: str, city: City) -> str:
    """What an officer calls the danger; the name itself when no list knows it."""
    danger = hazard_rules(city).dangers.get(name)
    return danger.title if danger else name


@lru_cache(maxsize=16)
def hazard_rules(city: City) -> HazardRules:
    """The city's danger rules, compiled. Raises ValueError naming the table whose pattern is wrong."""
    tables: Mapping[str, Mapping[str, Any]] = words(city, "hazards")["hazards"]
    cues = words(city, "cues")
    dangers = {name: _danger(name, table) for name, table in tables.items()}
    terms = [term for name, table in tables.items() for term in terms_of(name, table)]
    terms += [Term(_IDIOM, word) for word in cues["idioms"]["words"]]
    for name, level, term in scenes_of(words(city, "scenes")):
        if name not in tables:
            raise ValueError(f"scenes: no danger {name!r} in hazards.toml")
        # A scene brings its own `unless`; the table's `excludes` are made for its fixed words.
        dangers[term.entry] = replace(dangers[name], level=level or dangers[name].level, excludes=NEVER)
        terms.append(term)
    kinds = words(city, "kinds")["kinds"]
    asked, *witnessed = (signs_of(kind, kinds.get(kind, {})) for kind in ("consult", "praise", "report"))
    return HazardRules(dangers, _cues(cues), Scanner(terms), sense_of(city), asked, tuple(witnessed))


def _danger(name: str, table: Mapping[str, Any]) -> Danger:
    if table["level"] not in ("critical", "urgent"):
        raise ValueError(f"hazards.{name}: level must be critical or urgent, not {table['level']!r}")
    return Danger(
        name,
        table.get("title", name),
        table["level"],
        compiled(table["excludes"], name) if table.get("excludes") else NEVER,
        frozenset(table.get("spares", ())),
        bool(table.get("aftermath", False)),
        bool(table.get("sudden", False)),
        compiled(table["needs"], name) if table.get("needs") else _ALWAYS,
        compiled(table["sure"], name) if table.get("sure") else NEVER,
        bool(table.get("farewell", False)),
        bool(table.get("hurt", False)),
    )


def _cues(tables: Mapping[str, Any]) -> Cues:
    def before(group: str) -> re.Pattern[str]:
        """A cue that ends at most `within` characters before the end of what is searched."""
        return compiled(rf"(?:{'|'.join(tables[group]['words'])}).{{0,{tables[group]['within']}}}\Z", group)

    return Cues(
        tables["aside"]["longer_than"],
        tables["aside"]["opening"],
        before("negated"),
        before("hypothetical"),
        *(any_of(tables[group][key], group) for group, key in _SEARCHED),
    )


def _outside_idioms(hits: list[Hit]) -> list[Hit]:
    """The dangers whose word no figure of speech covers or cuts; one inside the word is none (着火了)."""
    idioms = [hit.word for hit in hits if hit.entry == _IDIOM]
    return [
        hit for hit in hits if hit.entry != _IDIOM and not any(_cuts(idiom, hit.word) for idiom in idioms)
    ]


def _cuts(idiom: tuple[int, int], word: tuple[int, int]) -> bool:
    overlaps = idiom[0] < word[1] and word[0] < idiom[1]
    is_inside = word[0] <= idiom[0] and idiom[1] <= word[1] and idiom != word
    return overlaps and not is_inside


def _level(danger: Danger, verdict: Verdict) -> Level | None:
    if verdict == "danger":
        return danger.level
    return "urgent" if verdict == "settled" and danger.level == "critical" else None


def _verdict(text: str, hit: Hit, danger: Danger, cues: Cues) -> Verdict:
    clause = clause_start(text, hit.start), clause_end(text, hit.end)
    if danger.excludes.search(text, *clause) or _is_unreal(text, hit, danger, cues, clause):
        return "void"
    sentence = sentence_start(text, hit.start), sentence_end(text, hit.end)
    if cues.drill.search(text, *clause) or _is_thanked(text, hit, cues, sentence):
        return "void"
    following = sentence_end(text, min(len(text), sentence[1] + 1))
    if _is_old(text, hit, danger, cues, sentence) or _is_other(text, cues, sentence[0], following):
        return "void"
    is_over = cues.settled.search(text, hit.start, min(following, hit.end + 40))
    return "settled" if is_over or _is_aside(text, hit, cues, sentence) else "danger"


def _is_unreal(text: str, hit: Hit, danger: Danger, cues: Cues, clause: tuple[int, int]) -> bool:
    """Denied, feared or asked about."""
    if "negated" not in danger.spares and cues.negated.search(text, clause[0], hit.start):
        return True
    if "hypothetical" in danger.spares:
        return False
    return bool(
        cues.hypothetical.search(text, clause[0], hit.start)
        or cues.hypothetical_after.match(text, hit.end)
        or _is_asked(text, hit, cues, clause)
        or ((hit.start, hit.end) != hit.word and cues.hypothetical_between.search(text, hit.start, hit.end))
    )


def _is_asked(text: str, hit: Hit, cues: Cues, clause: tuple[int, int]) -> bool:
    """What to do about it is asked for a case that may come, not for one that stands before or behind the question."""
    if cues.question.match(text, hit.end) and not cues.here.search(text, clause[0], hit.end):
        return True
    sentence = sentence_start(text, hit.start), sentence_end(text, hit.end)
    return any(found.start() <= hit.start < found.end() for found in cues.asked.finditer(text, *sentence))


def _is_thanked(text: str, hit: Hit, cues: Cues, sentence: tuple[int, int]) -> bool:
    """Told to thank for it; not where the thanks turn to what is now ("感谢…，可是现在又…")."""
    return bool(cues.thanks.search(text, *sentence)) and not cues.turned.search(text, sentence[0], hit.start)


def _is_old(text: str, hit: Hit, danger: Danger, cues: Cues, sentence: tuple[int, int]) -> bool:
    """Told from long ago, as a habit, or an old case told again, without any sign that it happens now."""
    # The last one told: what is said after it decides.
    told = next(iter([*cues.history.finditer(text, sentence[0], hit.start)][-1:]), None)
    clause = clause_start(text, hit.start), clause_end(text, hit.end)
    if told and not cues.now.search(text, told.end(), clause[1]):
        return True
    if cues.habitual.search(text, *clause) and not cues.habitual_now.search(text, *sentence):
        return True
    if danger.sudden and _is_past(text, hit, cues, sentence):
        return True
    return (
        danger.aftermath
        and cues.aftermath.search(text) is not None
        and cues.aftermath_now.search(text, sentence[0], sentence[1]) is None
    )


def _is_other(text: str, cues: Cues, start: int, end: int) -> bool:
    """Dreamt, played, denied, or something else at a second look, and nothing after that tells that it is real."""
    told = cues.unreal.search(text, start, end)
    return told is not None and cues.unreal_now.search(text, told.end(), end) is None


def _is_past(text: str, hit: Hit, cues: Cues, sentence: tuple[int, int]) -> bool:
    """Said to be months old ("垮塌大半年了"), or told with the papers of its case and no sign that it happens now."""
    if cues.since.match(text, hit.end):
        return True
    return cues.closed.search(text) is not None and cues.now.search(text, *sentence) is None


def _is_aside(text: str, hit: Hit, cues: Cues, sentence: tuple[int, int]) -> bool:
    """Mentioned in passing, deep in a long written appeal, without any sign that it happens now."""
    return (
        len(text) > cues.aside_longer_than
        and hit.start > cues.aside_opening
        and cues.aside.search(text, 0, 60) is not None
        and cues.aside_now.search(text, *sentence) is None
    )


def _quote(text: str, hit: Hit) -> str:
    """The clause around the hit, cut to MAX_QUOTE characters with the hit inside; a verbatim span."""
    start, end = clause_start(text, hit.start), clause_end(text, hit.end)
    if end - start > MAX_QUOTE:
        start = max(start, min(hit.start, hit.end - MAX_QUOTE))
        end = max(hit.end, min(end, start + MAX_QUOTE)) if hit.end - start <= MAX_QUOTE else start + MAX_QUOTE
    return text[start:end].strip()

"""Who is in charge 谁主管谁负责: a unit, and the item of the city's duty catalogue that says so."""

from collections import Counter
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from agents.city import City, Duty
from agents.grading.grade import DutyProposal
from agents.grading.matters import matter_rules, stands_alone
from agents.intake.pairs import number_of, pairs_of
from agents.intake.scan import lowered
from agents.intake.ticket import Place, Ticket

_LACKS_POWER = "{level}没有执法权：{unit}无权处理「{title}」，应由有执法权的部门办理"
_BY_ITEM = "{why}，符合目录事项「{title}」"
_BY_PLACE = "{why}，目录事项「{title}」定由属地承办：{basis}"
_BY_CATEGORY = (
    "类别为「{category}」，文中没有目录事项的用语，该类{all}项中{count}项由其承办，暂列「{title}」，请核对"
)
_CATEGORY = 2.0
"""What the category speaks for each of its items."""
_MOST = 0.9
_UNSAID = 0.4
"""The most confidence where no word names the item."""
_ALONE = -1
"""In place of a pair, for words of one character."""


class _Fits(NamedTuple):
    """How well items fit, by their places in the catalogue: what speaks for each, and its words in the text."""

    weights: dict[int, float]
    said: dict[int, list[str]]


def propose_unit(ticket: Ticket, matter: str, category: str, city: City) -> DutyProposal | None:
    """The unit that the best fitting item names, better none than a wrong one: None when no item fits, when the
    best one's unit needs an unknown place, and where only the category fits and its items are of many units.

    An item fits by its category, by its words in the text, and half as well by those in the matter. Equal items:
    one the text speaks of, then the earlier one. A street or community is proposed only where an item says that
    the place is in charge.
    """
    fits = _fits(ticket, matter, category, city)
    if not fits.weights:
        return None
    chosen = max(sorted(fits.weights), key=lambda number: (fits.weights[number], number in fits.said))
    most = fits.weights[chosen]
    best = city.duties[chosen]
    if chosen in fits.said:
        why = f"文中说到“{'”、“'.join(fits.said[chosen][:3])}”"
    elif most > _CATEGORY:
        why = f"事项为「{matter}」"
    else:
        return _by_category(ticket, category, city)
    unit = _unit_of(best, ticket.place)
    if unit is None:
        return None
    second = max((fits.weights[n] for n in fits.weights if city.duties[n].unit != best.unit), default=0.0)
    is_territorial = _is_territorial(best, unit, city)
    reason = (_BY_PLACE if is_territorial else _BY_ITEM).format(why=why, title=best.title, basis=best.basis)
    return _proposal(ticket, best, unit, reason, _confidence(most, second), city)


def _by_category(ticket: Ticket, category: str, city: City) -> DutyProposal | None:
    """The unit of half the category's items or more, and its first item, with less confidence and a reason that
    says so; of two such units the city's own before that of a district or street."""
    leading = _leading(category, city)
    unit = _unit_of(leading.duty, ticket.place) if leading is not None else None
    if leading is None or unit is None:
        return None
    duty, own, every = leading
    reason = _BY_CATEGORY.format(category=category, all=every, count=own, title=duty.title)
    if _is_territorial(duty, unit, city):
        reason += f"，定由属地承办：{duty.basis}"
    return _proposal(ticket, duty, unit, reason, round(_UNSAID * own / every, 2), city)


class _Leading(NamedTuple):
    """The first item of the unit that has most of a category, how many it has, and how many there are."""

    duty: Duty
    own: int
    all: int


@lru_cache(maxsize=1024)
def _leading(category: str, city: City) -> _Leading | None:
    duties = [city.duties[number] for number in _duties_of(city)[category]]
    units = Counter(duty.unit for duty in duties)
    count = max(units.values())
    most = [unit for unit in units if units[unit] == count]
    named = most if len(most) == 1 else [unit for unit in most if "{" not in unit]
    if len(named) != 1 or 2 * count < len(duties):
        return None
    return _Leading(next(duty for duty in duties if duty.unit == named[0]), count, len(duties))


def _proposal(
    ticket: Ticket, duty: Duty, unit: str, reason: str, confidence: float, city: City
) -> DutyProposal:
    return DutyProposal.trusted(
        unit=unit,
        item=_item_of(duty),
        basis=duty.basis,
        reason=reason,
        territorial=_is_territorial(duty, unit, city),
        confidence=confidence,
        warning=_warning(duty, unit, ticket.unit, city),
    )


def _fits(ticket: Ticket, matter: str, category: str, city: City) -> _Fits:
    """What fits; nothing fits by a word of the matter alone where the category is another."""
    whole = ticket.text
    text, named = lowered(whole[:1000]), lowered(matter)
    own = _duties_of(city).get(category, ())
    weights = dict.fromkeys(own, _CATEGORY)
    said: dict[int, list[str]] = {}
    inside = matter_rules(city).inside
    # Looking for a Chinese word in a text is slow; most are out by their first two characters.
    spoken = _spoken(city)
    found = filter(spoken.__contains__, pairs_of(lowered(whole)))
    for pair in dict.fromkeys(chain(_begun(matter, city), found)):
        for word, weight, number in spoken[pair]:
            if word in text and (word not in inside or stands_alone(text, word, inside[word])):
                weights[number] = weights.get(number, 0.0) + weight
                said.setdefault(number, []).append(word)
            elif word in named and number in own:
                weights[number] += weight / 2
    return _Fits(weights, said)


@lru_cache(maxsize=1024)
def _begun(matter: str, city: City) -> tuple[int, ...]:
    """The pairs with which a word can begin in the matter, and _ALONE. Remembered: matters are few."""
    return (_ALONE, *filter(_spoken(city).__contains__, pairs_of(lowered(matter))))


def _confidence(most: float, second: float) -> float:
    """Grows with what speaks for the item; half of it is lost where an item of another unit fits as well."""
    return round(min(_MOST, 0.3 + 0.12 * most) * (1 - 0.5 * (second / most) ** 2), 2)


@lru_cache(maxsize=16)
def _spoken(city: City) -> dict[int, list[tuple[str, float, int]]]:
    """Each item's words in lower case, what they count (a word one, a long one up to two), the item's place;
    by their first two characters, those of one character under _ALONE."""
    spoken: dict[int, list[tuple[str, float, int]]] = {_ALONE: []}
    for number, duty in enumerate(city.duties):
        for word in map(str.lower, duty.words):
            start = number_of(word[:2]) if len(word) > 1 else _ALONE
            spoken.setdefault(start, []).append((word, min(len(word), 4) / 2, number))
    return spoken


@lru_cache(maxsize=16)
def _duties_of(city: City) -> dict[str, list[int]]:
    """Category → the places of its items."""
    duties: dict[str, list[int]] = {}
    for number, duty in enumerate(city.duties):
        if duty.category:
            duties.setdefault(duty.category, []).append(number)
    return duties


@lru_cache(maxsize=16)
def _levels(city: City) -> dict[str, str]:
    return {unit.name: unit.level for unit in city.units}


def warn_again(proposal: DutyProposal, holder: str | None, city: City) -> DutyProposal:
    """The proposal for a ticket that another unit holds now."""
    duty = _by_item(city)[proposal.item]
    warning = _warning(duty, proposal.unit, holder, city)
    return proposal if warning == proposal.warning else proposal.model_copy(update={"warning": warning})


@lru_cache(maxsize=16)
def _by_item(city: City) -> dict[str, Duty]:
    return {_item_of(duty): duty for duty in reversed(city.duties)}


def _item_of(duty: Duty) -> str:
    return f"{duty.item} {duty.title}"


def _unit_of(duty: Duty, place: Place) -> str | None:
    """The unit's name with the ticket's own district and street in it."""
    unit = duty.unit
    if "{" not in unit:
        return unit
    for name in ("district", "street"):
        if f"{{{name}}}" in unit:
            known = getattr(place, name)
            if not known:
                return None
            unit = unit.replace(f"{{{name}}}", known)
    return unit


def _is_territorial(duty: Duty, unit: str, city: City) -> bool:
    """属地: the item names whoever the street or community is, not a department."""
    return "{street}" in duty.unit or _level_of(unit, city) in ("street", "community")


def _warning(duty: Duty, proposed: str, holder: str | None, city: City) -> str | None:
    """Source: the round table in domain.md: tickets fall back to street and community, which have no power to act."""
    if not duty.enforcement:
        return None
    for unit in (holder, proposed):
        level = _level_of(unit, city) if unit else None
        if level in _LEVEL_NAMES:
            return _LACKS_POWER.format(level=_LEVEL_NAMES[level], unit=unit, title=duty.title)
    return None


_LEVEL_NAMES = {"street": "街镇", "community": "社区"}
_STREET_ENDS = (
    "街道办事处",
    "街道办",
    "街道",
    "镇政府",
    "乡政府",
    "镇人民政府",
    "乡人民政府",
    "便民服务中心",
)
_COMMUNITY_ENDS = ("社区", "居委会", "村委会", "村民委员会", "居民委员会")


@lru_cache(maxsize=4096)
def _level_of(unit: str, city: City) -> str:
    """The level of units.csv; else by how the name ends; empty when it tells nothing."""
    known = _levels(city).get(unit)
    if known is not None:
        return known
    if unit.endswith(_COMMUNITY_ENDS):
        return "community"
    return "street" if unit.endswith(_STREET_ENDS) else ""

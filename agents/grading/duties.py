"""Who is in charge 谁主管谁负责: a unit, and the item of the city's duty catalogue that says so."""

from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from agents.city import City, Duty
from agents.grading.grade import DutyProposal
from agents.intake.pairs import number_of, pairs_of
from agents.intake.scan import lowered
from agents.intake.ticket import Place, Ticket

_LACKS_POWER = "{level}没有执法权：{unit}无权处理「{title}」，应由有执法权的部门办理"
_BY_ITEM = "{why}，符合目录事项「{title}」"
_BY_PLACE = "{why}，目录事项「{title}」定由属地承办：{basis}"
_MOST = 0.9
_ALONE = -1
"""In place of a pair, for words of one character."""


class _Fits(NamedTuple):
    """How well items fit, by their places in the catalogue: what speaks for each, and the words that said so."""

    weights: dict[int, float]
    words: dict[int, list[str]]


def propose_unit(ticket: Ticket, matter: str, category: str, city: City) -> DutyProposal | None:
    """The unit that the best fitting item names; None when no item fits or its unit needs an unknown place.

    An item fits by its category and by its words in the matter or the text. Equal items: the earlier one.
    A street or community is proposed only where an item of the catalogue says that the place is in charge.
    """
    fits = _fits(ticket, matter, category, city)
    best: Duty | None = None
    most = second = 0.0
    for number in sorted(fits.weights):
        duty, weight = city.duties[number], fits.weights[number]
        if weight <= second or _unit_of(duty, ticket.place) is None:
            continue
        if weight > most:
            best, most, second, chosen = duty, weight, most, number
        elif weight > second and duty.unit != (best.unit if best else None):
            second = weight
    unit = _unit_of(best, ticket.place) if best else None
    if best is None or unit is None:
        return None
    is_territorial = _is_territorial(best, unit, city)
    why = _why(fits.words.get(chosen, []), category)
    reason = (_BY_PLACE if is_territorial else _BY_ITEM).format(why=why, title=best.title, basis=best.basis)
    return DutyProposal.trusted(
        unit=unit,
        item=_item_of(best),
        basis=best.basis,
        reason=reason,
        territorial=is_territorial,
        confidence=_confidence(most, second),
        warning=_warning(best, unit, ticket.unit, city),
    )


def _fits(ticket: Ticket, matter: str, category: str, city: City) -> _Fits:
    """The category counts two."""
    whole = ticket.text
    text = lowered(f"{matter}\n{whole}"[:1000])
    weights = dict.fromkeys(_duties_of(city).get(category, ()), 2.0)
    words: dict[int, list[str]] = {}
    # Looking for a Chinese word in a text is slow; most are out by their first two characters.
    spoken = _spoken(city)
    found = filter(spoken.__contains__, pairs_of(lowered(whole)))
    for pair in dict.fromkeys(chain(_begun(matter, city), found)):
        for word, weight, number in spoken[pair]:
            if word in text:
                weights[number] = weights.get(number, 0.0) + weight
                words.setdefault(number, []).append(word)
    return _Fits(weights, words)


@lru_cache(maxsize=1024)
def _begun(matter: str, city: City) -> tuple[int, ...]:
    """The pairs with which a word can begin in the matter, and _ALONE. Remembered: matters are few."""
    return (_ALONE, *filter(_spoken(city).__contains__, pairs_of(lowered(matter))))


def _why(words: list[str], category: str) -> str:
    said = "”、“".join(words[:3])
    return f"文中说到“{said}”" if words else f"类别为「{category}」"


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

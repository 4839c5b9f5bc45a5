"""Who is in charge 谁主管谁负责: a unit, and the item of the city's duty catalogue that says so."""

from functools import lru_cache

from agents.city import City, Duty
from agents.grading.grade import DutyProposal
from agents.intake.scan import lowered, pairs_of
from agents.intake.ticket import Place, Ticket

_LACKS_POWER = "社区没有执法权：{unit}无权处理「{title}」，应由有执法权的部门办理"


def propose_unit(ticket: Ticket, matter: str, category: str, city: City) -> DutyProposal | None:
    """The unit that the best fitting item names; None when no item fits or its unit needs an unknown place.

    An item fits by its category and by its words in the matter or the text. Equal items: the earlier one.
    """
    text = lowered(f"{matter}\n{ticket.text}"[:1000])
    fits = dict.fromkeys(_duties_of(city).get(category, ()), 2.0)
    # Looking for a Chinese word in a text is slow; most are out by their first two characters.
    spoken = _spoken(city)
    pairs = ("", *pairs_of(lowered(matter)), *pairs_of(lowered(ticket.text)))
    for pair in [pair for pair in dict.fromkeys(pairs) if pair in spoken]:
        for word, weight, number in spoken[pair]:
            if word in text:
                fits[number] = fits.get(number, 0.0) + weight
    best: Duty | None = None
    most = 0.0
    for number in sorted(fits):
        duty = city.duties[number]
        if fits[number] > most and _unit_of(duty, ticket.place) is not None:
            best, most = duty, fits[number]
    unit = _unit_of(best, ticket.place) if best else None
    if best is None or unit is None:
        return None
    return DutyProposal.trusted(
        unit=unit,
        item=_item_of(best),
        confidence=min(0.9, round(0.3 + 0.12 * most, 2)),
        warning=_warning(best, unit, ticket.unit, city),
    )


@lru_cache(maxsize=16)
def _spoken(city: City) -> dict[str, list[tuple[str, float, int]]]:
    """Each item's words in lower case, what they count (a word one, a long one up to two), the item's place;
    by their first two characters, those of one character under ""."""
    spoken: dict[str, list[tuple[str, float, int]]] = {}
    for number, duty in enumerate(city.duties):
        for word in map(str.lower, duty.words):
            start = word[:2] if len(word) > 1 else ""
            spoken.setdefault(start, []).append((word, min(len(word), 4) / 2, number))
    return spoken


@lru_cache(maxsize=16)
def _duties_of(city: City) -> dict[str, list[int]]:
    """Category → the places of its items; the category counts two."""
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
    for name in ("district", "street"):
        if f"{{{name}}}" in unit:
            known = getattr(place, name)
            if not known:
                return None
            unit = unit.replace(f"{{{name}}}", known)
    return unit


def _warning(duty: Duty, proposed: str, holder: str | None, city: City) -> str | None:
    """Source: the round table in domain.md: tickets fall back to the community, which has no power to act."""
    if not duty.enforcement:
        return None
    levels = _levels(city)
    for unit in (holder, proposed):
        if unit and _is_community(unit, levels.get(unit)):
            return _LACKS_POWER.format(unit=unit, title=duty.title)
    return None


def _is_community(unit: str, level: str | None) -> bool:
    if level is not None:
        return level == "community"
    return unit.endswith(("社区", "居委会", "村委会", "社区居委会"))

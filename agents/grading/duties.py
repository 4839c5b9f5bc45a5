"""Who is in charge 谁主管谁负责: a unit, and the item of the city's duty catalogue that says so."""

from agents.city import City, Duty
from agents.grading.grade import DutyProposal
from agents.intake.scan import lowered
from agents.intake.ticket import Place, Ticket

_LACKS_POWER = "社区没有执法权：{unit}无权处理「{title}」，应由有执法权的部门办理"


def propose_unit(ticket: Ticket, matter: str, category: str, city: City) -> DutyProposal | None:
    """The unit that the best fitting item names; None when no item fits or its unit needs an unknown place.

    An item fits by its category and by its words in the matter or the text. Equal items: the earlier one.
    """
    text = lowered(f"{matter}\n{ticket.text}"[:1000])
    best: Duty | None = None
    most = 0.0
    for duty in city.duties:
        fit = _fit(duty, text, category)
        if fit > most and _unit_of(duty, ticket.place) is not None:
            best, most = duty, fit
    unit = _unit_of(best, ticket.place) if best else None
    if best is None or unit is None:
        return None
    return DutyProposal(
        unit=unit,
        item=f"{best.item} {best.title}",
        confidence=min(0.9, round(0.3 + 0.12 * most, 2)),
        warning=_warning(best, unit, ticket.unit, city),
    )


def _fit(duty: Duty, text: str, category: str) -> float:
    """0 = does not fit; the category counts two, a word one, a long word up to two."""
    words = sum(min(len(word), 4) / 2 for word in duty.words if word.lower() in text)
    same = bool(duty.category) and duty.category == category
    if not same and not words:
        return 0.0
    return words + (2.0 if same else 0.0)


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
    levels = {unit.name: unit.level for unit in city.units}
    for unit in (holder, proposed):
        if unit and _is_community(unit, levels.get(unit)):
            return _LACKS_POWER.format(unit=unit, title=duty.title)
    return None


def _is_community(unit: str, level: str | None) -> bool:
    if level is not None:
        return level == "community"
    return unit.endswith(("社区", "居委会", "村委会", "社区居委会"))

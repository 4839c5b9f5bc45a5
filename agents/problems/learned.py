"""District and street of a ticket that does not say them, as other tickets of the city have taught them.

An officer does the same: whoever reads 荷月华庭 for the second time knows in which district it lies. What is learned
stands in the ticket's Member, so that a redelivery is answered alike however much more is known by then.
"""

from typing import Literal

from agents.grading.grade import Graded
from agents.intake.ticket import Place, PlacePart, Ticket
from agents.problems.names import Names
from agents.problems.signature import Signature

CONFIDENCE = 0.8
"""As of a gazetteer name that the district tells from others."""


def learn(place: Place, signature: Signature, names: Names) -> tuple[PlacePart, ...]:
    """The district, and the street, that the place does not say and its name tells."""
    if place.district and place.street:
        return ()
    where = names.where(signature)
    if where is None or (place.district and place.district != where.district):
        return ()
    parts = [_part("district", where.district, where.said)] if not place.district else []
    if where.street and not place.street:
        parts.append(_part("street", where.street, where.said))
    return tuple(parts)


def _part(kind: Literal["district", "street"], name: str, said: str) -> PlacePart:
    return PlacePart.trusted(kind=kind, name=name, said=said, source="learned", confidence=CONFIDENCE)


def with_learned(graded: Graded, parts: tuple[PlacePart, ...]) -> Graded:
    """The ticket with what was learned about its place, where its own fields are still silent."""
    ticket = graded.ticket
    place = ticket.place
    missing = {part.kind: part for part in parts if getattr(place, part.kind) is None}
    if not missing:
        return graded
    found: dict[str, object] = {kind: part.name for kind, part in missing.items()}
    known = ticket.model_copy(
        update={"place": place.model_copy(update=found), "parts": (*ticket.parts, *missing.values())}
    )
    return graded.model_copy(update={"ticket": known})


def learned_of(ticket: Ticket) -> list[dict[str, str]]:
    """What was learned about its place, as it is written down: kind and name, and the name that told it."""
    return [
        {"kind": part.kind, "name": part.name, "said": part.said}
        for part in ticket.parts
        if part.source == "learned"
    ]

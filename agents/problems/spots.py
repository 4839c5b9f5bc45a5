"""The place that may be said of a finding: as exact as all its tickets bear out, and no more."""

from collections import Counter
from collections.abc import Sequence

from agents.grading.grade import Graded
from agents.intake.ticket import Place, PlacePart, Ticket
from agents.problems.member import Member
from agents.problems.signature import OTHER

MOST_TITLE = 80
_KINDS = ("community", "site", "station", "road")
"""Kinds of names that find a place by themselves, most exact first. "4栋" is one of every estate."""


def spot_of(ticket: Ticket) -> str:
    """The most exact place of one ticket: the platform's, else a name that its own words give; "" for none.

    A name guessed from the words counts where the title has it, or where it is more than a road.
    """
    place = ticket.place
    if place.community or place.address:
        return _spoken(place)
    parts = [part for part in ticket.parts if part.kind in _KINDS and _is_said(part, ticket)]
    if not parts:
        return ""
    best = min(parts, key=lambda part: _rank(part, ticket))
    with_town = (f"{part.said}{best.said}" for part in ticket.parts if part.kind == "street")
    return next((name for name in with_town if name in ticket.text), best.said)


def title_of(graded: Graded) -> str:
    """What a problem is called: where, and what matter; the first ticket's title where either is not known."""
    ticket, grade = graded.ticket, graded.grade
    spot = spot_of(ticket)
    if not spot or grade.matter == OTHER:
        return ticket.title[:MOST_TITLE] or grade.summary
    return f"{spot}：{grade.matter}"[:MOST_TITLE]


def shared_spot(place: Place, members: Sequence[Member]) -> str:
    """The most exact place that the tickets of a problem share: address, estate, or a name two of them say."""
    signed = [member.signature for member in members if member.signature is not None]
    addresses = {signature.address for signature in signed}
    if place.address and (len(addresses) == 1 or not place.community):
        return _spoken(place)
    if place.community:
        return place.community
    names = Counter(name for signature in signed for name in signature.names)
    said = sorted((-number, name) for name, number in names.items() if number >= min(2, len(signed)))
    return said[0][1].partition(":")[2] if said else ""


def _spoken(place: Place) -> str:
    """ "新华小区（解放路12号）"; an address that holds the estate's name stands alone."""
    # Western addresses end in town, state and code.
    address = (place.address or "").partition(",")[0].strip()
    community = place.community or ""
    if not address or not community:
        return address or community
    return address if community in address else f"{community}（{address}）"


def _is_said(part: PlacePart, ticket: Ticket) -> bool:
    return part.source != "text" or part.said in ticket.title or part.kind != "road"


def _rank(part: PlacePart, ticket: Ticket) -> tuple[bool, bool, int, int]:
    return (
        part.source == "text",
        part.said not in ticket.title,
        _KINDS.index(part.kind),
        max(0, ticket.text.find(part.said)),
    )

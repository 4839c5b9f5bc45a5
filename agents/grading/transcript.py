"""The draft of a ticket 工单草稿: a title for what came without one, such as a call's transcript."""

from collections.abc import Sequence

from agents.intake.ticket import Ticket

MAX_TITLE = 30


def draft_title(ticket: Ticket, matter: str, places: Sequence[str]) -> str:
    """Where and what, at most MAX_TITLE characters; empty where the ticket came with a title of its own."""
    if ticket.title.strip():
        return ""
    place = ticket.place
    where = place.community or (places[0] if places else "") or place.street or place.district or ""
    shared = next(
        (size for size in range(4, 0, -1) if where.endswith(matter[:size])), 0
    )  # 新华小区 + 小区停水
    title = matter if where in matter else f"{where}{matter[shared:]}"
    return title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1] + "…"

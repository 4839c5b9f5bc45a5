"""Graded tickets for the tests of gathering."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from agents.grading.grade import Grade, Graded
from agents.intake.ticket import Place, PlacePart, Step, Ticket

START = datetime.fromisoformat("2026-03-02T08:00:00+08:00")

Make = Callable[..., Graded]


def make_graded(
    ticket_id: str,
    caller: str | None = "甲",
    text: str = "小区停水一上午了，没有人管",
    hours: float = 0.0,
    *,
    community: str | None = "新华小区",
    matter: str = "停水",
    category: str = "供水",
    kind: str = "complaint",
    urgency: str = "normal",
    edition: int = 1,
    closed_hours: float | None = None,
    title: str = "",
    **place: object,
) -> Graded:
    created_at = START + timedelta(hours=hours)
    trigger_at = created_at if closed_hours is None else START + timedelta(hours=closed_hours)
    steps = ()
    if closed_hours is not None:
        steps = (
            Step(
                event_id=f"z{ticket_id}",
                event="closed",
                at=trigger_at,
                revision=edition,
                unit="水务集团",
                reply="管网已修复",
            ),
        )
    parts = ()
    if community:
        parts = (
            PlacePart(kind="community", name=community, said=community, source="gazetteer", confidence=1.0),
        )
    ticket = Ticket(
        ticket_id=ticket_id,
        revision=edition,
        edition=edition,
        created_at=created_at,
        updated_at=trigger_at,
        trigger_at=trigger_at,
        reporter=caller,
        title=title,
        content=text,
        place=Place(**{"district": "东城区", "street": "新华街道", "community": community, **place}),
        parts=parts,
        steps=steps,
        status="open" if closed_hours is None else "closed",
        unit="水务集团" if steps else None,
    )
    grade = Grade(
        summary=text[:40],
        kind=kind,
        category=category,
        urgency=urgency,
        urgency_reason="",
        matter=matter,
        confidence=0.9,
        source="rules",
        rules="test",
    )
    return Graded(ticket=ticket, grade=grade)


@pytest.fixture
def graded() -> Make:
    """Builds a graded ticket: `hours` after Monday 2026-03-02 08:00, closed `closed_hours` after it."""
    return make_graded

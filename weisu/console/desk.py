"""值班台: alerts as they come, and the figures of the day beside them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi import Query as Parameter
from fastapi.responses import HTMLResponse, Response

from agents.alerting.alert import Level
from indexing.index import Found, Index, Query
from weisu.console.pages import DEEPEST_PAGE, index_of, pages_of, render
from weisu.console.view import digest

router = APIRouter(include_in_schema=False)
SHOWN = 25
"""Alerts a page; DEEPEST_PAGE of them are as deep as the index can be asked."""
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Choice:
    """Which alerts the officer wants to see: parameters of the address."""

    show: Literal["open", "all"] = "open"
    level: Level | None = None
    page: Annotated[int, Parameter(ge=1, le=DEEPEST_PAGE)] = 1

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """Of the index, without the level: each level's count stays on the page."""
        return {"status": ("open", "acknowledged")} if self.show == "open" else {}

    def address(self, **changes: str | int | None) -> str:
        """These parameters with some changed."""
        asked = {"show": self.show, "level": self.level, "page": 1} | changes
        return urlencode({name: value for name, value in asked.items() if value not in (None, 1)})


Chosen = Annotated[Choice, Depends()]


@router.get("/")
async def desk(request: Request, choice: Chosen) -> HTMLResponse:
    """The whole page."""
    return render(request, "desk.html", **await _desk(request, choice))


@router.get("/desk/live")
async def desk_live(request: Request, choice: Chosen, seen: str = "") -> Response:
    """The part that renews itself: 204 when the officer has it already (`seen` is the name of what he has)."""
    values = await _desk(request, choice)
    return (
        Response(status_code=204) if values["seen"] == seen else render(request, "desk_live.html", **values)
    )


@router.get("/alerts/{alert_id}/live")
async def alert_live(request: Request, alert_id: str, seen: str = "") -> Response:
    """The card on an alert's own page: what was asked there comes back there."""
    body = await index_of(request).get("alerts", alert_id)
    if body is None:
        raise HTTPException(404, "没有找到这条预警。")
    return (
        Response(status_code=204) if digest(body) == seen else render(request, "alert_live.html", alert=body)
    )


async def _desk(request: Request, choice: Choice) -> dict[str, Any]:
    index, offset = index_of(request), request.app.state.utc_offset_minutes
    chosen = choice.filters | ({"level": (choice.level,)} if choice.level else {})
    alerts = await index.search(
        Query("alerts", filters=chosen, sort="newest", size=SHOWN, offset=(choice.page - 1) * SHOWN)
    )
    levels = await index.search(Query("alerts", filters=choice.filters, facets=("level",), size=0))
    day = await _day(index, offset)
    problems = await index.search(Query("problems", filters={"status": ("open",)}, size=0))
    judged = dict((await index.search(Query("alerts", facets=("verdict",), size=0))).facets["verdict"])
    side = (day.total, day.facets, day.histogram, problems.total, judged) if day else problems.total
    return {
        "choice": choice,
        "alerts": alerts,
        "pages": pages_of(alerts.total, SHOWN),
        "levels": levels,
        "day": day,
        "problems": problems,
        "judged": judged,
        "side": digest(side),
        "seen": digest(choice.page, levels.facets, side, [hit.body for hit in alerts.hits]),
    }


async def _day(index: Index, offset_minutes: int) -> Found | None:
    """The 24 hours up to the newest ticket: event time, so that a replayed day looks like a day."""
    newest = await index.search(Query("tickets", sort="newest", size=1))
    if not newest.hits:
        return None
    until = datetime.fromisoformat(newest.hits[0].body["created_at"]) + timedelta(seconds=1)
    return await index.search(
        Query(
            "tickets",
            since=until - DAY,
            until=until,
            facets=("urgency", "district", "category"),
            histogram="hour",
            utc_offset_minutes=offset_minutes,
            size=0,
        )
    )

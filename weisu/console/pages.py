"""The pages a person sees besides the desk. Each is one or two questions to the index."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi import Query as Parameter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agents.intake.hazards import title_of
from indexing.index import Index, Interval, Query
from weisu.console.api import filters_of
from weisu.console.timeline import happenings
from weisu.console.view import templates

router = APIRouter(include_in_schema=False)
FACETS = ("urgency", "district", "category", "kind", "status", "unit", "review")
PAGE_SIZE = 20
DEEPEST_PAGE = 400
SHORT = timedelta(days=3)
"""A problem that lasted no longer is shown by the hour."""
Page = Annotated[int, Parameter(ge=1, le=DEEPEST_PAGE)]
Text = Annotated[str, Parameter(max_length=10_000)]


def render(request: Request, template: str, **values: Any) -> HTMLResponse:
    """A page with what every page needs."""
    state = request.app.state
    page = templates.get_template(template)
    return HTMLResponse(page.render(request=request, state=state, offset=state.utc_offset_minutes, **values))


def index_of(request: Request) -> Index:
    index: Index = request.app.state.index
    return index


def pages_of(total: int, size: int = PAGE_SIZE) -> int:
    """How many pages can be turned to."""
    return max(1, min(DEEPEST_PAGE, -(-total // size)))


@router.get("/tickets")
async def tickets(
    request: Request,
    q: Text = "",
    where: Annotated[list[str], Parameter(max_length=100)] = [],  # noqa: B006  # FastAPI copies it
    since: str = "",
    until: str = "",
    page: Page = 1,
) -> HTMLResponse:
    """Ticket search with facets and a histogram."""
    chosen = [condition for condition in where if condition]
    query = Query(
        "tickets",
        text=q,
        filters=filters_of(chosen),
        since=_day(since, request),
        until=_day(until, request, 1),
        facets=FACETS,
        histogram="day",
        utc_offset_minutes=request.app.state.utc_offset_minutes,
        sort="relevance" if q else "newest",
        offset=(page - 1) * PAGE_SIZE,
        size=PAGE_SIZE,
    )
    found = await index_of(request).search(query)
    asked = {"q": q, "where": chosen, "since": since, "until": until, "page": page}
    return render(request, "tickets.html", **asked, pages=pages_of(found.total), found=found)


def _day(text: str, request: Request, later: int = 0) -> datetime | None:
    """A local day "2026-03-02" as the instant it begins, `later` days on. What is no day is no limit."""
    try:
        day = datetime.fromisoformat(f"{datetime.strptime(text, '%Y-%m-%d'):%Y-%m-%dT00:00:00}+00:00")
        return day + timedelta(days=later, minutes=-request.app.state.utc_offset_minutes)
    except (ValueError, OverflowError):
        return None


@router.get("/tickets/{ticket_id:path}")
async def ticket(request: Request, ticket_id: str) -> HTMLResponse:
    """A ticket, its grade, and what was asked of a model for it."""
    index = index_of(request)
    body = await index.get("tickets", ticket_id)
    if body is None:
        raise HTTPException(404, "没有找到这件工单。")
    city = request.app.state.city
    hazards = [title_of(name, city) for name in body.get("hazards") or ()]
    asked = await index.search(Query("audit", filters={"ticket_id": (ticket_id,)}, sort="newest", size=20))
    return render(
        request, "ticket.html", ticket=body, hazards=hazards, calls=[hit.body for hit in asked.hits]
    )


@router.get("/problems")
async def problems(request: Request, q: Text = "", page: Page = 1) -> HTMLResponse:
    query = Query(
        "problems",
        text=q,
        sort="relevance" if q else "newest",
        offset=(page - 1) * PAGE_SIZE,
        size=PAGE_SIZE,
    )
    found = await index_of(request).search(query)
    return render(request, "problems.html", q=q, page=page, pages=pages_of(found.total), found=found)


@router.get("/problems/{problem_id:path}")
async def problem(request: Request, problem_id: str) -> Response:
    """A problem with its timeline and the tickets in it; of one that was taken in, the page of the other."""
    index, offset = index_of(request), request.app.state.utc_offset_minutes
    body = await index.get("problems", problem_id)
    if body is None:
        raise HTTPException(404, "没有找到这个问题。")
    if into := body.get("into"):
        return RedirectResponse(f"/problems/{quote(into)}", 303)
    span = datetime.fromisoformat(body["last_seen"]) - datetime.fromisoformat(body["first_seen"])
    interval: Interval = "hour" if span < SHORT else "day"
    members = await index.search(
        Query(
            "tickets",
            filters={"problem_id": (problem_id,)},
            histogram=interval,
            utc_offset_minutes=offset,
            sort="oldest",
            size=100,
        )
    )
    alerts = await index.search(
        Query("alerts", filters={"problem_id": (problem_id,)}, sort="newest", size=20)
    )
    happened = happenings(body, [hit.body for hit in members.hits], [hit.body for hit in alerts.hits], offset)
    told = {"members": members, "alerts": alerts, "happened": happened, "interval": interval}
    return render(request, "problem.html", problem=body, **told)


@router.get("/ledger")
async def ledger(
    request: Request, reason: Annotated[str, Parameter(max_length=100)] = "", page: Page = 1
) -> HTMLResponse:
    """未报台账: what was held back, and why."""
    index = index_of(request)
    filters: dict[str, tuple[str, ...]] = {"suppressed": (reason,)} if reason else {}
    found = await index.search(
        Query("ledger", filters=filters, sort="newest", offset=(page - 1) * PAGE_SIZE, size=PAGE_SIZE)
    )
    reasons = await index.search(Query("ledger", facets=("suppressed",), size=0))
    told = {"found": found, "reasons": reasons, "reason": reason}
    return render(request, "ledger.html", **told, page=page, pages=pages_of(found.total))


@router.get("/api")
async def api_page(request: Request) -> HTMLResponse:
    """The search API described from its own OpenAPI document; nothing is loaded from elsewhere."""
    return render(request, "api.html", document=request.app.openapi())


@router.get("/alerts/{alert_id:path}")
async def alert(request: Request, alert_id: str) -> HTMLResponse:
    body = await index_of(request).get("alerts", alert_id)
    if body is None:
        raise HTTPException(404, "没有找到这条预警。")
    ids = tuple(body.get("ticket_ids") or ())[:200]
    query = Query("tickets", filters={"ticket_id": ids}, sort="newest", size=100)
    members = await index_of(request).search(query) if ids else None
    city = request.app.state.city
    hazards = [title_of(name, city) for name in body.get("hazards") or ()]
    return render(request, "alert.html", alert=body, members=members, hazards=hazards)


@router.get("/favicon.ico")
async def favicon() -> RedirectResponse:
    return RedirectResponse("/static/mark.svg")

"""The JSON search API: GET only, described at /api."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Request
from fastapi import Query as Parameter
from pydantic import BaseModel

from indexing.index import Collection, Interval, Query

router = APIRouter(prefix="/api", tags=["search"])


class FoundHit(BaseModel):
    """One document."""

    id: str
    score: float
    body: dict[str, Any]
    highlights: dict[str, list[str]]
    """Field → fragments, matches between 〖 and 〗."""


class FoundValue(BaseModel):
    value: str
    count: int


class FoundBucket(BaseModel):
    start: str
    """Local time, RFC 3339."""
    count: int


class SearchResult(BaseModel):
    total: int
    hits: list[FoundHit]
    facets: dict[str, list[FoundValue]]
    histogram: list[FoundBucket]


def condition(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise HTTPException(400, "where takes field=value")
    return name, value


def filters_of(conditions: list[str]) -> dict[str, tuple[str, ...]]:
    """["urgency=urgent", "urgency=critical"] → {"urgency": ("urgent", "critical")}."""
    filters: dict[str, tuple[str, ...]] = {}
    for name, value in map(condition, conditions):
        filters[name] = (*filters.get(name, ()), value)
    return filters


def _aware(at: datetime | None, name: str) -> datetime | None:
    if at is not None and at.tzinfo is None:
        raise HTTPException(400, f"{name} needs an offset, such as 2026-03-02T00:00:00+08:00")
    return at


@router.get("/search")
async def search(
    request: Request,
    q: Annotated[
        str, Parameter(max_length=10_000, description="Words; “quoted” parts must occur verbatim")
    ] = "",
    collection: Collection = "tickets",
    where: Annotated[
        list[str], Parameter(description="field=value; the same field twice: either value")
    ] = [],  # noqa: B006  # FastAPI copies it
    since: datetime | None = None,
    until: datetime | None = None,
    facet: Annotated[list[str], Parameter(description="Count the values of these fields")] = [],  # noqa: B006
    histogram: Interval | None = None,
    sort: Literal["relevance", "newest", "oldest"] = "relevance",
    offset: Annotated[int, Parameter(ge=0)] = 0,
    size: Annotated[int, Parameter(ge=0, le=200)] = 20,
) -> SearchResult:
    """Search tickets, problems, alerts or the ledger of what was held back."""
    found = await request.app.state.index.search(
        Query(
            collection=collection,
            text=q,
            filters=filters_of(where),
            since=_aware(since, "since"),
            until=_aware(until, "until"),
            facets=tuple(facet),
            histogram=histogram,
            utc_offset_minutes=request.app.state.utc_offset_minutes,
            sort=sort,
            offset=offset,
            size=size,
        )
    )
    return SearchResult(
        total=found.total,
        hits=[
            FoundHit(
                id=hit.id,
                score=hit.score,
                body=hit.body,
                highlights={k: list(v) for k, v in hit.highlights.items()},
            )
            for hit in found.hits
        ],
        facets={
            name: [FoundValue(value=v, count=n) for v, n in values] for name, values in found.facets.items()
        },
        histogram=[FoundBucket(start=start, count=count) for start, count in found.histogram],
    )


@router.get("/{collection}/{id:path}")
async def get(request: Request, collection: Collection, id: str) -> dict[str, Any]:
    """One document by its id."""
    body: dict[str, Any] | None = await request.app.state.index.get(collection, id)
    if body is None:
        raise HTTPException(404, f"no document '{id}' in {collection}")
    return body

"""The console as one web application: pages, actions and the search API over one index."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware

from agents.alerting.alert import Command
from agents.city import City
from agents.intake.events import ClaimReviewed
from indexing.index import Index
from weisu import __version__
from weisu.console import actions, api, desk, errors, pages
from weisu.wiring import utc_offset_minutes

HOME = Path(__file__).resolve().parent
LOOPBACK = ("127.0.0.1", "localhost")
HEADERS = {
    # Everything comes from here: the page works without a network, and foreign text can load or run nothing.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class Commander(Protocol):
    """Takes an officer's command to `alerts.commands`, and a voice on a claim review to `tickets.events`."""

    async def send(self, command: Command) -> None:
        """Raises ConnectionError when the broker does not answer."""
        ...

    async def report(self, event: ClaimReviewed) -> None:
        """Raises ConnectionError when the broker does not answer."""
        ...

    async def stop(self) -> None: ...


def create(index: Index, commander: Commander, city: City, hosts: Sequence[str] = ()) -> FastAPI:
    """The application. `hosts`: names it answers to besides loopback; another Host header is refused."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await index.setup()
        yield
        await commander.stop()
        await index.close()

    app = FastAPI(
        title="Weisu 未诉",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        summary="Search the tickets, problems and alerts of a 12345 hotline.",
        lifespan=lifespan,
    )
    app.state.index, app.state.commander, app.state.city = index, commander, city
    app.state.utc_offset_minutes = utc_offset_minutes(city)
    app.middleware("http")(_with_headers)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK, *hosts], www_redirect=False)
    app.mount("/static", StaticFiles(directory=HOME / "static"), name="static")
    for router in (desk.router, pages.router, actions.router, api.router):
        app.include_router(router)
    errors.install(app)
    return app


async def _with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await answer(request)
    response.headers.update(HEADERS)
    return response

"""Errors as JSON to programs, as a page to people, as one line to a part of a page. None repeats the input."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from indexing.index import IndexUnavailable, WrongQuery
from weisu.console.view import templates

SAID = {
    400: "检索条件不正确。请清除条件后再试。",
    403: "这个操作只能从值班台页面上提交。",
    404: "没有找到这个页面。",
    405: "没有找到这个页面。",
    422: "输入超出范围：检索词最多一万字，页码最多400。请改短或缩小范围后再试。",
    500: "页面出错了。请刷新重试；仍不行时请联系管理员。",
    503: "检索服务暂时没有应答，恢复后会自动更新。",
}


def install(app: FastAPI) -> None:
    """Give the application its answers to errors."""
    app.exception_handler(IndexUnavailable)(_unavailable)
    app.exception_handler(WrongQuery)(_wrong_query)
    app.exception_handler(RequestValidationError)(_unfit)
    app.exception_handler(HTTPException)(_refused)
    app.exception_handler(Exception)(_broken)


async def _unavailable(request: Request, error: Exception) -> Response:
    return _say(request, 503, SAID[503])


async def _wrong_query(request: Request, error: Exception) -> Response:
    return _say(request, 400, str(error))


async def _unfit(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    places = "; ".join(f"{'.'.join(map(str, told['loc']))}: {told['msg']}" for told in error.errors())
    return _say(request, 422, places)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _say(request, error.status_code, error.detail)


async def _broken(request: Request, error: Exception) -> Response:
    return _say(request, 500, SAID[500])


def _say(request: Request, status: int, detail: str) -> Response:
    """`detail` goes to programs; people read the sentence of the status, or a detail that is one (404)."""
    if request.url.path.startswith("/api/"):
        return JSONResponse({"detail": detail}, status)
    said = detail if status == 404 and not detail.isascii() else SAID.get(status, SAID[500])
    if "hx-request" in request.headers:
        return HTMLResponse(f'<span class="said bad">{said}</span>', status)
    page = templates.get_template("message.html")
    return HTMLResponse(page.render(request=request, state=request.app.state, message=said), status)

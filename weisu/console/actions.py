"""What an officer asks: sent as a command to `alerts.commands`; alerting decides what comes of it."""

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse

from agents.alerting.alert import Command
from agents.intake.events import ClaimReviewed


def from_our_page(request: Request) -> None:
    """Only our own page can ask: a foreign page cannot set the HX-Request header without permission."""
    if "hx-request" not in request.headers:
        raise HTTPException(403, "only from the console's own page")


router = APIRouter(include_in_schema=False, dependencies=[Depends(from_our_page)])
Action = Literal["acknowledge", "resolve", "false_alarm", "confirm", "merge", "silence"]
DONE: dict[Action, str] = {
    "acknowledge": "已提交签收",
    "resolve": "已提交办结",
    "false_alarm": "已提交误报",
    "confirm": "已提交确认属实",
    "merge": "已提交并入",
    "silence": "已提交静默24小时",
}
SILENCE = timedelta(hours=24)


async def _answer(sending: Awaitable[None], said: str) -> HTMLResponse:
    """What the page shows once the message is with the broker, or when nobody takes it."""
    try:
        await sending
    except ConnectionError:
        return _refuse("没有提交成功：消息服务没有应答，请稍后再试。", 503)
    return HTMLResponse(f'<span class="said">{said}</span>')


def _refuse(why: str, status: int = 422) -> HTMLResponse:
    return HTMLResponse(f'<span class="said bad">{why}</span>', status)


@router.post("/alerts/{alert_id}/{action}")
async def act(
    request: Request,
    alert_id: str,
    action: Action,
    by: Annotated[str, Form(max_length=40)] = "",
    note: Annotated[str, Form(max_length=200)] = "",
    key: Annotated[str, Form(max_length=400)] = "",
    into: Annotated[str, Form(max_length=80)] = "",
) -> HTMLResponse:
    """Acknowledge, resolve, judge, merge or silence an alert."""
    if action == "merge" and not into.strip():
        return _refuse("请填写并入哪条预警的编号。")
    at = datetime.now(UTC)
    command = Command(
        command=action,
        command_id=uuid4().hex,
        alert_id=alert_id,
        by=by.strip() or "值班员",
        note=note.strip() or None,
        at=at,
        key=key or None,
        into=into.strip() or None,
        until=at + SILENCE if action == "silence" else None,
    )
    return await _answer(request.app.state.commander.send(command), f"{DONE[action]}，等待确认…")


@router.post("/problems/{problem_id}/{action}")
async def regroup(
    request: Request,
    problem_id: str,
    action: Literal["merge", "split"],
    by: Annotated[str, Form(max_length=40)] = "",
    note: Annotated[str, Form(max_length=200)] = "",
    into: Annotated[str, Form(max_length=80)] = "",
    tickets: Annotated[str, Form(max_length=10_000)] = "",
) -> HTMLResponse:
    """A merge with another problem, or a split; it must bear a name, for it is recorded with the problem."""
    index = request.app.state.index
    ids = tuple(dict.fromkeys(tickets.replace("，", " ").replace(",", " ").split()))
    if not by.strip():
        return _refuse("请先署名：并入和拆分都记入问题的经过。")
    if action == "split" and not ids:
        return _refuse("请填写要拆出的工单编号。")
    if action == "merge" and await index.get("problems", into.strip()) is None:
        return _refuse("没有这个编号的问题。")
    command = Command(
        command="merge_problems" if action == "merge" else "split_problem",
        command_id=uuid4().hex,
        problem_id=problem_id,
        into=into.strip() if action == "merge" else None,
        ticket_ids=ids if action == "split" else (),
        by=by.strip(),
        note=note.strip() or None,
        at=datetime.now(UTC),
    )
    said = "已提交并入" if action == "merge" else "已提交拆分"
    return await _answer(request.app.state.commander.send(command), f"{said}，稍后刷新本页可见结果。")


@router.post("/tickets/{ticket_id:path}/claim/{verdict}")
async def review_claim(
    request: Request,
    ticket_id: str,
    verdict: Literal["confirm", "reject"],
    by: Annotated[str, Form(max_length=40)] = "",
    note: Annotated[str, Form(max_length=200)] = "",
) -> HTMLResponse:
    """One voice on the ticket's claim review; it must bear a name, because two different people decide."""
    body = await request.app.state.index.get("tickets", ticket_id)
    if body is None or not body.get("claim_clause"):
        raise HTTPException(404, "这件工单没有甄别建议。")
    if not by.strip():
        return _refuse("请先署名：甄别须两人分别确认。")
    event = ClaimReviewed.model_validate(
        {
            "event": "claim_reviewed",
            "event_id": f"claim-{uuid4().hex}",
            "ticket_id": ticket_id,
            "revision": body.get("revision"),
            "occurred_at": datetime.now(UTC).isoformat(),
            "by": by.strip(),
            "verdict": verdict,
            "clause": body["claim_clause"],
            "comment": note.strip() or None,
        }
    )
    said = "已提交确认" if verdict == "confirm" else "已提交不同意"
    return await _answer(request.app.state.commander.report(event), f"{said}，等待更新…")

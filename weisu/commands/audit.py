"""weisu audit: what was asked of a model about one ticket, and what came back."""

import asyncio
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agents.grading.audit import REUSED
from indexing.index import Found, Query
from weisu import wiring
from weisu.commands.data import plain
from weisu.console.view import LABELS, local
from weisu.settings import Settings, WrongSetup, load_settings


def audit(
    ticket: Annotated[str, typer.Argument(help="The ticket's number")],
    full: Annotated[bool, typer.Option(help="Show the masked question and the answer of each call")] = False,
    size: Annotated[int, typer.Option(min=1, max=200)] = 50,
) -> None:
    """The questions to models about a ticket: prompt version, outcome, tokens, money, time; newest first."""
    settings = load_settings()
    found = asyncio.run(_find(settings, ticket, size))
    if not found.total:
        raise WrongSetup(
            f"no question to a model is recorded for ticket {ticket}: the rules graded it, or its records are"
            f" older than {settings.stream.lane.audit_days} days"
        )
    minutes = wiring.utc_offset_minutes(wiring.city_of(settings))
    table = Table(
        "时间", "模型", "次", "结果", "提示词", "词元", "费用(元)", "用时", title=f"共 {found.total} 次"
    )
    for hit in found.hits:
        table.add_row(*(plain(value) for value in _row(hit.body, minutes)))
    screen = Console()
    screen.print(table)
    for hit in found.hits if full else ():
        screen.rule(plain(f"{hit.body['model']} {hit.body.get('outcome', '')} {hit.body.get('detail', '')}"))
        screen.print(plain_lines(hit.body.get("message")), plain_lines(hit.body.get("answer")), sep="\n\n")


async def _find(settings: Settings, ticket: str, size: int) -> Found:
    async with wiring.open_index(settings) as index:
        return await index.search(Query("audit", filters={"ticket_id": (ticket,)}, sort="newest", size=size))


def _row(body: dict[str, Any], minutes: int) -> tuple[str, ...]:
    outcome = str(body.get("outcome", ""))
    source = f"：{body.get('detail')}" if outcome == REUSED else ""
    return (
        local(body["asked_at"], minutes),
        str(body["model"]),
        str(body.get("attempt", 1)),
        LABELS.get(outcome, outcome) + source,
        str(body.get("prompt", "")),
        f"{body.get('tokens_in', 0)}+{body.get('tokens_out', 0)}",
        f"{body.get('cost_cny', 0):.4f}",
        f"{body.get('latency_ms', 0) / 1000:.1f} 秒",
    )


def plain_lines(text: str | None) -> Text:
    """What others wrote, line by line, with nothing that a terminal would obey."""
    return Text("\n").join(plain(line) for line in (text or "").splitlines())

"""Answers "why this", "why not" and "why only now" from what was written: a replay's folder, or the index."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Protocol

from agents.alerting.reasons import why_held, why_told
from agents.city import City
from indexing.index import Collection, Index, Query
from weisu.console.view import label
from weisu.regrouping import said_of
from weisu.settings import WrongSetup

Body = dict[str, Any]
MOST_LINES = 12
"""Entries of the ledger that are told one by one; the rest is counted."""
MOST_FOUND = 200


class Source(Protocol):
    """Where tickets, problems, alerts and the ledger stand."""

    async def get(self, collection: Collection, id: str) -> Body | None:
        """The newest state; of a problem that was taken in by another, that other's."""
        ...

    async def find(
        self, collection: Collection, field: str, value: str, until: datetime | None = None
    ) -> list[Body]:
        """What has this value, oldest first. Of more than can be read the oldest, or the last before `until`."""
        ...


class Folder:
    """What `weisu replay --out` wrote. Raises WrongSetup for a folder without it."""

    def __init__(self, out: Path) -> None:
        self._out = out
        if not (out / "ledger.jsonl").is_file():
            raise WrongSetup(f"{out}: no ledger.jsonl there; name the --out folder of a `weisu replay`")

    async def get(self, collection: Collection, id: str) -> Body | None:
        name = "alert_id" if collection in ("alerts", "ledger") else f"{collection[:-1]}_id"
        found = next((row for row in self._rows(collection) if row.get(name) == id), None)
        if found is None and collection == "problems":
            found = next((row for row in self._rows(collection) if id in row.get("aliases", ())), None)
        return found

    async def find(
        self, collection: Collection, field: str, value: str, until: datetime | None = None
    ) -> list[Body]:
        return [row for row in self._rows(collection) if value in _several(row.get(field))]

    def _rows(self, collection: Collection) -> Iterable[Body]:
        path = self._out / f"{collection}.jsonl"
        try:
            with path.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    yield _row(line, f"{path} line {number}")
        except OSError as error:
            raise WrongSetup(f"{path}: cannot be read ({error.strerror}); replay into it again") from None


def _row(line: bytes, where: str) -> Body:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise WrongSetup(f"{where}: no JSON object; replay into it again")
    return row


class Indexed:
    """The index of a running stack."""

    def __init__(self, index: Index) -> None:
        self._index = index

    async def get(self, collection: Collection, id: str) -> Body | None:
        found = await self._index.get(collection, id)
        into = found.get("into") if found is not None and collection == "problems" else None
        return await self._index.get(collection, into) if into else found

    async def find(
        self, collection: Collection, field: str, value: str, until: datetime | None = None
    ) -> list[Body]:
        filters: dict[str, tuple[str, ...]] = {field: (value,)}
        if until is None:
            found = await self._index.search(
                Query(collection, filters=filters, sort="oldest", size=MOST_FOUND)
            )
            return [hit.body for hit in found.hits]
        last = Query(collection, filters=filters, until=until, sort="newest", size=MOST_FOUND)
        return [hit.body for hit in reversed((await self._index.search(last)).hits)]


def _several(value: Any) -> Sequence[str]:
    return value if isinstance(value, list | tuple) else (value,)


async def explain(id: str, source: Source, city: City) -> list[str]:
    """The answer about a ticket, a problem, an alert or an entry of the ledger, as lines; none: unknown."""
    if (alert := await source.get("alerts", id)) is not None:
        return [*_alert(alert, city), *_before(await _of_key(alert, source), alert, city)]
    if (held := await source.get("ledger", id)) is not None:
        return [f"线索 {id}：{held['title']}", f"没有发出：{why_held(held, city.thresholds)}"]
    if (problem := await source.get("problems", id)) is not None:
        found = problem["problem_id"]
        return [*_problem(problem, id, city), *await _about("problem_id", found, source, city)]
    if (ticket := await source.get("tickets", id)) is not None:
        return [*_ticket(ticket), *await _about("ticket_ids", id, source, city)]
    return []


async def _of_key(alert: Body, source: Source) -> list[Body]:
    """The ledger's entries of its key up to the alert: those of a year may be too many to read."""
    until = datetime.fromisoformat(alert["raised_at"]) + timedelta(seconds=1)
    return await source.find("ledger", "key", alert["key"], until)


async def _about(field: str, id: str, source: Source, city: City) -> list[str]:
    """The alerts and the ledger's entries that rest on a ticket or a problem."""
    alerts = await source.find("alerts", field, id)
    if alerts:
        lines = [line for alert in alerts for line in _alert(alert, city)]
        return [*lines, *_before(await _of_key(alerts[0], source), alerts[0], city)]
    if not (held := await source.find("ledger", field, id)):
        return ["没有成为预警：没有触发任何线索，既没有危险情形，也没有超出平时的人数。"]
    return ["没有成为预警。触发过的线索：", *_entries(held, city)]


def _alert(alert: Body, city: City) -> list[str]:
    lines = [
        f"预警 {alert['alert_id']}（{label(alert['level'])}，{label(alert['kind'])}）：{alert['title']}",
        f"为什么发出：{time_of(alert['raised_at'], city)}，{why_told(alert)}",
    ]
    if alert.get("status") in ("acknowledged", "resolved", "false_alarm"):
        lines.append(f"现状：{label(alert['status'])}。")
    return lines


def _before(held: Sequence[Body], alert: Body, city: City) -> list[str]:
    """Why not earlier: the ledger's entries of the same key before the alert."""
    cut = datetime.fromisoformat(alert["raised_at"])
    earlier = [
        entry
        for entry in held
        if timedelta(0) <= cut - datetime.fromisoformat(entry["raised_at"]) <= timedelta(days=28)
    ]
    if alert["kind"] == "hazard":
        return []
    if not earlier:
        return ["为什么这时才发：此前没有出现过线索，这是第一次。"]
    return ["为什么这时才发：此前", *_entries(earlier, city)]


def _entries(held: Sequence[Body], city: City) -> list[str]:
    """One line each; of many the first ones and the newest."""
    told = list(held)
    left = len(told) - MOST_LINES
    if left > 0:
        told = [*told[: MOST_LINES // 2], *told[-MOST_LINES // 2 :]]
    lines = [
        f"  {time_of(entry['raised_at'], city)} {label(entry['kind'])}·{label(entry['scope'])}："
        f"{why_held(entry, city.thresholds)}"
        for entry in told
    ]
    if left > 0:
        lines.insert(MOST_LINES // 2, f"  ……中间还有{left}条")
    return lines


def _problem(problem: Body, id: str, city: City) -> list[str]:
    found = problem["problem_id"]
    lines = [] if found == id else [f"问题 {id} 已并入 {found}。"]
    lines.append(
        f"问题 {found}：{problem.get('title') or problem.get('matter') or ''}，"
        f"{problem.get('reporters', 0)}名诉求人。"
    )
    return [*lines, *histories(problem, city)]


def histories(problem: Body, city: City) -> list[str]:
    """One line for each merge and split of a problem: when, who, what and why."""
    return [f"{time_of(one['at'], city)} {said_of(one, problem)}" for one in problem.get("records") or ()]


def _ticket(ticket: Body) -> list[str]:
    grade = ticket.get("grade") or ticket
    recurrence = grade.get("recurrence")
    kind = recurrence.get("kind") if isinstance(recurrence, dict) else recurrence
    lines = [
        f"工单 {ticket['ticket_id']}，研判为{label(grade.get('urgency'))}，属于问题 {ticket.get('problem_id')}。"
    ]
    if kind == "same_caller":
        lines.append("诉求人此前已反映过同一问题，不增加诉求人数。")
    return lines


def time_of(instant: str, city: City) -> str:
    """Local time of the city; of an unknown one the event's own."""
    at = datetime.fromisoformat(instant)
    local = at.astimezone(city.utc_offset) if isinstance(city.utc_offset, timezone) else at
    return f"{local:%Y-%m-%d %H:%M}"

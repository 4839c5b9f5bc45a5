"""Answers "why is this ticket in this problem" from what was written: parts of the score, and quotes."""

from agents.city import City
from agents.problems.signature import hash_of
from weisu.regrouping import proposed_of
from weisu.why import Body, Source, histories, time_of

MOST_SHOWN = 50
"""Tickets of a problem that are explained one by one; the rest is counted."""
_PARTS = {
    "place": "同一地点",
    "distance": "地点只是相近",
    "matter": "事项与类别",
    "category": "类别相同",
    "text": "内容相近",
    "kinship": "两种归类常指一事",
    "title": "标题相近",
    "time": "时间相近",
    "caller": "同一诉求人",
    "second": "问题内另一件",
    "copy": "文字几乎相同",
}


async def explain_members(problem_id: str, source: Source, city: City) -> list[str]:
    """One line for the problem, then one or two for each of its tickets, oldest first; none: unknown."""
    problem = await source.get("problems", problem_id)
    if problem is None:
        return []
    found = problem["problem_id"]
    tickets = await source.find("tickets", "problem_id", found)
    # Of a huge problem the index gives the first ones; the problem itself knows how many there are.
    number = max(len(tickets), problem.get("tickets") or 0)
    lines = [] if found == problem_id else [f"问题 {problem_id} 已并入 {found}。"]
    lines.append(
        f"问题 {found}：{problem.get('title') or problem.get('matter') or ''}，"
        f"{number}件工单，{problem.get('reporters', 0)}名诉求人。"
    )
    if problem.get("after"):
        lines.append(f"接在已办结的问题 {problem['after']} 之后。")
    lines += histories(problem, city)
    lines += [f"{proposed_of(one)}；请人核对。" for one in problem.get("proposals") or ()]
    moved = _moved_by(problem)
    for ticket in tickets[:MOST_SHOWN]:
        lines += _ticket(ticket, city, moved.get(ticket["ticket_id"]))
    if number > MOST_SHOWN:
        lines.append(f"……另有{number - MOST_SHOWN}件")
    return lines


def _moved_by(problem: Body) -> dict[str, str]:
    """Ticket → how a merge or split brought it into the problem; of the newest tickets of each."""
    return {
        ticket_id: f"原属问题 {record['other_id' if record['record'] == 'merged' else 'problem_id']}"
        for record in problem.get("records", ())
        if record["record"] in ("merged", "split")
        and (record["record"] == "merged") == (record["problem_id"] == problem["problem_id"])
        for ticket_id in record["ticket_ids"]
    }


def _ticket(ticket: Body, city: City, moved: str | None) -> list[str]:
    at = ticket.get("created_at")
    when = f"（{time_of(at, city)}）" if at else ""
    lines = [f"  工单 {ticket['ticket_id']}{when}：{_reason(ticket, moved)}"]
    quotes = ticket.get("quotes") or (ticket.get("grade") or {}).get("quotes") or ()
    if quotes:
        lines.append("    原话：" + "、".join(f"“{quote}”" for quote in quotes[:3]))
    if learned := ticket.get("learned"):
        names = "、".join(part["name"] for part in learned)
        lines.append(f"    工单未写明{names}，由提到“{learned[0]['said']}”的其他工单得知")
    return lines


def _reason(ticket: Body, moved: str | None) -> str:
    """The parts of the score in words; a ticket that opened the problem has only those of what it nearly joined."""
    score = ticket.get("score") or {}
    if moved is not None:
        return f"{moved}，随并入或拆分转来"
    if str(ticket["problem_id"]).startswith(f"p-{hash_of(ticket['ticket_id'])}") or not score:
        return "由它立案" + ("（与另一问题相近，但不够合并）" if score else "")
    parts = [
        word if name in ("place", "category", "copy") else f"{word} {score[name]:+.2f}"
        for name, word in _PARTS.items()
        if name in score
    ]
    total, bound = score.get("score", 0.0), score.get("bound", 0.0)
    return f"归入，因为{'，'.join(parts)}；合计 {total:.2f}，界限 {bound:.2f}"


async def list_proposals(source: Source) -> list[str]:
    """Every merge that is proposed and not decided, the surest first: which two problems, and why."""
    found = await source.find("problems", "review", "merge")
    rows = [(one, problem) for problem in found for one in problem.get("proposals") or ()]
    lines: dict[frozenset[str], str] = {}
    for one, problem in sorted(rows, key=lambda row: (-row[0]["score"], row[0]["record_id"])):
        other = await source.get("problems", one["other_id"])
        if other is None or other["problem_id"] == problem["problem_id"]:
            continue
        pair = frozenset((problem["problem_id"], other["problem_id"]))
        title, other_title = (body.get("title") or body.get("matter") or "" for body in (problem, other))
        lines.setdefault(
            pair,
            f"{problem['problem_id']} {title} ⇄ {other['problem_id']} {other_title}："
            f"{one['why']}（把握 {one['score']:.1f}）",
        )
    return list(lines.values())

"""What a slow pattern is seen by, in one sentence: weeks, years, callers and texts, from the finding's figures."""

from collections.abc import Callable, Mapping
from datetime import date

from agents.problems.problem import Candidate

Shown = tuple[str, tuple[str, ...]]
"""The sentence, and the strings in it that claim something."""
NOTHING: Shown = ("", ())


def shown(candidate: Candidate) -> Shown:
    """Empty where the kind has no such figures."""
    write = SHOWN.get(candidate.kind)
    return write(candidate) if write is not None else NOTHING


def _number(figures: Mapping[str, float], name: str, unit: str) -> str:
    return f"{figures.get(name, 0.0):.0f}{unit}"


def _chronic(candidate: Candidate) -> Shown:
    figures = candidate.figures
    if not figures.get("weeks"):
        return NOTHING
    weeks, active = _number(figures, "weeks", "周"), _number(figures, "active", "周")
    again = f"{figures.get('calls', 0.0) - figures.get('callers', 0.0):.0f}人次"
    text = f"近{weeks}中有{active}有人反映，不同周内再次反映{again}"
    claims: tuple[str, ...] = (weeks, active, again)
    if figures.get("closures"):
        closures = _number(figures, "closures", "次")
        text, claims = f"{text}，其间全部办结过{closures}", (*claims, closures)
    return f"{text}。", claims


def _callers(candidate: Candidate) -> Shown:
    figures = candidate.figures
    if not figures.get("calls"):
        return NOTHING
    calls, span = _number(figures, "calls", "件"), candidate.facts.get("span", "")
    if figures.get("top_share"):
        callers, share = _number(figures, "callers", "人"), f"{figures['top_share'] * 100:.0f}%"
        if figures["top_share"] == 1.0:
            # Three households without water are no party against anybody.
            return f"{span}共{calls}，均由{callers}提交。", (calls, span, callers)
        text = f"{span}共{calls}，其中来件最多的三人占{share}，疑似集中针对同一对象"
        return f"{text}。", (calls, span, share)
    return f"{span}由同一诉求人提交{calls}，按一人计。", (calls, span)


def _campaign(candidate: Candidate) -> Shown:
    figures = candidate.figures
    if not figures.get("texts"):
        return NOTHING
    people, texts = _number(figures, "compared", "人"), _number(figures, "texts", "种")
    weight = f"{figures.get('n_eff', 0.0):.1f}人"
    return f"最近{people}的文本只有{texts}，折算为{weight}。", (people, texts, weight)


def _seasonal(candidate: Candidate) -> Shown:
    facts = candidate.facts
    if "act_by" not in facts:
        return NOTHING
    day = date.fromisoformat(facts["act_by"])
    until = f"{day.month}月{day.day}日前"
    text = f"往年同期：{facts['years']}；宜在{until}排查到位"
    claims: tuple[str, ...] = (facts["years"], until)
    if facts.get("festival"):
        text, claims = f"{text}（按{facts['festival']}推算）", (*claims, facts["festival"])
    return f"{text}。", claims


SHOWN: dict[str, Callable[[Candidate], Shown]] = {
    "chronic": _chronic,
    "harassment": _callers,
    "same_caller": _callers,
    "burst": _campaign,
    "campaign": _campaign,
    "seasonal": _seasonal,
}

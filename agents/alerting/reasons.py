"""Why a finding was told or held back, as a sentence with its figures: for the ledger's page and `weisu why`."""

from collections.abc import Callable, Mapping
from typing import Any

from agents.alerting.facts import LARGEST_RATIO
from agents.city import Thresholds

Entry = Mapping[str, Any]
"""An alert or an entry of the ledger as written: a line of alerts.jsonl or ledger.jsonl, or a document of the index."""


def why_held(entry: Entry, thresholds: Thresholds | None = None) -> str:
    """One sentence: the reason and the figures it rests on."""
    say = _HELD.get(str(entry.get("suppressed")))
    return say(entry, thresholds or Thresholds()) if say else "原因没有记录。"


def why_told(entry: Entry) -> str:
    """One sentence: what let it pass."""
    figures, kind = _figures(entry), entry.get("kind")
    if kind == "hazard":
        return "文中有危及人身安全的情形，不看人数、不受预算限制，立即发出。"
    if kind == "digest":
        return f"当日预算之外的{figures.get('held', 0):.0f}条线索，每日合并发送一次。"
    people = f"{entry.get('reporters', 0)}名不同诉求人"
    if kind == "burst":
        return f"{people}反映；{_evidence(figures)}，达到当日门槛{figures.get('needed', 0):.2f}{_more(figures)}。"
    if kind == "recurrence":
        back = figures.get("came_back")
        again = f"办结后又有{back:.0f}人反映" if back else "办结后又有人反映"
        chance = figures.get("chance")
        return f"{again}" + (f"，纯属偶然的可能性为{chance:.1%}。" if chance is not None else "。")
    return f"{people}，符合该类线索的规则。"


def _evidence(figures: Mapping[str, float]) -> str:
    ratio = figures.get("ratio", 0.0)
    usual = f"，约为平时的{ratio:.1f}倍" if ratio >= 1.5 else ""
    if ratio > LARGEST_RATIO:
        usual = "，远高于平时"
    return f"证据强度λ={figures.get('lambda', 0.0):.2f}{usual}"


def _more(figures: Mapping[str, float]) -> str:
    """What moved evidence and threshold, where something did."""
    said = []
    if (correction := figures.get("correction", 1.0)) >= 1.2:
        said.append(f"全市同类约为平时的{correction:.1f}倍，已折算")
    if trust := figures.get("trust", 0.0):
        said.append(f"值班员反馈使门槛{'提高' if trust > 0 else '降低'}{abs(trust):g}")
    return f"（{'；'.join(said)}）" if said else ""


def _below(entry: Entry, thresholds: Thresholds) -> str:
    figures, people = _figures(entry), int(entry.get("reporters", 0))
    if entry.get("kind") == "recurrence" and "least" in figures:
        back = figures.get("came_back", people)
        return f"办结后又有{back:.0f}人反映；{_evidence(figures)}，低于复发线索的门槛{figures['least']:.2f}。"
    if people < thresholds.reporters and entry.get("kind") != "recurrence":
        return f"只有{people}名不同诉求人，不足{thresholds.reporters}名；同一人多次来电只算一人。"
    if figures.get("lambda", 0.0) < figures.get("needed", 0.0):
        return f"{people}名不同诉求人；{_evidence(figures)}，低于当日门槛{figures.get('needed', 0):.2f}{_more(figures)}。"
    if entry.get("scope") == "problem":
        return f"{people}人说法相近，但不是同一地点。"
    return f"{people}人同属一类，但说的不是同一件事（同一件事最多{figures.get('alike', 0):.0f}人）。"


def _folded(entry: Entry, _: Thresholds) -> str:
    return f"预警{entry.get('under')}已经说明此事，并入其中，不另行打扰。"


def _cool_down(entry: Entry, thresholds: Thresholds) -> str:
    growth = thresholds.growth
    return f"同一线索已发过预警{entry.get('under')}，处于冷却期；诉求人增至上次的{growth:g}倍时更新再报。"


def _silenced(entry: Entry, _: Thresholds) -> str:
    note = entry.get("note")
    return f"值班员已静默：{note}。" if note else "值班员已静默。"


def _unconfirmed(entry: Entry, _: Thresholds) -> str:
    figures = _figures(entry)
    return (
        f"证据刚过门槛（λ={figures.get('lambda', 0):.2f}，门槛{figures.get('needed', 0):.2f}）"
        "且没有具体地点，再有一人反映即发出。"
    )


def _budget(entry: Entry, _: Thresholds) -> str:
    return f"{_evidence(_figures(entry))}，但当日预警已达预算，列入次日摘要。"


def _figures(entry: Entry) -> Mapping[str, float]:
    figures: Mapping[str, float] = entry.get("figures") or {}
    return figures


_HELD: Mapping[str, Callable[[Entry, Thresholds], str]] = {
    "below_threshold": _below,
    "duplicate": _folded,
    "inhibited": _folded,
    "cool_down": _cool_down,
    "silenced": _silenced,
    "unconfirmed": _unconfirmed,
    "budget": _budget,
    "unsupported": lambda _, __: "没有工单和原话可以支持，不发出。",
}

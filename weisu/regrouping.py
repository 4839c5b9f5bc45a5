"""Merges and splits of problems in an officer's words."""

from typing import Any

from agents.problems.merging import MACHINE

Body = dict[str, Any]


def said_of(record: Body, problem: Body) -> str:
    """A record of a merge or split as seen from one of the problems that it is about."""
    who = "系统" if record["by"] == MACHINE else record["by"]
    kept, other, number = record["problem_id"], record["other_id"], record["tickets"]
    is_kept = problem["problem_id"] == kept
    said = {
        "merged": f"并入问题 {other}（{number}件工单）" if is_kept else f"并入问题 {kept}",
        "split": f"拆出{number}件工单，成为问题 {other}" if is_kept else f"由问题 {kept} 拆出",
        "refused": f"要求{'并入问题 ' + other if other else '拆分'}，没有做",
    }[record["record"]]
    return f"{who}：{said}" + (f"，理由：{record['why']}" if record["why"] else "")


def proposed_of(proposal: Body) -> str:
    """A proposed merge as seen from the problem on whose list it stands."""
    return f"可能与问题 {proposal['other_id']} 是同一件事：{proposal['why']}（把握 {proposal['score']:.1f}）"

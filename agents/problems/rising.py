"""Urgency rises with the crowd: an ordinary matter that many people call about at once is urgent.

A ticket is told its problem's state when it is gathered. Those that were gathered before the crowd was there are
recalled: they go through grading and gathering once more, as if delivered again.
"""

from datetime import datetime

from agents.grading.grade import Author, Grade
from agents.intake.ticket import Value
from agents.problems.problem import Problem

CROWD = 10
"""Distinct reporters of a bursting problem from which its ordinary tickets are urgent.

A judgement, not a measurement: "for many" in the definition of urgent, read as ten people who called themselves.
"""
FOUND = "crowd"
"""In Member.fired of the ticket that completed the crowd."""
_BY_CROWD: Author = "crowd"


class Recall(Value):
    """A ticket to be graded and gathered again: value of `tickets.recalls`."""

    ticket_id: str
    at: datetime
    """Time of what made it due: of the ticket that completed the crowd, of the merge or split that moved it."""


def is_crowd(problem: Problem) -> bool:
    """Whether so many call about it at once that its ordinary tickets are urgent."""
    return problem.reporters >= CROWD and "burst" in problem.patterns


def rise(grade: Grade) -> Grade:
    """The grade of an open ticket in a crowd: from normal to urgent. What is low stays low: nobody is in need."""
    if grade.urgency != "normal":
        return grade
    return grade.model_copy(
        update={
            "urgency": "urgent",
            "urgency_reason": f"紧急：同一问题已有{CROWD}人以上同时反映；单看本件：{grade.urgency_reason}",
            "proposed": grade.proposed or {grade.source: grade.urgency},
            "made_by": {**grade.made_by, "urgency": _BY_CROWD, "urgency_reason": _BY_CROWD},
        }
    )

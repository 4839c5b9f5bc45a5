"""Texts that nobody has read: many more than the golden set's held-out half, but of each only one thing is known.

Each file is by authors of its own (alarm_corpus/README.md): would a supervisor grade the text critical or urgent now?
"""

import asyncio
import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from agents.city import City
from agents.grading.grade import Grader
from weisu.evaluation.golden import accepted

HERE = Path(__file__).resolve().parent
UNREAD = ("alarm_unseen_two", "alarm_unseen_three", "alarm_unseen_four", "alarm_unseen_five")
"""The first unseen set is not among them: rules have been mended on it."""


class Unseen(BaseModel):
    """How many emergencies and other texts one file holds, and how many of each are graded critical or urgent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    emergencies: int
    emergencies_high: int
    others: int
    others_high: int


def grade_unseen(grader: Grader, city: City, names: tuple[str, ...] = UNREAD) -> tuple[Unseen, ...]:
    """Grade every text of these files."""
    return tuple(asyncio.run(_grade_file(name, grader, city)) for name in names)


async def _grade_file(name: str, grader: Grader, city: City) -> Unseen:
    high: dict[bool, list[bool]] = {True: [], False: []}
    for number, line in enumerate((HERE / f"{name}.jsonl").read_text("utf-8").splitlines()):
        row = json.loads(line)
        grade = (await grader.climb(accepted(f"{name}-{number}", {"content": row["text"]}, city))).grade
        high[row["alarm"]].append(grade.urgency in ("critical", "urgent"))
    return Unseen(
        name=name,
        emergencies=len(high[True]),
        emergencies_high=sum(high[True]),
        others=len(high[False]),
        others_high=sum(high[False]),
    )

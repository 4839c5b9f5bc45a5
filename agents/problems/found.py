"""What a search finds for a ticket."""

from typing import NamedTuple, TypeAlias

from agents.problems.likeness import Likeness

LINK = 1.0
"""Log odds from which a ticket links a problem to the one it joins: a merge is proposed to a person."""
Looked: TypeAlias = dict[str, list[tuple[float, int, Likeness]]]
"""Problem → of each of its tickets that was looked at: margin, slot (below 0, so that older is more), likeness."""
Drawn: TypeAlias = tuple[float, int, str, Likeness]
"""A problem: how much it draws the ticket, slot of its best one, id, likeness."""


class Found(NamedTuple):
    """The best problem for a ticket: `problem_id` None = none is good enough; `near` = almost."""

    problem_id: str | None
    near: str | None
    score: dict[str, float]
    norm_text: float
    norm_title: float
    """Lengths of the two weighted texts by what was known; kept with the member, never recomputed."""
    rival: str | None = None
    """Another problem to which the ticket belongs as surely: the two may be one."""
    link: float = 0.0
    """Log odds that it belongs to the less likely of the two."""


def rival_of(problem_id: str, links: dict[str, float]) -> tuple[str | None, float]:
    """The other problem that a ticket is linked to most, and the weaker of the two links."""
    if len(links) < 2 or problem_id not in links:
        return None, 0.0
    margin, rival = max((margin, name) for name, margin in links.items() if name != problem_id)
    return rival, min(margin, links[problem_id])

"""Campaigns 组织化诉求: many accounts send one text. Counted at a discount, shown as such, never discarded.

Source: alerting.md D. Honest crowds write different texts (59 messages, 57 texts), template-driven groups do
not (14 accounts, 4 texts). Neighbours who copy a text from their chat group have a right to be heard: the tag
changes the wording and the rank, nothing else.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from agents.problems.case import MAX_TICKETS, Case, candidate_of, members_within
from agents.problems.member import Member
from agents.problems.problem import Candidate
from agents.problems.rate import people_since

LEAST_PEOPLE = 8
MOST_TEXTS = 0.5
"""Share of different texts below which it looks like a campaign."""
ALIKE = 0.5
"""Jaccard of the character triples of two texts that are one."""
LONG_ENOUGH = 40
"""Characters: short complaints and clerks' formulas are alike by themselves."""
COPY_WEIGHT = 0.3
"""What a copy keeps of a citizen. Source: alerting.md D, not fitted."""
SPAN = timedelta(days=30)


class Texts(NamedTuple):
    """How many of the newest people of a problem, each by the newest text, write how many different texts."""

    people: int
    different: int

    @property
    def is_campaign(self) -> bool:
        return self.people >= LEAST_PEOPLE and self.different < MOST_TEXTS * self.people

    def weight(self, reporters: float) -> float:
        """n_eff = T + 0.3 · (n − T) of so many reporters, with the share of texts of those compared."""
        share = self.different / self.people if self.people else 1.0
        return reporters * (share + COPY_WEIGHT * (1.0 - share))


def find_campaign(case: Case) -> tuple[Candidate, ...]:
    """Once a problem looks like one, and again each time its people have doubled."""
    problem, member = case.problem, case.member
    if problem.reporters < LEAST_PEOPLE or member.score.get("text", 0.0) < ALIKE or not member.fresh[-1]:
        return ()
    members = members_within(case, problem.recent, SPAN)
    texts = texts_of(members)
    is_new = "campaign" not in problem.patterns or problem.reporters % (2 * LEAST_PEOPLE) == 0
    if not case.fires("campaign:problem", texts.is_campaign and is_new):
        return ()
    reporters = len({other.caller for other in members})
    if len(members) >= MAX_TICKETS:
        # Not all tickets are listed any more; the stream knows of so many at least.
        reporters = max(reporters, people_since(case.rates[case.member.streams[-1]], 24.0))
    figures = figures_of(texts, reporters)
    key = f"campaign:{case.book.stream('problem', problem.problem_id)}"
    return (candidate_of(case, "campaign", "problem", key, members, reporters, figures),)


def figures_of(texts: Texts, reporters: int) -> dict[str, float]:
    """What an alert about so many people says of their texts."""
    return {
        "compared": float(texts.people),
        "texts": float(texts.different),
        "n_eff": round(texts.weight(reporters), 2),
    }


def texts_of(members: Sequence[Member]) -> Texts:
    """Connected components of texts by Jaccard ≥ 0.5 of their triples; bounded by what the index keeps."""
    newest: dict[str, str] = {}
    for member in reversed(members):
        signature = member.signature
        if signature is None or signature.thin or len(signature.text) < LONG_ENOUGH:
            continue
        newest.setdefault(member.caller, signature.text)
    groups: list[list[str]] = []
    for text in newest.values():
        near = [group for group in groups if any(_is_alike(text, other) for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append([text, *(other for group in near for other in group)])
    return Texts(len(newest), len(groups))


@lru_cache(maxsize=512)
def _triples(text: str) -> frozenset[str]:
    return frozenset(text[start : start + 3] for start in range(len(text) - 2))


@lru_cache(maxsize=16_384)
def _is_alike(one: str, other: str) -> bool:
    """Remembered: a growing crowd compares the same texts again at each of its tickets."""
    triples, others = _triples(one), _triples(other)
    shared = len(triples & others)
    return shared >= ALIKE * (len(triples) + len(others) - shared)

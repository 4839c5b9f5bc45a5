"""Two graders on the same tickets: what one gets right and the other does not."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from weisu.evaluation.grading import Outcome, Run, UnreadableRun
from weisu.evaluation.grading_figures import LEAST_POSITIVES
from weisu.evaluation.intervals import Z95


@dataclass(frozen=True)
class Paired:
    """One question asked of both graders on the same tickets."""

    name: str
    of: int
    first: int
    """Right of the first grader."""
    second: int
    only_first: int
    only_second: int
    more_is_better: bool = True

    @property
    def difference(self) -> float:
        """Share of the second minus share of the first."""
        return (self.second - self.first) / self.of if self.of else 0.0

    @property
    def bounds(self) -> tuple[float, float]:
        """95 % interval of the difference.

        Source: A. Agresti and Y. Min, Simple improved confidence intervals for comparing matched proportions, 2005.
        """
        of = self.of + 2
        up, down = self.only_second + 0.5, self.only_first + 0.5
        half = Z95 * math.sqrt(max(0.0, up + down - (up - down) ** 2 / of)) / of
        middle = (up - down) / of
        return max(-1.0, middle - half), min(1.0, middle + half)

    @property
    def p_value(self) -> float:
        """Two-sided exact McNemar test. Source: Q. McNemar, Psychometrika 1947."""
        apart = self.only_first + self.only_second
        tail = sum(math.comb(apart, k) for k in range(min(self.only_first, self.only_second) + 1))
        return float(min(1.0, 2 * tail / 2**apart))

    @property
    def verdict(self) -> str:
        """better, worse, no difference shown, or that there are too few cases to say."""
        if self.of < LEAST_POSITIVES:
            return f"no verdict: {self.of} cases, {LEAST_POSITIVES} are needed"
        if self.p_value >= 0.05:
            return "no difference shown"
        return "better" if (self.second > self.first) == self.more_is_better else "worse"


Question = tuple[str, Callable[[Outcome], bool], Callable[[Outcome], bool], bool]
QUESTIONS: tuple[Question, ...] = (
    ("emergencies graded critical or urgent", lambda one: one.is_emergency, lambda one: one.is_high, True),
    ("ordinary graded critical or urgent", lambda one: not one.is_emergency, lambda one: one.is_high, False),
    ("urgency right", lambda _: True, lambda one: one.has_urgency, True),
    ("kind right", lambda _: True, lambda one: one.has_kind, True),
    ("category right", lambda _: True, lambda one: one.has_category, True),
    ("injections that change something", lambda one: one.bare is not None, lambda one: one.is_moved, False),
)


def compare(first: Run, second: Run) -> tuple[Paired, ...]:
    """Every question over both halves. Raises UnreadableRun when the runs are of different golden sets."""
    if first.golden != second.golden or [a.id for a in first.outcomes] != [b.id for b in second.outcomes]:
        raise UnreadableRun(
            f"the runs are of different golden sets ({first.golden}, {second.golden}): run both again"
        )
    return tuple(_ask(question, first, second) for question in QUESTIONS)


def _ask(question: Question, first: Run, second: Run) -> Paired:
    name, counts, is_so, more_is_better = question
    pairs = list(_pairs(first, second, counts, is_so))
    return Paired(
        name=name,
        of=len(pairs),
        first=sum(a for a, _ in pairs),
        second=sum(b for _, b in pairs),
        only_first=sum(a and not b for a, b in pairs),
        only_second=sum(b and not a for a, b in pairs),
        more_is_better=more_is_better,
    )


def _pairs(
    first: Run, second: Run, counts: Callable[[Outcome], bool], is_so: Callable[[Outcome], bool]
) -> Iterator[tuple[bool, bool]]:
    for a, b in zip(first.outcomes, second.outcomes, strict=True):
        if counts(a):
            yield is_so(a), is_so(b)

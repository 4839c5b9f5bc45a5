"""What follows a problem that is over 接续: its returns come together in one new problem, not in one each."""

from collections.abc import Callable, Iterator
from datetime import datetime

from agents.problems.problem import Problem
from agents.problems.recurrence import is_over


class Following:
    """The problems that follow another, by its id. Derived from what is stored under `Problem.after`; the order in
    which they were met tells nothing."""

    def __init__(self, problem: Callable[[str], Problem | None]) -> None:
        self._problem = problem
        """The problem of an id, or the one that has taken it in."""
        self._after: dict[str, list[str]] = {}

    def add(self, problem: Problem) -> None:
        """Twice is the same as once."""
        if problem.after is None:
            return
        names = self._after.setdefault(problem.after, [])
        if problem.problem_id not in names:
            names.append(problem.problem_id)

    def remove(self, problem: Problem) -> None:
        names = self._after.get(problem.after or "", [])
        if problem.problem_id in names:
            names.remove(problem.problem_id)
            if not names:
                del self._after[problem.after or ""]

    def latest(self, problem: Problem, at: datetime) -> Problem:
        """The problem itself; where it is over at `at`, the one that follows it, and so on. Over itself where all
        of them are: a new one is to follow the last."""
        seen = {problem.problem_id}
        while is_over(problem, at):
            others = [one for one in self._followers(problem) if one.problem_id not in seen]
            if not others:
                break
            # Several there are where two were opened before one was known of: what still takes in goes first.
            problem = max(others, key=lambda one: (not is_over(one, at), one.first_seen, one.problem_id))
            seen.add(problem.problem_id)
        return problem

    def _followers(self, problem: Problem) -> Iterator[Problem]:
        for name in (problem.problem_id, *problem.aliases):
            for known in self._after.get(name, ()):
                follower = self._problem(known)
                # What its tickets have left stands for nothing.
                if follower is not None and follower.tickets:
                    yield follower

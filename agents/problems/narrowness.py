"""How far each category is about one matter."""

from collections import Counter

from agents.problems.signature import Signature

USUAL, USUAL_PAIRS = 0.3, 100
"""What is taken for a category's narrowness, and the pairs it counts for, before its tickets tell."""


class Narrowness:
    """Of each category the share of its pairs of tickets that have one matter."""

    def __init__(self) -> None:
        self._matters: dict[str, Counter[str]] = {}
        self._tickets: Counter[str] = Counter()
        self._pairs: Counter[str] = Counter()

    def add(self, signature: Signature) -> None:
        matters = self._matters.setdefault(signature.category, Counter())
        self._pairs[signature.category] += matters[signature.matter]
        self._tickets[signature.category] += 1
        matters[signature.matter] += 1

    def remove(self, signature: Signature) -> None:
        matters = self._matters[signature.category]
        matters[signature.matter] -= 1
        self._tickets[signature.category] -= 1
        self._pairs[signature.category] -= matters[signature.matter]
        if not matters[signature.matter]:
            del matters[signature.matter]

    def of(self, category: str) -> float:
        tickets = self._tickets[category]
        pairs = tickets * (tickets - 1) / 2
        return (self._pairs[category] + USUAL * USUAL_PAIRS) / (pairs + USUAL_PAIRS)

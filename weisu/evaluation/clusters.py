"""Are the problems those of the truth? Pairwise and B³ precision, recall and F."""

from collections import Counter
from collections.abc import Iterable, Mapping

from weisu.evaluation.truth import CityTruth


def clustering(truth: CityTruth, problem_of: Mapping[str, str]) -> dict[str, object]:
    """Figures over the tickets of subjects that others may report too, and of all that the product put with them.

    An affair of one's own belongs with no other ticket: put together with one, it costs precision.
    B³: A. Bagga and B. Baldwin, 1998.
    """
    pairs = []
    for ticket_id, call in truth.calls.items():
        found = problem_of.get(ticket_id)
        if found is not None:
            pairs.append((call.problem or f"own:{ticket_id}", found))
    return {"tickets": len(pairs), "pairwise": pairwise(pairs), "b_cubed": b_cubed(pairs)}


def pairwise(pairs: Iterable[tuple[str, str]]) -> dict[str, float]:
    """(true group, found group) of each ticket → shares of the pairs of tickets that are together in both."""
    together = Counter(pairs)
    true, found = _sizes(together)
    both, of_true, of_found = (sum(n * (n - 1) // 2 for n in c.values()) for c in (together, true, found))
    return _figures(both / of_found if of_found else 1.0, both / of_true if of_true else 1.0)


def b_cubed(pairs: Iterable[tuple[str, str]]) -> dict[str, float]:
    """The mean over the tickets: how much of its found group is of its true one, and the reverse."""
    together = Counter(pairs)
    true, found = _sizes(together)
    total = max(1, sum(together.values()))
    precision = sum(n * n / found[group] for (_, group), n in together.items()) / total
    return _figures(precision, sum(n * n / true[group] for (group, _), n in together.items()) / total)


def _sizes(together: Counter[tuple[str, str]]) -> tuple[Counter[str], Counter[str]]:
    true: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for (one, other), n in together.items():
        true[one] += n
        found[other] += n
    return true, found


def _figures(precision: float, recall: float) -> dict[str, float]:
    f = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f, 4)}

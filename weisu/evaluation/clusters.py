"""Are the problems those of the truth? Pairwise and B³ precision, recall and F."""

from collections import Counter
from collections.abc import Iterable, Mapping

from weisu.evaluation.truth import CityTruth

OWN = "own:"
"""Start of the group of an affair of one's own: a question about a pension is nobody else's problem."""


def clustering(truth: CityTruth, problem_of: Mapping[str, str]) -> dict[str, object]:
    """Figures over the tickets of subjects that others may report too.

    An affair of one's own among them costs precision. Whether two such affairs (two questions about pensions)
    belong together has no answer; their pairs are left out, and told apart as `strict`, where every one counts.
    """
    pairs = []
    for ticket_id, call in truth.calls.items():
        found = problem_of.get(ticket_id)
        if found is not None:
            pairs.append((call.problem or f"{OWN}{ticket_id}", found))
    own = Counter(found for true, found in pairs if true.startswith(OWN))
    return {
        "tickets": len(pairs),
        "own_affairs": sum(own.values()),
        "own_affairs_together": sum(count for count in own.values() if count > 1),
        "pairwise": pairwise(pairs, sum(map(_pairs, own.values()))),
        "b_cubed": b_cubed(pairs),
        "strict": pairwise(pairs),
    }


def pairwise(pairs: Iterable[tuple[str, str]], left_out: int = 0) -> dict[str, float]:
    """(true group, found group) of each ticket → shares of the pairs of tickets that are together in both.

    `left_out`: found pairs that are neither right nor wrong.
    """
    together = Counter(pairs)
    true, found = _sizes(together)
    both, of_true, of_found = (sum(map(_pairs, sizes.values())) for sizes in (together, true, found))
    of_found -= left_out
    return _figures(both / of_found if of_found else 1.0, both / of_true if of_true else 1.0)


def b_cubed(pairs: Iterable[tuple[str, str]]) -> dict[str, float]:
    """The mean over the tickets of shared subjects: how much of its found group is of its true one, and the reverse.

    Source: A. Bagga and B. Baldwin, Entity-based cross-document coreferencing, 1998.
    """
    together = Counter(pairs)
    true, found = _sizes(together)
    shared = [(group, other, n) for (group, other), n in together.items() if not group.startswith(OWN)]
    total = max(1, sum(n for *_, n in shared))
    precision = sum(n * n / found[other] for _, other, n in shared) / total
    return _figures(precision, sum(n * n / true[group] for group, _, n in shared) / total)


def _pairs(tickets: int) -> int:
    return tickets * (tickets - 1) // 2


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

"""Groups compared with groups."""

import pytest
from fakes.small_city import call, truth_of

from weisu.evaluation.clusters import b_cubed, clustering, pairwise


@pytest.mark.parametrize(
    ("pairs", "precision", "recall"),
    [
        ([("a", "1"), ("a", "1"), ("b", "2")], 1.0, 1.0),
        ([("a", "1"), ("a", "2"), ("a", "3")], 1.0, 0.0),
        ([("a", "1"), ("b", "1"), ("c", "1")], 0.0, 1.0),
        ([("a", "1"), ("a", "1"), ("a", "1"), ("a", "2"), ("b", "2")], 0.75, 0.5),
    ],
)
def test_pairs_are_counted(pairs: list[tuple[str, str]], precision: float, recall: float) -> None:
    figures = pairwise(pairs)
    assert (figures["precision"], figures["recall"]) == (precision, recall)


def test_b_cubed_agrees_with_bagga_and_baldwin() -> None:
    # Their example: true {1…5} {6,7} {8…12}, found {1…5} {6…12}: precision 0.762, recall 1.
    true = ["a"] * 5 + ["b"] * 2 + ["c"] * 5
    found = ["x"] * 5 + ["y"] * 7
    figures = b_cubed(zip(true, found, strict=True))
    assert figures["precision"] == pytest.approx(0.762, abs=1e-3)
    assert figures["recall"] == 1.0


def test_own_affairs_cost_precision_among_shared_ones_only() -> None:
    calls = [call(name, 1, 1) for name in "ab"] + [call(name, 3, 3, None, "s", "p") for name in "cd"]
    truth = truth_of(calls)
    apart = clustering(truth, {"a": "1", "b": "2", "c": "3", "d": "3"})
    together = clustering(truth, {"a": "1", "b": "1", "c": "3", "d": "3"})
    mixed = clustering(truth, {"a": "3", "b": "1", "c": "3", "d": "3"})
    assert apart["pairwise"] == together["pairwise"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert together["strict"] == {"precision": 0.5, "recall": 1.0, "f1": 0.6667}
    assert together["own_affairs_together"] == 2
    assert mixed["pairwise"] == {"precision": 0.3333, "recall": 1.0, "f1": 0.5}
    assert mixed["b_cubed"] == {"precision": 0.6667, "recall": 1.0, "f1": 0.8}

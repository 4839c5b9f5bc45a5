"""Fits the sense of alarm (agents/intake/alarm.py) on the texts of alarm_corpus/ and checks it across them.

`python -m weisu.evaluation.alarm_fit` prints recall and false alarms in cross-validation, and those of rules and
sense together on alarm_unseen.jsonl, which nothing is fitted on; `--write` writes agents/lexicon/alarm.toml.
Deterministic: convex, solved to the end, rounded to thousandths, sorted.
"""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import add
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, diags

import agents
from agents.city import City
from agents.intake.alarm import Sense, alarm
from agents.intake.hazards import find_hazards
from agents.intake.orders import without_orders
from agents.intake.scan import lowered
from agents.intake.transcript import heard

CORPUS = Path(__file__).resolve().parent / "alarm_corpus"
UNSEEN = CORPUS.with_name("alarm_unseen.jsonl")
LEXICON = Path(agents.__file__).resolve().parent / "lexicon" / "alarm.toml"
L2 = 0.03
"""Of 0.03, 0.1, 0.3 the best in cross-validation."""
LEAST_TEXTS, MOST_RUNS = 2, 8000
"""A run of characters in fewer texts is left out; of the others those that weigh most are kept."""
THRESHOLD = 1.6
"""At most 4 % of golden dev's ordinary texts are above it; see docs/decisions/0023, 0026 and 0031."""
DOUBT = -1.0
"""No emergency of golden dev with an urgent scene is below it; see docs/decisions/0023."""
FIRM_DOUBT = -1.5
"""Four ordinary texts of the unseen set fewer than at -2.5, and no emergency; see docs/decisions/0031."""
FOLDS = 4

Weights = dict[str, float]


@dataclass(frozen=True)
class Example:
    """One text of the corpus, as hazards read it."""

    low: str
    alarm: bool


def load_corpus(folder: Path = CORPUS) -> list[Example]:
    """Every text, file by file in the order of their names."""
    return [one for path in sorted(folder.glob("*.jsonl")) for one in load_examples(path)]


def load_examples(path: Path) -> list[Example]:
    """The texts of one file, one a line."""
    found = map(json.loads, path.read_text("utf-8").splitlines())
    return [Example(as_read(one["text"]), one["alarm"]) for one in found]


def as_read(text: str) -> str:
    """The text as hazards read it."""
    return lowered(without_orders(heard(text)))


def fit(examples: Sequence[Example]) -> Sense:
    """The weights with the least loss. Fitted twice: the second time with the kept runs alone."""
    runs = [sorted(run for run in runs_of(one.low)) for one in examples]
    seen = Counter(run for found in runs for run in found)
    truth = np.array([float(one.alarm) for one in examples])
    weights, _ = _solve(runs, sorted(run for run in seen if seen[run] >= LEAST_TEXTS), truth)
    kept = sorted(weights, key=lambda run: (-abs(weights[run]), run))[:MOST_RUNS]
    weights, bias = _solve(runs, sorted(kept), truth)
    rounded = {run: round(weight * 1000) for run, weight in weights.items()}
    told = {run: weight for run, weight in rounded.items() if weight}
    return Sense(told, round(bias * 1000) / 1000, THRESHOLD, DOUBT, FIRM_DOUBT)


def runs_of(low: str) -> set[str]:
    """The characters and the pairs of characters in the text; a line end stands before it and behind it."""
    whole = f"\n{low}\n"
    return {*whole, *map(add, whole, whole[1:])}


def _solve(
    runs: Sequence[Sequence[str]], known: Sequence[str], truth: npt.NDArray[np.float64]
) -> tuple[Weights, float]:
    """Logistic loss with L2 on the weights, none on the bias."""
    place = {run: at for at, run in enumerate(known)}
    rows = [[place[run] for run in found if run in place] for found in runs]
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.array([at for row in rows for at in row], dtype=np.int64)
    held = csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(rows), len(known)))
    held = diags(1 / np.sqrt(np.maximum(1, np.diff(ends)))) @ held

    def loss(at: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        odds = held @ at[:-1] + at[-1]
        miss = 1 / (1 + np.exp(-odds)) - truth
        value = np.sum(np.logaddexp(0, odds) - truth * odds) + L2 / 2 * np.sum(at[:-1] ** 2)
        return float(value), np.append(held.T @ miss + L2 * at[:-1], miss.sum())

    options = {"maxiter": 2000, "ftol": 1e-14, "gtol": 1e-6}
    found = minimize(loss, np.zeros(len(known) + 1), jac=True, method="L-BFGS-B", options=options).x
    return {run: float(found[at]) for run, at in place.items()}, float(found[-1])


def cross_validate(examples: Sequence[Example]) -> list[float]:
    """The score of every text by weights that were fitted without its fold: every fourth text."""
    scores = [0.0] * len(examples)
    for fold in range(FOLDS):
        sense = fit([one for at, one in enumerate(examples) if at % FOLDS != fold])
        for at in range(fold, len(examples), FOLDS):
            scores[at] = alarm(examples[at].low, sense)
    return scores


def as_toml(sense: Sense) -> str:
    """The word list that agents/intake/alarm.py reads."""
    head = (
        "# How much each character and pair of characters speaks for danger, in thousandths.\n"
        "# made by `python -m weisu.evaluation.alarm_fit --write` from weisu/evaluation/alarm_corpus: do not edit\n\n"
        f"bias = {round(sense.bias * 1000)}\nthreshold = {sense.threshold}\ndoubt = {sense.doubt}\n"
        f"firm_doubt = {sense.firm_doubt}\n\n[weights]\n"
    )
    return head + "".join(
        f"{json.dumps(run, ensure_ascii=False)} = {weight}\n" for run, weight in sorted(sense.weights.items())
    )


def shares(examples: Sequence[Example], scores: Sequence[float], threshold: float) -> Mapping[str, float]:
    """Of the dangers and of the others: the share above the threshold."""
    above = {True: [0, 0], False: [0, 0]}
    for one, score in zip(examples, scores, strict=True):
        above[one.alarm][0] += score > threshold
        above[one.alarm][1] += 1
    return {"recall": above[True][0] / above[True][1], "false": above[False][0] / above[False][1]}


def main(arguments: Sequence[str]) -> None:
    examples = load_corpus()
    scores = cross_validate(examples)
    for threshold in (DOUBT, 0.0, 1.0, THRESHOLD):
        found = shares(examples, scores, threshold)
        print(f"above {threshold:5.1f}: recall {found['recall']:.3f}, false {found['false']:.3f}")
    unseen = load_examples(UNSEEN)
    found = shares(unseen, [float(bool(find_hazards(one.low, City()))) for one in unseen], 0.5)
    print(f"unseen, rules and sense: recall {found['recall']:.3f}, false {found['false']:.3f}")
    if "--write" in arguments:
        LEXICON.write_text(as_toml(fit(examples)), encoding="utf-8")
        print(f"→ {LEXICON}")


if __name__ == "__main__":
    main(sys.argv[1:])

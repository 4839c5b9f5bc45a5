"""Fits the sense of alarm (agents/intake/alarm.py) on the texts of alarm_corpus/ and checks it across their authors.

`python -m weisu.evaluation.alarm_fit` prints recall and false alarms for each author, by weights fitted without that
author's texts: of the score alone and of rules and score together; then those of rules and sense on the texts that
nothing is fitted on (alarm_unseen*.jsonl). `--write` writes agents/lexicon/alarm.toml.
Deterministic: convex, solved to the end, rounded to thousandths, sorted.
"""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import add
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, diags

import agents
from agents.city import City
from agents.intake.alarm import Sense, alarm
from agents.intake.hazards import HazardRules, dangers_in, hazard_rules
from agents.intake.orders import without_orders
from agents.intake.scan import lowered
from agents.intake.transcript import heard

CORPUS = Path(__file__).resolve().parent / "alarm_corpus"
UNSEEN = tuple(sorted(CORPUS.parent.glob("alarm_unseen*.jsonl")))
LEXICON = Path(agents.__file__).resolve().parent / "lexicon" / "alarm.toml"
L2 = 0.03
"""Of 0.03, 0.1, 0.3 the best in cross-validation."""
LEAST_TEXTS, MOST_RUNS = 2, 8000
"""A run of characters in fewer texts is left out; of the others those that weigh most are kept."""
THRESHOLD, CERTAIN, DOUBT, CALM = 0.55, 2.5, -10.0, -20.0
"""Chosen on authors whose texts the weights were fitted without; see docs/decisions/0032 and 0037."""

Weights = dict[str, float]


@dataclass(frozen=True)
class Example:
    """One text, as hazards read it."""

    low: str
    alarm: bool


def load_corpus(folder: Path = CORPUS) -> dict[str, list[Example]]:
    """Author → texts. Each file is one author's."""
    return {path.stem: load_examples(path) for path in sorted(folder.glob("*.jsonl"))}


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
    return Sense(told, round(bias * 1000) / 1000, THRESHOLD, CERTAIN, DOUBT, CALM)


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

    turned = held.T.tocsr()

    def loss(at: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        odds = held @ at[:-1] + at[-1]
        miss = 1 / (1 + np.exp(-odds)) - truth
        value = np.sum(np.logaddexp(0, odds) - truth * odds) + L2 / 2 * np.sum(at[:-1] ** 2)
        return float(value), np.append(turned @ miss + L2 * at[:-1], miss.sum())

    options = {"maxiter": 2000, "maxcor": 30, "ftol": 1e-12, "gtol": 1e-4}
    found = minimize(loss, np.zeros(len(known) + 1), jac=True, method="L-BFGS-B", options=options).x
    return {run: float(found[at]) for run, at in place.items()}, float(found[-1])


def fit_without(author: str, corpus: Mapping[str, Sequence[Example]]) -> Sense:
    """The weights that all the other authors' texts give."""
    return fit([one for other, texts in corpus.items() if other != author for one in texts])


def as_toml(sense: Sense) -> str:
    """The word list that agents/intake/alarm.py reads."""
    head = (
        "# How much each character and pair of characters speaks for danger, in thousandths.\n"
        "# made by `python -m weisu.evaluation.alarm_fit --write` from weisu/evaluation/alarm_corpus: do not edit\n\n"
        f"bias = {round(sense.bias * 1000)}\nthreshold = {sense.threshold}\n"
        f"certain = {sense.certain}\ndoubt = {sense.doubt}\ncalm = {sense.calm}\n\n[weights]\n"
    )
    return head + "".join(
        f"{json.dumps(run, ensure_ascii=False)} = {weight}\n" for run, weight in sorted(sense.weights.items())
    )


def shares(examples: Sequence[Example], found: Sequence[bool]) -> str:
    """Of the dangers and of the others: how many are found."""
    told = []
    for is_alarm in (True, False):
        of = [is_found for one, is_found in zip(examples, found, strict=True) if one.alarm == is_alarm]
        told.append(f"{sum(of)}/{len(of)} = {100 * sum(of) / max(1, len(of)):.1f} %")
    return f"dangers {told[0]}, others {told[1]}"


def found_by(rules: HazardRules, examples: Sequence[Example]) -> list[bool]:
    """Whether rules and sense together find a danger."""
    return [bool(dangers_in(one.low, rules)) for one in examples]


def main(arguments: Sequence[str]) -> None:
    corpus, rules = load_corpus(), hazard_rules(City())
    for author, texts in corpus.items():
        sense = fit_without(author, corpus)
        alone = [alarm(one.low, sense) > THRESHOLD for one in texts]
        print(f"{author}, fitted without, score alone: {shares(texts, alone)}")
        print(
            f"{author}, rules and score: {shares(texts, found_by(replace(rules, sense=sense), texts))}",
            flush=True,
        )
    whole = fit([one for texts in corpus.values() for one in texts])
    for path in UNSEEN:
        texts = load_examples(path)
        print(f"{path.stem}: {shares(texts, found_by(replace(rules, sense=whole), texts))}")
    if "--write" in arguments:
        LEXICON.write_text(as_toml(whole), encoding="utf-8")
        print(f"→ {LEXICON}")


if __name__ == "__main__":
    main(sys.argv[1:])

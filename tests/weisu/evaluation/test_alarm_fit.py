"""The word list of the sense of alarm is what its texts give, and holds for authors that it was not fitted on."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from agents.city import City
from agents.intake.alarm import Sense, alarm, sense_of
from agents.intake.hazards import hazard_rules
from weisu.evaluation.alarm_fit import (
    LEXICON,
    UNSEEN,
    Example,
    as_toml,
    fit,
    fit_without,
    found_by,
    load_corpus,
    load_examples,
    runs_of,
    shares,
)

CORPUS = load_corpus()
WHOLE = [one for texts in CORPUS.values() for one in texts]


@pytest.fixture(scope="module")
def refit() -> Sense:
    return fit(WHOLE)


def share(examples: list[Example], found: list[bool], is_alarm: bool) -> float:
    of = [is_found for one, is_found in zip(examples, found, strict=True) if one.alarm == is_alarm]
    return sum(of) / len(of)


def test_corpus_is_large_mixed_and_says_nothing_twice() -> None:
    assert len({one.low for one in WHOLE}) == len(WHOLE) > 6000
    assert 0.4 < sum(one.alarm for one in WHOLE) / len(WHOLE) < 0.6


def test_a_refit_scores_as_the_committed_list_does(refit: Sense) -> None:
    # Not byte for byte: the last digit of a weight hangs on the machine's arithmetic.
    committed = sense_of(City())
    bounds = (refit.threshold, refit.certain, refit.doubt, refit.calm)
    assert bounds == (committed.threshold, committed.certain, committed.doubt, committed.calm)
    assert max(abs(alarm(one.low, refit) - alarm(one.low, committed)) for one in WHOLE) < 0.02


def test_the_list_is_written_as_it_is_read() -> None:
    assert as_toml(sense_of(City())) == LEXICON.read_text(encoding="utf-8")


def test_it_holds_for_an_author_that_it_was_not_fitted_on() -> None:
    texts, rules = CORPUS["six"], hazard_rules(City())
    few = {author: CORPUS[author] for author in ("five", "six", "seven")}
    found = found_by(replace(rules, sense=fit_without("six", few)), texts)
    assert share(texts, found, True) > 0.9
    assert share(texts, found, False) < 0.1


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("alarm_unseen", 0.9, 0.08),
        ("alarm_unseen_two", 0.94, 0.08),
        ("alarm_unseen_three", 0.9, 0.04),
        ("alarm_unseen_four", 0.92, 0.04),
        ("alarm_unseen_five", 0.97, 0.04),
    ],
)
def test_rules_and_sense_find_what_nothing_was_fitted_on(name: str, least: float, most: float) -> None:
    (path,) = [path for path in UNSEEN if path.stem == name]
    texts = load_examples(path)
    found = found_by(hazard_rules(City()), texts)
    assert share(texts, found, True) >= least
    assert share(texts, found, False) <= most


def test_no_text_that_it_was_fitted_on_is_like_an_unseen_one() -> None:
    # Like one another: as sets of runs more than 0.6 of both is shared.
    unseen = [one for path in UNSEEN for one in load_examples(path)]
    table = table_of(WHOLE + unseen)
    fitted, others = table[: len(WHOLE)], table[len(WHOLE) :]
    sizes = np.diff(table.indptr)
    alike = []
    for start in range(0, len(WHOLE), 500):
        shared = (fitted[start : start + 500] @ others.T).toarray()
        either = sizes[start : start + len(shared), None] + sizes[None, len(WHOLE) :] - shared
        alike += [WHOLE[start + int(row)].low for row in np.unique(np.nonzero(shared > 0.6 * either)[0])]
    assert alike == []
    assert (fitted[0] @ fitted[0].T).toarray() == sizes[0]  # a text would have been found by itself


def table_of(examples: list[Example]) -> csr_matrix:
    """A row for each text, a 1 for each run that it holds."""
    places: dict[str, int] = {}
    rows = [[places.setdefault(run, len(places)) for run in runs_of(one.low)] for one in examples]
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.concatenate([np.array(row, dtype=np.int64) for row in rows])
    return csr_matrix((np.ones(len(columns), dtype=np.int32), columns, ends), (len(rows), len(places)))


def test_shares_count_what_is_found() -> None:
    examples = [Example("甲", True), Example("乙", True), Example("丙", False)]
    assert shares(examples, [True, False, True]) == "dangers 1/2 = 50.0 %, others 1/1 = 100.0 %"

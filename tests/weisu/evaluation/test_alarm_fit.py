"""The word list of the sense of alarm is what its texts give, and holds for texts that it was not fitted on."""

import pytest

from agents.city import City
from agents.intake.alarm import Sense, alarm, sense_of
from agents.intake.hazards import find_hazards
from weisu.evaluation.alarm_fit import (
    FOLDS,
    LEXICON,
    THRESHOLD,
    UNSEEN,
    Example,
    as_toml,
    fit,
    load_corpus,
    load_examples,
    runs_of,
    shares,
)

CORPUS = load_corpus()


@pytest.fixture(scope="module")
def refit() -> Sense:
    return fit(CORPUS)


def test_corpus_is_large_mixed_and_says_nothing_twice() -> None:
    assert len({one.low for one in CORPUS}) == len(CORPUS) > 3500
    assert 0.4 < sum(one.alarm for one in CORPUS) / len(CORPUS) < 0.6


def test_a_refit_scores_as_the_committed_list_does(refit: Sense) -> None:
    # Not byte for byte: the last digit of a weight hangs on the machine's arithmetic.
    committed = sense_of(City())
    assert (refit.threshold, refit.doubt) == (committed.threshold, committed.doubt)
    assert max(abs(alarm(one.low, refit) - alarm(one.low, committed)) for one in CORPUS) < 0.02


def test_the_list_is_written_as_it_is_read() -> None:
    assert as_toml(sense_of(City())) == LEXICON.read_text(encoding="utf-8")


def test_it_holds_for_texts_that_it_was_not_fitted_on() -> None:
    held = CORPUS[::FOLDS]
    sense = fit([one for at, one in enumerate(CORPUS) if at % FOLDS])
    found = shares(held, [alarm(one.low, sense) for one in held], THRESHOLD)
    assert found["recall"] > 0.65
    assert found["false"] < 0.02


def test_rules_and_sense_find_what_nothing_was_fitted_on() -> None:
    unseen = load_examples(UNSEEN)
    found = shares(unseen, [float(bool(find_hazards(one.low, City()))) for one in unseen], 0.5)
    assert found["recall"] > 0.89
    assert found["false"] < 0.09


def test_no_text_that_it_was_fitted_on_is_like_an_unseen_one() -> None:
    unseen = [runs_of(one.low) for one in load_examples(UNSEEN)]
    alike = [
        one.low
        for one in CORPUS
        if any(
            len(runs & there) > 0.6 * len(runs | there) for there in unseen for runs in (runs_of(one.low),)
        )
    ]
    assert alike == []


def test_shares_count_what_is_above() -> None:
    examples = [Example("甲", True), Example("乙", True), Example("丙", False)]
    assert shares(examples, [2.0, 1.0, 1.5], 1.2) == {"recall": 0.5, "false": 1.0}

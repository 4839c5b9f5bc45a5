"""What a person was told, and of which tickets: at first, and with fresh content."""

from pathlib import Path

import pytest
from fakes.findings import finding, hours, make_desk

from agents.alerting.decide import decide
from agents.problems.problem import Candidate
from streams.results import Results, files
from weisu.evaluation.outcome import Outcome, load_outcome, outcome_of

WIDE = finding(
    0,
    scope="district",
    key="城东区|district|供水",
    reporters=40,
    ticket_ids=tuple(f"w{number}" for number in range(40)),
)
PLACE = finding(
    2,
    key="城东区|problem|p2",
    problem_id="p2",
    reporters=8,
    ticket_ids=("w3", *(f"p{number}" for number in range(6)), "w5"),
    trigger_ticket_id="w5",
    figures={"lambda": 12.0, "ratio": 30.0},
)
COPIES = finding(
    3,
    kind="campaign",
    key="campaign:城东区|problem|p1",
    reporters=9,
    trigger_ticket_id="t3",
    figures={"compared": 9.0, "texts": 2.0, "n_eff": 4.1},
)


def decided(*findings: Candidate) -> Results:
    desk, results = make_desk(), Results()
    for one in findings:
        for event in decide(one, desk):
            results.hear(event)
    return results


def from_files(results: Results, folder: Path) -> Outcome:
    for name, lines in files(results).items():
        (folder / name).write_bytes(b"".join(line + b"\n" for line in lines))
    return load_outcome(folder)


def test_fresh_content_is_of_the_finding_told_not_of_all_that_the_alert_lists() -> None:
    (told,) = outcome_of(decided(WIDE, PLACE)).alerts
    first, again = told.tellings
    assert (first.at, len(first.ticket_ids)) == (hours(0), 40)
    assert (again.at, again.ticket_ids, again.trigger) == (hours(2), PLACE.ticket_ids, "w5")


@pytest.mark.parametrize("later", [(), (COPIES,)])
def test_copies_are_named_once_a_finding_counts_the_texts(later: tuple[Candidate, ...]) -> None:
    (told,) = outcome_of(decided(finding(0), *later)).alerts
    assert told.names_copies == bool(later)


@pytest.mark.parametrize("scope", ["problem", "street"])
def test_a_crowd_with_counted_texts_names_them_where_its_title_does(scope: str) -> None:
    crowd = finding(0, scope=scope, figures={"lambda": 6.0, "ratio": 12.0, "texts": 2.0, "compared": 9.0})
    (told,) = outcome_of(decided(crowd)).alerts
    assert told.names_copies == (scope == "problem")


def test_files_tell_the_same_as_the_replay_in_memory(tmp_path: Path) -> None:
    results = decided(WIDE, PLACE, finding(200, key="城东区|problem|p7", problem_id="p7"))
    assert len(results.raised) == 2
    assert from_files(results, tmp_path) == outcome_of(results)


def test_fresh_content_is_found_in_the_ledger_whatever_of_its_text_was_dropped() -> None:
    results = decided(WIDE, PLACE)
    (alert_id,) = results.updates
    (event,) = results.updates[alert_id]
    figures = event.alert.figures | {"dropped_sentences": 2.0}
    alert = event.alert.model_copy(update={"figures": figures})
    results.updates[alert_id] = [event.model_copy(update={"alert": alert})]
    (told,) = outcome_of(results).alerts
    assert [len(telling.ticket_ids) for telling in told.tellings] == [40, 8]

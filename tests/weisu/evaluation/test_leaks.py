"""The leak set is what it says, and masking stays within the limits on fills that nobody tuned for."""

import pytest

from agents.intake.masking import Tokens, mask
from weisu.evaluation.leaks import SECRETS, LeakText, frames, grouped, make_leak_set, spoken, wide
from weisu.evaluation.masking import LEAK_LIMIT, OVER_LIMIT, Leaks, Share, measure_leaks

PUBLISHED = make_leak_set()


@pytest.fixture(scope="module")
def leaks() -> Leaks:
    return measure_leaks(PUBLISHED)


def test_set_is_wide_enough() -> None:
    assert len({text.text for text in PUBLISHED}) >= 400
    items = [label for text in PUBLISHED for label in text.secrets]
    assert len(items) >= 1000
    assert {label.kind for label in items} == set(SECRETS)
    assert sum(len(text.look_alikes) for text in PUBLISHED) >= 300
    assert {label.kind for text in PUBLISHED for label in text.look_alikes} == set(frames()["look_alikes"])
    spoken_forms = {label.form for label in items if label.kind == "手机"}
    assert {"wide", "spoken", "every digit spaced", "half spoken", "letters for digits"} <= spoken_forms


def test_same_seed_gives_the_same_texts() -> None:
    assert make_leak_set(seed=3, fills=1) == make_leak_set(seed=3, fills=1) != make_leak_set(seed=4, fills=1)


def test_every_label_stands_where_it_says() -> None:
    for text in PUBLISHED:
        for label in (*text.secrets, *text.look_alikes):
            assert 0 <= label.start < label.end <= len(text.text)
        assert "{" not in text.text
        assert "#" not in "".join(text.text[label.start : label.end] for label in text.look_alikes)


def test_leaks_stay_within_the_limit(leaks: Leaks) -> None:
    assert leaks.leaked.of >= 1000
    assert leaks.leaked.value <= LEAK_LIMIT, leaks.leaked_forms


def test_look_alikes_stay(leaks: Leaks) -> None:
    assert leaks.over_masked.of >= 300
    assert leaks.over_masked.value <= OVER_LIMIT, leaks.over_kinds
    assert leaks.passes


def test_a_masked_text_of_the_set_is_left_alone() -> None:
    for text in PUBLISHED:
        once = mask(text.text, Tokens(hide_doors=True)).text
        assert mask(once, Tokens(hide_doors=True)).text == once


def test_what_is_left_of_an_item_counts_as_a_leak() -> None:
    from weisu.evaluation.leaks import Label

    text = "编号138001380001止，打12345，王女士"
    secret, stays = Label(2, 14, "手机", "too long"), Label(17, 22, "热线", "")
    found = measure_leaks([LeakText(text, (secret,), (stays,))])
    assert found.leaked == Share(1, 1)
    assert found.leaked_forms == {"手机, too long": 1}
    assert found.over_masked == Share(1, 1)
    assert found.over_kinds == {"frame": 1}
    assert not found.passes


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (wide("138a@b"), "１３８Ａ＠Ｂ"),
        (spoken("1380", one="幺"), "幺三八零"),
        (spoken("1380", zero="〇"), "一三八〇"),
        (grouped("13800138000", (3, 4)), "138 0013 8000"),
        (grouped("1234", (4,)), "1234"),
    ],
)
def test_forms_are_written_as_named(made: str, expected: str) -> None:
    assert made == expected

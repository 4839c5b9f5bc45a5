"""The golden set is readable, labelled in the city's own terms, and wide enough to prove something."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest

from agents.city import words
from agents.grading.answer import categories_of
from agents.intake.ticket import Kind
from weisu import wiring
from weisu.city_folder import load_city
from weisu.evaluation.golden import SPLITS, Golden, Split, Tag, UnreadableGolden, load_golden

CITY = load_city(wiring.EXAMPLE_CITY)
HALVES = {split: load_golden(split) for split in SPLITS}
ALL = [ticket for half in HALVES.values() for ticket in half]
BY_ID = {ticket.id: ticket for ticket in ALL}


def split_of(group: Iterable[str]) -> Split:
    """The half of a ticket and of those that are easily taken for it: by the hash of their smallest id."""
    return SPLITS[hashlib.sha256(min(group).encode()).digest()[0] % 2]


def test_set_covers_what_a_hotline_hears() -> None:
    urgencies = Counter(ticket.expect.urgency for ticket in ALL)
    tags = Counter(tag for ticket in ALL for tag in ticket.tags)
    assert len(ALL) >= 280
    assert urgencies["critical"] + urgencies["urgent"] >= 60
    assert urgencies["normal"] + urgencies["low"] >= 100
    assert {ticket.expect.kind for ticket in ALL} == set(get_args(Kind))
    assert {ticket.expect.category for ticket in ALL} == set(categories_of(CITY))
    assert set(tags) == set(get_args(Tag))
    assert tags["injection"] >= 30


@pytest.mark.parametrize("half", SPLITS)
def test_each_half_can_carry_a_verdict(half: str) -> None:
    urgent = [ticket for ticket in HALVES[half] if ticket.expect.urgency in ("critical", "urgent")]
    assert len(urgent) >= 40
    assert len(HALVES[half]) - len(urgent) >= 100


def test_labels_are_the_citys_own_terms() -> None:
    categories, hazards = set(categories_of(CITY)), set(words(CITY, "hazards")["hazards"])
    units = {unit.name for unit in CITY.units}
    for ticket in ALL:
        expect = ticket.expect
        assert {expect.category, *expect.category_also} <= categories, ticket.id
        assert set(expect.hazards) <= hazards, ticket.id
        assert expect.unit is None or expect.unit in units, ticket.id


def test_no_ticket_stands_twice() -> None:
    assert len(BY_ID) == len(ALL) == len({ticket.text for ticket in ALL})


def test_halves_are_by_hash_and_keep_partners_together() -> None:
    groups: dict[str, set[str]] = {ticket.id: {ticket.id} for ticket in ALL}
    for ticket in ALL:
        if ticket.partner:
            joined = groups[ticket.id] | groups[ticket.partner]
            groups |= dict.fromkeys(joined, joined)
    for half, tickets in HALVES.items():
        assert [ticket.id for ticket in tickets if split_of(groups[ticket.id]) != half] == []


def test_injection_can_be_cut_out_of_its_ticket() -> None:
    for ticket in ALL:
        assert (ticket.injection is not None) == ("injection" in ticket.tags), ticket.id
        if ticket.injection:
            said = [ticket.title, ticket.text, ticket.place, ticket.name]
            assert sum(part.count(ticket.injection) for part in said if part) == 1, ticket.id
            assert ticket.without_injection(CITY).content


def test_ticket_is_built_by_intake() -> None:
    golden = Golden.model_validate(
        {
            "id": "t1",
            "text": "我叫李娜，电话13800138000，我家着火了",
            "place": "望江苑3栋",
            "expect": {"urgency": "critical", "kind": "help", "category": "消防", "hazards": ["fire"]},
            "why": "personal data and a fire",
        }
    )
    ticket = golden.to_ticket(CITY)
    assert ticket.content == "我叫〔人1〕，电话〔电话1〕，我家着火了"
    assert [hazard.name for hazard in ticket.hazards] == ["fire"]
    assert ticket.place.community == "望江苑"


def test_wrong_line_is_named_without_its_text(tmp_path: Path) -> None:
    (tmp_path / "golden.dev.jsonl").write_text('{"id": "x", "text": "机密"}\n', encoding="utf-8")
    with pytest.raises(UnreadableGolden, match=r"golden\.dev\.jsonl:1: wrong at expect, why") as error:
        load_golden("dev", tmp_path)
    assert "机密" not in str(error.value)
    with pytest.raises(UnreadableGolden, match="No such file"):
        load_golden("held_out", tmp_path)

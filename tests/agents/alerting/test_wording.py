"""What an alert says: computed facts and verbatim quotes, nothing else."""

from typing import Any

import pytest
from fakes.findings import finding, hours, make_desk

from agents.alerting.wording import Sentence, Wording, compose, is_supported
from agents.problems.problem import CandidateKind, Evidence

CITY = make_desk().city
NOWHERE: dict[str, Any] = {"district": "", "place": {}}


def say(**fields: Any) -> Wording:
    return compose(finding(0, **fields), CITY)


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"reporters": 3}, "新华小区停水：3小时内3人反映，为平时的10倍以上"),
        ({"matter": "停水", "figures": {}}, "新华小区停水：3小时内3人反映"),
        (
            {"first_seen": hours(-0.5), "figures": {"ratio": 2.04}},
            "新华小区停水：30分钟内3人反映，约为平时的2倍",
        ),
        ({"first_seen": hours(-100), "figures": {"ratio": 900.0}}, "新华小区停水：5天内3人反映，远高于平时"),
        ({"figures": {"ratio": 1.2}}, "新华小区停水：3小时内3人反映"),
        ({**NOWHERE, "figures": {}}, "小区停水（地点不明）：3小时内3人反映"),
        ({"scope": "street", "figures": {}}, "城东区东一街道供水诉求集中：3小时内3人反映"),
        ({"scope": "district", "figures": {}}, "城东区供水诉求集中：3小时内3人反映"),
        ({"kind": "hazard", "hazards": ("gas_leak",)}, "新华小区：燃气泄漏，请立即核实"),
        ({"kind": "hazard", "hazards": ("tiger",), **NOWHERE}, "地点不明：tiger，请立即核实"),
        ({"kind": "recurrence"}, "新华小区停水：办结后又有3人反映"),
        ({"kind": "recurrence", "figures": {"came_back": 2.0}}, "新华小区停水：办结后又有2人反映"),
        (
            {**NOWHERE, "matter": "公交线路", "figures": {}, "facts": {"subject": "反对204路改线"}},
            "公交线路（地点不明）：3小时内3人反映“反对204路改线”",
        ),
        ({"matter": "SW-Dirty Alley", "figures": {}}, "新华小区Dirty Alley：3小时内3人反映"),
        ({"kind": "chronic"}, "新华小区停水：长期未解决，3人反映"),
        (
            {"place": {"address": "12 Main St"}, "matter": "water main break", "figures": {}},
            "12 Main St water main break：3小时内3人反映",
        ),
    ],
)
def test_the_title_says_what_where_and_how_many(fields: dict[str, Any], title: str) -> None:
    assert say(**fields).title == title


def test_the_text_says_all_that_is_known() -> None:
    facts = {
        "unit": "城东区水务局",
        "reply": "已抢修完毕,恢复供水",
        "closed_at": "2025-03-01T10:00:00+08:00",
    }
    wording = say(facts=facts, figures={"ratio": 12.0, "correction": 1.5})
    assert wording.text == (
        "地点：新华小区。自3月3日05:30起，3人反映小区停水（附工单3件）。为平时的10倍以上。"
        "全市同类诉求同期约为平时的1.5倍，已按此折算。诉求人说：“停水一上午”。"
        "此前于3月1日10:00办结，答复：“已抢修完毕,恢复供水”。目前承办：城东区水务局。"
        "责任单位：城东区水务局（依据：供水条例第二十七条）。建议：核实影响范围，通知城东区水务局处置，统一告知来电人。"
    )
    assert wording.dropped == 0


@pytest.mark.parametrize(
    "kind",
    [
        "burst",
        "recurrence",
        "chronic",
        "seasonal",
        "hazard",
        "dispute",
        "harassment",
        "same_caller",
        "campaign",
    ],
)
def test_every_kind_has_words_that_hold(kind: CandidateKind) -> None:
    wording = say(kind=kind, hazards=("fire",), facts={"unit": "第3水厂", "reply": "第2次答复:\n已修"})
    assert wording.dropped == 0
    assert "第2次答复: 已修" in wording.text
    assert "None" not in wording.title + wording.text


def test_a_quote_of_a_ticket_not_behind_the_finding_is_dropped() -> None:
    quotes = (
        Evidence(ticket_id="t0", quote="停水一上午"),
        Evidence(ticket_id="stranger", quote="别处也停了"),
    )
    wording = say(evidence=quotes)
    assert "别处" not in wording.text
    assert wording.dropped == 1


def test_no_number_is_claimed_that_the_tickets_do_not_bear_out() -> None:
    wording = say(reporters=40)
    assert "小时内" not in wording.title + wording.text
    assert "自3月3日" not in wording.text
    assert "40人" in wording.title


def test_a_slow_crowd_is_counted_over_three_weeks() -> None:
    wording = say(reporters=9, figures={"slow": 1.0, "distinct21d": 9.0})
    assert wording.title == "新华小区停水：21天内9人反映"


def test_a_long_quote_is_cut_where_it_stays_verbatim() -> None:
    quote = "停水" * 60
    wording = say(evidence=(Evidence(ticket_id="t0", quote=quote),))
    assert f"“{quote[:60]}……”" in wording.text


@pytest.mark.parametrize(
    ("sentence", "holds"),
    [
        (Sentence("约为平时的12倍。", ("12倍",)), True),
        (Sentence("约为平时的13倍。", ("13倍",)), False),
        (Sentence("约为平时的12倍，共9人。", ("12倍",)), False),
        (Sentence("诉求人说：“停水”。", ("“停水”",)), True),
        (Sentence("诉求人说：“停电”。", ()), False),
        (Sentence("请核实。"), True),
        (Sentence("约为平时的几倍。", ("12倍",)), False),
    ],
)
def test_a_sentence_holds_only_on_its_grounds(sentence: Sentence, holds: bool) -> None:
    assert is_supported(sentence, frozenset({"12倍", "“停水”"})) is holds


def test_without_any_ticket_nothing_is_said() -> None:
    assert not say(ticket_ids=(), evidence=()).is_supported

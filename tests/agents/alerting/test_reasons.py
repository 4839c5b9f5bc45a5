"""Every reason is a sentence with the figures it rests on."""

from typing import Any, get_args

import pytest

from agents.alerting.alert import HeldReason
from agents.alerting.reasons import why_held, why_told


def entry(**fields: Any) -> dict[str, Any]:
    figures = {"lambda": 0.62, "needed": 1.5, "ratio": 4.0} | fields.pop("figures", {})
    given = {"kind": "burst", "scope": "problem", "reporters": 3, "under": "a-1", "figures": figures}
    return given | {"suppressed": "below_threshold"} | fields


@pytest.mark.parametrize("reason", get_args(HeldReason))
def test_every_reason_has_a_sentence(reason: str) -> None:
    told = why_held(entry(suppressed=reason))
    assert told.endswith("。") and told != "原因没有记录。"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reporters": 2}, "只有2名不同诉求人，不足3名"),
        ({}, "证据强度λ=0.62，约为平时的4.0倍，低于当日门槛1.50"),
        ({"figures": {"trust": 1.0}}, "值班员反馈使门槛提高1"),
        ({"figures": {"correction": 3.04}}, "全市同类约为平时的3.0倍，已折算"),
        ({"figures": {"ratio": 1866.6}}, "证据强度λ=0.62，远高于平时，低于当日门槛1.50"),
        (
            {"kind": "recurrence", "figures": {"lambda": 0.494, "least": 0.5, "came_back": 2.0}},
            "办结后又有2人反映；证据强度λ=0.49，约为平时的4.0倍，低于复发线索的门槛0.50",
        ),
        ({"figures": {"lambda": 2.0}}, "3人说法相近，但不是同一地点"),
        ({"figures": {"lambda": 2.0, "alike": 2.0}, "scope": "district"}, "同一件事最多2人"),
        ({"suppressed": "silenced", "note": "王静默至3月4日09:00"}, "值班员已静默：王静默至3月4日09:00"),
        ({"suppressed": "cool_down"}, "预警a-1"),
        ({"suppressed": "inhibited"}, "预警a-1已经说明此事"),
    ],
)
def test_why_not(fields: dict[str, Any], words: str) -> None:
    assert words in why_held(entry(**fields))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"figures": {"lambda": 3.2}},
            "3名不同诉求人反映；证据强度λ=3.20，约为平时的4.0倍，达到当日门槛1.50",
        ),
        ({"kind": "hazard"}, "不受预算限制"),
        (
            {"kind": "recurrence", "figures": {"came_back": 2.0, "chance": 0.004}},
            "又有2人反映，纯属偶然的可能性为0.4%",
        ),
        ({"kind": "recurrence"}, "办结后又有人反映"),
        ({"kind": "chronic"}, "3名不同诉求人"),
        ({"kind": "digest", "figures": {"held": 7.0}}, "预算之外的7条线索"),
    ],
)
def test_why_this(fields: dict[str, Any], words: str) -> None:
    assert words in why_told(entry(**fields))

"""The alert rules speak of metrics that exist, by labels that they have."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.metrics import METRICS

HOME = Path(__file__).resolve().parents[2]
FILE = HOME / "deploy" / "prometheus-rules.yml"
GROUPS: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"]
RULES: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]
TARGET = {"job", "instance"}
"""Labels that Prometheus itself adds."""
rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])


def metrics_of(rule: dict[str, Any]) -> set[str]:
    return set(re.findall(r"\bweisu_\w+", rule["expr"]))


@rule
def test_every_metric_is_one_of_the_closed_list(rule: dict[str, Any]) -> None:
    names = metrics_of(rule)
    assert names <= METRICS.keys()
    assert names or rule["expr"].startswith("up{")


@rule
def test_every_label_is_one_of_its_metric(rule: dict[str, Any]) -> None:
    known = TARGET | {label for name in metrics_of(rule) for label in METRICS[name].labels}  # type: ignore[index]  # names are checked above
    grouped = {
        label.strip() for part in re.findall(r"by \(([^)]*)\)", rule["expr"]) for label in part.split(",")
    }
    picked = set(re.findall(r"[{,]\s*(\w+)=", rule["expr"]))
    shown = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
    assert grouped | picked | shown <= known


@rule
def test_every_agent_is_one_that_runs(rule: dict[str, Any]) -> None:
    page = (HOME / "streams" / "app.py").read_text(encoding="utf-8")
    for name in re.findall(r'agent="(\w+)"', rule["expr"]):
        assert f'@worker.agent("{name}"' in page


@rule
def test_counters_are_asked_for_their_growth(rule: dict[str, Any]) -> None:
    for name in metrics_of(rule):
        uses = re.findall(rf"(\w+)?\(?{name}(?:{{[^}}]*}})?(\[\w+\])?", rule["expr"])
        assert uses
        if METRICS[name].kind == "counter":  # type: ignore[index]  # names are checked above
            assert any(span and function in ("increase", "rate") for function, span in uses)


@rule
def test_rule_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert rule["annotations"].keys() == {"summary", "action"}
    assert rule["expr"].count("(") == rule["expr"].count(")")


def test_names_are_unique() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names) >= 5


def test_what_must_be_watched_is_watched() -> None:
    watched = set().union(*(metrics_of(rule) for rule in RULES))
    assert watched >= {
        "weisu_lag",
        "weisu_last_ack_age_seconds",
        "weisu_dead_letters_total",
        "weisu_grades_total",
        "weisu_deliveries_total",
    }

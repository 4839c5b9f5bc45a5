"""Findings and desks for the tests of alerting."""

from datetime import datetime, timedelta, timezone
from typing import Any

from agents.alerting.alert import AlertEvent, Command, Held
from agents.alerting.decide import decide
from agents.alerting.desk import Desk
from agents.city import City, Duty, Thresholds
from agents.problems.problem import Candidate, Count, Evidence

CHINA = timezone(timedelta(hours=8))
START = datetime(2025, 3, 3, 8, tzinfo=CHINA)


def make_desk(**thresholds: Any) -> Desk:
    city = City(
        name="试验市",
        utc_offset=CHINA,
        duties=(Duty("1", "抢修", "供水", ("停水",), "{district}水务局", "供水条例第二十七条"),),
        thresholds=Thresholds(**thresholds),
    )
    return Desk(city, {})


def hours(number: float) -> datetime:
    return START + timedelta(hours=number)


def finding(at: float = 0.0, **fields: Any) -> Candidate:
    """A crowd of three about water at one estate, strong enough for any city; `at` in hours."""
    given = {"kind": "burst", "scope": "problem", "key": "城东区|problem|p1", "reporters": 3} | fields
    trigger = given.setdefault("trigger_ticket_id", f"t{at:g}")
    return Candidate.model_validate(
        {
            "candidate_id": f"c-{given['kind']}-{given['key']}-{trigger}",
            "at": hours(at),
            "problem_id": "p1" if given["scope"] == "problem" else None,
            "district": "城东区",
            "place": {"district": "城东区", "street": "东一街道", "community": "新华小区"},
            "category": "供水",
            "matter": "小区停水",
            "ticket_ids": (trigger, "t-b", "t-c"),
            "first_seen": hours(at - 2.5),
            "evidence": (Evidence(ticket_id=trigger, quote="停水一上午"),),
            "figures": {"lambda": 6.0, "ratio": 12.0, "expected": 0.25},
            "rules": "r@1",
        }
        | given
    )


def count(
    number: int, at: float, district: str = "城东区", category: str = "供水", fresh: bool = True
) -> Count:
    return Count(ticket_id=f"n{number}", at=hours(at), district=district, category=category, fresh=fresh)


def ask(name: str, at: float = 0.0, **fields: Any) -> Command:
    given = {"command": name, "command_id": f"{name}@{at:g}", "by": "王", "at": hours(at)} | fields
    return Command.model_validate(given)


def reason(events: tuple[AlertEvent, ...]) -> str | None:
    """Why it was held, None when it was told."""
    alert = events[0].alert
    return alert.suppressed if isinstance(alert, Held) else None


def raised(desk: Desk, candidate: Candidate) -> AlertEvent:
    """Decide a finding that must be told."""
    events = decide(candidate, desk)
    assert events[-1].event == "raised", events
    return events[-1]

"""Whom an alert reaches, and that the same event always makes the same delivery."""

from datetime import UTC
from typing import get_args

import pytest
from fakes.findings import CHINA, finding, hours, make_desk, raised

from agents.alerting.alert import AlertEvent
from agents.city import City, Officer
from agents.notifying.route import Routing, route

ROSTER = (
    Officer("白班", "duty", "08:00-20:00", (), ("wecom",)),
    Officer("东岗", "analyst", "08:00-20:00", ("城东区",), ("mail", "wecom")),
    Officer("夜班", "duty", "20:00-08:00", (), ("sms",)),
)
CITY = City(utc_offset=CHINA, roster=ROSTER)
EVENT = raised(make_desk(), finding(1))


def told(
    event: AlertEvent = EVENT, city: City = CITY, channels: str = "wecom mail sms"
) -> dict[str, tuple[str, ...]]:
    return {d.channel: d.officers for d in route(event, Routing(city, tuple(channels.split())))}


def test_each_channel_of_the_shift_is_told_once() -> None:
    assert told() == {"wecom": ("白班", "东岗"), "mail": ("东岗",)}


def test_the_night_shift_is_found_by_local_time() -> None:
    night = EVENT.model_copy(update={"at": hours(13).astimezone(UTC)})
    assert told(night) == {"sms": ("夜班",)}


def test_without_a_channel_of_the_shift_all_are_told() -> None:
    assert told(channels="pager mail2") == {"pager": (), "mail2": ()}
    assert told(city=City()) == {"wecom": (), "mail": (), "sms": ()}


def test_with_no_channel_at_all_the_console_is_told() -> None:
    assert told(channels="") == {"console": ()}


@pytest.mark.parametrize("name", get_args(AlertEvent.model_fields["event"].annotation))
def test_only_what_is_raised_updated_or_a_digest_is_told(name: str) -> None:
    event = EVENT.model_copy(update={"event": name})
    assert bool(told(event)) is (name in ("raised", "updated", "digest"))


def test_the_key_is_the_same_for_the_same_event_only() -> None:
    routing = Routing(CITY, ("wecom", "mail"))
    later = EVENT.model_copy(update={"seq": 2})
    keys = [delivery.key for event in (EVENT, later) for delivery in route(event, routing)]
    assert len(set(keys)) == 4
    assert keys == [delivery.key for event in (EVENT, later) for delivery in route(event, routing)]

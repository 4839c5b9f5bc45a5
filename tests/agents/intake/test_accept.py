import json
from datetime import datetime
from itertools import permutations
from typing import Any

import pytest

from agents.city import City, District, NamedPlace, Street
from agents.intake.accept import Accepted, Intake, accept
from agents.intake.events import InvalidEvent
from agents.intake.ticket import Ticket

CITY = City(
    name="云川市",
    districts=(District("东区"),),
    streets=(Street("文庙街道", "东区"),),
    places=(NamedPlace("鼓楼新村", "community", "文庙街道", "东区"),),
)
PERSONAL = {
    "caller": {"id": "account-77", "phone": "13800138000", "name": "阿依古丽"},
    "title": "阿依古丽反映停水",
    "content": "我叫阿依古丽，鼓楼新村停水，电话13800138000，微信abc_12345。王女士也没水。",
    "place": {"district": "东区", "address": "鼓楼新村3栋 联系人李娜 13900139000"},
}
SECRETS = ["account-77", "13800138000", "13900139000", "阿依古丽", "李娜", "abc_12345"]


def event(id: str, kind: str, minute: int, **fields: Any) -> bytes:
    made = {
        "event_id": id,
        "event": kind,
        "ticket_id": "t1",
        "occurred_at": f"2024-05-01T08:{minute:02}:00+08:00",
    }
    return json.dumps({**made, **fields}, ensure_ascii=False).encode()


@pytest.fixture
def intake() -> Intake:
    return Intake(CITY, b"key")


def test_a_created_event_becomes_a_stored_ticket(intake: Intake) -> None:
    accepted = accept(event("e1", "created", 0, **PERSONAL), intake)
    assert accepted.changed
    assert intake.tickets == {"t1": accepted.ticket}
    assert accepted.ticket.place.community == "鼓楼新村"
    assert accepted.ticket.place.street == "文庙街道"
    assert accepted.ticket.reporter is not None


def test_nothing_stored_names_a_person(intake: Intake) -> None:
    accept(event("e1", "created", 0, **PERSONAL), intake)
    accept(event("e2", "dispatched", 1, unit="水务局", reason="联系人李娜 13900139000"), intake)
    accept(event("e3", "returned", 2, unit="水务局", reason="已与李娜女士13900139000联系"), intake)
    accept(event("e4", "closed", 3, unit="水务局", reply="李娜女士，微信abc_12345，已修复"), intake)
    ticket = accept(event("e5", "reviewed", 4, comment="我叫李娜，13900139000"), intake).ticket
    stored = ticket.model_dump_json()
    for secret in SECRETS:
        assert secret not in stored


def test_one_person_has_one_token_in_title_and_content(intake: Intake) -> None:
    ticket = accept(event("e1", "created", 0, **PERSONAL), intake).ticket
    assert ticket.title.startswith("〔人1〕")
    assert ticket.content.startswith("我叫〔人1〕")


def test_a_number_in_a_field_of_the_place_is_hidden_and_a_street_named_like_the_caller_is_not(
    intake: Intake,
) -> None:
    place = {"city": "云州市", "district": "13900139000", "street": "李娜街道"}
    ticket = accept(event("e1", "created", 0, **PERSONAL | {"place": place}), intake).ticket
    assert "13900139000" not in ticket.model_dump_json()
    assert (ticket.place.city, ticket.place.street) == ("云州市", "李娜街道")


def test_doors_are_hidden_in_every_text_where_the_city_wants_it() -> None:
    intake = Intake(CITY, b"key", hide_doors=True)
    accept(event("e1", "created", 0, content="2单元1201室漏水", place={"address": "2单元1201室"}), intake)
    ticket = accept(event("e2", "closed", 1, unit="物业", reply="2单元1201室已修"), intake).ticket
    assert ticket.content == "〔门牌1〕漏水"
    assert "1201" not in ticket.model_dump_json()


def test_a_redelivery_returns_the_stored_ticket_unchanged(intake: Intake) -> None:
    raw = event("e1", "created", 0, **PERSONAL)
    first = accept(raw, intake).ticket
    assert accept(raw, intake) == Accepted(first, changed=False)
    assert intake.tickets["t1"] is first


def test_an_old_event_comes_again_and_the_newest_state_goes_out(intake: Intake) -> None:
    raw = event("e1", "created", 0, **PERSONAL)
    accept(raw, intake)
    closed = accept(event("e2", "closed", 5, unit="水务局"), intake).ticket
    again = accept(raw, intake)
    assert (again.ticket, again.changed) == (closed, False)


def test_a_closed_for_an_unknown_ticket_waits(intake: Intake) -> None:
    waiting = accept(event("e2", "closed", 5, unit="水务局"), intake).ticket
    assert waiting.created_at is None
    complete = accept(event("e1", "created", 0, **PERSONAL), intake).ticket
    assert complete.created_at is not None
    assert complete.status == "closed"
    assert complete.parts


def test_any_order_of_arrival_gives_one_state() -> None:
    events = [
        event("e1", "created", 0, **PERSONAL),
        event("e2", "updated", 1, content="王女士：燃气泄漏，解放路也停水"),
        event("e3", "dispatched", 2, unit="水务局"),
        event("e4", "updated", 3, place={"street": "文庙街道"}),
    ]
    states = set()
    for order in permutations(events):
        intake = Intake(CITY, b"key")
        for raw in order:
            accept(raw, intake)
        states.add(intake.tickets["t1"].model_dump_json(exclude={"trigger_at"}))
    assert len(states) == 1


def test_places_and_hazards_follow_the_newest_text(intake: Intake) -> None:
    accept(event("e1", "created", 0, content="鼓楼新村停水"), intake)
    ticket = accept(event("e2", "updated", 1, content="解放路燃气泄漏，有人晕倒"), intake).ticket
    assert [part.name for part in ticket.parts] == ["解放路"]
    assert ticket.place.community is None
    assert ticket.hazards
    assert all(hazard.quote in ticket.text for hazard in ticket.hazards)


def test_a_caller_that_is_not_named_again_stays_known(intake: Intake) -> None:
    first = accept(event("e1", "created", 0, **PERSONAL), intake).ticket
    later = accept(event("e2", "updated", 1, caller={"name": "匿名"}, title="停水"), intake).ticket
    assert later.reporter == first.reporter


def test_a_bad_event_changes_nothing(intake: Intake) -> None:
    accept(event("e1", "created", 0, **PERSONAL), intake)
    before = dict(intake.tickets)
    with pytest.raises(InvalidEvent):
        accept(event("e2", "closed", 5), intake)
    assert intake.tickets == before


def test_defaults_of_the_contract_are_filled_in(intake: Intake) -> None:
    accept(event("e1", "created", 0, content="停水"), intake)
    ticket = accept(event("e2", "closed", 1, unit="水务局"), intake).ticket
    assert ticket.channel == "other"
    assert ticket.steps[0].outcome == "unknown"


def test_texts_without_a_bound_in_the_contract_are_cut_not_refused(intake: Intake) -> None:
    accept(event("e1", "created", 0, content="停水", title="水" * 30_000, category=["x" * 999] * 99), intake)
    ticket = accept(event("e2", "closed", 1, unit="局" * 999, reply="水" * 30_000), intake).ticket
    assert len(ticket.title) == 20_000
    assert len(ticket.steps[0].reply or "") == 4_000
    assert len(ticket.unit or "") == 200
    assert len(ticket.category) == 16


def test_a_number_at_the_cut_is_masked_whole(intake: Intake) -> None:
    place = {"district": "东区", "address": "路" * 191 + "13900139000"}
    accept(event("e1", "created", 0, content="停水", place=place), intake)
    ticket = accept(event("e2", "closed", 1, unit="局", reply="水" * 3_991 + "13900139000"), intake).ticket
    assert "139" not in ticket.model_dump_json()
    assert len(ticket.steps[0].reply or "") == 3_991 + len("〔电话1〕")


def test_a_number_at_the_first_cut_does_not_show_where_masking_has_made_the_text_shorter(
    intake: Intake,
) -> None:
    accept(event("e1", "created", 0, content="停水"), intake)
    ticket = accept(
        event("e2", "closed", 1, unit="局", reply="水水水" + "13900139000，" * 400), intake
    ).ticket
    assert "139" not in ticket.model_dump_json()
    assert (ticket.steps[0].reply or "").startswith("水水水〔电话1〕，〔电话1〕，")


def test_a_ticket_survives_storage_as_json(intake: Intake) -> None:
    ticket = accept(event("e1", "created", 0, **PERSONAL), intake).ticket
    assert Ticket.model_validate_json(ticket.model_dump_json()) == ticket


def test_a_ticket_with_the_longest_replies_still_fits_into_one_message(intake: Intake) -> None:
    accept(event("e0", "created", 0, content="水" * 20_000, title="水" * 30_000), intake)
    for number in range(300):
        accepted = accept(event(f"e{number + 1}", "closed", 1, unit="局" * 999, reply="水" * 30_000), intake)
    assert len(accepted.ticket.model_dump_json().encode()) < 4 << 20


def test_an_event_ahead_of_the_clock_is_refused_where_the_clock_is_known(intake: Intake) -> None:
    intake.until = datetime.fromisoformat("2024-05-01T08:30:00+08:00")
    assert accept(event("e1", "created", 30, content="停水"), intake).changed
    with pytest.raises(InvalidEvent) as refused:
        accept(event("e2", "updated", 31, content="停水"), intake)
    assert refused.value.reason == "implausible_time"
    assert intake.tickets["t1"].seen == ("e1",)

"""The simulated city: deterministic, valid by the contract, truthful, and like a city."""

import gzip
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from agents.city import City
from agents.intake.events import decode
from weisu.city_folder import load_city
from weisu.simulator.matters import load_matters
from weisu.simulator.simulate import simulate, write
from weisu.simulator.stories import SCOPES, Rates
from weisu.simulator.truth import Truth
from weisu.simulator.voices import chinese

EXAMPLE = Path(__file__).resolve().parents[2] / "weisu" / "example_city"
START = date(2026, 6, 1)


@dataclass(frozen=True)
class Played:
    events: list[dict[str, Any]]
    planted: list[dict[str, Any]]
    members: list[dict[str, Any]]

    @property
    def created(self) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == "created"]


def play(city: City, seed: int, days: int, tickets_per_day: float, rates: Rates | None = None) -> Played:
    truth = Truth()
    events = list(simulate(city, seed, START, days, tickets_per_day, rates, truth))
    lines = list(truth.lines())
    return Played(events, [x for x in lines if "kind" in x], [x for x in lines if "kind" not in x])


@pytest.fixture(scope="module")
def city() -> City:
    return load_city(EXAMPLE)


@pytest.fixture(scope="module")
def played(city: City) -> Played:
    """Two weeks of a small city in which much happens."""
    return play(city, 5, 14, 350, Rates(incidents=50, hoaxes=30, campaigns=12, hazards=30, after_closure=50))


def test_same_seed_gives_same_bytes_in_any_process(tmp_path: Path) -> None:
    code = (
        "import sys; from datetime import date; from pathlib import Path\n"
        "from weisu.city_folder import load_city\n"
        "from weisu.simulator.simulate import simulate, write\n"
        "from weisu.simulator.truth import Truth\n"
        "truth = Truth(); city = load_city(Path(sys.argv[1]))\n"
        "write(simulate(city, 9, date(2026, 7, 1), 2, 300, truth=truth), truth, Path(sys.argv[2]), True)\n"
    )
    for number in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", code, str(EXAMPLE), str(tmp_path / number)],
            env={**os.environ, "PYTHONHASHSEED": number},
            check=True,
        )
    for name in ("events.jsonl.gz", "truth.jsonl"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
    assert gzip.decompress((tmp_path / "1" / "events.jsonl.gz").read_bytes()).count(b"\n") > 1000


def test_another_seed_gives_another_city_life(city: City) -> None:
    assert play(city, 1, 1, 50).created[0] != play(city, 2, 1, 50).created[0]


def test_every_event_is_valid_by_the_contract(played: Played) -> None:
    for event in played.events:
        decode(json.dumps(event, ensure_ascii=False).encode())


def test_events_come_in_order_of_time(played: Played) -> None:
    times = [datetime.fromisoformat(event["occurred_at"]) for event in played.events]
    assert times == sorted(times)
    assert len({event["event_id"] for event in played.events}) == len(played.events)


def test_revisions_of_a_ticket_grow_with_time(played: Played) -> None:
    seen: dict[str, int] = defaultdict(int)
    for event in played.events:
        assert event["revision"] == seen[event["ticket_id"]] + 1
        seen[event["ticket_id"]] += 1


def test_every_ticket_has_one_line_of_truth(played: Played) -> None:
    ids = [event["ticket_id"] for event in played.created]
    assert [member["ticket_id"] for member in played.members] == ids


def test_planted_things_agree_with_their_tickets(played: Played) -> None:
    at = {event["ticket_id"]: event["occurred_at"] for event in played.created}
    of = {member["ticket_id"]: member["planted"] for member in played.members}
    listed = set()
    for thing in played.planted:
        if thing["kind"] == "storm":
            continue
        times = [at[ticket_id] for ticket_id in thing["ticket_ids"]]
        assert (thing["size"], thing["start"], thing["end"]) == (len(times), min(times), max(times))
        assert 1 <= thing["reporters"] <= thing["size"]
        assert {of[ticket_id] for ticket_id in thing["ticket_ids"]} == {thing["truth_id"]}
        listed.update(thing["ticket_ids"])
    assert listed == {ticket_id for ticket_id, planted in of.items() if planted}


def test_every_kind_is_planted(played: Played) -> None:
    kinds = Counter(thing["kind"] for thing in played.planted)
    assert set(kinds) >= {"burst", "hoax", "campaign", "chronic", "after_closure", "hazard"}
    assert {thing["scope"] for thing in played.planted if thing["kind"] == "burst"} == {
        "place",
        "street",
        "district",
    }


def test_hoaxes_have_one_reporter_and_bursts_have_many(played: Played) -> None:
    for thing in played.planted:
        if thing["kind"] == "hoax":
            assert thing["reporters"] == 1
        if thing["kind"] == "burst" and thing["size"] >= 12:
            assert thing["reporters"] > thing["size"] / 2


def test_callers_of_the_truth_are_those_of_the_events(played: Played) -> None:
    callers = {event["ticket_id"]: json.dumps(event.get("caller")) for event in played.created}
    for thing in played.planted:
        assert len({callers[ticket_id] for ticket_id in thing["ticket_ids"]}) == thing["reporters"] or (
            thing["kind"] == "storm"
        )


def test_first_of_after_closure_is_closed_as_solved_before_it_returns(played: Played) -> None:
    closed = {e["ticket_id"]: e for e in reversed(played.events) if e["event"] == "closed"}
    returned = [x for x in played.planted if x["kind"] == "after_closure" and x["size"] > 1]
    assert returned
    created = {event["ticket_id"]: event["occurred_at"] for event in played.created}
    for thing in returned:
        first, *later = sorted(thing["ticket_ids"], key=lambda ticket_id: created[ticket_id])
        assert closed[first]["outcome"] == "solved"
        assert all(created[ticket_id] > closed[first]["occurred_at"] for ticket_id in later)


def test_callers_of_one_subject_on_a_road_name_houses_near_each_other(played: Played) -> None:
    subject_of = {member["ticket_id"]: member["subject"] for member in played.members}
    houses: dict[str, set[int]] = defaultdict(set)
    for event in played.events:
        address = event.get("place", {}).get("address", "")
        found = re.fullmatch(r"[^0-9]+(?:路|街|巷)([0-9]+)号", address)
        if found and subject_of[event["ticket_id"]]:
            houses[subject_of[event["ticket_id"]]].add(int(found[1]))
    assert sum(len(numbers) > 1 for numbers in houses.values()) > 20
    assert all(max(numbers) - min(numbers) <= 8 for numbers in houses.values())


def test_text_and_field_of_a_ticket_name_one_house(played: Played) -> None:
    checked = 0
    for event in played.created:
        field = re.search(r"([0-9]+)号", event.get("place", {}).get("address", ""))
        said = re.search(r"(?:路|街|巷)([0-9]+)号", event["content"])
        if field and said:
            checked += 1
            assert field[1] == said[1], event["content"]
    assert checked > 50


def test_truth_knows_callers_times_and_closings(played: Played) -> None:
    closed: dict[str, str] = {}
    for event in played.events:
        if event["event"] == "closed":
            closed.setdefault(event["ticket_id"], event["occurred_at"])
    at = {event["ticket_id"]: event["occurred_at"] for event in played.created}
    callers: dict[int, set[str]] = defaultdict(set)
    for member, event in zip(played.members, played.created, strict=True):
        assert member["at"] == at[member["ticket_id"]]
        assert (member["closed_at"] or "")[:19] == closed.get(member["ticket_id"], "")[:19]
        assert (member["subject"] is None) == (member["truth_id"] is None)
        if "caller" in event:
            callers[member["caller"]].add(json.dumps(event["caller"]))
    assert all(len(forms) == 1 for forms in callers.values())


def test_most_callers_about_what_is_back_say_so(played: Played) -> None:
    content = {event["ticket_id"]: event["content"] for event in reversed(played.created)}
    at = {event["ticket_id"]: event["occurred_at"] for event in played.created}
    said, others = 0, 0
    for thing in played.planted:
        if thing["kind"] == "after_closure":
            _, *later = sorted(thing["ticket_ids"], key=lambda ticket_id: at[ticket_id])
            says = [any(word in content[known] for word in ("又", "反复", "恢复原样")) for known in later]
            said, others = said + sum(says), others + len(says) - sum(says)
    assert said > 1.5 * others > 0


def test_volume_and_shares_are_as_asked(played: Played) -> None:
    created = played.created
    total = len(created)
    place = [event.get("place", {}) for event in created]
    located = [p for p in place if "street" in p or "community" in p or "address" in p]
    assert 0.8 * 14 * 350 < total < 1.4 * 14 * 350
    assert 2.5 * total < len(played.events) < 4.5 * total
    assert 0.65 < len(located) / total < 0.8
    assert 0.05 < sum("district" not in p for p in located) / len(located) < 0.15
    assert 0.1 < sum("category" not in event for event in created) / total < 0.2
    assert 0.5 < sum(event["channel"] == "phone" for event in created) / total < 0.75
    assert len({event["content"] for event in created}) > 0.95 * total


def test_days_have_nights_and_weeks_have_weekends(played: Played) -> None:
    at = [datetime.fromisoformat(event["occurred_at"]) for event in played.created]
    hours = Counter(moment.hour for moment in at)
    assert min(hours[h] for h in range(9, 12)) > 2 * max(hours[h] for h in range(1, 5))
    weekdays = Counter(moment.weekday() for moment in at)
    assert weekdays[0] + weekdays[1] > weekdays[5] + weekdays[6]


def test_tickets_are_returned_reopened_reviewed_and_praised(played: Played) -> None:
    kinds = Counter(event["event"] for event in played.events)
    assert set(kinds) == {"created", "updated", "dispatched", "returned", "closed", "reviewed", "reopened"}
    assert {"praise", "consult", "suggestion"} <= {event.get("kind") for event in played.created}
    assert any("rating" in event for event in played.events)


def test_seasonal_matters_return_each_year(city: City) -> None:
    rates = Rates(incidents=0, hoaxes=0, chronic=0, seasonal=700)
    played = play(city, 4, 400, 12, rates)
    seasonal = [thing for thing in played.planted if thing["kind"] == "seasonal"]
    assert seasonal
    years = {ticket_id[2:6] for thing in seasonal for ticket_id in thing["ticket_ids"]}
    assert len(years) >= 2


def test_rates_decide_what_is_planted(city: City) -> None:
    none = Rates(incidents=0, hoaxes=0, campaigns=0, hazards=0, after_closure=0, chronic=0, seasonal=0)
    assert [x for x in play(city, 6, 3, 300, none).planted if x["kind"] != "storm"] == []


def test_matters_are_many_and_each_is_said_in_many_ways(city: City) -> None:
    matters = load_matters()
    assert len(matters) >= 35
    for matter in matters:
        assert sum(len(fact.whats) for fact in matter.facts) >= 6, matter.key
        assert {matter.category} <= {category.key for category in city.categories}


def test_incidents_are_no_wider_than_their_matter_reaches(played: Played) -> None:
    widest = {matter.key: SCOPES.index(matter.reach) for matter in load_matters()}
    bursts = [thing for thing in played.planted if thing["kind"] == "burst"]
    assert len(bursts) > 20
    assert all(SCOPES.index(thing["scope"]) <= widest[thing["matter"]] for thing in bursts)


def test_matters_of_a_school_happen_at_schools(played: Played) -> None:
    names = {matter.key: matter.names for matter in load_matters() if matter.names}
    assert {"school", "hospital"} <= set(names)
    hoaxes = {thing["truth_id"] for thing in played.planted if thing["kind"] == "hoax"}
    fitting, others = 0, 0
    for member in played.members:
        _, spot, matter, _ = (member["subject"] or "///").split("/")
        if matter in ("school", "hospital") and member["planted"] not in hoaxes:
            fits = any(name in spot for name in names[matter])
            fitting, others = fitting + fits, others + (not fits)
    assert fitting > 20 * others


def test_city_without_streets_is_refused() -> None:
    with pytest.raises(ValueError, match=r"streets\.csv"):
        next(iter(simulate(City())))


@pytest.mark.parametrize(
    ("number", "text"),
    [(3, "三"), (10, "十"), (12, "十二"), (20, "二十"), (105, "一百零五"), (320, "三百二十")],
)
def test_numbers_are_written_as_people_write_them(number: int, text: str) -> None:
    assert chinese(number) == text


def test_writing_tells_how_far_it_is(city: City, tmp_path: Path) -> None:
    truth, heard = Truth(), []
    count = write(simulate(city, 1, START, 1, 40, truth=truth), truth, tmp_path, progress=heard.append)
    assert heard[-1] == count
    assert (tmp_path / "events.jsonl").read_bytes().count(b"\n") == count

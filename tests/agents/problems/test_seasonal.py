"""Seasons over three seeded years: the same weeks by the sun or the moon, told before they come."""

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from random import Random

import pytest

from agents.alerting.wording import compose
from agents.city import City
from agents.grading.grade import Graded
from agents.problems.books import Books
from agents.problems.gather import gather
from agents.problems.problem import Candidate
from agents.problems.seasonal import festivals
from agents.problems.tick import gather_on_tick

Make = Callable[..., Graded]
CITY = City(utc_offset=timezone(timedelta(hours=8)))
START = date(2026, 3, 2)
FLOODS = [date(year, 7, day) for year in (2026, 2027) for day in (6, 9, 12, 15, 20)]
"""Five callers in the same fortnight of two summers."""
LANTERNS = [date(year, month, day) for year, month, day in ((2027, 2, 6), (2028, 1, 26))]


def hours_of(day: date) -> float:
    return (day - START).days * 24.0


def years_of(
    graded: Make,
    floods: list[date],
    *,
    estate: str = "低洼小区",
    caller: str = "",
    closed: date | None = None,
) -> Books:
    """Floods at one estate, among two calls a week of other people about everything, for 2½ years."""
    rng = Random("seasons/1")
    tickets = [
        graded(
            f"f{number:03}",
            caller or f"住户{number}",
            f"一下雨就积水第{number}户进水",
            hours_of(day),
            community=estate,
            matter="积水",
            category="排水",
        )
        for number, day in enumerate(floods)
    ]
    if closed is not None:
        last, hours = tickets[-1].ticket, hours_of(closed)
        done = graded(
            last.ticket_id,
            last.reporter,
            last.content,
            hours_of(floods[-1]),
            community=estate,
            matter="积水",
            category="排水",
            edition=2,
            closed_hours=hours,
        )
        tickets.append(done)
    for number in range(240):
        day = START + timedelta(days=rng.randrange(840))
        place, category = rng.randrange(12), rng.choice(("排水", "路灯", "噪声"))
        text = f"第{number}件别的事情"
        tickets.append(
            graded(
                f"q{number:03}",
                f"路人{number}",
                text,
                hours_of(day),
                community=f"小区{place}",
                matter=text,
                category=category,
            )
        )
    books = Books(CITY, {}, {}, {})
    for ticket in sorted(tickets, key=lambda one: (one.ticket.trigger_at, one.ticket.ticket_id)):
        gather(ticket, books)
    return books


def mondays(books: Books, first: date, last: date) -> list[Candidate]:
    """The seasonal findings of every Monday from `first` to `last`."""
    found: list[Candidate] = []
    day = first - timedelta(days=first.weekday())
    while day <= last:
        at = datetime(day.year, day.month, day.day, tzinfo=CITY.utc_offset)
        found += [c for c in gather_on_tick(at, books).candidates if c.kind == "seasonal"]
        day += timedelta(weeks=1)
    return found


def test_two_floods_in_the_same_weeks_are_told_before_the_third(graded: Make) -> None:
    found = mondays(years_of(graded, FLOODS), date(2028, 3, 6), date(2028, 12, 31))
    assert {c.place.community for c in found} == {"低洼小区"}
    told = found[0]
    act_by = date.fromisoformat(told.facts["act_by"])
    # The first call of both years was on 6 July: two weeks to act, a week of notice.
    assert date(2028, 6, 15) <= act_by <= date(2028, 6, 22)
    assert timedelta() < act_by - told.at.date() <= timedelta(days=7)
    assert told.facts["years"] == "2026年5人、2027年5人"
    assert {quote.ticket_id for quote in told.evidence} <= set(told.ticket_ids)
    assert told.trigger_ticket_id in told.ticket_ids


def test_the_alert_says_when_to_act(graded: Make) -> None:
    told = mondays(years_of(graded, FLOODS), date(2028, 5, 1), date(2028, 7, 31))[0]
    wording = compose(told, CITY)
    day = date.fromisoformat(told.facts["act_by"])
    assert wording.title == "低洼小区积水：往年同期多发，宜提前处置"
    assert f"往年同期：2026年5人、2027年5人；宜在{day.month}月{day.day}日前排查到位。" in wording.text
    assert wording.dropped == 0


@pytest.mark.parametrize(
    ("name", "floods", "caller"),
    [
        ("one summer only", FLOODS[:5], ""),
        ("two callers a summer", [*FLOODS[:2], *FLOODS[5:7]], ""),
        ("one persistent caller", FLOODS, "甲"),
        ("all year round", [START + timedelta(days=20 * n) for n in range(40)], ""),
    ],
)
def test_what_is_no_season(graded: Make, name: str, floods: list[date], caller: str) -> None:
    assert mondays(years_of(graded, floods, caller=caller), date(2028, 3, 6), date(2028, 12, 31)) == []


def test_a_festival_by_the_moon_is_found_where_the_sun_sees_nothing(graded: Make) -> None:
    """春节 2027 was on 6 February, 2028 on 26 January, 2029 will be on 13 February."""
    calls = [day + timedelta(days=shift) for day in LANTERNS for shift in (-2, -1, 0, 1)]
    found = mondays(years_of(graded, calls), date(2028, 10, 2), date(2029, 3, 31))
    assert found and found[0].facts["festival"] == "春节"
    assert date(2029, 1, 15) <= date.fromisoformat(found[0].facts["act_by"]) <= date(2029, 2, 2)
    assert "（按春节推算）" in compose(found[0], CITY).text


def test_a_year_and_a_half_is_not_enough(graded: Make) -> None:
    assert mondays(years_of(graded, FLOODS), date(2027, 3, 1), date(2027, 10, 31)) == []


def test_what_was_replied_then_is_named(graded: Make) -> None:
    told = mondays(years_of(graded, FLOODS, closed=date(2027, 8, 2)), date(2028, 5, 1), date(2028, 7, 31))[0]
    assert told.facts["reply"] == "管网已修复"
    assert "此前于2027年8月2日办结，答复：“管网已修复”" in compose(told, CITY).text


def test_the_same_years_give_the_same_findings_after_a_restart(graded: Make) -> None:
    books = years_of(graded, FLOODS)
    restarted = Books(
        CITY, *(dict(state) for state in (books.problems, books.members, books.rates, books.calendars))
    )
    span = date(2028, 5, 1), date(2028, 7, 31)
    assert mondays(books, *span) == mondays(restarted, *span)


def test_festivals_move_by_the_moon() -> None:
    table = festivals(CITY)
    assert table["春节"][2026] == date(2026, 2, 17)
    assert set(table) == {"中秋", "春节", "端午"}
    for days in table.values():
        ordered = [days[year] for year in sorted(days)]
        gaps = [(later - earlier).days for earlier, later in pairwise(ordered)]
        # Twelve or thirteen moons.
        assert all(353 <= gap <= 355 or 383 <= gap <= 385 for gap in gaps)

"""Seasonal problems 季节性: the same weeks of earlier years, by the sun's or the moon's calendar, before they come.

Source: alerting.md C.3. A window is five weeks; a spot and topic is seasonal when in at least two earlier years
three people or more called in it, three times as many as an even year would have brought, and when all years
together are beyond chance after the number of calendars looked at (Benjamini–Hochberg). One earlier year alone
is no season.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from scipy.special import betainc

from agents.city import City, words
from agents.problems.book import Book
from agents.problems.calendar import SEASON_WEEKS, YEARS, Calendar, monday_of, week_of_date, week_of_day
from agents.problems.problem import Candidate, Evidence
from agents.problems.standing import finding_of

LEAST_CALLERS = 3
LEAST_RATIO = 3.0
LEAST_YEARS = 2
CHANCE = 1e-3
AHEAD_WEEKS = 3
"""The list tells so long before the first calls of earlier years: a week's notice, then two weeks to act."""
ACT_BEFORE = timedelta(days=14)
LEAST_COVERED = 30
"""Weeks round a window that must be known, so that an even year can be told from a season."""
HALF_YEAR = 26
NEAR_FESTIVAL = 28
"""Days."""
_DAY = 86_400
_EPOCH = date(1970, 1, 1)


class Year(NamedTuple):
    """What one earlier year shows in the window."""

    year: int
    start: int
    """Its first week."""
    shift: timedelta
    """From a day of that year to the same day of this one."""
    callers: int
    of_year: int
    """Distinct callers of the year round the window."""
    share: float
    """Of that year's known weeks that the window is."""

    @property
    def is_peak(self) -> bool:
        return self.callers >= LEAST_CALLERS and self.callers >= LEAST_RATIO * self.of_year * self.share


class Season(NamedTuple):
    chance: float
    calendar: Calendar
    years: tuple[Year, ...]
    """Those with a peak, oldest first."""
    festival: str


def find_seasonal(book: Book, at: datetime, now: float, city: City) -> list[Candidate]:
    """What begins soon where it began in earlier years, the most certain first. `now`: `at` in local seconds."""
    total = book.rate(book.total_key)
    today = _EPOCH + timedelta(days=int(now // _DAY))
    this_week = week_of_date(today)
    if total is None or this_week - (since := week_of_day(int(total.since // _DAY))) < 52 * LEAST_YEARS:
        return []
    first = this_week + AHEAD_WEEKS
    old = [calendar for calendar in book.own_calendars() if min(calendar.weeks) < this_week - 52]
    seasons: dict[tuple[str, str], Season] = {}
    for festival, windows in _windows(first, city):
        for season in _tested(old, windows, since, this_week, festival):
            if not festival and _follows_the_moon(season, city):
                continue
            key = (season.calendar.spot, season.calendar.topic)
            if key not in seasons or season.chance < seasons[key].chance:
                seasons[key] = season
    ranked = sorted(seasons.values(), key=lambda one: (one.chance, one.calendar.spot, one.calendar.topic))
    return [_candidate(book, one, at, now, city) for one in ranked if _begins(one)]


Window = tuple[int, timedelta]
"""First week of an earlier year's window, and the shift from that year to this one."""


def _windows(first: int, city: City) -> list[tuple[str, dict[int, Window]]]:
    """Festival ("" = the sun's calendar) → year → its window, of up to three earlier years."""
    monday = monday_of(first)
    same = {monday.year - back: _same_day(monday, back) for back in range(1, YEARS + 1)}
    windows = [("", {year: (week_of_date(day), monday - day) for year, day in same.items()})]
    for festival, days in festivals(city).items():
        for day in days.values():
            if timedelta() <= day - monday < timedelta(weeks=SEASON_WEEKS):
                before = [days[day.year - back] for back in range(1, YEARS + 1) if day.year - back in days]
                moved = {past.year: (week_of_date(past - (day - monday)), day - past) for past in before}
                windows.append((festival, moved))
    return windows


@lru_cache(maxsize=16)
def festivals(city: City) -> Mapping[str, Mapping[int, date]]:
    """Festival → year → its day."""
    table: Mapping[str, list[str]] = words(city, "festivals")["festivals"]
    return {
        name: {day.year: day for day in map(date.fromisoformat, days)} for name, days in sorted(table.items())
    }


def _same_day(day: date, years_back: int) -> date:
    return day.replace(year=day.year - years_back, day=min(day.day, 28))


def _tested(
    calendars: list[Calendar], windows: dict[int, Window], since: int, this_week: int, festival: str
) -> list[Season]:
    """The seasons among the calendars that have two years to show, at a false discovery rate of CHANCE."""
    found: list[Season] = []
    tests = 0
    for calendar in calendars:
        known = [_year(calendar, year, window, since, this_week) for year, window in sorted(windows.items())]
        years = [year for year in known if year is not None and year.of_year]
        if len(years) < LEAST_YEARS:
            continue
        tests += 1
        peaks = tuple(year for year in years if year.is_peak)
        if len(peaks) >= LEAST_YEARS:
            found.append(Season(_chance(years), calendar, peaks, festival))
    found.sort(key=lambda one: one.chance)
    passed = [rank for rank, one in enumerate(found, 1) if one.chance <= CHANCE * rank / tests]
    return found[: max(passed, default=0)]


def _year(calendar: Calendar, year: int, window: Window, since: int, this_week: int) -> Year | None:
    """None: too little of that year is known."""
    start, shift = window
    first, last = max(since, start - HALF_YEAR + 2), min(this_week, start + HALF_YEAR + 2)
    if start < since or last - first < LEAST_COVERED:
        return None
    callers = len(calendar.callers(start, start + SEASON_WEEKS - 1))
    of_year = len(calendar.callers(first, last - 1))
    return Year(year, start, shift, callers, of_year, SEASON_WEEKS / (last - first))


def _chance(years: list[Year]) -> float:
    """P(Binomial(Σ callers of the years, share of the window) ≥ Σ callers in the windows)."""
    seen, of_years = sum(year.callers for year in years), sum(year.of_year for year in years)
    share = max(year.share for year in years)
    return float(betainc(seen, of_years - seen + 1.0, share)) if seen else 1.0


def _follows_the_moon(season: Season, city: City) -> bool:
    """Whether the first calls keep closer to a festival than to a date: then the festival's window tells."""
    first = {
        year: next(week for week in _weeks(year) if week in season.calendar.weeks) for year in season.years
    }
    spread = _spread([(monday_of(week) + year.shift - _EPOCH).days for year, week in first.items()])
    for days in festivals(city).values():
        near = [(monday_of(week) - days[year.year]).days for year, week in first.items() if year.year in days]
        if len(near) == len(first) and max(map(abs, near)) <= NEAR_FESTIVAL and _spread(near) < spread:
            return True
    return False


def _weeks(year: Year) -> range:
    return range(year.start, year.start + SEASON_WEEKS)


def _spread(days: list[int]) -> int:
    return max(days) - min(days)


def _begins(season: Season) -> bool:
    """Whether the first calls of some earlier year came in the window's first week: else a later list tells."""
    return any(year.start in season.calendar.weeks for year in season.years)


def _candidate(book: Book, one: Season, at: datetime, now: float, city: City) -> Candidate:
    calendar = one.calendar
    said = [
        Evidence(ticket_id=calendar.quotes[week][0], quote=calendar.quotes[week][1])
        for year in reversed(one.years)
        for week in _weeks(year)
        if week in calendar.quotes
    ]
    first = min(monday_of(year.start) + year.shift for year in one.years)
    facts = {
        "years": "、".join(f"{year.year}年{year.callers}人" for year in one.years),
        "act_by": (first - ACT_BEFORE).isoformat(),
        "festival": one.festival,
        **_promise(calendar, at, city),
    }
    figures = {"years": float(len(one.years)), "chance": one.chance}
    reporters = max(year.callers for year in one.years)
    return finding_of(
        book,
        calendar,
        "seasonal",
        at,
        now,
        city,
        members=[],
        quotes=tuple(said),
        reporters=reporters,
        figures=figures,
        facts=facts,
    )


def _promise(calendar: Calendar, at: datetime, city: City) -> dict[str, str]:
    """What was replied at the last closing here, and when: "said fixed 2024-08-02"."""
    if not calendar.replies:
        return {}
    day, reply = calendar.replies[max(calendar.replies)]
    noon = datetime.combine(date.fromisoformat(day), time(12), city.utc_offset or at.tzinfo)
    return {"closed_at": noon.isoformat(), "reply": reply}

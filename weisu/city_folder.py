"""Reads a city's folder of TOML and CSV into a `City` and tells everything that is wrong with it at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta, timezone
from math import isfinite
from pathlib import Path
from string import Formatter
from typing import Any, get_args

from agents.city import Category, City, Clock, District, Duty, NamedPlace, Officer, Street, Thresholds, Unit
from agents.intake.ticket import PartKind
from agents.notifying.roster import DAY_MIN, span_of
from weisu.city_files import CityError, CityFiles, Row

_DURATIONS = {"minutes": 1, "hours": 60, "days": 1440}
_PLACE_KINDS = tuple(kind for kind in get_args(PartKind) if kind not in ("city", "district", "street"))
_LEVELS = ("city", "district", "street", "community")
_URGENCIES = ("critical", "urgent", "normal", "low")
_LEAST: Mapping[str, float] = {
    "alerts_per_day": 0,
    "reporters": 1,
    "evidence": -99,
    "start_up_evidence": -99,
    "growth": 1,
}
"""Of a threshold that is a number; else it must be above 0."""


def load_city(folder: Path) -> City:
    """The city described by the folder's files; only city.toml must be there.

    Raises CityError with all problems found, not only the first.
    """
    source = CityFiles(folder)
    source.look_for_strangers()
    head = source.toml("city.toml")
    districts = _read_districts(source)
    streets = _read_streets(source, districts)
    categories = _read_categories(source)
    city = City(
        name=source.text_of(head, "city.toml", "name"),
        utc_offset=_read_offset(source, head),
        districts=districts,
        streets=streets,
        places=_read_places(source, districts, streets),
        categories=categories,
        units=(units := _read_units(source, districts)),
        duties=_read_duties(source, categories, units),
        clocks=_read_clocks(source),
        roster=_read_roster(source, districts),
        thresholds=_read_thresholds(source, head),
        lexicon=source.lexicon(),
        version=source.version(),
    )
    if source.problems:
        raise CityError(folder, source.problems)
    return city


def _whole(value: float | None) -> int:
    return int(value) if value is not None else 0


def _refuse_twins(rows: Iterable[tuple[Row, Any, str]]) -> None:
    """The same name twice in one file: `rows` are (row, identity, column to blame)."""
    first: dict[Any, int] = {}
    for row, identity, key in rows:
        if identity in first:
            row.complain(key, f"'{row.get(key)}' 重复，已在第 {first[identity]} 行")
        else:
            first[identity] = row.line


def _refuse_ambiguous(rows: Sequence[Row], scope: Callable[[Row], str]) -> None:
    """An alias must lead to one entry within its scope, whether by name or by alias."""
    owner: dict[tuple[str, str], int] = {(scope(row), row.get("name")): row.line for row in rows}
    for row in rows:
        for alias in dict.fromkeys(row.several("aliases")):
            line = owner.setdefault((scope(row), alias), row.line)
            if line != row.line or alias == row.get("name"):
                row.complain("aliases", f"'{alias}' 有歧义，与第 {line} 行相同，请改用更长的别名")


def _read_districts(source: CityFiles) -> tuple[District, ...]:
    rows = source.rows("districts.csv")
    _refuse_twins((row, row.get("name"), "name") for row in rows)
    _refuse_ambiguous(rows, lambda _: "")
    return tuple(
        District(row.need("name"), row.several("aliases"), _whole(row.number("population", 0, 1e8)))
        for row in rows
    )


def _read_streets(source: CityFiles, districts: Sequence[District]) -> tuple[Street, ...]:
    rows = source.rows("streets.csv")
    known = [district.name for district in districts]
    _refuse_twins((row, (row.get("name"), row.get("district")), "name") for row in rows)
    _refuse_ambiguous(rows, lambda row: row.get("district"))
    return tuple(
        Street(
            row.need("name"),
            row.one_of("district", known, "districts.csv"),
            row.several("aliases"),
            _whole(row.number("population", 0, 1e7)),
        )
        for row in rows
    )


def _read_places(
    source: CityFiles, districts: Sequence[District], streets: Sequence[Street]
) -> tuple[NamedPlace, ...]:
    rows = source.rows("places.csv")
    known = {district.name for district in districts}
    in_district = {(street.district, street.name) for street in streets}
    names = {street.name for street in streets}
    _refuse_twins((row, (row.get("name"), row.get("district")), "name") for row in rows)
    _refuse_ambiguous(rows, lambda row: row.get("district"))
    places = []
    for row in rows:
        street, district = row.get("street"), row.need("district")
        if district and district not in known:
            row.complain("district", f"'{district}' 不在 districts.csv 中，请改正，或先写入 districts.csv")
        if street and street not in names:
            row.complain("street", f"'{street}' 不在 streets.csv 中，请改正，或先写入 streets.csv")
        elif street and district in known and (district, street) not in in_district:
            row.complain("street", f"'{street}' 在 streets.csv 中不属于 '{district}'，请改正其一")
        lat, lon = row.number("lat", -90, 90), row.number("lon", -180, 180)
        if bool(row.get("lat")) != bool(row.get("lon")):
            row.complain("lat" if not row.get("lat") else "lon", "经纬度要么都填，要么都不填")
        kind = row.one_of("kind", _PLACE_KINDS, "地点类别")
        places.append(NamedPlace(row.need("name"), kind, street, district, row.several("aliases"), lat, lon))
    return tuple(places)


def _read_categories(source: CityFiles) -> tuple[Category, ...]:
    name, head = "categories.toml", "[[category]]"
    found: dict[str, Category] = {}
    table = source.toml(name, required=False)
    entries = table.get("category", [])
    if set(table) - {"category"} or not _is_tables(entries):
        source.complain(name, "category", "这个文件只应有 [[category]] 段")
        return ()
    for nth, entry in enumerate(entries):
        key = entry.get("key", "")
        if not isinstance(key, str) or not key:
            source.complain(name, "key", "缺少，请写成文字", head, nth)
        elif key in found:
            source.complain(name, "key", f"'{key}' 重复", head, nth)
        for column in sorted(set(entry) - {"key", "path", "words"}):
            source.complain(name, column, "不认识的键，可用: key, path, words", head, nth)
        lists = {}
        for column in ("path", "words"):
            value = entry.get(column, [])
            if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
                source.complain(name, column, "应为文字的列表", head, nth)
                value = []
            lists[column] = tuple(value)
        if not lists["path"]:
            source.complain(name, "path", "缺少，请由大类到小类列出", head, nth)
        found[str(key)] = Category(str(key), lists["path"], lists["words"])
    return tuple(found.values())


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)


def _read_units(source: CityFiles, districts: Sequence[District]) -> tuple[Unit, ...]:
    rows = source.rows("units.csv")
    known = [district.name for district in districts]
    _refuse_twins((row, row.get("name"), "name") for row in rows)
    return tuple(
        Unit(
            row.need("name"),
            row.one_of("level", _LEVELS, "承办单位层级"),
            row.one_of("district", known, "districts.csv") if row.get("district") else "",
        )
        for row in rows
    )


def _read_duties(
    source: CityFiles, categories: Sequence[Category], units: Sequence[Unit]
) -> tuple[Duty, ...]:
    rows = source.rows("duties.csv")
    keys = [category.key for category in categories]
    names = {unit.name for unit in units}
    _refuse_twins((row, row.get("item"), "item") for row in rows)
    duties = []
    for row in rows:
        unit = row.need("unit")
        slots, wrong = _slots(unit)
        if wrong:
            row.complain("unit", f"'{unit}' 的占位符不对，只能用 {{district}} 或 {{street}}")
        elif not slots and unit and unit not in names:
            row.complain("unit", f"'{unit}' 不在 units.csv 中，请改正，或先写入 units.csv")
        category = row.one_of("category", keys, "categories.toml")
        enforcement = row.one_of("enforcement", ("yes", "no"), "是否需要执法权") == "yes"
        words = row.several("words")
        if not words:
            row.complain("words", "为空，请至少写一个词，多个词用 | 分开")
        basis = row.need("basis")
        duties.append(Duty(row.need("item"), row.need("title"), category, words, unit, basis, enforcement))
    return tuple(duties)


def _slots(pattern: str) -> tuple[set[str], bool]:
    """The placeholders of a unit's pattern, and whether one is unknown or the braces are broken."""
    try:
        slots = {slot for _, slot, _, _ in Formatter().parse(pattern) if slot is not None}
    except ValueError:
        return set(), True
    return slots, bool(slots - {"district", "street"})


def _read_clocks(source: CityFiles) -> tuple[Clock, ...]:
    name = "clocks.toml"
    clocks = []
    for urgency, table in source.toml(name, required=False).items():
        if urgency not in _URGENCIES or not isinstance(table, dict):
            source.complain(name, urgency, f"不认识的紧急程度，可用: {', '.join(_URGENCIES)}")
            continue
        spans = {part: _span(source, name, table, part, f"[{urgency}]") for part in ("accept", "solve")}
        for key in sorted(set(table) - {f"{part}_{unit}" for part in spans for unit in _DURATIONS}):
            source.complain(name, key, "不认识的键，例: accept_minutes, solve_hours", f"[{urgency}]")
        accept, solve = spans["accept"], spans["solve"]
        if accept is None or solve is None:
            source.complain(name, urgency, "要有 accept_… 与 solve_… (minutes、hours 或 days)")
        elif accept > solve:
            source.complain(name, urgency, "受理时限不能长于解决时限")
        else:
            clocks.append(Clock(urgency, accept, solve))
    return tuple(clocks)


def _span(source: CityFiles, name: str, table: Mapping[str, Any], part: str, after: str) -> timedelta | None:
    """A duration written as PART_minutes, PART_hours or PART_days."""
    for unit, minutes in _DURATIONS.items():
        value = table.get(f"{part}_{unit}")
        if value is None:
            continue
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return timedelta(minutes=value * minutes)
        source.complain(name, f"{part}_{unit}", "应为正数", after)
    return None


def _read_offset(source: CityFiles, head: Mapping[str, Any]) -> timezone | None:
    text = head.get("utc_offset")
    if text is None:
        return None
    try:
        sign = {"+": 1, "-": -1}[text[0]]
        hours, minutes = (int(part) for part in text[1:].split(":"))
        return timezone(sign * timedelta(hours=hours, minutes=minutes))
    except (KeyError, IndexError, TypeError, ValueError):
        source.complain("city.toml", "utc_offset", '应写成 "+08:00" 的样子')
        return None


def _read_thresholds(source: CityFiles, head: Mapping[str, Any]) -> Thresholds:
    name, after = "city.toml", "[thresholds]"
    for key in sorted(set(head) - {"name", "utc_offset", "thresholds"}):
        source.complain(name, key, "不认识的键，可用: name, utc_offset, thresholds")
    table = head.get("thresholds", {})
    if not isinstance(table, dict):
        source.complain(name, "thresholds", "应为 [thresholds] 段")
        return Thresholds()
    values: dict[str, Any] = {}
    expected = []
    for item in fields(Thresholds):
        if isinstance(getattr(Thresholds, item.name), timedelta):
            expected += [f"{item.name}_{unit}" for unit in _DURATIONS]
            if (span := _span(source, name, table, item.name, after)) is not None:
                values[item.name] = span
        else:
            expected.append(item.name)
            if (number := _number(source, name, table, item.name, after)) is not None:
                values[item.name] = number
    for key in sorted(set(table) - set(expected)):
        source.complain(name, key, f"不认识的键，可用: {', '.join(expected)}", after)
    return Thresholds(**values)


def _number(source: CityFiles, name: str, table: Mapping[str, Any], key: str, after: str) -> float | None:
    """A threshold that is a number: within bounds in which the decisions still are some."""
    value, is_whole = table.get(key), isinstance(getattr(Thresholds, key), int)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        source.complain(name, key, "应为数字", after)
    elif is_whole and value != int(value):
        source.complain(name, key, "应为整数", after)
    elif value < _LEAST.get(key, 0) or (key not in _LEAST and value == 0):
        source.complain(name, key, f"{value:g} 太小", after)
    else:
        return int(value) if is_whole else float(value)
    return None


def _read_roster(source: CityFiles, districts: Sequence[District]) -> tuple[Officer, ...]:
    rows = source.rows("roster.csv")
    known = [district.name for district in districts]
    covered: dict[str, set[int]] = {name: set() for name in known or [""]}
    roster = []
    for row in rows:
        own = row.several("districts")
        for name in own:
            if name not in known:
                row.complain("districts", f"'{name}' 不在 districts.csv 中，请改正，或先写入 districts.csv")
        minutes = _minutes_of(row)
        for name in own or covered:
            covered.setdefault(name, set()).update(minutes)
        roster.append(
            Officer(row.need("name"), row.need("role"), row.get("shift"), own, row.several("channels"))
        )
    for name, minutes in covered.items() if rows else ():
        if len(minutes) < DAY_MIN:
            gap = next(minute for minute in range(DAY_MIN) if minute not in minutes)
            where = f"{name}从" if name else "从"
            source.problems.append(
                f"roster.csv shift: {where} {gap // 60:02d}:{gap % 60:02d} 起无人值班，请补一个班次"
            )
    return tuple(roster)


def _minutes_of(row: Row) -> set[int]:
    """The minutes of the local day that a shift covers; "20:00-08:00" runs over midnight."""
    shift = row.need("shift")
    try:
        start, length = span_of(shift)
    except ValueError:
        if shift:
            row.complain("shift", f"'{shift}' 应写成 08:00-20:00 的样子")
        return set()
    return {(start + offset) % DAY_MIN for offset in range(length)}

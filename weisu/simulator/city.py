"""The city as it is lived in: more spots than any gazetteer knows, crowded by Zipf, with its weather."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

from agents.city import City

_HEADS = "金玉锦翠云福瑞祥康宁华荣嘉和兴盛天明春秋兰竹松柏桂枫荷莲碧清"
_TAILS = "泰景秀澜庭溪泉林峰岭湾汀洲谷阳晖霞月星辰安居源达远通德仁悦馨"
_ENDINGS = {
    "community": ("小区", "花园", "苑", "家园", "新村", "公寓", "雅居", "华庭", "名邸", "佳苑"),
    "road": ("路", "街", "巷", "一路", "支路"),
    "site": ("幼儿园", "超市", "饭店", "诊所", "健身房", "培训学校", "宾馆"),
    "building": ("大厦", "商务楼", "广场写字楼"),
}
_VILLAGE_ENDINGS = ("村", "庄", "湾村", "塘村", "新居")
_PHASES = ("一期", "二期", "三期", "东区", "西区", "南区", "北区")
_SHARES = (("community", 60), ("road", 20), ("site", 13), ("building", 7))
SPOTS_PER_TICKET = 1.5
"""Spots for each ticket a day. Source: 9,600 places at 6,200 tickets a day (alerting study, A.1)."""
STREETS_TRIED = 8
"""Streets looked at for a spot of the right name before any spot of the right kind will do."""


T = TypeVar("T")


@dataclass(frozen=True)
class Spot:
    """A place where things happen; `listed` when the city's gazetteer has it."""

    name: str
    kind: str
    street: str
    district: str
    aliases: tuple[str, ...] = ()
    lat: float | None = None
    lon: float | None = None
    listed: bool = True


def _is_rural(street: str) -> bool:
    return not street.endswith("街道")


class Weighted(Generic[T]):
    """Things with weights, drawn by one number of the generator."""

    def __init__(self, things: Sequence[T], weights: Sequence[float]) -> None:
        self.things = things
        self._bounds = list(accumulate(weights))

    def draw(self, rng: Random) -> T:
        return self.things[min(bisect(self._bounds, rng.random() * self._bounds[-1]), len(self.things) - 1)]


class NoCityToLiveIn(ValueError):
    """The city's folder names no street."""


class SimulatedCity:
    """The city's districts, streets and spots with their weights."""

    def __init__(self, city: City, seed: int, tickets_per_day: float) -> None:
        if not city.streets:
            raise NoCityToLiveIn("the simulator needs a city with districts.csv and streets.csv")
        self.city = city
        rng = Random(f"{seed}/spots")
        names = [district.name for district in city.districts]
        self.districts = Weighted(names, [district.population or 1 for district in city.districts])
        self.district_weights = {d.name: float(d.population or 1) for d in city.districts}
        per_street = min(max(round(tickets_per_day * SPOTS_PER_TICKET / len(city.streets)), 12), 200)
        self._towns = [(s.district, s.name) for s in city.streets if _is_rural(s.name)]
        self._taken = {place.name for place in city.places}
        self._spots: dict[tuple[str, str], list[Spot]] = {}
        for street in city.streets:
            self._spots[street.district, street.name] = self._fill(
                rng, street.district, street.name, per_street
            )
        self._streets = {
            name: Weighted(
                [s.name for s in city.streets if s.district == name],
                [float(s.population or 1) for s in city.streets if s.district == name],
            )
            for name in names
        }
        self._by_kind: dict[tuple[str, str, tuple[str, ...], tuple[str, ...]], Weighted[Spot]] = {}

    def _fill(self, rng: Random, district: str, street: str, count: int) -> list[Spot]:
        """The gazetteer's places of a street, then made-up ones: what is well known is crowded too."""
        spots = [
            Spot(p.name, p.kind, p.street, p.district, p.aliases, p.lat, p.lon)
            for p in self.city.places
            if p.street == street and p.district == district
        ]
        rng.shuffle(spots)
        middle = next(((s.lat, s.lon) for s in spots if s.lat is not None and s.lon is not None), None)
        kinds = [kind for kind, _ in _SHARES]
        shares = [share for _, share in _SHARES]
        while len(spots) < count:
            kind = rng.choices(kinds, shares)[0]
            rural = kind == "community" and _is_rural(street)
            name = rng.choice(_HEADS) + rng.choice(_TAILS)
            name += rng.choice(_VILLAGE_ENDINGS if rural else _ENDINGS[kind])
            if name in self._taken and kind == "community":
                name += rng.choice(_PHASES)
            if name in self._taken:
                continue
            self._taken.add(name)
            lat = middle[0] + rng.uniform(-0.01, 0.01) if middle else None
            lon = middle[1] + rng.uniform(-0.01, 0.01) if middle else None
            spots.append(Spot(name, kind, street, district, (), lat, lon, listed=False))
        return spots

    def spot_in(
        self, rng: Random, district: str, kinds: tuple[str, ...], names: tuple[str, ...] = ()
    ) -> Spot:
        """A spot of the district; villages are found elsewhere when the district has no towns."""
        if "village" in kinds and self._towns:
            own = [town for town in self._towns if town[0] == district]
            return self.spot_of(rng, *rng.choice(own or self._towns), ("community",))
        for _ in range(STREETS_TRIED if names else 1):
            street = self._streets[district].draw(rng)
            if any(_fits(spot, kinds, names) for spot in self._spots[district, street]):
                break
        return self.spot_of(rng, district, street, kinds, names)

    def spot_of(
        self, rng: Random, district: str, street: str, kinds: tuple[str, ...], names: tuple[str, ...] = ()
    ) -> Spot:
        """A spot of these kinds and names on the street, by Zipf; any when it has none or none is asked for."""
        key = (district, street, kinds, names)
        weighted = self._by_kind.get(key)
        if weighted is None:
            spots = self._spots[district, street]
            spots = (
                [spot for spot in spots if _fits(spot, kinds, names)]
                or [spot for spot in spots if spot.kind in kinds]
                or spots
            )
            weighted = self._by_kind[key] = Weighted(spots, [1 / (rank + 4) for rank in range(len(spots))])
        return weighted.draw(rng)

    def any_spot(self, rng: Random, kinds: tuple[str, ...], names: tuple[str, ...] = ()) -> Spot:
        return self.spot_in(rng, self.districts.draw(rng), kinds, names)


def _fits(spot: Spot, kinds: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """A school's matter happens at a school, not at a gym."""
    if spot.kind not in kinds:
        return False
    return spot.kind != "site" or not names or any(name in spot.name for name in names)


@dataclass(frozen=True)
class Weather:
    """How much more frequent the matters of each weather are on a day; a storm day is a factor above 3."""

    rain: float
    heat: float
    cold: float

    def factor(self, kind: str) -> float:
        return {"rain": self.rain, "heat": self.heat, "cold": self.cold}.get(kind, 1.0)


def weather_on(seed: int, day: date) -> Weather:
    """The weather of a day, the same whatever else is simulated."""
    rng = Random(f"{seed}/weather/{day.isoformat()}")
    wet, hot, cold = day.month in (5, 6, 7, 8, 9), day.month in (6, 7, 8), day.month in (11, 12, 1, 2, 3)
    rain = 0.6
    if rng.random() < (0.35 if wet else 0.15):
        rain = rng.uniform(1.2, 2.0)
    if rng.random() < (1 / 12 if wet else 1 / 40):
        rain = rng.uniform(3.2, 6.0)
    heat = rng.uniform(1.2, 2.2) if hot else 0.8
    if hot and rng.random() < 1 / 12:
        heat = rng.uniform(3.2, 5.0)
    chill = rng.uniform(0.9, 1.8) if cold else 0.05
    if cold and rng.random() < 1 / 12:
        chill = rng.uniform(3.2, 5.0)
    return Weather(rain, heat, chill)


def days_of(start: date, days: int) -> list[date]:
    return [start + timedelta(days=number) for number in range(days)]

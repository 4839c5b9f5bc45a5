"""Who calls about what, where and when: the background and everything planted in it, day by day."""

import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone
from random import Random
from zlib import crc32

from agents.city import City
from weisu.simulator.city import SimulatedCity, Spot, Weather, weather_on
from weisu.simulator.matters import Fact, Matter, Scope, load_matters
from weisu.simulator.truth import Planted, Truth

STUDY_TICKETS = 6200
"""Tickets a day for which 8 incidents, 3 hoaxes and 80 chronic spots are meant (alerting study, A.1)."""
SIZES = (4, 5, 6, 8, 12, 20, 40, 80)
SCOPES: tuple[Scope, ...] = ("place", "street", "district")
_SCOPE_SHARES = (60, 25, 15)
_REPEAT = 0.12
_WEEKDAYS = (1.15, 1.08, 1.05, 1.03, 1.02, 0.86, 0.81)
_BACKGROUND = 0.84
"""Share of the volume that is not planted and not a second call."""
_HOURS = {
    "day": (1, 0, 0, 0, 0, 1, 2, 5, 12, 16, 16, 13, 8, 9, 14, 16, 15, 12, 8, 6, 5, 4, 2, 1),
    "home": (2, 1, 1, 1, 1, 2, 6, 10, 10, 9, 9, 8, 8, 7, 7, 8, 9, 11, 14, 15, 13, 10, 6, 4),
    "night": (9, 6, 4, 3, 3, 3, 4, 4, 4, 4, 4, 3, 4, 4, 4, 4, 4, 6, 9, 13, 17, 20, 18, 13),
    "flat": (3, 2, 2, 2, 2, 3, 5, 7, 8, 8, 8, 8, 7, 7, 7, 7, 8, 8, 8, 8, 7, 6, 5, 4),
}
_SEASON_STARTS = {"rain": (5, 8), "heat": (6, 8), "cold": (11, 12)}


@dataclass(frozen=True)
class Rates:
    """Things planted a day in a city of STUDY_TICKETS; scaled by volume."""

    incidents: float = 8.0
    hoaxes: float = 3.0
    campaigns: float = 0.3
    hazards: float = 3.0
    after_closure: float = 4.0
    chronic: int = 80
    """Spots with a chronic problem, not a day but at all times."""
    seasonal: int = 60
    """Spots with a seasonal problem; planted only when the days span more than one year."""


@dataclass(frozen=True)
class Call:
    """One ticket to be written."""

    at: datetime
    caller: int
    matter: Matter
    fact: Fact
    spot: Spot
    planted: Planted | None = None
    campaign: str | None = None
    """Key of the text that all accounts of a campaign paste."""
    close_after: timedelta | None = None
    outcome: str | None = None
    is_back: bool = False
    """About what had been closed as solved: most callers know, and say so."""

    @property
    def subject(self) -> str | None:
        """What makes two tickets one problem, whoever calls; None for an affair of one's own."""
        if not self.matter.shared:
            return None
        number = self.matter.facts.index(self.fact)
        return f"{self.spot.district}/{self.spot.name}/{self.matter.key}/{number}"

    @property
    def house(self) -> int:
        """The number a caller names: of their own building, or where on a road it is.

        Callers of one subject name numbers a few doors apart, and one caller always the same: else nobody could
        tell that a lamp at no. 14 and one at no. 290 of a road are the same lamp.
        """
        if self.spot.kind == "road":
            return crc32((self.subject or f"own/{self.caller}").encode()) % 300 + 1 + self.caller % 9
        return self.caller * 7 % 28 + 1


@dataclass
class Stories:
    """The calls of each day, in order; ask for the days in order."""

    city: City
    seed: int
    tickets_per_day: float
    truth: Truth
    rates: Rates = field(default_factory=Rates)
    span_days: int = 0

    def __post_init__(self) -> None:
        self._places = SimulatedCity(self.city, self.seed, self.tickets_per_day)
        self._zone = self.city.utc_offset or timezone(timedelta(hours=8))
        self._matters = [matter for matter in load_matters() if not matter.hazard]
        self._crowds = [matter for matter in load_matters() if matter.crowd]
        self._hazards = [matter for matter in load_matters() if matter.hazard]
        self._scale = self.tickets_per_day / STUDY_TICKETS
        self._sizes = [size for size in SIZES if size <= max(8.0, self.tickets_per_day * 0.05)]
        self._callers = 0
        self._later: dict[date, list[Call]] = defaultdict(list)
        self._regulars = [self._new_caller() for _ in range(max(5, round(self.tickets_per_day / 20)))]
        rng = Random(f"{self.seed}/standing")
        self._chronic = [self._plant_chronic(rng) for _ in range(round(self.rates.chronic * self._scale))]
        seasonal = round(self.rates.seasonal * self._scale) if self.span_days > 380 else 0
        self._seasonal = [self._plant_seasonal(rng) for _ in range(seasonal)]

    def calls_on(self, day: date) -> list[Call]:
        rng = Random(f"{self.seed}/day/{day.isoformat()}")
        weather = weather_on(self.seed, day)
        self._note_storm(day, weather)
        self._background(rng, day, weather)
        for mean, plant in (
            (self.rates.incidents, self._plant_incident),
            (self.rates.hoaxes, self._plant_hoax),
            (self.rates.campaigns, self._plant_campaign),
            (self.rates.hazards, self._plant_hazard),
            (self.rates.after_closure, self._plant_after_closure),
        ):
            for _ in range(_poisson(rng, mean * self._scale)):
                plant(rng, day, weather)
        self._standing(rng, day)
        return sorted(self._later.pop(day, []), key=lambda call: call.at)

    def _new_caller(self) -> int:
        self._callers += 1
        return self._callers

    def _schedule(self, call: Call) -> None:
        self._later[call.at.date()].append(replace(call, at=call.at.replace(microsecond=0)))

    def _moment(self, rng: Random, day: date, shape: str) -> datetime:
        hour = rng.choices(range(24), _HOURS[shape])[0]
        midnight = datetime.combine(day, time(), self._zone)
        return midnight + timedelta(hours=hour, seconds=rng.randrange(3600))

    def _background(self, rng: Random, day: date, weather: Weather) -> None:
        """Everyday calls: matter × district by weight, weather and the day's own swings."""
        cells, weights = [], []
        usual = 0.0
        for matter in self._matters:
            swing = rng.gammavariate(25, 1 / 25) * weather.factor(matter.weather)
            for name, people in self._places.district_weights.items():
                cells.append((matter, name))
                weights.append(matter.weight * swing * people * rng.gammavariate(16, 1 / 16))
                usual += matter.weight * people * (0.8 if matter.weather else 1.0)
        mean = self.tickets_per_day * _BACKGROUND * _WEEKDAYS[day.weekday()] * sum(weights) / usual
        for matter, district in rng.choices(cells, weights, k=_poisson(rng, mean)):
            spot = self._places.spot_in(rng, district, matter.places, matter.names)
            caller = rng.choice(self._regulars) if rng.random() < 0.03 else self._new_caller()
            fact = rng.choice(matter.facts)
            call = Call(self._moment(rng, day, matter.shape), caller, matter, fact, spot)
            self._schedule(call)
            if rng.random() < _REPEAT:
                wait = timedelta(days=rng.expovariate(1 / 2), minutes=5)
                self._schedule(replace(call, at=call.at + wait))

    def _crowd_matter(self, rng: Random, weather: Weather, scope: Scope) -> Matter:
        """What a crowd of this scope calls about: five people about five faded crossings are no incident."""
        able = [matter for matter in self._crowds if SCOPES.index(matter.reach) >= SCOPES.index(scope)]
        weights = [matter.weight * weather.factor(matter.weather) for matter in able]
        return rng.choices(able, weights)[0]

    def _plant(self, kind: str, scope: str, spot: Spot, matter: Matter) -> Planted:
        place = {"place": spot.name, "street": spot.street, "district": spot.district}[scope]
        return self.truth.plant(kind, scope, place, matter.category, matter.key)

    def _plant_incident(self, rng: Random, day: date, weather: Weather) -> None:
        """A crowd within 1–12 hours with a rising profile, at a place, along a street or over a district."""
        scope = rng.choices(SCOPES, _SCOPE_SHARES)[0]
        matter = self._crowd_matter(rng, weather, scope)
        size = rng.choice(self._sizes)
        centre = self._places.any_spot(rng, matter.places, matter.names)
        spots = self._spread(rng, centre, matter, scope, size)
        planted = self._plant("burst", scope, centre, matter)
        start = self._moment(rng, day, matter.shape)
        hours = rng.uniform(1, 12)
        fact = rng.choice(matter.facts)
        people: list[tuple[int, Spot]] = []
        for share in sorted(rng.betavariate(1.2, 2) for _ in range(size)):
            if people and rng.random() < _REPEAT:
                caller, spot = rng.choice(people)
            else:
                caller, spot = self._new_caller(), rng.choice(spots)
                people.append((caller, spot))
            self._schedule(Call(start + timedelta(hours=hours * share), caller, matter, fact, spot, planted))

    def _spread(self, rng: Random, centre: Spot, matter: Matter, scope: str, size: int) -> list[Spot]:
        if scope == "place":
            return [centre]
        spots = [centre]
        for _ in range(max(2, min(size // 2, 20))):
            if scope == "street":
                kinds = tuple(kind.replace("village", "community") for kind in matter.places)
                spots.append(self._places.spot_of(rng, centre.district, centre.street, kinds, matter.names))
            else:
                spots.append(self._places.spot_in(rng, centre.district, matter.places, matter.names))
        return spots

    def _plant_hoax(self, rng: Random, day: date, weather: Weather) -> None:
        """One caller, 6–30 calls in 1–24 hours about one spot, mostly one matter."""
        matters = [matter for matter in self._matters if matter.shared]
        matter = rng.choice(matters)
        spot = self._places.any_spot(rng, matter.places, matter.names)
        planted = self._plant("hoax", "place", spot, matter)
        start, hours = self._moment(rng, day, matter.shape), rng.uniform(1, 24)
        caller, many = self._new_caller(), rng.random() < 0.3
        fact = rng.choice(matter.facts)
        for _ in range(rng.randint(6, 30)):
            about = rng.choice(matters) if many else matter
            at = start + timedelta(hours=hours * rng.random())
            self._schedule(Call(at, caller, about, rng.choice(about.facts) if many else fact, spot, planted))

    def _plant_campaign(self, rng: Random, day: date, weather: Weather) -> None:
        """8–30 accounts paste one text about one spot within three days."""
        matter = rng.choice([matter for matter in self._matters if matter.shared and matter.shape == "day"])
        spot = self._places.any_spot(rng, matter.places, matter.names)
        planted = self._plant("campaign", "place", spot, matter)
        start, hours = self._moment(rng, day, "day"), rng.uniform(12, 72)
        fact = rng.choice(matter.facts)
        for _ in range(rng.randint(8, 30)):
            at = start + timedelta(hours=hours * rng.random())
            call = Call(at, self._new_caller(), matter, fact, spot, planted, campaign=planted.truth_id)
            self._schedule(call)

    def _plant_hazard(self, rng: Random, day: date, weather: Weather) -> None:
        """A single critical ticket; one in ten callers phones again within half an hour."""
        weights = [matter.weight * weather.factor(matter.weather) for matter in self._hazards]
        matter = rng.choices(self._hazards, weights)[0]
        spot = self._places.any_spot(rng, matter.places, matter.names)
        call = Call(
            self._moment(rng, day, matter.shape),
            self._new_caller(),
            matter,
            rng.choice(matter.facts),
            spot,
            self._plant("hazard", "place", spot, matter),
        )
        self._schedule(call)
        if rng.random() < 0.1:
            self._schedule(replace(call, at=call.at + timedelta(minutes=rng.uniform(5, 30))))

    def _plant_after_closure(self, rng: Random, day: date, weather: Weather) -> None:
        """Closed as solved, and back within weeks; two in three times others report it."""
        matter = rng.choice([matter for matter in self._matters if matter.shared])
        spot = self._places.any_spot(rng, matter.places, matter.names)
        planted = self._plant("after_closure", "place", spot, matter)
        first = Call(
            self._moment(rng, day, matter.shape),
            self._new_caller(),
            matter,
            rng.choice(matter.facts),
            spot,
            planted,
            close_after=timedelta(days=rng.uniform(1, 4)),
            outcome="solved",
        )
        self._schedule(first)
        for _ in range(rng.randint(1, 3)):
            back = day + timedelta(days=rng.randint(7, 28))
            caller = first.caller if rng.random() < 0.35 else self._new_caller()
            at = self._moment(rng, back, matter.shape)
            self._schedule(Call(at, caller, matter, first.fact, spot, planted, is_back=True))

    def _plant_chronic(self, rng: Random) -> tuple[Call, list[int], float]:
        """A spot with 0.1–0.6 tickets a day by a handful of neighbours, never solved."""
        matter = rng.choice([m for m in self._matters if m.shared and not m.weather])
        spot = self._places.any_spot(rng, matter.places, matter.names)
        planted = self._plant("chronic", "place", spot, matter)
        model = Call(datetime.min, 0, matter, rng.choice(matter.facts), spot, planted, outcome="explained")
        people = [self._new_caller() for _ in range(rng.randint(5, 14))]
        return model, people, math.exp(rng.uniform(math.log(0.1), math.log(0.6)))

    def _plant_seasonal(self, rng: Random) -> tuple[Call, int, int]:
        """A spot whose matter comes back every year in the same days."""
        matter = rng.choice([m for m in self._matters if m.shared and m.weather])
        spot = self._places.any_spot(rng, matter.places, matter.names)
        first, last = _SEASON_STARTS[matter.weather]
        planted = self._plant("seasonal", "place", spot, matter)
        model = Call(datetime.min, 0, matter, rng.choice(matter.facts), spot, planted)
        return model, rng.randint(first, last), rng.randint(1, 28)

    def _standing(self, rng: Random, day: date) -> None:
        for model, people, rate in self._chronic:
            for _ in range(_poisson(rng, rate)):
                at = self._moment(rng, day, model.matter.shape)
                self._schedule(replace(model, at=at, caller=rng.choice(people)))
        for model, month, first in self._seasonal:
            if (day.month, day.day) == (month, first):
                for _ in range(rng.randint(3, 7)):
                    at = self._moment(rng, day + timedelta(days=rng.randint(0, 12)), model.matter.shape)
                    self._schedule(replace(model, at=at, caller=self._new_caller()))

    def _note_storm(self, day: date, weather: Weather) -> None:
        for name in ("rain", "heat", "cold"):
            if weather.factor(name) > 3:
                storm = self.truth.plant("storm", "city", self.city.name, "", name)
                storm.start = datetime.combine(day, time(), self._zone)
                storm.end = storm.start + timedelta(days=1)


def _poisson(rng: Random, mean: float) -> int:
    """A Poisson draw; by the normal approximation from 50 on."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count

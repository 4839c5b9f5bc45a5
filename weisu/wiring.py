"""Settings → ports: the only place that chooses SQLite or Elasticsearch, a model or the rules."""

from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path as FilePath
from typing import Any

import prompts
from agents.alerting.decide import Desk
from agents.city import City
from agents.grading.answer import answer_model
from agents.grading.ladder import Ladder, rungs_of
from agents.grading.memory import Memory
from agents.grading.rules import RulesGrader
from agents.intake.accept import Intake
from agents.notifying.route import Routing
from agents.notifying.send import Sender
from agents.problems.books import Books
from indexing.index import Index
from indexing.sqlite import SqliteIndex
from streams.path import Path
from weisu.city_folder import load_city
from weisu.city_words import require_words
from weisu.settings import PREFIX, Settings, WrongSetup

EXAMPLE_CITY = FilePath(__file__).resolve().parent / "example_city"
CHINA = timezone(timedelta(hours=8))


@dataclass
class State:
    """The agents' mappings: dicts here, Faust tables live."""

    tickets: MutableMapping[str, Any] = field(default_factory=dict)
    problems: MutableMapping[str, Any] = field(default_factory=dict)
    members: MutableMapping[str, Any] = field(default_factory=dict)
    rates: MutableMapping[str, Any] = field(default_factory=dict)
    calendars: MutableMapping[str, Any] = field(default_factory=dict)
    desk: MutableMapping[str, Any] = field(default_factory=dict)


def city_of(settings: Settings) -> City:
    """The configured city, or an unknown one. Raises CityError with all that is wrong in the folder."""
    return load_city(settings.city) if settings.city is not None else City()


def working_city(settings: Settings) -> City:
    """The same for those who decide about tickets: its word lists are tried too."""
    city = city_of(settings)
    if settings.city is not None:
        require_words(city, settings.city)
    return city


def zone_of(city: City) -> timezone:
    """The clock by which people read and ask; China's where the city names none."""
    return city.utc_offset or CHINA


def utc_offset_minutes(city: City) -> int:
    """The same in minutes east of UTC."""
    return int(zone_of(city).utcoffset(None).total_seconds() // 60)


def instant_of(at: datetime, city: City) -> datetime:
    """What was typed, a day or an instant: without an offset it is the city's own time."""
    return at if at.tzinfo else at.replace(tzinfo=zone_of(city))


def make_grader(settings: Settings, city: City, share: float = 1.0) -> Ladder:
    """The ladder with every configured endpoint; rules only when there is none. `share`: of the day's budget.

    Raises WrongSetup for an endpoint that cannot be made.
    """
    rules, kept_s = RulesGrader(city), settings.stream.lane.audit_days * 86_400.0
    if not settings.ladder.endpoints:
        return Ladder(rules, settings.ladder, kept_s=kept_s)
    from agents.grading.chat import ChatEndpoint  # seconds to import, and only needed with a model

    answer = answer_model(city)
    try:
        endpoints = [ChatEndpoint(endpoint, answer) for endpoint in settings.ladder.endpoints]
    except Exception as error:  # each provider's library raises its own
        raise WrongSetup(f"{PREFIX}LADDER__ENDPOINTS: {error}") from None
    rungs = rungs_of(endpoints, settings.ladder)
    memory = Memory(share=share)
    return Ladder(rules, settings.ladder, rungs, prompts.load("grade"), memory, kept_s)


def make_front(settings: Settings, city: City | None = None, share: float = 1.0) -> Path:
    """Intake and grading over dicts: one shard of a replay. `city`: when it is read already; `share`: see
    make_grader."""
    city = city or working_city(settings)
    return Path(
        intake=Intake(city, settings.key, {}, settings.hide_doors), grader=make_grader(settings, city, share)
    )


def make_back(settings: Settings, city: City | None = None) -> Path:
    """Problems and alerting over dicts. `city`: when it is read already."""
    city, state = city or working_city(settings), State()
    books = Books(city, state.problems, state.members, state.rates, state.calendars)
    return Path(books=books, desk=Desk(city, state.desk))


def make_path(settings: Settings) -> Path:
    """The whole path over dicts: replay in one process, and tests.

    One city for all: reading it takes a second, and what the agents remember by city is kept for each object.
    """
    city = working_city(settings)
    front, back = make_front(settings, city), make_back(settings, city)
    return Path(front.intake, front.grader, back.books, back.desk, make_routing(settings, city))


def make_index(settings: Settings) -> Index:
    """The configured engine. Raises WrongSetup where its file cannot be."""
    chosen = settings.index
    if chosen.engine == "sqlite":
        try:
            settings.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WrongSetup(f"{settings.data}: {error.strerror}; set {PREFIX}DATA to a folder") from None
        return SqliteIndex(settings.data / "index.sqlite")
    from indexing.elastic import ElasticIndex  # half a second to import, and only needed with the full stack

    return ElasticIndex(
        chosen.url,
        prefix=chosen.prefix,
        user=chosen.user or None,
        password=chosen.password.get_secret_value() if chosen.password else None,
        api_key=chosen.api_key.get_secret_value() if chosen.api_key else None,
    )


@asynccontextmanager
async def open_index(settings: Settings) -> AsyncIterator[Index]:
    """The configured index, ready, and closed at the end."""
    index = make_index(settings)
    try:
        await index.setup()
        yield index
    finally:
        await index.close()


def make_routing(settings: Settings, city: City | None = None) -> Routing:
    return Routing(city or city_of(settings), tuple(settings.notify.channels))


def make_sender(settings: Settings) -> Sender:
    targets = {name: url.get_secret_value() for name, url in settings.notify.channels.items()}
    try:
        return Sender(targets, timedelta(hours=settings.notify.max_age_h))
    except ValueError as error:
        raise WrongSetup(f"{PREFIX}NOTIFY__CHANNELS: {error}") from None

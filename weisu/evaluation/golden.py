"""The golden set of grading: tickets with what a good supervisor would say, and the tickets built from them."""

import json
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

import prompts
from agents.city import City
from agents.grading.grade import Urgency
from agents.intake.accept import Intake, accept
from agents.intake.ticket import Kind, Ticket

Split = Literal["dev", "held_out"]
SPLITS: tuple[Split, ...] = get_args(Split)
Tag = Literal[
    "confusable", "transcript", "dialect", "praise", "injection", "personal_data", "unreasonable", "news"
]
Diversion = Literal["110", "119", "120", "122", "expert", "self_service", "normal"]
FOLDER = Path(prompts.__file__).resolve().parent / "grade"
_KEY = b"golden"
_AT = "2026-03-02T09:00:00+08:00"


class UnreadableGolden(ValueError):
    """A golden file is missing or a line of it is no golden ticket."""


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expect(_Closed):
    """What the grade should be. Lists `…_also` hold other answers that are right as well."""

    urgency: Urgency
    kind: Kind
    category: str
    hazards: tuple[str, ...]
    kind_also: tuple[Kind, ...] = ()
    category_also: tuple[str, ...] = ()
    diversion: Diversion | None = None
    unit: str | None = None
    """The unit in charge, where the label is sure of it."""


class Golden(_Closed):
    """One labelled ticket."""

    id: str
    title: str | None = None
    text: str
    place: str | None = None
    name: str | None = None
    """The platform's name field; a place for injections."""
    expect: Expect
    tags: tuple[Tag, ...] = ()
    partner: str | None = None
    """Id of the ticket that is easily taken for this one."""
    injection: str | None = Field(default=None, min_length=1)
    """Verbatim part of title, text, place or name that speaks to a model; without it the ticket is the same matter."""
    why: str

    def to_ticket(self, city: City) -> Ticket:
        """The ticket as intake makes it: masked, with places and hazards."""
        return accepted(self.id, self._fields(""), city)

    def without_injection(self, city: City) -> Ticket:
        """The same ticket with the injection cut out. Raises ValueError when there is none."""
        if self.injection is None:
            raise ValueError(f"{self.id} has no injection")
        return accepted(self.id, self._fields(self.injection), city)

    def _fields(self, cut: str) -> dict[str, Any]:
        said = {"title": self.title, "content": self.text, "place": self.place, "name": self.name}
        if cut:
            said = {key: value.replace(cut, "") if value else value for key, value in said.items()}
        place, name = said.pop("place"), said.pop("name")
        fields: dict[str, Any] = {key: value for key, value in said.items() if value is not None}
        if place:
            fields["place"] = {"address": place}
        if name:
            fields["caller"] = {"name": name}
        return fields


def accepted(name: str, fields: dict[str, Any], city: City) -> Ticket:
    """A ticket of these fields of `created`, as intake makes it."""
    event = {"event_id": name, "event": "created", "ticket_id": name, "occurred_at": _AT, **fields}
    return accept(json.dumps(event, ensure_ascii=False).encode(), Intake(city, _KEY)).ticket


def load_golden(split: Split, folder: Path = FOLDER) -> tuple[Golden, ...]:
    """The tickets of one half. Raises UnreadableGolden naming file and line."""
    path = folder / f"golden.{split}.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UnreadableGolden(f"{path}: {error.strerror}") from None
    tickets = []
    for number, line in enumerate(lines, 1):
        try:
            tickets.append(Golden.model_validate_json(line))
        except ValidationError as error:
            places = ", ".join(".".join(map(str, bad["loc"])) or "JSON" for bad in error.errors())
            raise UnreadableGolden(f"{path}:{number}: wrong at {places}") from None
    return tuple(tickets)

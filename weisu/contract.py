"""The published contract, generated from the models: JSON Schema of events and lines, AsyncAPI of topics."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from agents.alerting.alert import Alert, AlertEvent, Command, Held
from agents.grading.audit import Audit
from agents.grading.grade import Grade, Graded
from agents.intake.events import MAX_BYTES, TICKET_EVENT, InvalidReason
from agents.intake.ticket import Place, Ticket
from agents.problems.problem import Candidate, Change, Count, Pattern
from agents.problems.rising import Recall
from streams.topics import Topics

VERSION = "1.0.0"
"""Of the contract, not of the program: grows when a shape changes."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)


class TicketLine(_Line):
    """tickets.jsonl: a ticket's last state."""

    ticket_id: str
    problem_id: str | None
    grade: Grade


class ProblemLine(_Line):
    """problems.jsonl: a problem's last state."""

    problem_id: str
    title: str
    place: Place
    ticket_ids: tuple[str, ...]
    reporters: int
    """Distinct reporters."""
    first_seen: datetime
    last_seen: datetime
    patterns: tuple[Pattern, ...]
    status: str


class AlertLine(Alert):
    """alerts.jsonl: an alert that would have reached a duty officer."""


class LedgerLine(Held):
    """ledger.jsonl: a candidate that was held back, and why."""


class RejectedLine(_Line):
    """rejected.jsonl: an input line that is no event."""

    line: int
    """From 1."""
    reason: str
    detail: str
    """Names the field and what was expected, never the citizen's text."""


LINES: Mapping[str, type[BaseModel]] = {
    "tickets.jsonl": TicketLine,
    "problems.jsonl": ProblemLine,
    "alerts.jsonl": AlertLine,
    "ledger.jsonl": LedgerLine,
    "rejected.jsonl": RejectedLine,
}
"""Output file of replay → shape of its lines."""

PAYLOADS: Mapping[str, type[BaseModel]] = {
    "tickets.accepted": Ticket,
    "tickets.graded": Graded,
    "grading.audit": Audit,
    "tickets.recalls": Recall,
    "problems": Change,
    "city.counts": Count,
    "alerts.candidates": Candidate,
    "alerts": AlertEvent,
    "alerts.commands": Command,
}
"""Topic → shape of its values; beside `tickets.events`, whose values are the ticket events."""


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12: the document describes a ticket event, its `$defs` also the lines of replay."""
    refs, definitions = _schemas("#/$defs/{model}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "TicketEvent",
        "description": f"A ticket event: UTF-8 JSON, at most {MAX_BYTES} bytes. Unknown fields are ignored.",
        **refs["tickets.events"],
        "$defs": definitions,
        "x-replay-lines": {file: refs[file] for file in LINES},
        "x-rejection-reasons": list(get_args(InvalidReason)),
    }


def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3.0: every topic of streams/topics.py with its key and the shape of its values."""
    refs, schemas = _schemas("#/components/schemas/{model}")
    streams = [topic for topic in Topics().all if topic.name in refs]
    channels: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for topic in streams:
        messages[topic.name] = {
            "name": topic.name,
            "title": topic.meaning,
            "contentType": "application/json",
            "payload": refs[topic.name],
            "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}}},
        }
        letters = f"{topic.name}.dlq"
        messages[letters] = _dead_letter(topic.name, topic.key)
        channels[topic.name] = _channel(topic.name, topic.meaning)
        channels[letters] = _channel(letters, f"what could not be read from {topic.name}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Weisu 未诉",
            "version": VERSION,
            "description": "Ticket events of a 12345 hotline in; grades, problems and alerts out. "
            "Topic names carry the prefix of the settings.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": {name: _operation(name) for name in channels},
        "components": {"messages": messages, "schemas": schemas},
    }


def dump(document: Mapping[str, Any]) -> str:
    """The document as text, always the same bytes for the same models."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def write_contract(folder: Path) -> None:
    """Renew the committed copies, docs/contract."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (folder / name).write_text(text, encoding="utf-8")


def documents() -> dict[str, str]:
    """File name → text of the committed copies."""
    return {"events.schema.json": dump(json_schema()), "asyncapi.json": dump(asyncapi())}


def _schemas(template: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """References by topic or file name, and the definitions they point to."""
    written: JsonSchemaMode = "serialization"
    asked: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [
        ("tickets.events", "validation", TICKET_EVENT)
    ]
    asked += [(name, written, TypeAdapter(model)) for name, model in {**PAYLOADS, **LINES}.items()]
    found, definitions = TypeAdapter.json_schemas(asked, ref_template=template)
    return {name: schema for (name, _), schema in found.items()}, definitions.get("$defs", {})


def _channel(name: str, meaning: str) -> dict[str, Any]:
    return {
        "address": name,
        "description": meaning,
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"kafka": {"topic": name}},
    }


def _operation(name: str) -> dict[str, Any]:
    # Seen from Weisu: what clients write it receives, everything else it sends.
    receives = name in ("tickets.events", "alerts.commands")
    return {"action": "receive" if receives else "send", "channel": {"$ref": f"#/channels/{name}"}}


def _dead_letter(origin: str, key: str) -> dict[str, Any]:
    headers = {
        "reason": "why it could not be read",
        "origin-topic": origin,
        "origin-partition": "partition it came from",
        "origin-offset": "offset it came from",
    }
    return {
        "name": f"{origin}.dlq",
        "title": f"the original bytes of what could not be read from {origin}",
        "contentType": "application/octet-stream",
        "payload": {"type": "string", "format": "binary"},
        "headers": {
            "type": "object",
            "required": list(headers),
            "properties": {name: {"type": "string", "description": text} for name, text in headers.items()},
        },
        "bindings": {"kafka": {"key": {"type": "string", "description": key}}},
    }

import json
from pathlib import Path
from typing import Any

import pytest

from streams.topics import Topics
from weisu.contract import LINES, PAYLOADS, asyncapi, documents, json_schema

HOME = Path(__file__).parents[2] / "docs" / "contract"
CONTRACT_EVENTS = (
    "created", "updated", "dispatched", "returned", "closed", "reviewed", "reopened", "claim_reviewed",
)  # fmt: skip


@pytest.mark.parametrize("name", ["events.schema.json", "asyncapi.json"])
def test_committed_contract_is_what_the_models_say(name: str) -> None:
    assert (HOME / name).read_text(encoding="utf-8") == documents()[name], "renew it: weisu schema --write"


def test_schema_knows_every_event_kind() -> None:
    schema = json_schema()
    assert sorted(schema["discriminator"]["mapping"]) == sorted(CONTRACT_EVENTS)
    assert len(schema["oneOf"]) == len(CONTRACT_EVENTS)


@pytest.mark.parametrize(
    ("model", "required"),
    [
        ("Created", {"event_id", "ticket_id", "occurred_at", "event", "content"}),
        ("Updated", {"event_id", "ticket_id", "occurred_at", "event"}),
        ("Dispatched", {"event_id", "ticket_id", "occurred_at", "event", "unit"}),
        ("Returned", {"event_id", "ticket_id", "occurred_at", "event", "unit"}),
        ("Closed", {"event_id", "ticket_id", "occurred_at", "event", "unit"}),
        ("Reviewed", {"event_id", "ticket_id", "occurred_at", "event"}),
        ("Reopened", {"event_id", "ticket_id", "occurred_at", "event"}),
    ],
)
def test_schema_requires_what_the_contract_requires(model: str, required: set[str]) -> None:
    assert set(json_schema()["$defs"][model]["required"]) == required


def test_schema_lets_unknown_fields_pass() -> None:
    assert json_schema()["$defs"]["Created"]["additionalProperties"] is True


def test_schema_describes_every_file_of_replay() -> None:
    schema = json_schema()
    lines: dict[str, Any] = schema["x-replay-lines"]
    assert set(lines) == set(LINES)
    assert "suppressed" in schema["$defs"][lines["ledger.jsonl"]["$ref"].rpartition("/")[2]]["required"]


def test_asyncapi_has_every_topic_with_its_key_and_its_dead_letters() -> None:
    document = asyncapi()
    changelogs = {topic.name for topic in Topics().all if topic.name.endswith("-changelog")}
    assert set(document["channels"]) == {topic.name for topic in Topics().all} - changelogs
    assert {"tickets.events", *PAYLOADS} <= set(document["components"]["messages"])
    for topic in Topics().all:
        if topic.name not in changelogs:
            message = document["components"]["messages"][topic.name]
            assert message["bindings"]["kafka"]["key"]["description"] == topic.key


@pytest.mark.parametrize("name", ["events.schema.json", "asyncapi.json"])
def test_every_reference_leads_somewhere(name: str) -> None:
    document = json.loads(documents()[name])
    for reference in references(document):
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return here + [found for value in node.values() for found in references(value)]
    if isinstance(node, list):
        return [found for value in node for found in references(value)]
    return []

"""The one table of what is indexed: SQLite's columns, Elasticsearch's mapping and Kibana's fields all come
from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from indexing.index import Collection, Query, WrongQuery

FieldType = Literal["keyword", "keywords", "text", "date", "long", "double", "geo", "stored"]
"""keyword: one exact value; keywords: several; text: masked words; stored: kept and returned, never searched.
"""

COLLECTIONS: tuple[Collection, ...] = ("tickets", "problems", "alerts", "ledger", "audit")
ID_FIELD: dict[Collection, str] = {
    "tickets": "ticket_id",
    "problems": "problem_id",
    "alerts": "alert_id",
    "ledger": "alert_id",
    "audit": "audit_id",
}
TIME_FIELD: dict[Collection, str] = {
    "tickets": "created_at",
    "problems": "last_seen",
    "alerts": "raised_at",
    "ledger": "raised_at",
    "audit": "asked_at",
}
DEEPEST = 10_000
"""offset + size of a query may not pass this: Elasticsearch's own limit, held on both engines."""
MOST_ACCEPTED = 1_000
"""Values of one filter."""
LONGEST_KEYWORD = 1_024
"""Characters. A longer value is kept, but not filtered by or counted."""
MOST_VALUES = 100
"""A facet names at most this many values."""


@dataclass(frozen=True)
class Field:
    name: str
    type: FieldType
    words: bool = False
    """Found by free text and shown with highlights."""


def _fields(type: FieldType, names: str, words: bool = False) -> tuple[Field, ...]:
    return tuple(Field(name, type, words) for name in names.split())


_PLACE = (
    *_fields("keyword", "city district street community"),
    *_fields("keyword", "address", words=True),
    *_fields("geo", "location"),
)

_TICKETS = (
    *_fields("keyword", "ticket_id stage kind category urgency recurrence problem_id joined reporter"),
    *_fields(
        "keyword",
        "status channel unit outcome satisfied solved source model prompt rules",
    ),
    *_fields("keyword", "duty_unit duty_item diversion claim_clause claim_status"),
    *_fields("keyword", "matter praise_target", words=True),
    *_fields("keywords", "review category_path hazards earlier units key_phrases places"),
    *_fields("text", "title content summary replies reasons comments", words=True),
    *_fields("text", "urgency_reason"),
    *_fields("date", "created_at updated_at closed_at"),
    *_fields("long", "revision edition returns hops rating"),
    *_fields("long", "tokens"),
    *_fields("double", "confidence cost_cny"),
    *_fields(
        "stored",
        "made_by proposed quotes cues steps duty_warning duty_basis duty_reason diversion_reason diversion_quote",
    ),
    *_fields("stored", "claim_basis claim_quote draft_title why score learned"),
    *_PLACE,
)

_PROBLEMS = (
    *_fields("keyword", "problem_id category status after into"),
    *_fields("keyword", "matter", words=True),
    *_fields("keywords", "patterns units recent aliases review"),
    *_fields("stored", "records proposals"),
    *_fields("text", "title", words=True),
    *_fields("date", "first_seen last_seen closed_at"),
    *_fields("long", "tickets reporters open_tickets closures"),
    *_PLACE,
)

_ALERTS = (
    *_fields("keyword", "alert_id kind level scope key problem_id trigger_ticket_id category status"),
    *_fields("keyword", "acknowledged_by verdict last_event last_by rules"),
    *_fields("keyword", "matter", words=True),
    *_fields("keywords", "ticket_ids hazards"),
    *_fields("text", "title text quotes", words=True),
    *_fields("date", "raised_at updated_at last_at"),
    *_fields("long", "reporters"),
    *_fields("double", "evidence_lambda"),
    *_fields("stored", "figures evidence note"),
    *_PLACE,
)

_AUDIT = (
    *_fields("keyword", "audit_id ticket_id model outcome variant prompt"),
    *_fields("date", "asked_at at"),
    *_fields("long", "edition rung attempt tokens_in tokens_out latency_ms"),
    *_fields("double", "cost_cny"),
    *_fields("stored", "message answer detail"),
)

FIELDS: dict[Collection, tuple[Field, ...]] = {
    "tickets": _TICKETS,
    "problems": _PROBLEMS,
    "alerts": _ALERTS,
    "ledger": (*_ALERTS, *_fields("keyword", "suppressed under")),
    "audit": _AUDIT,
}


@cache
def keywords_of(collection: Collection) -> Mapping[str, Field]:
    """Fields that can be filtered by and counted."""
    return {field.name: field for field in FIELDS[collection] if field.type in ("keyword", "keywords")}


@cache
def words_of(collection: Collection) -> tuple[str, ...]:
    """Fields that free text is looked for in."""
    return tuple(field.name for field in FIELDS[collection] if field.words)


def check(query: Query) -> None:
    """Raises WrongQuery for what no engine can answer: an unknown field or a page too deep."""
    known = keywords_of(query.collection)
    for name in (*query.filters, *query.facets):
        if name not in known:
            raise WrongQuery(
                f"{query.collection} has no keyword field {name!r}; it has {', '.join(sorted(known))}"
            )
    if any(len(accepted) > MOST_ACCEPTED for accepted in query.filters.values()):
        raise WrongQuery(f"a filter takes at most {MOST_ACCEPTED} values")
    if any(at is not None and at.utcoffset() is None for at in (query.since, query.until)):
        raise WrongQuery("since, until: expected instants with an offset, such as 2024-03-01T00:00:00+08:00")
    if abs(query.utc_offset_minutes) > 14 * 60:
        raise WrongQuery("utc_offset_minutes: expected at most 14 hours")
    if query.offset < 0 or query.size < 0 or query.offset + query.size > DEEPEST:
        raise WrongQuery(
            f"offset {query.offset} and size {query.size}: both at least 0 and together at most {DEEPEST};"
            " narrow the query by time or a filter instead of paging deeper"
        )


def sought(accepted: tuple[str, ...]) -> list[str]:
    """Values of a filter that a document can hold: half characters as question marks, long ones not."""
    sound = (value.encode("utf-8", "replace").decode() for value in accepted)
    return [value for value in sound if len(value) <= LONGEST_KEYWORD]


# --- Elasticsearch ------------------------------------------------------------------------------------------

_TYPES: dict[FieldType, dict[str, Any]] = {
    "keyword": {"type": "keyword", "ignore_above": LONGEST_KEYWORD},
    "keywords": {"type": "keyword", "ignore_above": LONGEST_KEYWORD},
    "text": {"type": "text", "analyzer": "zh_single"},
    "date": {"type": "date", "format": "strict_date_optional_time||epoch_millis"},
    "long": {"type": "long"},
    "double": {"type": "double"},
    "geo": {"type": "geo_point"},
    "stored": {"type": "object", "enabled": False},
}

_ANALYSIS: dict[str, Any] = {
    "filter": {
        "zh_pair": {
            "type": "shingle",
            "min_shingle_size": 2,
            "max_shingle_size": 2,
            "token_separator": "",
            "output_unigrams": False,
            "output_unigrams_if_no_shingles": True,
        }
    },
    "analyzer": {
        "zh_single": {"type": "custom", "tokenizer": "standard", "filter": ["lowercase"]},
        "zh_pair": {"type": "custom", "tokenizer": "standard", "filter": ["lowercase", "zh_pair"]},
    },
}

# Free text is asked of one field that all word fields are copied to: then "three of five pairs" counts over
# title and content together, as it does in SQLite. It is never part of a document's body.
_WORDS: dict[str, Any] = {
    "type": "text",
    "analyzer": "zh_single",
    "fields": {"pair": {"type": "text", "analyzer": "zh_pair"}},
}


def _mapping(field: Field) -> dict[str, Any]:
    return {**_TYPES[field.type], **({"copy_to": "words"} if field.words else {})}


def template(name: str) -> dict[str, Any]:
    """Body of a composable index template, without prefix; templates/NAME.json is its committed copy.

    `name` is a collection, or "pending": tickets whose `created` has not arrived, outside the alias
    `tickets`.
    """
    collection: Collection = "tickets" if name == "pending" else next(c for c in COLLECTIONS if c == name)
    body: dict[str, Any] = {
        "index_patterns": ["tickets_pending"] if name == "pending" else [f"{name}-*"],
        "priority": 200,
        "template": {
            "settings": {
                "index": {
                    "number_of_shards": 1,
                    "auto_expand_replicas": "0-1",
                    "refresh_interval": "1s" if name == "alerts" else "5s",
                    "analysis": _ANALYSIS,
                }
            },
            "mappings": {
                "dynamic": "strict",
                "properties": {
                    **{field.name: _mapping(field) for field in FIELDS[collection]},
                    "words": _WORDS,
                },
            },
        },
        "_meta": {"made_by": "weisu: indexing/fields.py"},
    }
    if name != "pending":
        body["template"]["aliases"] = {name: {}}
    return body

"""Kibana's space, data views and role as bodies of its API; fields and times come from indexing/fields.py."""

import re
from typing import Any

from indexing.fields import COLLECTIONS, TIME_FIELD
from indexing.index import Collection

TITLES: dict[Collection, str] = {
    "tickets": "工单",
    "problems": "问题",
    "alerts": "预警",
    "ledger": "未报台账",
    "audit": "模型审计",
}
_PREFIX = re.compile(r"([a-z0-9][a-z0-9_.-]*)?")


def is_plain(prefix: str) -> bool:
    """Can the prefix of the index stand in a query and, rewritten, in an id?"""
    return _PREFIX.fullmatch(prefix) is not None


def named(prefix: str, name: str = "") -> str:
    """The stable id of one of our objects. Every city of a cluster has its own: Kibana's ids are cluster-wide."""
    return "-".join(part for part in (prefix.replace(".", "-").strip("-_"), "weisu", name) if part)


def space(prefix: str) -> dict[str, Any]:
    """The space with Kibana's normal ("classic") set of features."""
    return {
        "id": named(prefix),
        "name": "未诉",
        "description": "12345 热线：工单、问题、预警、未报台账与模型审计",
        "initials": "未诉",
        "color": "#1F6FB2",
        "solution": "classic",
        "disabledFeatures": [],
    }


def data_view(collection: Collection, prefix: str) -> dict[str, Any]:
    """A view of one collection's alias; it may stand before the first document comes."""
    return {
        "override": True,
        "data_view": {
            "id": named(prefix, collection),
            "name": TITLES[collection],
            "title": f"{prefix}{collection}",
            "timeFieldName": TIME_FIELD[collection],
            "allowNoIndex": True,
        },
    }


def analyst(prefix: str) -> dict[str, Any]:
    """A role that reads the collections and everything in the space, and changes nothing."""
    return {
        "description": "未诉分析员：只读",
        "elasticsearch": {
            "cluster": [],
            "indices": [
                {
                    "names": [
                        f"{prefix}{name}"
                        for collection in COLLECTIONS
                        for name in (collection, f"{collection}-*")
                    ],
                    "privileges": ["read", "view_index_metadata"],
                }
            ],
            "run_as": [],
        },
        "kibana": [{"spaces": [named(prefix)], "base": ["read"], "feature": {}}],
    }

"""The field table and its committed copies agree."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

from indexing.elastic import TEMPLATES
from indexing.fields import COLLECTIONS, FIELDS, ID_FIELD, TIME_FIELD, keywords_of, template


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates_are_those_of_the_table(name: str) -> None:
    """After a change of the table, write each template(name) to indexing/templates/ again."""
    told = json.loads((files("indexing") / "templates" / f"{name}.json").read_text("utf-8"))
    assert told == template(name)


def test_there_is_no_template_without_a_name() -> None:
    folder = Path(str(files("indexing") / "templates"))
    assert {path.stem for path in folder.glob("*.json")} == set(TEMPLATES)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_each_collection_has_its_id_and_time_and_no_name_twice(collection: str) -> None:
    fields = {field.name: field for field in FIELDS[collection]}  # type: ignore[index]  # a table of literals
    assert len(fields) == len(FIELDS[collection])  # type: ignore[index]  # a table of literals
    assert fields[ID_FIELD[collection]].type == "keyword"  # type: ignore[index]  # a table of literals
    assert fields[TIME_FIELD[collection]].type == "date"  # type: ignore[index]  # a table of literals


def test_pending_tickets_stay_out_of_the_alias() -> None:
    pending, tickets = template("pending"), template("tickets")
    assert "aliases" not in pending["template"]
    assert tickets["template"]["aliases"] == {"tickets": {}}
    assert pending["template"]["mappings"] == tickets["template"]["mappings"]


def test_texts_are_no_keywords() -> None:
    assert "content" not in keywords_of("tickets")
    assert "district" in keywords_of("tickets")

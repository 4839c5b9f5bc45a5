"""Kibana's objects, without a Kibana: bodies, queries, grid, and what the installer sends to a fake one."""

import json
import re
import socket
from collections.abc import Iterator
from copy import deepcopy
from itertools import combinations
from typing import Any, get_args

import pytest

from agents.alerting.alert import HeldReason, Level
from agents.grading.grade import Urgency
from agents.problems.problem import Pattern
from indexing.fields import COLLECTIONS, FIELDS, TIME_FIELD
from indexing.kibana import queries
from indexing.kibana.dashboard import COLUMNS, dashboard
from indexing.kibana.install import KibanaError, install
from indexing.kibana.objects import analyst, data_view, named
from tests.fakes.kibana import Kibana, kibana
from weisu.console.view import LABELS

PANELS: list[dict[str, Any]] = dashboard()["panels"]
CHARTS = [panel for panel in PANELS if panel["type"] == "vis"]


def sources(config: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """(query, columns that the chart takes from it) of a panel."""
    if config["type"] == "xy":
        return [(layer["data_source"]["query"], columns(layer)) for layer in config["layers"]]
    return [(config["data_source"]["query"], columns(config))]


def columns(part: object) -> list[str]:
    """All values of "column", wherever they stand."""
    if isinstance(part, dict):
        own = [part["column"]] if "column" in part else []
        return own + [name for value in part.values() for name in columns(value)]
    return [name for value in part for name in columns(value)] if isinstance(part, list) else []


ASKED = [
    pytest.param(query, taken, id=panel["id"])
    for panel in CHARTS
    for query, taken in sources(panel["config"])
]


def read_and_made(query: str) -> tuple[str, set[str], set[str]]:
    """(collection, fields that are read, columns that come out)."""
    source, *steps = query.split("\n| ")
    read: set[str] = set()
    known: set[str] = set()
    made: set[str] = set()
    for step in steps:
        bare = re.sub(r'"[^"]*"', '""', step)
        aliases = set(re.findall(r"(?:`([^`]+)`|\b([a-z_]+)) = ", bare))
        aliases |= set(re.findall(r" AS (?:`([^`]+)`|([a-z_]+))", bare))
        new = {quoted or plain for quoted, plain in aliases}
        names = set(re.findall(r"(?<![?`\w])([a-z][a-z_]*)\b(?!`)", re.sub(r"\d+ (?:day|minutes)", "", bare)))
        quoted = set(re.findall(r"`([^`]+)`", bare))
        read |= names - known - new
        assert quoted <= known | new, f"unknown column {quoted - known - new}"
        known |= new
        if step.startswith(("STATS", "KEEP")):
            made = known = quoted | {name for name in names if name in new}
    return source.removeprefix("FROM "), read, made


@pytest.mark.parametrize(("query", "taken"), ASKED)
def test_every_field_of_a_query_is_in_the_mapping(query: str, taken: list[str]) -> None:
    collection, read, _ = read_and_made(query)
    assert collection in COLLECTIONS
    fields = {field.name: field.type for field in FIELDS[collection]}
    assert read
    assert read <= fields.keys()
    assert not {name for name in read if fields[name] in ("stored", "geo")}


@pytest.mark.parametrize(("query", "taken"), ASKED)
def test_every_column_of_a_chart_comes_out_of_its_query(query: str, taken: list[str]) -> None:
    _, _, made = read_and_made(query)
    assert taken
    assert set(taken) <= made


@pytest.mark.parametrize(("query", "taken"), ASKED)
def test_every_query_obeys_the_time_picker_and_is_bounded(query: str, taken: list[str]) -> None:
    collection, _, _ = read_and_made(query)
    time = TIME_FIELD[collection]
    assert f"WHERE {time} >= ?_tstart AND {time} < ?_tend" in query
    assert re.search(r"\| LIMIT \d+", query)


@pytest.mark.parametrize(("query", "taken"), ASKED)
def test_brackets_and_quotes_are_balanced(query: str, taken: list[str]) -> None:
    bare = re.sub(r'"[^"]*"', "", query)
    assert bare.count("(") == bare.count(")")
    assert '"' not in bare
    assert bare.count("`") % 2 == 0


@pytest.mark.parametrize(
    ("minutes", "midnight"),
    [
        (480, "DATE_TRUNC(1 day, created_at + 480 minutes) - 480 minutes"),
        (-210, "DATE_TRUNC(1 day, created_at - 210 minutes) + 210 minutes"),
    ],
)
def test_days_are_cut_at_local_midnight(minutes: int, midnight: str) -> None:
    assert midnight in queries.Queries("", minutes).tickets_by_day()


def test_grid_cells_lie_inside_the_columns_and_do_not_overlap() -> None:
    cells = [panel["grid"] for panel in PANELS]
    for cell in cells:
        assert cell["x"] >= 0 and cell["y"] >= 0 and cell["w"] >= 1 and cell["h"] >= 1
        assert cell["x"] + cell["w"] <= COLUMNS
    for one, other in combinations(cells, 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, (one, other)


def test_grid_has_no_holes() -> None:
    bottom = max(panel["grid"]["y"] + panel["grid"]["h"] for panel in PANELS)
    assert sum(panel["grid"]["w"] * panel["grid"]["h"] for panel in PANELS) == COLUMNS * bottom


def test_ids_are_stable() -> None:
    assert [panel["id"] for panel in PANELS] == [
        "tickets-total",
        "problems-open",
        "alerts-total",
        "returns-average",
        "tickets-by-day",
        "terms",
        "tickets-by-hour",
        "alerts-by-day",
        "districts",
        "streets",
        "categories",
        "problems-top",
        "held-by-reason",
        "returns-by-unit",
    ]
    assert [named("", name) for name in ("", "tickets", "overview")] == [
        "weisu",
        "weisu-tickets",
        "weisu-overview",
    ]


SHAPES: dict[str, dict[str, type]] = {
    "metric": {"type": str, "data_source": dict, "metrics": list},
    "xy": {"type": str, "title": str, "axis": dict, "layers": list},
    "heatmap": {"type": str, "title": str, "data_source": dict, "x": dict, "y": dict, "metric": dict},
    "data_table": {"type": str, "title": str, "data_source": dict, "rows": list, "metrics": list},
}
LAYER = {"type": str, "data_source": dict, "x": dict, "y": list}


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["id"])
def test_panel_has_the_shape_of_its_type(panel: dict[str, Any]) -> None:
    assert panel.keys() == {"id", "type", "grid", "config"}
    config = panel["config"]
    if panel["type"] == "markdown":
        assert config.keys() == {"title", "content"}
        return
    assert panel["type"] == "vis"
    shape = SHAPES[config["type"]]
    assert {name: type(value) for name, value in config.items()} == shape
    parts = config["layers"] if config["type"] == "xy" else [config]
    for part in parts:
        assert part["data_source"].keys() == {"type", "query"}
        assert part["data_source"]["type"] == "esql"
    for layer in config.get("layers", []):
        assert {name: type(layer[name]) for name in LAYER} == LAYER
        assert layer["type"] in {"bar_stacked", "bar_horizontal"}
        assert layer.keys() <= LAYER.keys() | {"breakdown_by"}


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (queries.URGENCIES, Urgency),
        (queries.LEVELS, Level),
        (queries.HELD, HeldReason),
        (queries.PATTERNS, Pattern),
    ],
)
def test_every_code_has_the_word_that_the_console_has(said: dict[str, str], codes: Any) -> None:
    assert said.keys() == set(get_args(codes))
    assert {code: LABELS[code] for code in said} == said


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_data_view_has_the_time_field_of_its_collection(collection: Any) -> None:
    view = data_view(collection, "hz-")["data_view"]
    assert view["title"] == f"hz-{collection}"
    assert view["timeFieldName"] == TIME_FIELD[collection]
    assert {field.name: field.type for field in FIELDS[collection]}[view["timeFieldName"]] == "date"


def test_analyst_only_reads() -> None:
    role = analyst("")
    privileges = {name for indices in role["elasticsearch"]["indices"] for name in indices["privileges"]}
    assert privileges == {"read", "view_index_metadata"}
    assert role["elasticsearch"]["cluster"] == []
    assert role["kibana"] == [{"spaces": ["weisu"], "base": ["read"], "feature": {}}]
    assert "*" not in role["elasticsearch"]["indices"][0]["names"]


# --- the installer ------------------------------------------------------------------------------------------

FIRST = [
    ("PUT", "/api/spaces/space/weisu"),
    ("POST", "/api/spaces/space"),
    *[("POST", "/s/weisu/api/data_views/data_view")] * len(COLLECTIONS),
    ("PUT", "/s/weisu/api/dashboards/weisu-overview"),
    ("PUT", "/api/security/role/weisu-analyst"),
]
PASSWORD = "p4ss-word-of-elastic"


@pytest.fixture
def fake() -> Iterator[Kibana]:
    with kibana() as running:
        yield running


def test_space_comes_first_and_the_role_last(fake: Kibana) -> None:
    lines = install(fake.url, "elastic", PASSWORD)
    assert [(asked.method, asked.path) for asked in fake.asked] == FIRST
    assert len(lines) == len(fake.objects) == 3 + len(COLLECTIONS)


def test_every_request_says_what_kibana_asks_for(fake: Kibana) -> None:
    install(fake.url + "/", "elastic", "päss")
    for asked in fake.asked:
        assert asked.headers["kbn-xsrf"] == "true"
        assert asked.headers["elastic-api-version"] == "2023-10-31"
        assert asked.headers["content-type"].startswith("application/json")
        assert asked.headers["authorization"] == "Basic ZWxhc3RpYzpww6Rzcw=="


def test_an_api_key_stands_in_place_of_user_and_password(fake: Kibana) -> None:
    lines = install(fake.url, None, None, api_key="a2V5")
    assert {asked.headers["authorization"] for asked in fake.asked} == {"ApiKey a2V5"}
    assert "略过" not in lines[-1]
    fake.refuse["/space"] = (400, "no such key a2V5")
    with pytest.raises(KibanaError, match=r"no such key \*\*\*"):
        install(fake.url, None, None, api_key="a2V5")


def test_second_run_leaves_the_same_state(fake: Kibana) -> None:
    lines = install(fake.url, "elastic", PASSWORD)
    state = deepcopy(fake.objects)
    fake.asked.clear()
    assert install(fake.url, "elastic", PASSWORD) == lines
    assert fake.objects == state
    assert [(asked.method, asked.path) for asked in fake.asked] == [FIRST[0], *FIRST[2:]]


def test_two_cities_do_not_touch_each_other(fake: Kibana) -> None:
    install(fake.url, "elastic", PASSWORD)
    state = deepcopy(fake.objects)
    install(fake.url, "elastic", PASSWORD, prefix="hz-")
    assert {path: body for path, body in fake.objects.items() if path in state} == state
    other = json.dumps(fake.objects["/s/hz-weisu/api/dashboards/hz-weisu-overview"])
    assert "FROM hz-tickets" in other
    assert "FROM tickets" not in other


def test_without_security_there_is_no_role(fake: Kibana) -> None:
    lines = install(fake.url, None, None)
    assert not any("role" in asked.path for asked in fake.asked)
    assert "authorization" not in fake.asked[0].headers
    assert "略过" in lines[-1]


@pytest.mark.parametrize(
    ("part", "status", "message", "told"),
    [
        ("/space", 401, "unable to authenticate", "the user is unknown"),
        ("/role", 403, "forbidden", "may not do this"),
        ("/dashboards", 400, f"[panels.3.type]: no\n{PASSWORD}", "[panels.3.type]: no ***"),
        ("/data_views", 503, "not ready", "not ready, try again"),
        ("/space", 302, "http://127.0.0.1:9/login", "give the address it points to"),
        ("/dashboards", 404, "Not Found", "404"),
    ],
)
def test_refusal_is_one_line_without_the_password(
    fake: Kibana, part: str, status: int, message: str, told: str
) -> None:
    fake.refuse[part] = (status, message)
    with pytest.raises(KibanaError) as caught:
        install(fake.url, "elastic", PASSWORD)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None


def test_kibana_that_is_silent_is_given_up() -> None:
    with kibana(hangs=True) as silent, pytest.raises(KibanaError, match=r"did not answer within 0\.1 s"):
        install(silent.url, "elastic", PASSWORD, timeout_s=0.1)


def test_kibana_that_is_not_there_is_named() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(KibanaError, match=r"cannot be reached \(ConnectionRefusedError\)"):
            install(address, None, None)


@pytest.mark.parametrize("url", ["kibana:5601", "ftp://kibana", "", f"http://elastic:{PASSWORD}@kibana:5601"])
def test_wrong_address_is_told_without_being_repeated(url: str) -> None:
    with pytest.raises(KibanaError) as caught:
        install(url, None, None)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("prefix", ['a"b', "A-", "a b", "-a", "a|"])
def test_prefix_that_could_break_a_query_is_refused(prefix: str) -> None:
    with pytest.raises(KibanaError, match="prefix"):
        install("http://127.0.0.1:1", None, None, prefix=prefix)

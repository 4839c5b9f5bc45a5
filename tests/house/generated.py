"""What is made from the code: docs/metrics.md, docs/settings.md, docs/quality.md, a prompt's schema, the READMEs' example alert.

Renew the committed copies: `python3 dev.py shell python tests/house/generated.py`.
"""

import ast
import inspect
import json
import re
import tempfile
import textwrap
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from agents.grading.answer import answer_model, strict_schema
from agents.grading.endpoint import EndpointSettings
from streams.metrics import METRICS, STEP_BUCKETS
from weisu import wiring
from weisu.city_folder import load_city
from weisu.evaluation.report import quality_page
from weisu.replaying import run_replay
from weisu.settings import PREFIX, Settings
from weisu.simulator.simulate import simulate, write
from weisu.simulator.truth import Truth

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
READMES = ("README.md", "README.zh-CN.md")
ALERT = re.compile(r"(?<=<!-- alert -->\n).*?(?=<!-- /alert -->)", re.DOTALL)
LEVELS = {"red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色"}
NOTE = "<!-- made by tests/house/generated.py: do not edit -->"


def metrics_page() -> str:
    """docs/metrics.md."""
    rows = [
        f"| `{name}` | {metric.kind} | {metric.unit} | {', '.join(metric.labels) or '—'} | {metric.meaning} |"
        for name, metric in METRICS.items()
    ]
    buckets = ", ".join(f"{bound:g}" for bound in STEP_BUCKETS)
    return "\n".join(
        [
            "# Metrics",
            "",
            NOTE,
            "",
            "Every worker shows these at `/metrics` of its health page (`WEISU_STREAM__HEALTH__HOST`, `…__PORT`), as "
            "Prometheus text. The list is closed: `streams/metrics.py`. Alert rules: `deploy/prometheus-rules.yml`.",
            "",
            "| name | kind | unit | labels | meaning |",
            "| --- | --- | --- | --- | --- |",
            *rows,
            "",
            f"Buckets of the histogram, in seconds: {buckets}.",
            "",
        ]
    )


def settings_page() -> str:
    """docs/settings.md."""
    lines = [
        "# Settings",
        "",
        NOTE,
        "",
        "All settings come from the environment. A name that is unknown or a value that does not fit stops the start with "
        "one line that names it. `weisu settings` prints every setting with its present value and origin, secrets masked. "
        "Every default runs `weisu up` on a laptop.",
        "",
    ]
    for title, meaning, rows in _sections(Settings, (), "General"):
        lines += [
            f"## {title}",
            "",
            meaning,
            "",
            "| variable | type | default | meaning |",
            "| --- | --- | --- | --- |",
        ]
        lines += [*rows, ""]
    lines += [
        "## One endpoint of `WEISU_LADDER__ENDPOINTS`",
        "",
        "The variable holds a JSON list; each element is an object with these keys.",
        "",
        "| key | type | default | meaning |",
        "| --- | --- | --- | --- |",
        *_rows(EndpointSettings, ()),
        "",
    ]
    return "\n".join(lines)


def names() -> set[str]:
    """Every WEISU_… variable that may be set."""
    return set(_names(Settings, ()))


def _names(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        part = _part_of(field)
        if part is None:
            yield _variable((*path, name))
        else:
            yield from _names(part, (*path, name))


def _sections(
    model: type[BaseModel], path: tuple[str, ...], title: str
) -> Iterator[tuple[str, str, list[str]]]:
    yield title, " ".join((inspect.getdoc(model) or "").split()), _rows(model, path)
    for name, field in model.model_fields.items():
        part = _part_of(field)
        if part is not None:
            yield from _sections(part, (*path, name), f"`{_variable((*path, name))}__…`")


def _rows(model: type[BaseModel], path: tuple[str, ...]) -> list[str]:
    meanings = _docstrings(model)
    return [
        f"| `{_variable((*path, name)) if path or model is Settings else name}` | {_type(field)} | {_default(field)} "
        f"| {meanings.get(name, '')} |"
        for name, field in model.model_fields.items()
        if _part_of(field) is None
    ]


def _variable(path: tuple[str, ...]) -> str:
    return PREFIX + "__".join(path).upper()


def _part_of(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Field → the string below it in the source, its own or that of a class it builds on: what it means."""
    lines = [
        kind for kind in reversed(model.__mro__) if issubclass(kind, BaseModel) and kind is not BaseModel
    ]
    return {name: meaning for kind in lines for name, meaning in _own_docstrings(kind).items()}


def _own_docstrings(model: type[BaseModel]) -> dict[str, str]:
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for before, after in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(before, ast.AnnAssign)
            and isinstance(before.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            found[before.target.id] = " ".join(str(after.value.value).split()).replace("|", "\\|")
    return found


def _type(field: FieldInfo) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    limits = [
        f"{sign} {getattr(bound, key)}"
        for bound in field.metadata
        for key, sign in signs.items()
        if hasattr(bound, key)
    ]
    return ", ".join([_name(field.annotation), *limits])


def _name(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in get_args(kind))
    if origin in (Union, UnionType):
        return " or ".join(_name(one) for one in get_args(kind) if one is not type(None))
    if origin is dict:
        return "JSON object of " + _name(get_args(kind)[1])
    if origin is tuple:
        return "JSON list"
    words = {
        SecretStr: "secret",
        Path: "path",
        str: "text",
        bool: "true or false",
        int: "whole number",
        float: "number",
    }
    return words[kind]


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "none"
    if field.default is PydanticUndefined:
        return "required"
    if field.default is None or field.default == () or str(field.default) == "":
        return "none"
    return f"`{field.default}`"


def alert_block() -> str:
    """The READMEs' example: the first burst at one problem in the run that they show, as a code block."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth, city = Truth(), wiring.EXAMPLE_CITY
        write(
            simulate(load_city(city), 6, date(2026, 3, 2), 1, 700, truth=truth), truth, folder, compress=True
        )
        run_replay(folder / "events.jsonl.gz", folder / "out", Settings(city=city))
        lines = (folder / "out" / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    alerts = [json.loads(line) for line in lines]
    alert = next(one for one in alerts if one["kind"] == "burst" and one["scope"] == "problem")
    sentences = [part for part in re.split(r"(?<=。)(?!”)", alert["text"]) if part]
    at = alert["raised_at"][:16].replace("T", " ")
    return "\n".join(
        [
            "```text",
            f"{LEVELS[alert['level']]}预警  {alert['title']}",
            f"{at}  诉求人 {alert['reporters']} 人  工单 {len(alert['ticket_ids'])} 件",
            "",
            *sentences,
            "",
            *(f"{quote['ticket_id']}  “{quote['quote']}”" for quote in alert["evidence"]),
            "```",
            "",
        ]
    )


def answer_schema() -> str:
    """prompts/grade/schema.json: what a model of the example city must return."""
    schema = strict_schema(answer_model(load_city(wiring.EXAMPLE_CITY)))
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def alerts_page() -> str:
    """docs/quality.md, from the figures of the last published run of `weisu evaluate alerts`."""
    figures = json.loads((DOCS / "evaluation" / "figures.json").read_text(encoding="utf-8"))
    return quality_page(figures, "evaluation/")


PAGES = {"metrics.md": metrics_page, "settings.md": settings_page, "quality.md": alerts_page}
SNAPSHOTS = {"prompts/grade/schema.json": answer_schema}


if __name__ == "__main__":
    for file, make in PAGES.items():
        (DOCS / file).write_text(make(), encoding="utf-8")
        print(f"docs/{file} written")
    for file, make in SNAPSHOTS.items():
        (ROOT / file).write_text(make(), encoding="utf-8")
        print(f"{file} written")
    block = alert_block()
    for file in READMES:
        text = (ROOT / file).read_text(encoding="utf-8")
        (ROOT / file).write_text(ALERT.sub(lambda _: block, text), encoding="utf-8")
        print(f"{file}: example alert written")

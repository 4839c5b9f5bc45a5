"""Parts of Faust that lost or corrupted data in trials may not appear in the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("streams", "indexing", "agents", "prompts", "weisu")
METHODS = {"take", "take_events", "take_with_timestamp", "noack_take", "tumbling", "hopping", "using_window"}
STREAMS = {"stream", "events", "noack"}
"""What stands before `.take` when it is Faust's and not, say, a journal's."""


def find_banned(source: str) -> Iterator[str]:
    """Each use of a banned part, as "line: what"."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from (f"{node.lineno}: {what}" for what in _banned_in_call(node))
        elif isinstance(node, ast.Constant) and node.value == "exactly_once":
            yield f"{node.lineno}: exactly_once"


def _banned_in_call(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name in METHODS and (name != "take" or _is_stream(node.func)):
        yield f".{name}("
    if name == "agent":
        for keyword in node.keywords:
            allowed = isinstance(keyword.value, ast.Constant) and keyword.value.value == 1
            if keyword.arg == "concurrency" and not allowed:
                yield "concurrency="


def _is_stream(function: ast.expr) -> bool:
    assert isinstance(function, ast.Attribute)
    holder = function.value
    if isinstance(holder, ast.Call):
        holder = holder.func
    last = holder.attr if isinstance(holder, ast.Attribute) else getattr(holder, "id", "")
    return last in STREAMS


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_part_of_faust_that_loses_data_is_used(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{use}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for use in find_banned(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "app.agent(topic, concurrency=8)",
        "@app.agent(topic, concurrency=n)\nasync def a(s): ...",
        "async def a(stream):\n    async for b in stream.take(100, within=1): ...",
        "async def a(stream):\n    async for b in stream.noack().take(100, within=1): ...",
        "stream.noack_take(10)",
        "app.Table('t').tumbling(60)",
        "app.Table('t').hopping(60, 10)",
        "faust.App('a', processing_guarantee='exactly_once')",
    ],
)
def test_each_banned_part_is_found(source: str) -> None:
    assert list(find_banned(source))


@pytest.mark.parametrize(
    "source", ["app.agent(topic, concurrency=1)", "journal.take()", "self.positions.take(tp, 3)"]
)
def test_what_is_safe_passes(source: str) -> None:
    assert not list(find_banned(source))

"""No file over 400 lines, no function over 50: what has grown past that holds two things."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("weisu", "streams", "indexing", "agents", "prompts")
LONGEST_FILE, LONGEST_FUNCTION = 400, 50


def find_long(name: str, source: str) -> Iterator[str]:
    """What is too long in one file, as a sentence each."""
    lines = len(source.splitlines())
    if lines > LONGEST_FILE:
        yield f"{name} has {lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{name}: {node.name} has {length} lines"


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_and_function_fits(folder: str) -> None:
    found = [
        sentence
        for path in sorted((ROOT / folder).rglob("*.py"))
        for sentence in find_long(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "sentences"),
    [
        ("x = 1\n" * 400, []),
        ("x = 1\n" * 401, ["a.py has 401 lines"]),
        ("def f():\n" + "    x = 1\n" * 49, []),
        ("async def f():\n" + "    x = 1\n" * 50, ["a.py: f has 51 lines"]),
        ("class A:\n    def f(self):\n" + "        x = 1\n" * 50, ["a.py: f has 51 lines"]),
    ],
)
def test_what_is_too_long_is_found(source: str, sentences: list[str]) -> None:
    assert list(find_long("a.py", source)) == sentences

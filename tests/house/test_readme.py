"""The READMEs promise nothing that is not there, and say the same in both languages."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import typer
from house.generated import names

from weisu.__main__ import app

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
PAGES = (
    *READMES,
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")),
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
SPAN = re.compile(r"`([^`\n]+)`")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def commands_of(text: str) -> list[list[str]]:
    """The words of each command of ours, in shell blocks and in the running text."""
    blocks = [line for kind, body in FENCE.findall(text) if kind == "sh" for line in body.splitlines()]
    spans = [span for span in SPAN.findall(FENCE.sub("", text)) if not set("…→") & set(span)]
    lines = [line.split("#")[0].split() for line in [*blocks, *spans]]
    return [words for words in lines if words[:1] == ["weisu"] or words[:2] == ["python3", "dev.py"]]


def verbs_of_dev() -> set[str]:
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return set(module.VERBS)


def fault_in(words: list[str]) -> str | None:
    """What is wrong with one of our commands; None: it can be typed as it stands."""
    if words[0] == "weisu":
        return fault_in_weisu(words[1:])
    verb, rest = (words[2] if len(words) > 2 else None), words[3:]
    if verb is not None and verb not in verbs_of_dev():
        return f"dev.py has no verb {verb}"
    if verb == "shell" and rest[:1] == ["weisu"]:
        return fault_in_weisu(rest[1:])
    paths = [word for word in rest if "/" in word]
    return next((f"{path} is missing" for path in paths if not (ROOT / path).exists()), None)


def fault_in_weisu(words: list[str]) -> str | None:
    command: Any = typer.main.get_command(app)
    for word in words:
        if word.startswith("--"):
            known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
            if word.split("=")[0] not in known:
                return f"{command.name} has no option {word}"
        elif groups := getattr(command, "commands", None):
            found = groups.get(word)
            if found is None:
                return f"weisu has no command {word}"
            command = found
    return None


@pytest.mark.parametrize("page", [page for page in PAGES if not page.startswith("docs/notes/")])
def test_every_command_named_exists(page: str) -> None:
    faults = {" ".join(words): fault for words in commands_of(text_of(page)) if (fault := fault_in(words))}
    assert faults == {}


@pytest.mark.parametrize("page", READMES)
def test_both_main_commands_are_shown(page: str) -> None:
    first = next(body for kind, body in FENCE.findall(text_of(page)) if kind == "sh")
    assert first.split("\n")[:2] == ["python3 dev.py demo", "python3 dev.py test"]


@pytest.mark.parametrize(
    "command",
    [
        "weisu fly",
        "weisu topics paint",
        "weisu work --colour red",
        "python3 dev.py fly",
        "python3 dev.py test tests/no.py",
    ],
)
def test_command_that_does_not_exist_is_found(command: str) -> None:
    assert fault_in(command.split()) is not None


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_somewhere(page: str) -> None:
    links = [link for link in LINK.findall(FENCE.sub("", text_of(page))) if not re.match(r"https?:|#", link)]
    broken = [link for link in links if not ((ROOT / page).parent / link.split("#")[0]).exists()]
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_named_exists(page: str) -> None:
    named = set(re.findall(r"\bWEISU_[A-Z_]*[A-Z](?!_*…)\b", text_of(page)))
    tests_own = {"WEISU_TEST_KAFKA", "WEISU_TEST_ELASTIC", "WEISU_SERVERS"}
    compose_own = set(re.findall(r"^(WEISU_\w+)=", text_of(".env.example"), re.MULTILINE))
    assert sorted(named - names() - tests_own - compose_own) == []


def test_both_languages_have_the_same_frame() -> None:
    english, chinese = (text_of(page) for page in READMES)
    assert levels_of(english) == levels_of(chinese)
    assert [code_of(body) for _, body in FENCE.findall(english)] == [
        code_of(body) for _, body in FENCE.findall(chinese)
    ]
    languages = {"README.md", "README.zh-CN.md"}
    assert set(LINK.findall(english)) - languages == set(LINK.findall(chinese)) - languages
    assert english.count("\n| ") == chinese.count("\n| ")


def levels_of(text: str) -> list[int]:
    """The depth of each heading, in order."""
    return [len(marks) for marks in re.findall(r"^(#+) ", FENCE.sub("", text), re.MULTILINE)]


def code_of(block: str) -> list[str]:
    """A block without its comments: those are in the reader's language."""
    return [line.split("  #")[0].split("   #")[0].rstrip() for line in block.splitlines()]

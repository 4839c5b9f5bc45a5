"""CHANGELOG.md keeps its form, and its newest version is the package's."""

import re
from pathlib import Path

from weisu import __version__

LINES = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
HEADING = re.compile(r"## (?:unreleased|(?P<version>\d+\.\d+\.\d+) — \d{4}-\d\d-\d\d)")
ENTRY = re.compile(r"- \[(CHANGE|FEATURE|FIX)\] [a-z][a-z ]*: .+\.")


def test_newest_version_is_the_packages() -> None:
    versions = [match["version"] for line in LINES if (match := HEADING.fullmatch(line)) and match["version"]]
    assert versions[:1] == [__version__]


def test_unreleased_stands_first() -> None:
    assert next(line for line in LINES if line.startswith("## ")) == "## unreleased"


def test_every_heading_and_entry_has_its_form() -> None:
    wrong = [line for line in LINES if line.startswith("## ") and not HEADING.fullmatch(line)]
    wrong += [line for line in LINES if line.startswith("- ") and not ENTRY.fullmatch(line)]
    assert wrong == []

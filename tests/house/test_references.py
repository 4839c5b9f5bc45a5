"""Notes and decisions that the code points at are there: "faust.md §1.11", "alerting.md A.4"."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = ("agents", "streams", "indexing", "prompts", "weisu", "bench", "deploy")
KINDS = {".py", ".toml", ".yml", ".sh"}
REFERENCE = re.compile(
    r"\b(?P<file>[a-z][a-z-]*\.md)(?:(?: section|,)? §?(?P<part>[A-F]\.\d|\d+(?:\.\d+)?))?"
)
HEADING = re.compile(r"^#+ (?P<part>[A-F]\.\d|\d+(?:\.\d+)*)[. ]", re.MULTILINE)
BOLD = re.compile(r"^\*\*(?P<part>[A-F]\.\d) ", re.MULTILINE)


def find_page(name: str) -> Path | None:
    """A note, a page of the documents, or a prompt; None: there is no such text."""
    folders = (ROOT / "docs" / "notes", ROOT / "docs", ROOT / "docs" / "evaluation")
    places = (*(folder / name for folder in folders), *(ROOT / "prompts").rglob(name))
    return next((place for place in places if place.exists()), None)


def faults_in(source: str) -> list[str]:
    """References that lead nowhere."""
    faults = []
    for match in REFERENCE.finditer(source):
        page, part = find_page(match["file"]), match["part"]
        if page is None:
            faults.append(f"there is no {match['file']} in docs/ or docs/notes/")
        elif part is not None:
            text = page.read_text(encoding="utf-8")
            if part not in {*HEADING.findall(text), *BOLD.findall(text)}:
                faults.append(f"{match['file']} has no section {part}")
    return faults


@pytest.mark.parametrize("folder", CODE)
def test_every_reference_to_a_note_leads_somewhere(folder: str) -> None:
    found = {
        str(path.relative_to(ROOT)): faults
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in KINDS and (faults := faults_in(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("Source: faust.md §1.11.", []),
        ("alerting.md A.4: hours", []),
        ("alerting.md C.1 for a problem", []),
        ("contract.md section 2", []),
        ("faust.md §9", ["faust.md has no section 9"]),
        ("alerting.md B.9", ["alerting.md has no section B.9"]),
        ("nowhere.md", ["there is no nowhere.md in docs/ or docs/notes/"]),
    ],
)
def test_reference_that_leads_nowhere_is_found(text: str, faults: list[str]) -> None:
    assert faults_in(text) == faults


def test_decisions_have_a_number_of_their_own_and_all_parts() -> None:
    # A number is given when a decision is begun: one given up leaves a gap.
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert len({page.name[:4] for page in pages}) == len(pages)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.name[:4]} "), page.name
        assert "- Status: " in text and "- Date: " in text, page.name
        parts = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences", "Alternatives"], page.name

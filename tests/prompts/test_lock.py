"""A changed prompt has a new version; every version ever used is on record, in the change log too."""

import re
import subprocess
from pathlib import Path

import pytest

import prompts

HOME = Path(prompts.__file__).parent
TASKS = sorted(path.parent.name for path in HOME.glob("*/prompt.md"))


def locked() -> dict[str, str]:
    """Every version ever used: "grade@1" → sha256."""
    lines = (HOME / "prompts.lock").read_text(encoding="utf-8").splitlines()
    return dict((line.split()[0], line.split()[1]) for line in lines if line.strip())


HEADER = "---\nversion: {}\n---\n"


@pytest.mark.parametrize("task", TASKS)
def test_prompt_matches_its_locked_version(task: str) -> None:
    prompt = prompts.load(task)
    assert locked().get(prompt.id) == prompt.digest, (
        f"{task}/prompt.md changed: raise its version and add the line '{prompt.id} {prompt.digest}' to prompts.lock"
    )


def test_there_is_something_to_lock() -> None:
    assert TASKS


@pytest.mark.parametrize("task", TASKS)
def test_every_version_up_to_the_present_is_locked_and_explained(task: str) -> None:
    versions = range(1, prompts.load(task).version + 1)
    assert [name for name in locked() if name.startswith(f"{task}@")] == [
        f"{task}@{version}" for version in versions
    ]
    log = (HOME / task / "CHANGELOG.md").read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"^## (\d+) \(", log, re.MULTILINE)] == [*reversed(versions)]


def test_no_locked_version_was_ever_changed_or_removed() -> None:
    removed = set()
    for command in (["log", "--format=", "-p"], ["diff", "HEAD"]):
        history = subprocess.run(
            ["git", *command, "--", "prompts.lock"], cwd=HOME, capture_output=True, text=True, check=False
        )
        removed |= set(re.findall(r"^-(\w+@\d+ \w+)$", history.stdout, re.MULTILINE))
    present = {f"{name} {digest}" for name, digest in locked().items()}
    assert removed <= present


@pytest.mark.parametrize(
    ("before", "after", "is_same"), [("一", "一", True), ("一", "一\n\n", True), ("一", "二", False)]
)
def test_the_digest_is_of_the_words_that_are_sent(
    before: str, after: str, is_same: bool, tmp_path: Path
) -> None:
    digests = set()
    for version, text in enumerate((before, after), 1):
        path = tmp_path / f"{version}.md"
        path.write_text(HEADER.format(version) + text, encoding="utf-8")
        digests.add(prompts.read(path, "t").digest)
    assert (len(digests) == 1) is is_same


@pytest.mark.parametrize("text", ["no front matter", "---\nversion: x\n---\ntext", "---\nwhy: y\n---\ntext"])
def test_a_prompt_without_a_version_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "p.md").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"p\.md: front matter"):
        prompts.read(tmp_path / "p.md", "t")

"""A changed prompt has a new version; every version ever used is on record."""

from pathlib import Path

import pytest

import prompts

TASKS = sorted(path.parent.name for path in Path(prompts.__file__).parent.glob("*/prompt.md"))


@pytest.mark.parametrize("task", TASKS)
def test_prompt_matches_its_locked_version(task: str) -> None:
    prompt = prompts.load(task)
    assert prompts.locked().get(prompt.id) == prompt.digest, (
        f"{task}/prompt.md changed: raise its version and add the line '{prompt.id} {prompt.digest}' to prompts.lock"
    )


def test_there_is_something_to_lock() -> None:
    assert TASKS

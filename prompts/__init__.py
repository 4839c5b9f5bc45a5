"""What a model is asked: one folder a task, versioned; `prompts.lock` knows every text ever used."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HOME = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Prompt:
    """The instructions of one task at one version."""

    task: str
    version: int
    text: str
    """Everything after the front matter."""
    digest: str
    """sha256 of the text, as prompts.lock records it."""

    @property
    def id(self) -> str:
        """What a grade names, such as "grade@1"."""
        return f"{self.task}@{self.version}"


@cache
def load(task: str) -> Prompt:
    """The current prompt of a task. Raises FileNotFoundError or ValueError, naming the file."""
    return read(_HOME / task / "prompt.md", task)


def read(path: Path, task: str) -> Prompt:
    """A prompt from any file: to try a new text before it becomes the task's own. Raises as load()."""
    head, separator, text = path.read_text(encoding="utf-8").removeprefix("---\n").partition("\n---\n")
    if not separator:
        raise ValueError(f"{path}: front matter between two lines '---' is missing")
    fields = dict(line.split(":", 1) for line in head.splitlines() if ":" in line)
    if not fields.get("version", "").strip().isdigit():
        raise ValueError(f"{path}: front matter needs 'version: <number>'")
    body = text.strip() + "\n"
    return Prompt(task, int(fields["version"]), body, hashlib.sha256(body.encode()).hexdigest())

"""Reads event lines from .jsonl and .jsonl.gz, so that damage in a file costs only what is damaged."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of a line that are kept; intake refuses far shorter ones, so the rest may go."""


class UnreadableFile(Exception):
    """The file cannot be read at all: one clear line, exit 2."""


@dataclass(frozen=True)
class Damage:
    """Where the file itself ends early or is broken: all lines before stand."""

    detail: str


def read_lines(
    path: Path, progress: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[int, bytes | Damage]]:
    """(line number from 1, line without its end) in file order; blank lines are passed over.

    `progress` gets the number of bytes of the file on disk that have been read so far. A gzip that breaks off yields
    a Damage as its last item. Raises UnreadableFile when nothing can be opened.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise UnreadableFile(
            f"{path}: cannot be read ({error.strerror}); give a .jsonl or .jsonl.gz file"
        ) from error
    with raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if zipped else raw
        number = 0
        while True:
            number += 1
            try:
                line = _read_line(stream)
            except (EOFError, OSError, zlib.error) as error:
                yield number, Damage(f"the file breaks off here: {type(error).__name__}")
                return
            if line is None:
                return
            if number % 256 == 0:
                progress(raw.tell())
            if text := line.strip():
                yield number, text


def _read_line(stream: io.BufferedIOBase) -> bytes | None:
    """The next line, cut at LONGEST_LINE; None at the end."""
    line = stream.readline(LONGEST_LINE)
    if not line:
        return None
    if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
        while True:
            rest = stream.readline(LONGEST_LINE)
            if not rest or rest.endswith(b"\n"):
                break
    return line

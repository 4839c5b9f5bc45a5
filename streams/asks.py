"""Merges and splits on their way to the problems: beside the tickets in `tickets.graded`, so that all have one order."""

from agents.problems.merging import Ask

_HEAD = b'{"ask_id"'


def is_ask(raw: bytes) -> bool:
    """Whether a record asks for a merge or a split and is no ticket."""
    return raw.startswith(_HEAD)


def write_ask(ask: Ask) -> bytes:
    return ask.model_dump_json().encode()


def read_ask(raw: bytes) -> Ask:
    """Raises ValidationError."""
    return Ask.model_validate_json(raw)

"""A damaged file costs only what is damaged."""

import gzip
from pathlib import Path

import pytest

from streams import lines
from streams.lines import Damage, UnreadableFile, read_lines


def test_lines_are_numbered_as_an_editor_does_and_blank_ones_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"one\n\n  two \r\nthree")
    assert list(read_lines(path)) == [(1, b"one"), (3, b"two"), (4, b"three")]


def test_gzip_is_known_by_its_bytes_not_its_name(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(gzip.compress(b"one\ntwo\n"))
    assert [line for _, line in read_lines(path)] == [b"one", b"two"]


def test_truncated_gzip_gives_what_is_there_and_says_where_it_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl.gz"
    whole = gzip.compress(b"".join(b'{"n": %d}\n' % n for n in range(20_000)), compresslevel=1)
    path.write_bytes(whole[: len(whole) // 2])
    found = list(read_lines(path))
    number, last = found[-1]
    assert isinstance(last, Damage)
    assert found[0] == (1, b'{"n": 0}')
    assert number == len(found) > 100


def test_garbage_after_the_gzip_header_is_damage_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl.gz"
    path.write_bytes(b"\x1f\x8b" + b"\x00" * 40)
    ((_, only),) = list(read_lines(path))
    assert isinstance(only, Damage)


def test_empty_file_has_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.touch()
    assert list(read_lines(path)) == []


def test_line_without_end_is_cut_and_the_next_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 10)
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"x" * 35 + b"\nshort\n")
    assert list(read_lines(path)) == [(1, b"x" * 10), (2, b"short")]


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_what_cannot_be_opened_is_one_clear_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableFile, match=r"cannot be read .*give a \.jsonl"):
        list(read_lines(tmp_path / name))

"""The files of a city's folder, decoded and cut into rows and tables; collects what is wrong with them."""

import csv
import hashlib
import io
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "districts.csv": ("name", "aliases", "population"),
    "streets.csv": ("name", "district", "aliases", "population"),
    "places.csv": ("name", "kind", "street", "district", "aliases", "lat", "lon"),
    "units.csv": ("name", "level", "district"),
    "duties.csv": ("item", "title", "category", "words", "unit", "basis", "enforcement"),
    "roster.csv": ("name", "role", "shift", "districts", "channels"),
}
TABLES = ("city.toml", "categories.toml", "clocks.toml")


class CityError(Exception):
    """The folder can't be used: `problems` names each file, line and key, and what to do."""

    def __init__(self, folder: Path, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"城市资料 {folder.name} 有 {len(self.problems)} 处问题：\n{lines}")


@dataclass
class Row:
    """One line of a CSV file; what is wrong with a value is reported with its place."""

    source: "CityFiles"
    file: str
    line: int
    values: Mapping[str, str]

    def complain(self, key: str, what: str) -> None:
        self.source.problems.append(f"{self.file} 第 {self.line} 行 {key}: {what}")

    def get(self, key: str) -> str:
        return self.values.get(key, "")

    def need(self, key: str) -> str:
        value = self.get(key)
        if not value:
            self.complain(key, "为空，请填写")
        return value

    def several(self, key: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.get(key).split("|") if part.strip())

    def one_of(self, key: str, allowed: Iterable[str], where: str) -> str:
        value = self.need(key)
        if value and value not in (choices := tuple(allowed)):
            hint = f"可用值: {', '.join(choices)}" if len(choices) <= 8 else f"请改正，或先写入 {where}"
            self.complain(key, f"'{value}' 不在 {where} 中，{hint}")
        return value

    def number(self, key: str, least: float, most: float) -> float | None:
        text = self.get(key)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            self.complain(key, f"'{text}' 不是数字")
            return None
        if not least <= value <= most:
            self.complain(key, f"{text} 超出范围 {least:g}～{most:g}")
            return None
        return value


@dataclass
class CityFiles:
    """The files of a city, read at most once each; collects problems."""

    path: Path
    problems: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def look_for_strangers(self) -> None:
        if not self.path.is_dir():
            raise CityError(self.path, ["文件夹不存在，可用 weisu city new 建立一个"])
        known = {*COLUMNS, *TABLES}
        for entry in sorted(self.path.rglob("*")):
            name = entry.relative_to(self.path).as_posix()
            listed = name.startswith("lexicon/") and name.endswith(".toml") and name.count("/") == 1
            if entry.is_dir() or name in known or listed or entry.name.startswith((".", "README")):
                continue
            self.problems.append(f"{name}: 不认识的文件，请删除或改名（可用: {', '.join(sorted(known))}）")

    def text(self, name: str) -> str | None:
        """The file's text, or None when it is not there or can't be decoded."""
        file = self.path / name
        try:
            if not file.is_file():
                return None
            raw = file.read_bytes()
        except OSError as error:
            self.digests[name] = ""
            self.problems.append(f"{name}: 无法读取（{error.strerror}），请检查权限")
            return None
        self.digests[name] = hashlib.sha256(raw).hexdigest()
        try:
            self.texts[name] = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self.problems.append(f"{name} 第 {line} 行: 不是 UTF-8 编码，请另存为 UTF-8")
            return None
        return self.texts[name]

    def rows(self, name: str) -> list[Row]:
        text = self.text(name)
        if text is None:
            return []
        try:
            return self._rows(name, csv.reader(io.StringIO(text, newline="")))
        except csv.Error as error:
            self.problems.append(f"{name}: 不是正确的 CSV: {error}")
            return []

    def _rows(self, name: str, reader: Any) -> list[Row]:
        header = [column.strip() for column in next(reader, [])]
        missing = [column for column in COLUMNS[name] if column not in header]
        strange = [column for column in header if column not in COLUMNS[name]]
        if missing or strange or len(set(header)) != len(header):
            self.problems.append(
                f"{name} 第 1 行: 表头应为 {','.join(COLUMNS[name])}"
                + (f"；缺少 {','.join(missing)}" if missing else "")
                + (f"；不认识 {','.join(strange)}" if strange else "")
            )
            return []
        return list(self._filled(name, header, reader))

    def _filled(self, name: str, header: Sequence[str], reader: Any) -> Iterator[Row]:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                self.problems.append(
                    f"{name} 第 {reader.line_num} 行: 有 {len(cells)} 列，应为 {len(header)} 列"
                )
                continue
            values = {key: cell.strip() for key, cell in zip(header, cells, strict=True)}
            yield Row(self, name, reader.line_num, values)

    def toml(self, name: str, required: bool = True) -> dict[str, Any]:
        text = self.text(name)
        if text is None:
            if required and name not in self.digests:
                self.problems.append(f"{name}: 文件不存在，请建立")
            return {}
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            self.problems.append(f"{name}: 不是正确的 TOML: {error}")
            return {}

    def complain(self, name: str, key: str, what: str, after: str = "", nth: int = 0) -> None:
        """A problem in a TOML file: at the line of `key`, behind the `nth` line that reads `after`."""
        line = self._line_of(name, key, after, nth)
        self.problems.append(f"{name} 第 {line} 行 {key}: {what}")

    def _line_of(self, name: str, key: str, after: str, nth: int) -> int:
        lines = [line.strip() for line in self.texts.get(name, "").splitlines()]
        heads = [number for number, line in enumerate(lines) if line == after] if after else [0]
        start = heads[nth] if nth < len(heads) else 0
        for number, line in enumerate(lines[start:], start):
            if line.split("=")[0].strip().strip('"[]') == key:
                return number + 1
            if number > start and after and line.startswith("["):
                break
        return start + 1

    def text_of(self, table: Mapping[str, Any], name: str, key: str) -> str:
        value = table.get(key)
        if isinstance(value, str) and value:
            return value
        if table:
            self.complain(name, key, "缺少，请写成文字" if value is None else "应为非空文字")
        return ""

    def lexicon(self) -> dict[str, Any]:
        names = sorted(file.stem for file in (self.path / "lexicon").glob("*.toml"))
        return {name: self.toml(f"lexicon/{name}.toml") for name in names}

    def version(self) -> str:
        lines = "".join(f"{name}\0{digest}\n" for name, digest in sorted(self.digests.items()))
        return hashlib.sha256(lines.encode()).hexdigest()[:12]

"""The import rules of pyproject.toml hold: weisu → streams → indexing → agents → prompts."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINTER = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*LINTER, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=600)


def test_import_contracts_are_kept() -> None:
    answer = lint(ROOT)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    assert f"Contracts: {len(contracts['contracts'])} kept, 0 broken." in answer.stdout


def test_import_against_the_path_is_found(tmp_path: Path) -> None:
    for name in ("weisu", "streams", "indexing", "agents", "prompts"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "agents" / "intake" / "numerals.py").open("a", encoding="utf-8") as file:
        file.write("\nfrom agents.alerting import alert  # against the path\n")
    answer = lint(tmp_path)
    assert answer.returncode == 1
    assert "the path: each agent knows only those before it BROKEN" in answer.stdout

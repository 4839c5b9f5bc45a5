"""The project's verbs, with nothing but Python 3.11+ and git: `python3 dev.py` lists them.

Makes .venv from requirements.lock on first use and runs everything inside it.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

HOME = Path(__file__).resolve().parent
VENV = HOME / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
LOCK = HOME / "requirements.lock"

VERBS: dict[str, tuple[str, list[list[str]]]] = {
    "demo": ("everything up with a simulated city playing; the page address is printed", [["weisu", "demo"]]),
    "test": (
        "the tests: the fast ones on all cores, then those that kill processes; real servers after `servers`",
        [
            ["pytest", "-q", "-n", "auto", "--dist", "loadgroup", "-m", "not faults"],
            ["pytest", "-q", "-m", "faults"],
        ],
    ),
    "check": (
        "format, lint, types, import rules",
        [["ruff", "format", "--check", "."], ["ruff", "check", "."], ["mypy"], ["lint-imports"]],
    ),
    "servers": (
        "install Kafka and Elasticsearch for the tests (JDK 21+ and Maven)",
        [["python", "tests/servers.py", "install"]],
    ),
    "bench": ("measure speed; prints a table", [["python", "-m", "bench"]]),
    "shell": ("run any command inside the environment: dev.py shell weisu --help", [[]]),
}


def build() -> None:
    """Make the environment, or bring it up to the lock file."""
    stamp = VENV / "built-from"
    digest = hashlib.sha256(
        LOCK.read_bytes() + (HOME / "pyproject.toml").read_bytes() + sys.version.encode()
    ).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print("dev.py: making the environment in .venv (once) …", file=sys.stderr, flush=True)
    venv.create(VENV, with_pip=True, clear=True)
    python = str(BIN / "python")
    quiet = ["-q", "--disable-pip-version-check"]
    pip = [python, "-m", "pip", "install", *quiet]
    uv = [python, "-m", "uv", "pip", "install", "-q", "--python", python]
    # uv takes seconds where pip takes a minute; where it is not to be had or finds no way out, pip does the same.
    if subprocess.run([*pip, "uv"]).returncode or subprocess.run([*uv, "-r", str(LOCK)]).returncode:
        subprocess.run([*pip, "-r", str(LOCK)], check=True)
    subprocess.run([*pip, "--no-deps", "-e", str(HOME)], check=True)
    stamp.write_text(digest)


def main() -> int:
    verb, rest = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    if sys.version_info < (3, 11):  # noqa: UP036  # the one file that an older Python may meet
        print("dev.py: Python 3.11 or newer is needed; this is " + sys.version.split()[0], file=sys.stderr)
        return 2
    if verb not in VERBS:
        print("usage: python3 dev.py VERB [arguments]\n")
        for name, (meaning, _) in VERBS.items():
            print(f"  {name:<8} {meaning}")
        return 2
    build()
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "VIRTUAL_ENV": str(VENV),
    }
    os.chdir(HOME)
    chosen_tests = verb == "test" and rest
    *earlier, last = [["pytest", "-q"]] if chosen_tests else VERBS[verb][1]
    for command in earlier:
        if status := subprocess.run(command, env=environment).returncode:
            return status
    # In place of this process, so that a Ctrl-C or a kill reaches the command itself and it can stop in order.
    program = [*last, *rest]
    if not program:
        print("dev.py: shell needs a command, such as: python3 dev.py shell weisu --help", file=sys.stderr)
        return 2
    os.execvpe(program[0], program, environment)


if __name__ == "__main__":
    sys.exit(main())

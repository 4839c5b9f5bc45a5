"""The project's verbs, with nothing but Python 3.11+ and git: `python3 dev.py` lists them.

Makes .venv from requirements.lock on first use and runs everything inside it. Of several Pythons of the version that runs
this the fastest makes it: one that was compiled without optimisations takes a quarter more time for everything.
"""

import hashlib
import os
import shutil
import subprocess
import sys
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

PROBE = """
import ensurepip, sys, timeit, venv
work = "for number in range(100000): known = {number: (number, str(number))}"
print(min(timeit.repeat(work, number=1, repeat=9)), sys.version_info[:2] == %r)
"""
"""Run by a Python: how many seconds some work takes it, and whether it is of this version. Fails where it makes no
environment."""
WORTH = 1.1
"""How many times as fast another Python must be to be taken in place of this one: no chance of a moment is."""


def build() -> None:
    """Make the environment, or bring it up to the lock file."""
    stamp = VENV / "built-from"
    digest = hashlib.sha256(
        LOCK.read_bytes() + (HOME / "pyproject.toml").read_bytes() + sys.version.encode()
    ).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    chosen = fastest_python()
    print(f"dev.py: making the environment in .venv with {chosen} (once) …", file=sys.stderr, flush=True)
    if subprocess.run([chosen, "-m", "venv", "--clear", str(VENV)]).returncode:
        sys.exit("dev.py: this Python makes no environments; on Debian and Ubuntu: apt install python3-venv")
    python = str(BIN / "python")
    quiet = ["-q", "--disable-pip-version-check"]
    pip = [python, "-m", "pip", "install", *quiet]
    uv = [python, "-m", "uv", "pip", "install", "-q", "--python", python]
    # uv takes seconds where pip takes a minute; where it is not to be had or finds no way out, pip does the same.
    if subprocess.run([*pip, "uv"]).returncode or subprocess.run([*uv, "-r", str(LOCK)]).returncode:
        subprocess.run([*pip, "-r", str(LOCK)], check=True)
    subprocess.run([*pip, "--no-deps", "-e", str(HOME)], check=True)
    stamp.write_text(digest)


def fastest_python() -> str:
    """The Python that runs this, or another of the same version on the path that is clearly faster."""
    name = "python{}.{}".format(*sys.version_info)
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    found = [path for folder in folders if (path := shutil.which(name, path=folder or os.curdir))]
    chosen, least = sys.executable, seconds_of(sys.executable) / WORTH
    for other in {os.path.realpath(path): path for path in reversed(found)}.values():
        if (seconds := seconds_of(other)) < least:
            chosen, least = other, seconds
    return chosen


def seconds_of(python: str) -> float:
    """How long some work takes a Python; infinite where it is of another version or makes no environment."""
    probe = [python, "-c", PROBE % (sys.version_info[:2],)]
    try:
        told = subprocess.run(probe, capture_output=True, text=True, timeout=60).stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        return float("inf")
    return float(told[0]) if told[1:] == ["True"] else float("inf")


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

"""`weisu up`: everything on one machine, and it goes on when any part dies."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults
WITHIN_S = 300.0
"""For any one thing, on the slowest machine."""


class Up:
    """`weisu up` as a user starts it, in a session of its own so that Ctrl-C can be sent as a terminal does."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "up.log"
        bare = {name: value for name, value in os.environ.items() if not name.startswith("WEISU_")}
        self.environment = {
            **bare,
            "WEISU_DATA": str(folder / "data"),
            "WEISU_CONSOLE__PORT": "0",
            "COLUMNS": "200",
        }
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "weisu", "up"],
                env=self.environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def said(self, pattern: str) -> str:
        """Wait for words of the output and give their first group."""
        found: list[str] = []

        def look() -> bool:
            found[:] = re.findall(pattern, self.log.read_text(encoding="utf-8"))
            return bool(found)

        self.wait_until(pattern, look)
        return found[-1]

    def wait_until(self, what: str, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not done():
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, (
                f"not within {WITHIN_S:.0f} s: {what}\n{self.log.read_text(encoding='utf-8')}"
            )
            time.sleep(0.3)

    def send(self, path: Path, broker: str) -> None:
        self.weisu(broker, "send", str(path))

    def weisu(self, broker: str, *arguments: str) -> str:
        """What a command prints that is run beside the stack."""
        environment = {**self.environment, "WEISU_STREAM__ADDRESS": broker}
        done = subprocess.run(
            [sys.executable, "-m", "weisu", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def children(self) -> dict[int, str]:
        """Pid → command line of everything that this start made and that still runs."""
        found = {}
        for entry in Path("/proc").iterdir():
            try:
                environment = (entry / "environ").read_bytes()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except (OSError, NotADirectoryError):
                continue
            mine = f"WEISU_DATA={self.environment['WEISU_DATA']}".encode() in environment
            if (
                entry.name.isdigit()
                and (mine or self.broker_port in command)
                and int(entry.name) != self.process.pid
            ):
                found[int(entry.name)] = command
        return found

    broker_port = "\0"


def write_events(path: Path, first: int, last: int) -> None:
    lines = [
        json.dumps(
            {
                "event_id": f"e{n}",
                "event": "created",
                "ticket_id": f"T{n}",
                "caller": {"id": f"c{n}"},
                "occurred_at": f"2026-03-02T{8 + n // 60:02d}:{n % 60:02d}:00+08:00",
                "content": f"路灯不亮,第{n}盏",
            },
            ensure_ascii=False,
        )
        for n in range(first, last)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")


def total(page: str) -> int:
    try:
        with urllib.request.urlopen(f"{page}/api/search?size=0", timeout=5) as answer:
            return int(json.load(answer)["total"])
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return -1


def problem_of(page: str, ticket_id: str) -> str | None:
    try:
        with urllib.request.urlopen(f"{page}/api/tickets/{ticket_id}", timeout=5) as answer:
            found = json.load(answer).get("problem_id")
            return str(found) if found else None
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    if not Path("/proc/self/environ").exists():
        pytest.skip("finds processes through /proc")
    running = Up(tmp_path)
    yield running
    if running.process.poll() is None:
        os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait(60)
    for pid in running.children():
        os.kill(pid, signal.SIGKILL)


def test_it_survives_the_death_of_each_part_and_stops_on_ctrl_c(up: Up, tmp_path: Path) -> None:
    page = up.said(r"(http://127\.0\.0\.1:\d+)\s")
    broker = up.said(r"(127\.0\.0\.1:\d+) \(embedded")
    up.broker_port = f"tcp://{broker}"
    write_events(tmp_path / "a.jsonl", 0, 60)
    up.send(tmp_path / "a.jsonl", broker)
    up.wait_until("60 tickets", lambda: total(page) == 60)

    for role in ("core", "grading", "index", "notifying", "keeper", "console"):
        (victim,) = [
            pid
            for pid, command in up.children().items()
            if re.search(rf"weisu (work --role {role}|{role})\b", command)
        ]
        os.kill(victim, signal.SIGKILL)
        up.said(rf"({role}) ended with status -9")
    write_events(tmp_path / "b.jsonl", 60, 120)
    up.send(tmp_path / "b.jsonl", broker)
    up.wait_until("120 tickets", lambda: total(page) == 120)

    (victim,) = [pid for pid, command in up.children().items() if "tansu" in command]
    os.kill(victim, signal.SIGKILL)
    up.said(r"(\d+) states of earlier runs are back")
    write_events(tmp_path / "c.jsonl", 100, 180)
    up.send(tmp_path / "c.jsonl", broker)
    up.wait_until("180 tickets, those sent twice counted once", lambda: total(page) == 180)

    os.killpg(up.process.pid, signal.SIGINT)
    assert up.process.wait(WITHIN_S) == 0
    assert up.children() == {}


def test_a_person_s_merge_moves_the_tickets_although_the_worker_dies(up: Up, tmp_path: Path) -> None:
    page = up.said(r"(http://127\.0\.0\.1:\d+)\s")
    broker = up.said(r"(127\.0\.0\.1:\d+) \(embedded")
    up.broker_port = f"tcp://{broker}"
    said = ("停水了，水龙头没有水", "小区停水一上午", "楼下烧烤摊油烟呛人", "烧烤摊油烟太大了")
    place = {"district": "城东区", "community": "新华小区"}
    events = [
        {
            "event_id": f"e{n}",
            "event": "created",
            "ticket_id": f"T{n}",
            "caller": {"id": f"c{n}"},
            "occurred_at": f"2026-03-02T08:{n:02d}:00+08:00",
            "content": text,
            "place": place,
        }
        for n, text in enumerate(said)
    ]
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(json.dumps(event, ensure_ascii=False) for event in events), encoding="utf-8")
    up.send(file, broker)
    up.wait_until("4 tickets with a problem", lambda: all(problem_of(page, f"T{n}") for n in range(4)))
    older, younger = problem_of(page, "T0"), problem_of(page, "T2")
    assert older is not None and younger is not None and older != younger
    up.weisu(broker, "problems", "merge", younger, older, "--by", "王五", "--why", "同一家店")
    (victim,) = [pid for pid, command in up.children().items() if re.search(r"(--role |\b)core\b", command)]
    os.kill(victim, signal.SIGKILL)
    up.wait_until(
        "all tickets in the older", lambda: {problem_of(page, f"T{n}") for n in range(4)} == {older}
    )
    told = up.weisu(broker, "problems", "show", younger)
    assert f"问题 {younger} 已并入 {older}。" in told
    assert f"王五：并入问题 {younger}（2件工单），理由：同一家店" in told
    assert "4件工单，4名诉求人" in told

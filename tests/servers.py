"""Real Kafka and Elasticsearch for the tests: `python tests/servers.py VERB [kafka|elastic]`.

The verbs are install, start, stop and status. They need a JDK (Kafka 17+, Elasticsearch 21+), listen on free
loopback ports only, and keep their data in a temporary folder that goes with them.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# By this name for pytest, whose path holds tests/, and for `python tests/servers.py`.
from distributions import CACHE, JAVA_FOR, NoServer, find_java, home_of, install, is_installed

STARTS_WITHIN_S = 120.0
STOPS_WITHIN_S = 20.0
NOBODY = 65534
"""Elasticsearch refuses to run as root; this user owns nothing."""

KAFKA_CONFIG = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={folder}/data
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""
KAFKA_LOG = """status=error
appender.c.type=Console
appender.c.name=c
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d %p %c{1.} %m%n
rootLogger.level=info
rootLogger.appenderRef.c.ref=c
"""
ELASTIC_CONFIG = """cluster.name: {name}
discovery.type: single-node
path.data: {folder}/data
path.logs: {folder}/logs
http.host: 127.0.0.1
http.port: {port}
transport.host: 127.0.0.1
transport.port: {controller}
cluster.routing.allocation.disk.threshold_enabled: false
xpack.security.enabled: {secured}
"""


Process = subprocess.Popen[bytes]


@dataclass
class Server:
    """A running server of ours. `folder` holds its configuration, data and log, and is deleted by `stop`."""

    name: str
    address: str
    pid: int
    folder: Path
    process: Process | None = field(default=None, repr=False)
    """Only in the process that started it."""

    def alive(self) -> bool:
        """Whether the process still lives; one known by pid only must name our folder (pids are reused)."""
        if self.process is not None:
            return self.process.poll() is None
        return str(self.folder) in command_line(self.pid)

    def stop(self) -> None:
        """End the server, by force after STOPS_WITHIN_S, and delete its folder. Safe to repeat."""
        if self.alive():
            os.kill(self.pid, signal.SIGTERM)
            deadline = time.monotonic() + STOPS_WITHIN_S
            while self.alive() and time.monotonic() < deadline:
                time.sleep(0.1)
        # The launcher of Elasticsearch has a child: what is left of the group, which we made, goes too.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self.alive() or self.process is not None:
                os.killpg(self.pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


Launch = Callable[[Path, int, int], Server]
"""Given a folder, the client's port and one more: start the process, do not wait."""


def command_line(pid: int) -> str:
    """The command line of a process, empty when there is none (or it is a zombie)."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    return subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout


def start_kafka() -> Server:
    """A Kafka broker of our own, ready for clients. Raises NoServer."""
    return start("kafka", launch_kafka, kafka_is_ready)


def start_elastic() -> Server:
    """An Elasticsearch node of our own, its cluster green or yellow. Raises NoServer."""
    return start("elastic", launch_elastic, elastic_is_ready)


def start(name: str, launch: Launch, is_ready: Callable[[Server], bool]) -> Server:
    if not is_installed(name):
        raise NoServer(f"{name} is not installed: run `python3 dev.py servers`")
    for attempt in (1, 2, 3):  # a free port may be taken by somebody else before the server binds it
        folder = Path(tempfile.mkdtemp(prefix=f"weisu-{name}-"))
        server = launch(folder, free_port(), free_port())
        deadline = time.monotonic() + STARTS_WITHIN_S
        while server.alive() and time.monotonic() < deadline:
            if is_ready(server):
                return server
            time.sleep(0.2)
        log = tail(folder / "log")
        server.stop()
        if attempt == 3 or "in use" not in log:
            break
    raise NoServer(f"{name} did not start; the end of its log:\n{log}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""


def spawn(
    words: list[str], folder: Path, env: dict[str, str] | None = None, user: int | None = None
) -> Process:
    """Start a server in a process group of its own, to be ended as a whole; its log is `folder`/log."""
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, start_new_session=True,
            env=env, user=user, group=user, extra_groups=None if user is None else [],
        )  # fmt: skip


def launch_kafka(folder: Path, port: int, controller: int) -> Server:
    config, log4j = folder / "server.properties", folder / "log4j2.properties"
    config.write_text(KAFKA_CONFIG.format(port=port, controller=controller, folder=folder))
    log4j.write_text(KAFKA_LOG)
    java = [str(find_java(JAVA_FOR["kafka"]) / "bin" / "java"), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    java += [f"-Dlog4j2.configurationFile={log4j}", "-cp", f"{home_of('kafka') / 'libs'}/*"]
    formatting = ["kafka.tools.StorageTool", "format", "-t", "4L6g3nShT-eMCtK--X86sw", "-c", str(config)]
    subprocess.run([*java, *formatting], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process = spawn([*java, "-Xms256m", "-Xmx512m", "kafka.Kafka", str(config)], folder)
    return Server("kafka", f"127.0.0.1:{port}", process.pid, folder, process)


def kafka_is_ready(server: Server) -> bool:
    """By the broker's own log: an answer on the port could come from a stranger."""
    return "Kafka Server started" in (server.folder / "log").read_text(errors="replace")


def launch_elastic(
    folder: Path, port: int, controller: int, accounts: Mapping[str, str] | None = None
) -> Server:
    """`accounts`: names and texts of files of its configuration that say who may do what; None: everybody may do
    everything."""
    java = find_java(JAVA_FOR["elastic"])
    home = home_of("elastic")
    user = NOBODY if os.geteuid() == 0 else None
    if user is not None and not is_open_to_all(home):
        home = Path(shutil.copytree(home, folder / "home", symlinks=True))
    shutil.copytree(home / "config", folder / "config")
    (folder / "config" / "jvm.options.d").mkdir(exist_ok=True)
    (folder / "config" / "jvm.options.d" / "heap.options").write_text("-Xms512m\n-Xmx512m\n")
    ports = {"port": port, "controller": controller}
    secured = str(accounts is not None).lower()
    (folder / "config" / "elasticsearch.yml").write_text(
        ELASTIC_CONFIG.format(name=folder.name, folder=folder, secured=secured, **ports)
    )
    for name, text in (accounts or {}).items():
        (folder / "config" / name).write_text(text)
    for part in ("data", "logs", "tmp"):
        (folder / part).mkdir()
    if user is not None:
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", str(folder)], check=True)
    env = {
        "ES_JAVA_HOME": str(java),
        "ES_PATH_CONF": str(folder / "config"),
        "ES_TMPDIR": str(folder / "tmp"),
    }
    env |= {"PATH": "/usr/bin:/bin", "HOME": str(folder), "CLI_JAVA_OPTS": f"-Xmx64m -Dweisu.run={folder}"}
    process = spawn([str(home / "bin" / "elasticsearch")], folder, env, user)
    return Server("elastic", f"http://127.0.0.1:{port}", process.pid, folder, process)


def is_open_to_all(home: Path) -> bool:
    """Whether any user may read here: a checkout often lies under a folder that only its owner enters."""
    return all(part.stat().st_mode & 0o001 for part in (home, *home.parents))


def elastic_is_ready(server: Server) -> bool:
    """The cluster bears the name of our folder: a stranger on the port would have another."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{server.address}/_cluster/health", timeout=2) as answer:
            health = json.load(answer)
    except (OSError, ValueError, urllib.error.URLError):
        return False
    return health["cluster_name"] == server.folder.name and health["status"] in ("green", "yellow")


def record_of(name: str) -> Path:
    return CACHE / f"{name}.running"


def running(name: str) -> Server | None:
    """The server that an earlier `start` left running, if it still does."""
    try:
        known = json.loads(record_of(name).read_text())
    except (OSError, ValueError):
        return None
    server = Server(name, known["address"], known["pid"], Path(known["folder"]))
    return server if server.alive() else None


def leave_running(name: str) -> Server:
    server = running(name)
    if server is None:
        server = start_kafka() if name == "kafka" else start_elastic()
        known = {"address": server.address, "pid": server.pid, "folder": str(server.folder)}
        record_of(name).write_text(json.dumps(known))
    return server


def stop(name: str) -> None:
    server = running(name)
    if server is not None:
        server.stop()
    record_of(name).unlink(missing_ok=True)


def act(verb: str, name: str) -> str:
    if verb == "install":
        install(name)
        return f"installed in {home_of(name)}; JDK {find_java(JAVA_FOR[name])}"
    if verb == "start":
        return leave_running(name).address
    if verb == "stop":
        stop(name)
        return "stopped"
    server = running(name)
    if server is not None:
        return f"running at {server.address}"
    return "installed, not running" if is_installed(name) else "not installed"


def main() -> int:
    parser = argparse.ArgumentParser(description="real Kafka and Elasticsearch for the tests")
    parser.add_argument("verb", choices=["install", "start", "stop", "status"])
    parser.add_argument("name", choices=["kafka", "elastic"], nargs="?", help="both when left out")
    chosen = parser.parse_args()
    for name in [chosen.name] if chosen.name else ["kafka", "elastic"]:
        try:
            print(f"{name:<8} {act(chosen.verb, name)}", flush=True)
        except NoServer as problem:
            print(f"{name}: {problem}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

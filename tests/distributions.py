"""The distributions of Kafka and Elasticsearch that the tests start: ordinary Maven artifacts, fetched once, and a JDK.

They lie in `.cache/servers` of the checkout, or where WEISU_SERVERS points.
"""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

KAFKA = "4.3.1"
ELASTIC = "9.5.2"
CACHE = Path(os.environ.get("WEISU_SERVERS") or Path(__file__).resolve().parents[1] / ".cache" / "servers")
JAVA_FOR = {"kafka": 17, "elastic": 21}

COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
KAFKA_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>weisu.tests</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA}</version></dependency>
<dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version>
</dependency></dependencies></project>
"""


class NoServer(Exception):
    """The server is not installed, cannot be installed or does not start: says which, and what to do."""


def find_java(least: int) -> Path:
    """Home of the newest JDK that is at least version `least`. Raises NoServer."""
    found = sorted((version, home) for home in java_homes() if (version := java_version(home)) >= least)
    if not found:
        raise NoServer(
            f"no JDK {least} or newer found: install one (Temurin, OpenJDK) or set JAVA_HOME to it"
        )
    return found[-1][1]


def java_homes() -> Iterator[Path]:
    for name in ("ES_JAVA_HOME", "JAVA_HOME"):
        if os.environ.get(name):
            yield Path(os.environ[name])
    yield from Path("/usr/lib/jvm").glob("*")
    yield from Path("/Library/Java/JavaVirtualMachines").glob("*/Contents/Home")
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path).resolve().parents[1]


def java_version(home: Path) -> int:
    """Major version by the JDK's own `release` file; 0 when this is no JDK."""
    if not (home / "bin" / "java").exists() or not (home / "release").exists():
        return 0
    found = re.search(r'JAVA_VERSION="(\d+)', (home / "release").read_text(errors="replace"))
    return int(found[1]) if found else 0


def home_of(name: str) -> Path:
    return CACHE / (f"kafka-{KAFKA}" if name == "kafka" else f"elasticsearch-{ELASTIC}")


def is_installed(name: str) -> bool:
    return (home_of(name) / ".complete").exists()


def install(name: str) -> None:
    """Fetch the distribution into the cache, once; a second caller waits. Raises NoServer."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_installed(name):
            return
        if shutil.which("mvn") is None:
            raise NoServer("Maven (mvn) is needed to fetch the test servers: install it, then repeat")
        home = home_of(name)
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        (install_kafka if name == "kafka" else install_elastic)(home)
        (home / ".complete").touch()


def install_kafka(home: Path) -> None:
    (home / "pom.xml").write_text(KAFKA_POM)
    maven(
        "-f",
        str(home / "pom.xml"),
        f"{COPY}-dependencies",
        "-DincludeScope=runtime",
        f"-DoutputDirectory={home / 'libs'}",
    )


def install_elastic(home: Path) -> None:
    artifact = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{ELASTIC}:zip"
    maven(COPY, f"-Dartifact={artifact}", f"-DoutputDirectory={home}")
    archive = next(home.glob("*.zip"))
    # Python's zipfile would lose the executable bits.
    subprocess.run([str(find_java(17) / "bin" / "jar"), "-xf", str(archive)], cwd=home, check=True)
    archive.unlink()
    unpacked = next(home.glob("elasticsearch-*"))
    for part in unpacked.iterdir():
        part.rename(home / part.name)
    unpacked.rmdir()
    for script in (home / "bin").iterdir():
        script.chmod(0o755)
    subprocess.run(["chmod", "-R", "a+rX", str(home)], check=True)


def maven(*words: str) -> None:
    done = subprocess.run(
        ["mvn", "-q", "-B", "-ntp", *words], cwd=CACHE, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()
        raise NoServer("Maven could not fetch the server: " + " | ".join(lines[:3]))

"""What can be checked of the full stack without Docker."""

import json
import os
import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from indexing.elastic import ElasticIndex
from indexing.fields import COLLECTIONS
from indexing.index import Document
from streams.topics import ROLES
from weisu import __version__
from weisu.__main__ import app
from weisu.settings import load_settings

HOME = Path(__file__).resolve().parents[2]
TEXT = (HOME / "docker-compose.yml").read_text(encoding="utf-8")
EXAMPLE = (HOME / ".env.example").read_text(encoding="utf-8")
DOCKERFILE = (HOME / "deploy" / "Dockerfile").read_text(encoding="utf-8")
STACK: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = STACK["services"]
ONE_SHOT = {"accounts", "setup", "dashboards", "model-fetch"}
SERVERS = sorted(SERVICES.keys() - ONE_SHOT)
OURS = sorted(name for name, service in SERVICES.items() if service["image"].startswith("weisu:"))
WORKERS = ("core", "grading", "notifying", "index")
INTERPOLATED = re.compile(r"(?<!\$)\$\{(\w+)(?:(:[-?])([^}]*))?\}")


def test_no_version_key_as_compose_warns_of_it() -> None:
    assert "version" not in STACK


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_on_loopback_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)


@pytest.mark.parametrize("name", SERVICES)
def test_image_is_pinned(name: str) -> None:
    image = SERVICES[name]["image"]
    assert re.search(r":(\$\{STACK_VERSION:-)?\d+\.\d+\.\d+\}?$", image), image


def test_elasticsearch_and_kibana_are_of_one_version_that_our_client_speaks() -> None:
    defaults = set(re.findall(r"\$\{STACK_VERSION:-([\d.]+)\}", TEXT))
    assert defaults == set(re.findall(r"^STACK_VERSION=(.*)$", EXAMPLE, re.M))
    assert [version.split(".")[0] for version in defaults] == ["9"]


def test_our_image_bears_our_version() -> None:
    assert {SERVICES[name]["image"] for name in OURS} == {f"weisu:{__version__}"}


@pytest.mark.parametrize("name", SERVICES)
def test_memory_is_limited(name: str) -> None:
    assert "mem_limit" in SERVICES[name]


@pytest.mark.parametrize("name", SERVERS)
def test_server_has_a_health_check_and_comes_back(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(ONE_SHOT))
def test_one_shot_runs_once(name: str) -> None:
    assert SERVICES[name]["restart"] == "no"


def test_who_waits_for_a_health_check_waits_for_one_that_exists() -> None:
    for service in SERVICES.values():
        for other, condition in (service.get("depends_on") or {}).items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other]
            else:
                assert other in ONE_SHOT


def test_health_check_of_a_worker_asks_the_page_that_it_serves() -> None:
    for name in WORKERS:
        port = SERVICES[name]["environment"]["WEISU_STREAM__HEALTH__PORT"]
        assert f"http://127.0.0.1:{port}/healthz" in " ".join(SERVICES[name]["healthcheck"]["test"])


@pytest.mark.parametrize("name", OURS)
def test_alerts_do_not_wait_for_kibana(name: str) -> None:
    assert ("kibana" in SERVICES[name]["depends_on"]) == (name == "dashboards")


def test_only_the_model_needs_a_profile() -> None:
    assert {name for name, service in SERVICES.items() if "profiles" in service} == {"model", "model-fetch"}


# --- variables ----------------------------------------------------------------------------------------------


def example() -> dict[str, str]:
    """.env.example as compose reads it: single quotes fall away."""
    pairs = re.findall(r"^(\w+)=(.*)$", EXAMPLE, re.M)
    return {name: value.strip("'") for name, value in pairs}


def test_every_variable_is_in_the_example() -> None:
    passed = {
        name for name in SERVICES["core"]["environment"] if SERVICES["core"]["environment"][name] is None
    }
    assert {found[0] for found in INTERPOLATED.findall(TEXT)} | passed == example().keys()


def test_no_default_ends_in_a_brace() -> None:
    # ${X:-{}} is read as ${X:-{} and a brace more.
    assert not re.search(r"\$\{\w+:-[^}]*\{", TEXT)


def test_secrets_have_no_default_and_no_example() -> None:
    secrets = {name: how for name, how, _ in INTERPOLATED.findall(TEXT) if re.search(r"PASSWORD|KEY", name)}
    assert len(secrets) == 5
    assert set(secrets.values()) == {":?"}
    assert {example()[name] for name in secrets} == {""}


def environment(name: str) -> dict[str, str]:
    """What a container of ours gets when the example is filled in."""
    filled = {key: value or f"{key.lower()}-filled-in" for key, value in example().items()}
    given = SERVICES[name]["environment"]
    return {
        key: filled[key] if value is None else INTERPOLATED.sub(lambda found: filled[found[1]], value)
        for key, value in given.items()
    }


@pytest.mark.parametrize("name", OURS)
def test_settings_are_accepted_by_the_program(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in [key for key in os.environ if key.startswith("WEISU_")]:
        monkeypatch.delenv(key)
    given = environment(name)
    for key, value in given.items():
        monkeypatch.setenv(key, value)
    settings = load_settings()
    assert settings.stream.address == "kafka:9092"
    assert settings.index.engine == "elasticsearch"
    assert settings.ladder.endpoints == ()
    assert settings.notify.channels == {}
    assert settings.pseudonym_key is not None
    assert settings.index.user == ("elastic" if name in ONE_SHOT else "weisu")
    assert (settings.kibana.url is not None) == (name == "dashboards")


def test_endpoint_in_the_example_reaches_the_local_model(monkeypatch: pytest.MonkeyPatch) -> None:
    (value,) = re.findall(r"^# '(\[\{.*\}\])'$", EXAMPLE, re.M)
    monkeypatch.setenv("WEISU_LADDER__ENDPOINTS", value)
    (endpoint,) = load_settings({}).ladder.endpoints
    assert endpoint.base_url == "http://model:11434/v1"
    assert endpoint.model == example()["WEISU_MODEL_NAME"]
    assert f"{SERVICES['model-fetch']['environment']['OLLAMA_HOST']}/v1" == endpoint.base_url


@pytest.mark.parametrize("name", OURS)
def test_command_is_one_of_the_program(name: str) -> None:
    command = SERVICES[name]["command"]
    assert CliRunner().invoke(app, [command[0], "--help"]).exit_code == 0
    if command[0] == "work":
        assert command[1:] == ["--role", name]
        assert name in ROLES


# --- Kafka and data -----------------------------------------------------------------------------------------


def test_auto_creation_of_topics_is_off() -> None:
    assert SERVICES["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_cluster_id_is_sixteen_bytes() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", SERVICES["kafka"]["environment"]["CLUSTER_ID"])


def test_every_listener_has_a_protocol() -> None:
    told = SERVICES["kafka"]["environment"]
    names = {part.split("://")[0] for part in told["KAFKA_LISTENERS"].split(",")}
    assert names == {part.split(":")[0] for part in told["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")}
    advertised = {part.split("://")[0] for part in told["KAFKA_ADVERTISED_LISTENERS"].split(",")}
    assert advertised == names - {told["KAFKA_CONTROLLER_LISTENER_NAMES"]}


@pytest.mark.parametrize("name", ["kafka", "elasticsearch", "model"])
def test_data_survives_a_container(name: str) -> None:
    assert SERVICES[name]["volumes"][0].split(":")[0] in STACK["volumes"]


def test_kafka_writes_into_its_volume() -> None:
    kafka = SERVICES["kafka"]
    assert kafka["volumes"][0].split(":")[1] == kafka["environment"]["KAFKA_LOG_DIRS"]


# --- image --------------------------------------------------------------------------------------------------


def test_image_takes_all_packages_and_nothing_else_reaches_the_builder() -> None:
    packages = {"weisu", "streams", "indexing", "agents", "prompts"}
    assert {name for name in re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.M)} == packages
    ignored = (HOME / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[1] == "*"
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    assert allowed == packages | {"requirements.lock", "pyproject.toml", "README.md", "LICENSE"}
    assert all((HOME / name).exists() for name in allowed)


def test_image_runs_as_its_own_user_with_a_folder_to_write_in() -> None:
    assert re.search(r"^USER weisu$", DOCKERFILE, re.M)
    assert "WEISU_DATA=/data" in DOCKERFILE
    # Its default lies in the working folder of whoever starts a worker.
    assert "WEISU_STREAM__DATA_DIR=/data/workers" in DOCKERFILE
    assert 'ENTRYPOINT ["weisu"]' in DOCKERFILE


# --- accounts -----------------------------------------------------------------------------------------------

SCRIPT = HOME / "deploy" / "accounts.sh"


def run_accounts(folder: Path, status: int = 0, **passwords: str) -> tuple[int, list[list[str]]]:
    """Status of the script and the arguments of every curl, with a curl that only writes them down."""
    log = folder / "asked"
    curl = folder / "curl"
    curl.write_text(
        f'#!/usr/bin/env bash\nprintf "%s\\0" "$@" >>"{log}"; printf "\\1" >>"{log}"\nexit {status}\n'
    )
    curl.chmod(0o755)
    names = ("ELASTIC_PASSWORD", "KIBANA_PASSWORD", "WEISU_INDEX_PASSWORD")
    given = {name: passwords.get(name, "plain") for name in names}
    path = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", str(SCRIPT)], env={**path, **given}, capture_output=True, check=False)
    calls = log.read_text(encoding="utf-8").split("\1")[:-1]
    return done.returncode, [call.split("\0")[:-1] for call in calls]


def body_of(call: list[str]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(call[-1])
    return told


def test_script_of_accounts_is_sound_bash() -> None:
    subprocess.run(["bash", "-n", str(SCRIPT)], check=True)


@pytest.mark.parametrize("password", ["plain", 'qu"ote', "back\\slash", "dol$lar `x` !", "末尾\\"])
def test_any_password_arrives_as_it_is(tmp_path: Path, password: str) -> None:
    status, calls = run_accounts(tmp_path, KIBANA_PASSWORD=password, WEISU_INDEX_PASSWORD=password)
    assert status == 0
    paths = [next(word for word in call if word.startswith("http")) for call in calls]
    assert [path.split("_security")[1] for path in paths] == [
        "/user/kibana_system/_password",
        "/role/weisu",
        "/user/weisu",
    ]
    assert body_of(calls[0]) == {"password": password}
    assert body_of(calls[2])["password"] == password
    assert body_of(calls[2])["roles"] == ["weisu"]


def test_refusal_ends_the_script(tmp_path: Path) -> None:
    status, calls = run_accounts(tmp_path, status=22)
    assert status != 0
    assert len(calls) == 1


def test_role_reaches_every_index_that_is_written_and_no_other(tmp_path: Path) -> None:
    role = body_of(run_accounts(tmp_path)[1][1])
    rights = role["indices"][0]
    bodies = [{"created_at": "2026-03-02T08:00:00+08:00"}, {}]
    documents = [Document("tickets", "t", 1, body) for body in bodies]
    documents += [Document(name, "x", 1, {}) for name in COLLECTIONS if name != "tickets"]
    index = ElasticIndex("http://127.0.0.1:9")
    written = [json.loads(index.lines_of(one).splitlines()[0])["index"]["_index"] for one in documents]
    for name in (*written, *COLLECTIONS):
        assert any(fnmatch(name, pattern) for pattern in rights["names"]), name
    for strange in (".security", "logs-x", "ticketsale", "other"):
        assert not any(fnmatch(strange, pattern) for pattern in rights["names"])


def test_role_makes_no_templates_and_deletes_nothing_but_old_audit_records(tmp_path: Path) -> None:
    role = body_of(run_accounts(tmp_path)[1][1])
    assert role["cluster"] == ["monitor", "indices:admin/index_template/get"]
    rights, forgetting = role["indices"]
    assert set(rights["privileges"]) == {"create_index", "index", "read", "indices:admin/refresh*"}
    assert forgetting == {"names": ["audit", "audit-*"], "privileges": ["delete"]}

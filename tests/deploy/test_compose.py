"""What can be checked of the full stack without Docker."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

HOME = Path(__file__).resolve().parents[2]
TEXT = (HOME / "docker-compose.yml").read_text(encoding="utf-8")
STACK: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = STACK["services"]
ONE_SHOT = ("accounts", "setup")


def test_no_version_key_as_compose_warns_of_it() -> None:
    assert "version" not in STACK


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_on_loopback_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", SERVICES)
def test_image_is_pinned(name: str) -> None:
    image = SERVICES[name]["image"]
    assert re.search(r":(\$\{STACK_VERSION:-)?\d+\.\d+\.\d+\}?$", image), image


@pytest.mark.parametrize("name", SERVICES)
def test_memory_is_limited(name: str) -> None:
    assert "mem_limit" in SERVICES[name]


@pytest.mark.parametrize("name", ["kafka", "elasticsearch", "kibana", "console"])
def test_server_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


def test_who_waits_for_a_health_check_waits_for_one_that_exists() -> None:
    for service in SERVICES.values():
        for other, condition in (service.get("depends_on") or {}).items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other]
            else:
                assert other in ONE_SHOT


def test_every_variable_is_in_the_example() -> None:
    example = (HOME / ".env.example").read_text(encoding="utf-8")
    known = set(re.findall(r"^(\w+)=", example, re.M))
    assert {name for name in re.findall(r"(?<!\$)\$\{(\w+)", TEXT)} == known


def test_secrets_have_no_default() -> None:
    for name in re.findall(r"\$\{(\w*(?:PASSWORD|KEY)\w*)(.)", TEXT):
        assert name[1] == ":", name
    assert not re.search(r"\$\{\w*(?:PASSWORD|_KEY)\w*:-", TEXT)


def test_auto_creation_of_topics_is_off() -> None:
    assert SERVICES["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_data_survives_a_container() -> None:
    for name in ("kafka", "elasticsearch"):
        assert SERVICES[name]["volumes"][0].split(":")[0] in STACK["volumes"]
    assert SERVICES["kafka"]["volumes"][0].endswith(SERVICES["kafka"]["environment"]["KAFKA_LOG_DIRS"])


def test_settings_of_the_workers_are_known() -> None:
    from weisu.settings import Settings

    fields = {name.upper() for name in Settings.model_fields}
    for service in SERVICES.values():
        for name in service.get("environment", {}):
            if name.startswith("WEISU_") and "__" in name:
                assert name.removeprefix("WEISU_").split("__")[0] in fields, name


def test_roles_and_verbs_exist() -> None:
    from weisu.__main__ import app

    verbs = {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    }
    for name in ("core", "grading", "notifying", "index", "console", "setup"):
        assert SERVICES[name]["command"][0] in verbs

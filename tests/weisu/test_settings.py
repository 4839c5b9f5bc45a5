"""Settings: unknown or wrong ones stop the start with the name of the variable; secrets are never printed."""

from pathlib import Path

import pytest

from weisu.settings import Settings, WrongSetup, describe, load_settings


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("WEISU_"):
            monkeypatch.delenv(name)


def test_defaults_run_on_a_laptop() -> None:
    settings = load_settings()
    assert settings.index.engine == "sqlite"
    assert settings.console.host == "127.0.0.1"
    assert settings.ladder.endpoints == ()


def test_unknown_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEISU_CITTY", "x")
    with pytest.raises(WrongSetup, match="WEISU_CITTY"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEISU_CONSOLE__PORT", "99999"),
        ("WEISU_INDEX__ENGINE", "mysql"),
        ("WEISU_STREAM__SESSION_S", "-1"),
        ("WEISU_LADDER__TIMEOUT", "3"),
    ],
)
def test_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetup, match=name):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEISU_LADDER__ENDPOINTS", "[{'model': 'sk-hush'}]"),
        ("WEISU_NOTIFY__CHANNELS", "wecombot://hush"),
        ("WEISU_STREAM", "{"),
    ],
)
def test_what_should_be_json_and_is_not_is_named_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("WEISU_STREAM__ADDRESS", "kafka:9092")
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetup, match=rf"^{name}: .*JSON") as refused:
        load_settings()
    assert "hush" not in str(refused.value)


def test_an_empty_city_is_none_and_not_the_folder_we_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEISU_CITY", "")
    assert load_settings().city is None


def test_every_setting_says_what_it_means() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/settings.md").read_text(encoding="utf-8")
    assert [row for row in page.splitlines() if row.endswith("|  |")] == []


def test_secrets_are_masked_in_the_listing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEISU_PSEUDONYM_KEY", "hush")
    monkeypatch.setenv("WEISU_NOTIFY__CHANNELS", '{"wecom": "wecombot://hush"}')
    monkeypatch.setenv("WEISU_LADDER__ENDPOINTS", '[{"model": "m", "api_key": "hush"}]')
    rows = describe(load_settings())
    assert "hush" not in str(rows)
    assert {name: origin for name, _, origin in rows}["WEISU_PSEUDONYM_KEY"] == "environment"


def test_key_of_the_hashes_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    public = Settings().key
    monkeypatch.setenv("WEISU_PSEUDONYM_KEY", "own")
    assert load_settings().key == b"own" != public

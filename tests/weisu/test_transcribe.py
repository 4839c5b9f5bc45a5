"""`weisu transcribe`: real HTTP to a fake endpoint; each fault is one clear line."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.transcription_server import transcription_server
from pydantic import SecretStr
from typer.testing import CliRunner

from agents.city import City
from agents.intake.accept import Intake, accept
from weisu.__main__ import app
from weisu.settings import NotTranscribed, TranscriptionSettings
from weisu.transcription import created_event, transcribe

SAID = "坐席：您好，请讲。\n市民：我家楼下着火了，快来。"
AT = datetime(2026, 7, 1, 8, tzinfo=UTC)


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    path = tmp_path / "call.wav"
    path.write_bytes(b"RIFF\x00\x01 made-up sound \xff\xfe")
    return path


def settings(base_url: str, timeout_s: float = 60) -> TranscriptionSettings:
    return TranscriptionSettings(
        model="ears", base_url=base_url, api_key=SecretStr("secret-key"), timeout_s=timeout_s
    )


def test_the_recording_is_sent_as_a_form_and_its_text_comes_back(audio: Path) -> None:
    with transcription_server(f" {SAID}\n") as fake:
        assert transcribe(audio, settings(fake.base_url)) == SAID
    (form,) = fake.forms
    assert form["file"] == audio.read_bytes()
    assert (form["model"], form["language"]) == (b"ears", b"zh")
    assert fake.keys == ["Bearer secret-key"]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"status": 401}, "API_KEY"),
        ({"status": 403}, "API_KEY"),
        ({"status": 404}, "'ears'"),
        ({"status": 429}, "429"),
        ({"status": 413}, "too large"),
        ({"status": 400}, "known format"),
        ({"status": 503}, "503"),
        ({"body": b'{"text": ""}'}, "heard nothing"),
        ({"body": b"{}"}, "heard nothing"),
        ({"body": b"not json"}, "no JSON"),
    ],
)
def test_a_fault_is_one_line_without_the_key_and_is_not_tried_again(
    audio: Path, fault: dict[str, object], told: str
) -> None:
    with transcription_server("x", **fault) as fake, pytest.raises(NotTranscribed) as caught:
        transcribe(audio, settings(fake.base_url))
    line = str(caught.value)
    assert told in line and "\n" not in line and "secret-key" not in line
    assert len(fake.forms) == 1


def test_an_endpoint_that_never_answers_is_given_up(audio: Path) -> None:
    with transcription_server(never=True) as fake, pytest.raises(NotTranscribed, match="TIMEOUT_S"):
        transcribe(audio, settings(fake.base_url, timeout_s=0.2))


def test_an_address_where_nobody_is_is_told(audio: Path) -> None:
    with pytest.raises(NotTranscribed, match="BASE_URL"):
        transcribe(audio, settings("http://127.0.0.1:9/v1"))


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotTranscribed, match="cannot be read"):
        transcribe(tmp_path / "missing.wav", settings("http://127.0.0.1:9/v1"))
    (tmp_path / "empty.wav").touch()
    with pytest.raises(NotTranscribed, match="empty"):
        transcribe(tmp_path / "empty.wav", settings("http://127.0.0.1:9/v1"))
    with pytest.raises(NotTranscribed, match="WEISU_TRANSCRIPTION__MODEL"):
        transcribe(tmp_path / "empty.wav", TranscriptionSettings())


def test_the_event_is_one_that_intake_takes_and_finds_the_danger_in(audio: Path) -> None:
    event = created_event(SAID, audio, AT)
    ticket = accept(json.dumps(event).encode(), Intake(City(), b"key")).ticket
    assert [hazard.name for hazard in ticket.hazards] == ["fire"]
    assert ticket.channel == "phone"
    assert created_event(SAID, audio, AT) == event


def test_a_very_long_call_is_cut_to_the_contracts_length(audio: Path) -> None:
    event = created_event("停水" * 20_000, audio, AT)
    assert len(event["content"]) == 20_000
    assert accept(json.dumps(event).encode(), Intake(City(), b"key")).changed


def test_the_command_prints_the_event(audio: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with transcription_server(SAID) as fake:
        monkeypatch.setenv("WEISU_TRANSCRIPTION__MODEL", "ears")
        monkeypatch.setenv("WEISU_TRANSCRIPTION__BASE_URL", fake.base_url)
        ran = CliRunner().invoke(
            app, ["transcribe", str(audio), "--ticket", "G-7", "--at", "2026-07-01T08:00:00+0800"]
        )
    event = json.loads(ran.stdout)
    assert ran.exit_code == 0
    assert (event["ticket_id"], event["occurred_at"]) == ("G-7", "2026-07-01T08:00:00+08:00")
    assert event["content"] == SAID

"""Gathers every part's settings under WEISU_…; unknown names stop the start; secrets print masked."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from agents.grading.ladder import LadderSettings
from streams.settings import StreamSettings

PREFIX = "WEISU_"
DEVELOPMENT_KEY = "weisu-development-key-not-for-real-callers"


class WrongSetup(Exception):
    """Settings, topics or files do not fit: one clear line, exit 2."""


class NotTranscribed(Exception):
    """This recording was not made text: one clear line, exit 2."""


class IndexSettings(BaseModel):
    """Where results rest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Literal["sqlite", "elasticsearch"] = "sqlite"
    """Where tickets, problems and alerts are kept and found: a file in WEISU_DATA, or a cluster."""
    url: str = "http://127.0.0.1:9200"
    """Address of Elasticsearch 9.x."""
    user: str | None = None
    """Of Elasticsearch, with its password."""
    password: SecretStr | None = None
    """Of that user."""
    api_key: SecretStr | None = None
    """In place of user and password."""
    prefix: str = ""
    """Before every index name: several cities on one cluster."""


class ConsoleSettings(BaseModel):
    """The duty officer's page. It has no log-in of its own: keep it on loopback or behind one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    """Address that the page listens on, and the one name besides loopback that it answers to."""
    port: int = Field(8412, ge=0, le=65535)
    """Where this is taken, `up` and `demo` choose a free one and print it."""


class KibanaSettings(BaseModel):
    """Where `weisu setup` installs the data views and the dashboard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = None
    """Address of Kibana 9.x; none: it is left out."""


class NotifySettings(BaseModel):
    """How people are told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: dict[str, SecretStr] = Field(default_factory=dict)
    """Channel name → apprise URL or webhook address (they carry tokens): WEISU_NOTIFY__CHANNELS='{"wecom": "wecombot://…"}'."""
    max_age_h: float = Field(6, gt=0)
    """An alert older than this is recorded as historical, not pushed."""


class TranscriptionSettings(BaseModel):
    """The endpoint that turns recordings into text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str | None = None
    """None: `weisu transcribe` refuses to start."""
    base_url: str | None = None
    """None: the provider's own."""
    api_key: SecretStr = SecretStr("")
    """Empty: an endpoint that asks for none."""
    language: str = "zh"
    """ISO 639-1, as the endpoint wants it; empty: it guesses."""
    timeout_s: float = Field(300, gt=0)
    """Seconds for one recording."""


class Settings(BaseSettings):
    """All settings. Every default runs `weisu up` on a laptop."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    city: Path | None = None
    """Folder of the city's data; none: the fictional example city for `up`, an unknown city for `replay`."""
    data: Path = Path("data")
    """Folder of the embedded index, state and logs."""
    pseudonym_key: SecretStr | None = None
    """Key of the callers' hashes. `weisu work` refuses to start without it; the rest use a public development key."""
    hide_doors: bool = False
    """Mask the numbers of flats and houses in the texts too; which building it is stays readable."""
    stream: StreamSettings = StreamSettings()
    index: IndexSettings = IndexSettings()
    ladder: LadderSettings = LadderSettings()
    console: ConsoleSettings = ConsoleSettings()
    kibana: KibanaSettings = KibanaSettings()
    notify: NotifySettings = NotifySettings()
    transcription: TranscriptionSettings = TranscriptionSettings()

    @field_validator("city", mode="before")
    @classmethod
    def _none_where_empty(cls, value: object) -> object:
        """A line of .env that nobody has filled in names no folder, least of all the one we stand in."""
        return None if value == "" else value

    @property
    def key(self) -> bytes:
        """The pseudonym key's bytes."""
        return (self.pseudonym_key.get_secret_value() if self.pseudonym_key else DEVELOPMENT_KEY).encode()


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises WrongSetup naming each variable that is unknown or wrong."""
    names = os.environ if environment is None else environment
    known = {field.upper() for field in Settings.model_fields}
    unknown = [
        name for name in names if name.startswith(PREFIX) and name[len(PREFIX) :].split("__")[0] not in known
    ]
    if unknown:
        raise WrongSetup(
            f"unknown setting {', '.join(sorted(unknown))}: `weisu settings` lists the known ones"
        )
    try:
        return Settings()
    except SettingsError:
        wrong = [name for name in _json_names(Settings) if name in names and not _is_json(names[name])]
        raise WrongSetup(
            f"{', '.join(wrong) or PREFIX + '…'}: the value must be JSON; in a shell it stands in single quotes"
        ) from None
    except ValidationError as error:
        lines = [
            f"{PREFIX}{'__'.join(str(part) for part in bad['loc']).upper()}: {bad['msg']}"
            for bad in error.errors()
        ]
        raise WrongSetup("; ".join(lines)) from None


def _json_names(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[str]:
    """The variables whose value is JSON: lists, objects, and groups given in one."""
    for name, field in model.model_fields.items():
        here, kind = (*path, name), field.annotation
        is_group = isinstance(kind, type) and issubclass(kind, BaseModel)
        if is_group or isinstance(field.get_default(call_default_factory=True), tuple | dict):
            yield PREFIX + "__".join(here).upper()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _json_names(kind, here)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def describe(settings: Settings) -> list[tuple[str, str, str]]:
    """(variable, value with secrets masked, origin) of every setting."""
    rows: list[tuple[str, str, str]] = []

    def walk(model: BaseModel, path: tuple[str, ...]) -> None:
        for field in type(model).model_fields:
            value: Any = getattr(model, field)
            here = (*path, field)
            if isinstance(value, BaseModel):
                walk(value, here)
            else:
                name = PREFIX + "__".join(here).upper()
                rows.append(
                    (
                        name,
                        "—" if value is None else str(value),
                        "environment" if name in os.environ else "default",
                    )
                )

    walk(settings, ())
    return rows

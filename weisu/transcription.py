"""Speech to text 智能转写: an audio file to an OpenAI-compatible endpoint, and the `created` event of what was said."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import openai

from agents.intake.events import MAX_CONTENT
from weisu.settings import NotTranscribed, TranscriptionSettings


def transcribe(audio: Path, settings: TranscriptionSettings) -> str:
    """What is said in the recording. Raises NotTranscribed; no second try: the officer decides."""
    if not settings.model:
        raise NotTranscribed("no transcription endpoint: set WEISU_TRANSCRIPTION__MODEL and __BASE_URL")
    try:
        sound = audio.read_bytes()
    except OSError as error:
        raise NotTranscribed(f"{audio}: cannot be read ({error.strerror})") from None
    if not sound:
        raise NotTranscribed(f"{audio}: the file is empty")
    client = openai.OpenAI(
        api_key=settings.api_key.get_secret_value() or "none",
        base_url=settings.base_url,
        timeout=settings.timeout_s,
        max_retries=0,
    )
    options: dict[str, Any] = {"language": settings.language} if settings.language else {}
    try:
        with client:
            answer = client.audio.transcriptions.create(
                file=(audio.name, sound), model=settings.model, response_format="json", **options
            )
    except openai.OpenAIError as error:
        raise NotTranscribed(f"{audio.name}: {_reason(error, settings)}") from None
    except ValueError:
        raise NotTranscribed(f"{audio.name}: the endpoint's answer is no JSON") from None
    text = getattr(answer, "text", None)
    if not isinstance(text, str) or not text.strip():
        raise NotTranscribed(f"{audio.name}: the endpoint heard nothing in it")
    return text.strip()


def _reason(error: openai.OpenAIError, settings: TranscriptionSettings) -> str:
    """What went wrong and what to do. Never the endpoint's own words: they may quote the recording."""
    where = settings.base_url or "the provider"
    match error:
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return f"{where} refuses the key ({error.status_code}): check WEISU_TRANSCRIPTION__API_KEY"
        case openai.NotFoundError():
            return f"{where} does not know model {settings.model!r} or has no transcription (404)"
        case openai.RateLimitError():
            return f"{where} is busy or the quota is spent (429): try again later"
        case openai.APITimeoutError():
            return f"{where} did not answer within {settings.timeout_s:g} s: raise WEISU_TRANSCRIPTION__TIMEOUT_S"
        case openai.APIConnectionError():
            return f"no answer at {where}: check WEISU_TRANSCRIPTION__BASE_URL"
        case openai.APIStatusError() if error.status_code == 413:
            return f"{where} finds the file too large (413): cut it into parts"
        case openai.APIStatusError() if error.status_code < 500:
            return f"{where} cannot take this file ({error.status_code}): check that it is audio of a known format"
        case openai.APIStatusError():
            return f"{where} is broken ({error.status_code}): try again later"
    return f"{where}: {type(error).__name__}"


def created_event(text: str, audio: Path, at: datetime, ticket_id: str | None = None) -> dict[str, Any]:
    """The `created` event of a call. The same recording gives the same ids, so that a repeat changes nothing.

    A text beyond the contract's length keeps its beginning.
    """
    name = "transcript-" + hashlib.sha256(audio.read_bytes()).hexdigest()[:16]
    return {
        "event_id": name,
        "event": "created",
        "ticket_id": ticket_id or name,
        "occurred_at": at.isoformat(),
        "channel": "phone",
        "content": text[:MAX_CONTENT],
    }

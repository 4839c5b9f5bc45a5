"""`weisu transcribe`: a call's recording becomes a ticket event 智能转写."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from weisu.settings import PREFIX, load_settings


def transcribe(
    audio: Annotated[Path, typer.Argument(help="A recording: wav, mp3, m4a …")],
    ticket: Annotated[
        str | None, typer.Option(help="The platform's ticket number; none: made from the recording")
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"], help="When the call came; none: the file's own time"),
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="Also send the event to Kafka")] = False,
) -> None:
    """Turn a recording into text and print the ticket's `created` event; with --send, hand it to the pipeline."""
    from weisu.transcription import created_event
    from weisu.transcription import transcribe as to_text

    settings = load_settings()
    text = to_text(audio, settings.transcription)
    called_at = at or datetime.fromtimestamp(audio.stat().st_mtime).astimezone()
    event = created_event(text, audio, called_at, ticket)
    if len(event["content"]) < len(text):
        print(f"only the first {len(event['content'])} characters are kept", file=sys.stderr)
    line = json.dumps(event, ensure_ascii=False)
    print(line)
    if send:
        _send(line)


def _send(line: str) -> None:
    from kafka.errors import KafkaError

    from streams.send import send as send_lines
    from streams.topics import Topics, WrongTopics

    stream = load_settings().stream
    try:
        result = send_lines([(1, line.encode())], stream.address, Topics(stream.prefix, stream.wide).events)
    except KafkaError as error:
        raise WrongTopics(
            f"no Kafka answers at {stream.address} ({type(error).__name__}): start it or set {PREFIX}STREAM__ADDRESS"
        ) from None
    for _, reason in result.failed:
        print(f"not sent ({reason})", file=sys.stderr)
    if result.failed:
        raise typer.Exit(1)

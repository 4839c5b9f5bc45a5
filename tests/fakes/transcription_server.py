"""A wire-level fake of an OpenAI-compatible transcription endpoint: real HTTP, multipart forms, scripted faults."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class TranscriptionServer:
    """What the fake was sent, and what it says."""

    base_url: str = ""
    text: str = ""
    status: int = 200
    body: bytes | None = None
    """Instead of a transcription."""
    never: bool = False
    """No answer comes at all."""
    forms: list[dict[str, bytes]] = field(default_factory=list)
    """Name of each part → its bytes."""
    keys: list[str] = field(default_factory=list)


@contextmanager
def transcription_server(text: str = "", **said: object) -> Iterator[TranscriptionServer]:
    over = threading.Event()
    fake = TranscriptionServer(text=text, **said)  # type: ignore[arg-type]  # the fields above

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
            parts = BytesParser().parsebytes(head + raw).walk()
            fake.forms.append(
                {
                    str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)  # type: ignore[dict-item]  # bytes
                    for part in parts
                    if not part.is_multipart()
                }
            )
            fake.keys.append(self.headers.get("authorization", ""))
            if fake.never:
                over.wait()
            is_known = self.path == "/v1/audio/transcriptions"
            body = fake.body if fake.body is not None else json.dumps({"text": fake.text}).encode()
            with suppress(ConnectionError):
                self.send_response(fake.status if is_known else 404)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()

"""A wire-level fake of an OpenAI-compatible chat endpoint: real HTTP, scripted answers and faults."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = {
    "summary": "新华小区停水一上午",
    "kind": "help",
    "category": "other",
    "urgency": "normal",
    "urgency_reason": "停水影响生活",
    "matter": "小区停水",
    "hazards": [],
    "place_said": ["新华小区"],
    "recurrence_cues": [],
    "key_phrases": ["停水"],
    "quotes": ["新华小区停水"],
    "praise_target": None,
    "confidence": 0.9,
}


@dataclass
class Scripted:
    """One response: an answer's fields, or raw content, or an HTTP error, after a delay."""

    answer: dict[str, Any] | None = None
    content: str | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    finish: str = "stop"
    refusal: str | None = None
    delay_s: float = 0.0

    def body(self) -> bytes:
        if self.status != 200:
            return json.dumps({"error": {"message": "scripted", "type": "error", "code": None}}).encode()
        content = self.content if self.content is not None else json.dumps({**GOOD, **(self.answer or {})})
        message = {"role": "assistant", "content": None if self.refusal else content, "refusal": self.refusal}
        return json.dumps(
            {
                "id": "c-1",
                "object": "chat.completion",
                "created": 0,
                "model": "fake",
                "choices": [{"index": 0, "message": message, "finish_reason": self.finish}],
                "usage": {"prompt_tokens": 300, "completion_tokens": 100, "total_tokens": 400},
            }
        ).encode()


@dataclass
class ModelServer:
    """What the fake was asked, and what it will say: the script first, then good answers for ever."""

    base_url: str
    script: list[Scripted] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def model_server(*script: Scripted) -> Iterator[ModelServer]:
    """A server on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            server.requests.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            said = server.script.pop(0) if server.script else Scripted()
            time.sleep(said.delay_s)
            body = said.body()
            try:
                self.send_response(said.status)
                for name, value in {"content-type": "application/json", **said.headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client gave up waiting, as the test wants

        def log_message(self, *_: Any) -> None:
            """Silent."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = ModelServer(f"http://127.0.0.1:{http.server_port}/v1", list(script))
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()

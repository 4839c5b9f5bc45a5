"""A wire-level fake of an OpenAI-compatible chat endpoint: real HTTP, whole or streamed, scripted answers and faults."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
USAGE = {"prompt_tokens": 300, "completion_tokens": 100, "total_tokens": 400}
EVERY_WAY = frozenset({"json_schema", "tool_call", "json_object"})


@dataclass
class Scripted:
    """One response: an answer's fields, or raw content, or an HTTP error."""

    answer: dict[str, Any] | None = None
    content: str | None = None
    status: int = 200
    error: str = "scripted"
    """Message of an error."""
    headers: dict[str, str] = field(default_factory=dict)
    finish: str = "stop"
    refusal: str | None = None
    never: bool = False
    """No answer comes at all."""
    drip_s: float = 0.0
    """Between the pieces of the body, ten in all: an answer that never quite comes."""
    usage: dict[str, Any] | None = field(default_factory=lambda: dict(USAGE))
    body: bytes | None = None
    """Instead of a chat completion."""

    @property
    def text(self) -> str:
        if self.content is not None:
            return self.content
        return json.dumps({**GOOD, **(self.answer or {})}, ensure_ascii=False)


@dataclass
class ModelServer:
    """What the fake was asked, and what it will say: the script first, then the same for ever."""

    base_url: str
    script: list[Scripted] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    always: Scripted = field(default_factory=Scripted)
    """When the script is over."""
    ways: frozenset[str] = EVERY_WAY
    """The ways of asking that it knows; another is a 400."""
    deaf: frozenset[str] = frozenset()
    """The ways that it takes, and answers with prose."""
    under_way: int = 0
    """Requests that have come and are not answered yet."""
    most_under_way: int = 0
    go: threading.Event = field(default_factory=threading.Event)
    """Answers wait for it; set from the start."""
    stopping: threading.Event = field(default_factory=threading.Event)

    async def reached(self, under_way: int) -> None:
        """Until so many are under way: the answers must be held back."""
        while self.under_way < under_way:
            await asyncio.sleep(0.001)


def way_of(request: dict[str, Any]) -> str:
    """How the request asks for a structure."""
    if "tools" in request:
        return "tool_call"
    return str(request.get("response_format", {}).get("type", "none"))


def respond(server: ModelServer, request: dict[str, Any]) -> Scripted:
    way = way_of(request)
    if way not in server.ways:
        return Scripted(status=400, error=f"{way} is not supported")
    if way in server.deaf:
        return Scripted(content="好的,我来看看这件工单。")
    return server.script.pop(0) if server.script else server.always


def whole(said: Scripted, way: str) -> bytes:
    """The body of an answer that comes at once."""
    if said.body is not None:
        return said.body
    if said.status != 200:
        return json.dumps({"error": {"message": said.error, "type": "error", "code": None}}).encode()
    message: dict[str, Any] = {"role": "assistant", "content": said.text, "refusal": said.refusal}
    if said.refusal:
        message["content"] = None
    elif way == "tool_call":
        call = {"id": "t-1", "type": "function", "function": {"name": "grade", "arguments": said.text}}
        message |= {"content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": said.finish}
    return json.dumps({**_head("chat.completion"), "choices": [choice], "usage": said.usage}).encode()


def pieces(said: Scripted, way: str) -> Iterator[bytes]:
    """The server-sent events of an answer that comes piece by piece."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for start in range(0, len(said.text), 20):
        part = said.text[start : start + 20]
        if said.refusal:
            break
        if way == "tool_call":
            name = {"id": "t-1", "type": "function"} if not start else {}
            function = {**({"name": "grade"} if not start else {}), "arguments": part}
            deltas.append({"tool_calls": [{"index": 0, **name, "function": function}]})
        else:
            deltas.append({"content": part})
    if said.refusal:
        deltas.append({"refusal": said.refusal})
    for delta in deltas:
        yield _event([{"index": 0, "delta": delta, "finish_reason": None}], None)
    yield _event([{"index": 0, "delta": {}, "finish_reason": said.finish}], None)
    yield _event([], said.usage)
    yield b"data: [DONE]\n\n"


def _head(kind: str) -> dict[str, Any]:
    return {"id": "c-1", "object": kind, "created": 0, "model": "fake"}


def _event(choices: list[Any], usage: dict[str, Any] | None) -> bytes:
    body = {**_head("chat.completion.chunk"), "choices": choices, "usage": usage}
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


@contextmanager
def model_server(*script: Scripted) -> Iterator[ModelServer]:
    """A server on a free loopback port."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                server.requests.append(request)
                said = respond(server, request)
                server.under_way += 1
                server.most_under_way = max(server.most_under_way, server.under_way)
            (server.stopping if said.never else server.go).wait()
            with lock:
                server.under_way -= 1
            # A client that gave up waiting, as the test wants, has closed the connection.
            with suppress(BrokenPipeError, ConnectionResetError):
                self.answer(said, way_of(request), bool(request.get("stream")))

        def answer(self, said: Scripted, way: str, streamed: bool) -> None:
            streamed = streamed and said.status == 200 and said.body is None
            body = b"".join(pieces(said, way)) if streamed else whole(said, way)
            kind = "text/event-stream" if streamed else "application/json"
            self.send_response(said.status)
            for name, value in {"content-type": kind, **said.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            for start in range(0, len(body), len(body) // 10 + 1 if said.drip_s else len(body) or 1):
                server.stopping.wait(said.drip_s)
                self.wfile.write(body[start : start + len(body) // 10 + 1] if said.drip_s else body)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = ModelServer(f"http://127.0.0.1:{http.server_port}/v1", list(script))
    server.go.set()
    thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.go.set()
        http.shutdown()
        http.server_close()
        thread.join()

"""A webhook receiver that speaks real HTTP and answers what the test asks for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass
class Webhook:
    """What has been received, and what is answered: one status after the other, the last one for ever."""

    url: str
    statuses: list[int]
    posts: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    hold: Event = field(default_factory=Event)
    """Answers wait for it; set from the start unless `hangs`."""

    def next_status(self) -> int:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def receiving(*statuses: int, hangs: bool = False) -> Iterator[Webhook]:
    """A receiver on a free loopback port, for as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            hook.headers.append({name.lower(): value for name, value in self.headers.items()})
            hook.posts.append(json.loads(raw))
            hook.hold.wait()
            with suppress(ConnectionError):  # of a client that gave up waiting, as the test wants
                self.send_response(hook.next_status())
                self.send_header("Content-Length", "0")
                self.send_header("Location", "/elsewhere")
                self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook = Webhook(f"http://127.0.0.1:{server.server_port}/hook", list(statuses) or [200])
    if not hangs:
        hook.hold.set()
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        hook.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()

"""A Kibana that speaks real HTTP: keeps what it is given, refuses what Kibana refuses."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Kibana:
    """Its state and every request; `refuse` answers a path by a status and a message instead."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    objects: dict[str, Any] = field(default_factory=dict)
    refuse: dict[str, tuple[int, str]] = field(default_factory=dict)
    hold: Event = field(default_factory=Event)

    def answer(self, asked: Asked) -> tuple[int, str]:
        """What Kibana does, as its documentation has it."""
        for part, told in self.refuse.items():
            if part in asked.path:
                return told
        if asked.headers.get("kbn-xsrf") != "true":
            return 400, "Request must contain a kbn-xsrf header."
        if asked.headers.get("elastic-api-version") != "2023-10-31":
            return 400, "Please specify a version via the Elastic-Api-Version header."
        return self._keep(asked)

    def _keep(self, asked: Asked) -> tuple[int, str]:
        plain = re.sub(r"^/s/[a-z0-9_-]+", "", asked.path)
        if plain != asked.path and f"/api/spaces/space/{asked.path.split('/')[2]}" not in self.objects:
            return 404, "no such space"
        match asked.method, plain.split("/")[2:]:
            case "PUT", ["spaces", "space", id]:
                if asked.path not in self.objects:
                    return 404, "Not Found"
                return self._put(asked.path, id == asked.body["id"], asked.body)
            case "POST", ["spaces", "space"]:
                path = f"{asked.path}/{asked.body['id']}"
                return (409, "conflict") if path in self.objects else self._put(path, True, asked.body)
            case "POST", ["data_views", "data_view"]:
                path, view = f"{asked.path}/{asked.body['data_view']['id']}", asked.body["data_view"]
                if path in self.objects and not asked.body.get("override"):
                    return 400, "Duplicate data view"
                return self._put(path, "title" in view, view)
            case "PUT", ["dashboards", _]:
                return self._put(asked.path, not {"id", "spaces"} & asked.body.keys(), asked.body)
            case "PUT", ["security", "role", _]:
                status, message = self._put(asked.path, "elasticsearch" in asked.body, asked.body)
                return (204, "") if status == 200 else (status, message)
        return 404, "Not Found"

    def _put(self, path: str, fits: bool, body: Any) -> tuple[int, str]:
        if not fits:
            return 400, "[request body]: does not fit"
        self.objects[path] = body
        return 200, "ok"


@contextmanager
def kibana(hangs: bool = False) -> Iterator[Kibana]:
    """A fake on a free loopback port, for as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, json.loads(raw))
            fake.asked.append(asked)
            fake.hold.wait()
            status, message = fake.answer(asked)
            sent = b"" if status == 204 else json.dumps({"statusCode": status, "message": message}).encode()
            with suppress(ConnectionError):  # of a client that gave up waiting, as the test wants
                self.send_response(status)
                self.send_header("Content-Length", str(len(sent)))
                if 300 <= status < 400:
                    self.send_header("Location", message)
                self.end_headers()
                self.wfile.write(sent)

        do_PUT = do_POST
        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake = Kibana(f"http://127.0.0.1:{server.server_port}")
    if not hangs:
        fake.hold.set()
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()

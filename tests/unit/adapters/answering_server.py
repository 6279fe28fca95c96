"""A small HTTP server that answers as it was told, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: tuple[str, int]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Told:
    """One answer: JSON, bytes, or a function that writes to the handler itself."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    write: Callable[[Any], None] | None = None


class AnsweringServer:
    """Set `answers` by ``METHOD /path`` (without the query); a list is used up, its last answer stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Told]] = {}
        self.asked: list[Asked] = []
        self.url = ""

    def tell(self, call: str, *answers: Told) -> None:
        self.answers[call] = list(answers)

    def calls(self, call: str) -> list[Asked]:
        method, _, path = call.partition(" ")
        return [a for a in self.asked if a.method == method and a.path.partition("?")[0] == path]

    def answer(self, method: str, path: str) -> Told:
        known = self.answers.get(f"{method} {path}")
        if not known:
            return Told(404, {"problems": [{"code": "API-000", "message": f"nothing at {method} {path}"}]})
        return known.pop(0) if len(known) > 1 else known[0]


def chunk(handler: Any, data: bytes) -> None:
    """Write one chunk of a chunked answer; empty data ends it."""
    handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    handler.wfile.flush()


def stream(*pieces: bytes, end: bool = True) -> Told:
    """An answer of server-sent events, in these pieces; without `end` the connection breaks off."""

    def write(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in pieces:
            chunk(handler, piece)
        if end:
            chunk(handler, b"")
        else:
            handler.close_connection = True

    return Told(write=write)


@contextmanager
def answering() -> Iterator[AnsweringServer]:
    """A server on a free port of this machine."""
    server = AnsweringServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            path = self.path.partition("?")[0]
            body = self._body()
            headers = {k.lower(): v for k, v in self.headers.items()}
            server.asked.append(Asked(self.command, self.path, headers, body, self.client_address))
            told = server.answer(self.command, path)
            if told.write is not None:
                told.write(self)
                return
            data = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
            data = b"" if told.status == 204 else data
            self.send_response(told.status)
            for name, value in {"Content-Type": "application/json", **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") == "chunked":
                return b""
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    server.url = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join(timeout=5)

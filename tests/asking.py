"""Asks an ASGI application in the same process: no sockets, no client library."""

from __future__ import annotations

import asyncio
import json as jsonlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class Answer:
    """What came back. Header names are in lower case; of several with one name the last stands."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return jsonlib.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def codes(self) -> list[str]:
        """Codes of the problems in the body."""
        return [problem["code"] for problem in self.json["problems"]]


class Asking:
    """Asks one application, with the same token and from the same address unless a call says otherwise."""

    def __init__(self, app: Any, *, token: str | None = None, peer: str = "127.0.0.1") -> None:
        self.app = app
        self.token = token
        self.peer = peer
        self._runner = asyncio.Runner()

    def __enter__(self) -> Asking:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._runner.close()

    def __call__(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes | Sequence[bytes] = b"",
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        token: str | None = "",
        peer: str | None = None,
        host: str | None = "localhost:7311",
    ) -> Answer:
        """Ask once. `path` is as in a request line: percent-encoded, with its query. `token` None: none at all."""
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        token = self.token if token == "" else token
        if host is not None:
            pairs.append(("host", host))
        if token is not None:
            pairs.append(("authorization", f"Bearer {token}"))
        pieces = [body] if isinstance(body, bytes) else list(body)
        if json is not None:
            pieces = [jsonlib.dumps(json).encode()]
            pairs.append(("content-type", "application/json"))
        names = {name.lower() for name, _ in pairs}
        if any(pieces) and "content-length" not in names and "transfer-encoding" not in names:
            pairs.append(("content-length", str(sum(map(len, pieces)))))
        return self._runner.run(self._ask(method, path, pairs, pieces, peer or self.peer))

    async def _ask(
        self, method: str, path: str, headers: Sequence[tuple[str, str]], pieces: list[bytes], peer: str
    ) -> Answer:
        raw, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(raw),
            "raw_path": raw.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
            "client": (peer, 50_000),
            "server": ("127.0.0.1", 7311),
        }
        waiting = pieces or [b""]
        sent: list[Any] = []
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if not waiting:
                await gone.wait()
                return {"type": "http.disconnect"}
            piece = waiting.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start = next(m for m in sent if m["type"] == "http.response.start")
        body = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
        found = {name.decode(): value.decode("latin-1") for name, value in start.get("headers", ())}
        return Answer(start["status"], found, body)

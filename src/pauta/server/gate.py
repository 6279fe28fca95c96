"""What every request passes before its route, and what every answer gets on its way out.

In this order: headers, host, origin of other pages, throttle; then the route: credential, permission, body,
handler. Plain ASGI: nothing here waits for anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from pauta.domain.problems import Problem, shorten
from pauta.domain.settings import Settings
from pauta.server.door import Door
from pauta.server.errors import Refused, answer
from pauta.server.hosts import answered_names, host_name, network_of, peer_of
from pauta.server.metrics import Counts
from pauta.server.routing import GuardedRoute
from pauta.server.streaming import Streams
from pauta.server.throttle import Throttle
from pauta.server.visit import KEY, Visit
from pauta.services.control import Control

MOST_HEADER_BYTES = 32_768
_ONCE = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"last-event-id",
        b"origin",
        b"sec-fetch-site",
        b"transfer-encoding",
    }
)
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_UNLESS_SET = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    (b"cache-control", b"no-store"),
)
_CORS_ALLOWED = (
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Accept-Language"),
    (b"access-control-max-age", b"600"),
)


class Gate:
    """The outermost application."""

    def __init__(
        self, app: FastAPI, *, control: Control, settings: Settings, door: Door, counts: Counts, streams: Streams
    ) -> None:
        self._app = app
        routes = [route for route in app.router.routes if isinstance(route, GuardedRoute) and route.is_plain]
        self._plain = {(route.route.method, route.path): route for route in routes}
        self._control = control
        self._settings = settings
        self._door = door
        self._counts = counts
        self._streams = streams
        server = settings.server
        self._names = answered_names(server.host, server.hosts)
        self._origins = frozenset(o.encode().lower() for o in server.origins)
        self._throttle = Throttle(server.requests_per_minute)

    def end_streams(self) -> None:
        """End live streams and long waits soon: the server is about to stop. May be called from any thread."""
        self._streams.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; a WebSocket is turned away: there are none."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit = Visit(self._control, self._settings, request_id=f"{self._control.random_bits(64):016x}")
        scope[KEY] = visit
        started = self._counts.started()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._with_headers(message.get("headers", ()), visit)
            await send(message)

        try:
            try:
                refused = self._check(scope, visit)
                plain = self._plain.get((scope["method"], scope["path"]))
                if refused is None and plain is not None:
                    scope["app"] = self._app
                    await plain.answer_plainly(scope, receive, sending)
                elif refused is None:
                    await self._app(scope, receive, sending)
                else:
                    await refused(sending)
            except Exception as error:
                if status:  # too late for another answer; those that the app answered itself come here too
                    return
                what = f"{scope['method']} {shorten(scope['path'])}"
                response = answer(error, request_id=visit.id, language=visit.language, what=what)
                await response(scope, receive, sending)
        finally:
            self._counts.ended(scope, status=status, started=started)

    def _check(self, scope: Scope, visit: Visit) -> Callable[[Send], Any] | None:
        """Raises `Refused`; gives what answers instead of the app, for a preflight."""
        _read_headers(scope, visit)
        visit.language = language_of(visit.headers, self._settings.language)
        client = scope.get("client")
        peer = client[0] if client else ""
        visit.peer = peer_of(visit.headers, peer, trusted=self._settings.server.trusted_proxies)
        host = host_name(visit.headers.get(b"host", b"").decode("latin-1"))
        if host is None:
            raise Refused(400, Problem("API-010", {"header": "Host"}, "bad" if b"host" in visit.headers else "missing"))
        if host not in self._names:
            raise Refused(421, Problem("API-006", {"host": shorten(host)}))
        if (
            scope["method"] == "OPTIONS"
            and self._is_listed(visit)
            and b"access-control-request-method" in visit.headers
        ):
            return _preflight
        self._door.look(visit)
        self._take(visit)
        return None

    def _take(self, visit: Visit) -> None:
        known = visit.digest and self._door.knows(visit.digest)
        wait = self._throttle.take(visit.digest if known else network_of(visit.peer))
        if wait:
            seconds = math.ceil(wait)
            raise Refused(429, Problem("API-007", {"seconds": seconds}), {"Retry-After": str(seconds)})

    def _is_listed(self, visit: Visit) -> bool:
        return bool(self._origins) and visit.headers.get(b"origin", b"").lower() in self._origins

    def _with_headers(self, given: Any, visit: Visit) -> list[tuple[bytes, bytes]]:
        headers = [*given, *_ALWAYS, (b"x-request-id", visit.id.encode())]
        names = {name.lower() for name, _ in given}
        headers.extend(pair for pair in _UNLESS_SET if pair[0] not in names)
        if self._is_listed(visit):
            headers.append((b"access-control-allow-origin", visit.headers[b"origin"]))
            headers.append((b"vary", b"Origin"))
        return headers


async def _preflight(send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": list(_CORS_ALLOWED)})
    await send({"type": "http.response.body", "body": b""})


def _read_headers(scope: Scope, visit: Visit) -> None:
    size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    headers = visit.headers
    for name, value in scope["headers"]:
        size += len(name) + len(value)
        if name in headers and name in _ONCE:
            raise Refused(400, Problem("API-010", {"header": name.decode("latin-1")}))
        headers[name] = headers[name] + (b"; " if name == b"cookie" else b",") + value if name in headers else value
    if size > MOST_HEADER_BYTES:
        raise Refused(431, Problem("API-005", {"most": MOST_HEADER_BYTES}), {"Connection": "close"})


def language_of(headers: dict[bytes, bytes], default: str | None) -> str:
    """The language for a request: the first that Accept-Language names and we speak, best quality first."""
    wanted = headers.get(b"accept-language")
    best, found = 0.0, ""
    for part in wanted.decode("latin-1").split(",") if wanted else ():
        name, _, parameter = part.strip().partition(";")
        quality = _quality(parameter)
        short = name[:2].lower()
        if short in ("en", "pt") and quality > best:
            best, found = quality, short
    return found or ("pt" if (default or "").lower().startswith("pt") else "en")


def _quality(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q=")) if parameter else 1.0
    except ValueError:
        return 0.0

"""Live streams of a server (server-sent events): read while they come, resumed where they broke off."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import urllib3
from msgspec import Struct

from pauta.adapters.api_connection import Connection
from pauta.adapters.api_problems import Unreachable

_CHUNK = 1 << 14
_SILENCE_SECONDS = 45.0
"""A living server says something at least every 15 s, if only that it lives."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_MOST_TRIES = 8
END = "end"
"""Name of the last event of a stream."""
NOTHING_NEW = 204
"""Status of the answer when the stream is over and all of it is known already."""


class Happening(Struct, frozen=True):
    """One event of a stream: its number, its name and its text."""

    id: str
    event: str
    data: str


class LiveStream:
    """A stream that goes on where it broke off, until it is over or closed.

    Args:
        connection: The server.
        path: Path below ``/api/v1``.
        query: Parameters.
        after: Id of the last event that is known already.
    """

    def __init__(
        self, connection: Connection, path: str, *, query: Mapping[str, Any] | None = None, after: str = ""
    ) -> None:
        self._connection = connection
        self._path = path
        self._query = query or {}
        self._last = after
        self._closed = threading.Event()
        self._answer: urllib3.BaseHTTPResponse | None = None
        self._is_known = False

    def close(self) -> None:
        """End it, from any thread: who reads it stops reading."""
        self._closed.set()
        answer = self._answer
        if answer is not None:
            with suppress(ValueError, RuntimeError, OSError, AttributeError):
                answer.shutdown()

    def __iter__(self) -> Iterator[Happening]:
        """Events, in order, each once, without the one that says it is over.

        Raises:
            PautaError: What the server says when it refuses the stream; `Unreachable` when it stays away.
        """
        failures = 0
        while not self._closed.is_set():
            try:
                for happening in self._once():
                    failures = 0
                    if happening.id:
                        self._last = happening.id
                    if happening.event == END:
                        return
                    yield happening
                if self._is_known:
                    return
                # Broken off without its last word: a server that was restarted tells the rest.
                failures += 1
            except (Unreachable, urllib3.exceptions.HTTPError, OSError):
                failures += 1
                if self._closed.is_set():
                    return
                if failures >= _MOST_TRIES:
                    raise
            self._closed.wait(min(_FIRST_PAUSE * 2**failures, _LONGEST_PAUSE))

    def _once(self) -> Iterator[Happening]:
        headers = {"accept": "text/event-stream"}
        if self._last:
            headers["last-event-id"] = self._last
        opened = self._connection.opened(
            "GET", self._path, query=self._query, headers=headers, patience=_SILENCE_SECONDS
        )
        with opened as answer:
            self._answer = answer
            self._is_known = answer.status == NOTHING_NEW
            try:
                yield from read_events(answer.stream(_CHUNK))
            finally:
                self._answer = None


def read_events(chunks: Iterator[bytes]) -> Iterator[Happening]:
    """The events in a stream of bytes, as the HTML standard reads them; one that is cut off does not count."""
    fields: dict[str, list[str]] = {}
    for line in _lines(chunks):
        if line:
            name, _, value = line.partition(":")
            if name:
                fields.setdefault(name, []).append(value.removeprefix(" "))
            continue
        if "data" in fields or "event" in fields:
            yield Happening(
                id=fields.get("id", [""])[-1],
                event=fields.get("event", ["message"])[-1],
                data="\n".join(fields.get("data", [])),
            )
        fields = {}


def _lines(chunks: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        rest += chunk
        *whole, rest = rest.replace(b"\r\n", b"\n").split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")

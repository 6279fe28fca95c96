"""Objects between a worker's own folder and a server: fetched before they are needed, sent before they are named."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import urllib3

from pauta.adapters.api_connection import Connection
from pauta.adapters.api_problems import Unreachable
from pauta.adapters.folder_objects import FolderObjects
from pauta.domain.ids import Address
from pauta.domain.problems import Problem, StoreFault, shorten

GRANT_HEADER = "pauta-grant"
_CHUNK = 1 << 20
_SILENCE_SECONDS = 10.0
_KEEP = timedelta(days=3)
_MOST_KNOWN = 100_000


class HttpObjects:
    """Brings objects over a connection. Safe to use from several threads.

    Args:
        connection: The server.
        cache: The worker's own folder, from which its processes read and into which they write.
    """

    def __init__(self, connection: Connection, cache: FolderObjects) -> None:
        self._connection = connection
        self._cache = cache
        self._at_server: set[Address] = set()
        self._lock = threading.Lock()

    def is_here(self, address: Address) -> bool:
        """Whether the object need not be fetched."""
        return self._cache.exists(address)

    def fetch(self, address: Address, *, grant: str) -> None:
        """Have the object in the cache, its bytes checked against its name.

        Raises:
            NotFound: The attempt does not take it, or the server lost it.
            StoreFault: It cannot be had now; E-DISK.
        """
        if not self._cache.exists(address):
            with (
                self._talking(),
                self._opened("GET", address, grant=grant) as answer,
                self._cache.writing() as writing,
            ):
                for chunk in answer.stream(_CHUNK):
                    writing.write(chunk)
                found = writing.finish().address
            if found != address:
                # Cut short or changed on the way; a file of that other name is garbage that goes with the cache.
                raise Unreachable(Problem("ATT-006", {"address": address, "found": found}))
        self.note(address)

    def send(self, address: Address, *, grant: str) -> None:
        """Have the object at the server. What is not in the cache is left to the server to know.

        Raises:
            Conflict: ATT-001 when the attempt was replaced.
            StoreFault: It cannot be sent now, or is damaged.
        """
        if address in self._at_server or not self._cache.exists(address):
            return
        path = self._cache.path(address)
        with self._talking(), path.open("rb") as file:
            size = path.stat().st_size
            with self._opened("PUT", address, grant=grant, data=file if size else b"", size=size) as answer:
                answer.read()
        self.note(address)

    def tidy(self, *, now: datetime) -> int:
        """Drop what has lain in the cache for days; the number of bytes freed. For a worker's start."""
        old = [info.address for info in self._cache.contents() if now - info.modified_at > _KEEP]
        freed = self._cache.discard(old)
        self._cache.empty_trash(older_than=now + _KEEP)
        return freed

    def note(self, address: Address) -> None:
        """The server has it: it need not be sent."""
        with self._lock:
            if len(self._at_server) >= _MOST_KNOWN:
                self._at_server.clear()
            self._at_server.add(address)

    def forget(self, address: Address) -> None:
        """The server says that it does not have it after all."""
        with self._lock:
            self._at_server.discard(address)

    @contextmanager
    def _opened(
        self, method: str, address: Address, *, grant: str, data: object = None, size: int | None = None
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        headers = {GRANT_HEADER: grant, "accept": "application/octet-stream, application/json"}
        if size is not None:
            headers |= {"content-type": "application/octet-stream", "content-length": str(size)}
        path = f"/work/objects/{address}"
        with self._connection.opened(method, path, data=data, headers=headers, patience=_SILENCE_SECONDS) as answer:
            yield answer

    @contextmanager
    def _talking(self) -> Iterator[None]:
        """A connection that breaks while bytes flow is one that may come back."""
        try:
            yield
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(Problem("API-101", {"url": self._connection.url, "detail": shorten(error)})) from error
        except OSError as error:
            raise StoreFault(
                Problem("OBJ-005", {"path": shorten(self._cache.root), "reason": shorten(error)})
            ) from error

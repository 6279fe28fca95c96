"""A wire that breaks on purpose: a proxy for HTTP/1.1 that loses, delays, doubles and cuts requests and answers."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable

FAULTS = ("drop request", "drop answer", "delay", "duplicate", "half close", "reset in the body")
_PIECE = 1 << 16


class BrokenWire:
    """Listens on a port and passes requests on to another, one fault in so many requests.

    Args:
        port: Where the server listens.
        every: One fault in so many requests.
        applies: Which requests, by their first line, may be hit.
    """

    def __init__(self, port: int, *, every: int, applies: Callable[[bytes], bool]) -> None:
        self._target = port
        self._every = every
        self._applies = applies
        self._count = 0
        self._delays = itertools.cycle((0.2, 0.5, 1.2))
        self._cycle = itertools.cycle(FAULTS)
        self._lock = threading.Lock()
        self._over = False
        self._threads: list[threading.Thread] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.2)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.done: Counter[str] = Counter()
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def heal(self) -> None:
        """No further faults."""
        self._every = 0

    def close(self) -> None:
        self._over = True
        self._accepting.join()
        self._listening.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._over:
            try:
                client, _ = self._listening.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(0.2)
        server: socket.socket | None = None
        with client:
            try:
                while (request := self._read(client)) is not None:
                    if server is None:
                        server = socket.create_connection(("127.0.0.1", self._target))
                    if not self._pass_on(request, client, server):
                        return
            except OSError:
                pass
            finally:
                if server is not None:
                    server.close()

    def _pass_on(self, request: bytes, client: socket.socket, server: socket.socket) -> bool:
        """One request and its answer. Whether the connection lives on."""
        fault = self._choose(request)
        match fault:
            case "drop request":
                return False
            case "delay":
                time.sleep(next(self._delays))
            case "duplicate":
                with socket.create_connection(("127.0.0.1", self._target)) as twin:
                    twin.sendall(request)
                    self._read(twin)
            case "reset in the body":
                server.sendall(request[: len(request) - max(1, len(request) // 4)])
                return False
        server.sendall(request)
        answer = self._read(server)
        if answer is None or fault == "drop answer":
            return False
        if fault == "half close":
            client.sendall(answer[: len(answer) // 2])
            client.shutdown(socket.SHUT_WR)
            return False
        client.sendall(answer)
        return True

    def _choose(self, request: bytes) -> str | None:
        with self._lock:
            if not self._every or not self._applies(request.partition(b"\r\n")[0]):
                return None
            self._count += 1
            if self._count % self._every:
                return None
            fault = next(self._cycle)
            self.done[fault] += 1
            return fault

    def _read(self, side: socket.socket) -> bytes | None:
        """One whole message, None when the other side has hung up."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self._receive(side)
            if not piece:
                return None
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            piece = self._receive(side)
            if not piece:
                return None
            body += piece
        return head + b"\r\n\r\n" + body

    def _receive(self, side: socket.socket) -> bytes:
        while True:
            try:
                return side.recv(_PIECE)
            except TimeoutError:
                if self._over:
                    return b""

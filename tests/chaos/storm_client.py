"""A client that asks until it is answered, and notes every answer that nobody should get."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

PATIENCE_SECONDS = 120.0
_ANSWER_SECONDS = 15.0
_PAUSE_SECONDS = 0.05


class Refused(Exception):
    """The server's answer is no: a status from 400 to 499."""


class Client:
    """Asks one of several servers, the next one when one does not answer. For one thread.

    Args:
        ports: Where they listen on this machine.
        token: Gives the credential; asked anew for each request.
        counts: Statuses and lost connections are counted here.
    """

    def __init__(self, ports: list[int], token: Callable[[], str], counts: Counter[str]) -> None:
        self._ports = ports
        self._token = token
        self._counts = counts
        self._turn = threading.get_ident() % len(ports)
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """The JSON of a good answer; asks again while there is none, or one that says *later*.

        Raises:
            Refused: By the request's own fault.
            AssertionError: An answer that nobody should get, or none for too long.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        pause = threading.Event()
        while True:
            try:
                status, text = self._once(method, path, body, key)
            except (OSError, http.client.HTTPException) as error:
                self._counts[type(error).__name__] += 1
                status, text = 0, str(error)
                self.close()
                self._turn += 1
            else:
                self._counts[str(status)] += 1
            if 200 <= status < 300:
                return json.loads(text or "null")
            if 400 <= status < 500 and status not in (408, 429):
                raise Refused(f"{method} {path}: {status} {text}")
            assert status in (0, 408, 429, 503), f"{method} {path}: {status} {text}"
            assert time.monotonic() < end, f"{method} {path}: no answer in {PATIENCE_SECONDS} s: {status} {text}"
            pause.wait(_PAUSE_SECONDS)

    def _once(self, method: str, path: str, body: Any, key: str | None) -> tuple[int, str]:
        if self._connection is None:
            port = self._ports[self._turn % len(self._ports)]
            self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)
        headers: Mapping[str, str] = {"Authorization": f"Bearer {self._token()}"}
        if key is not None:
            headers = {**headers, "Idempotency-Key": key}
        data = None
        if body is not None:
            data = json.dumps(body)
            headers = {**headers, "Content-Type": "application/json"}
        self._connection.request(method, f"/api/v1{path}", data, dict(headers))
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.will_close:
            self.close()
        return answer.status, text

    def turn(self) -> None:
        """Ask the next server from now on."""
        self.close()
        self._turn += 1

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

"""Wake-ups between the processes that share one PostgreSQL, by LISTEN and NOTIFY."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import msgspec
import psycopg

from pauta.ports.bell import Bell

_CHANNEL = "pauta_bell"
_MOST_BYTES = 7900  # PostgreSQL takes payloads below 8000
_GATHER_SECONDS = 0.005
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 5.0
_CONNECT_SECONDS = 5
_MOST_WAITING = 4096


class PostgresBell:
    """`Bell` that reaches every process with the same database.

    Whoever waits in this process is woken at once by `local`; others hear of it within a few milliseconds. One
    thread with a connection of its own sends and listens. While the server is away rings reach this process alone.

    Args:
        address: Connection string or URL of the database.
        local: The bell of this process. It is closed with this one.
    """

    def __init__(self, address: str, local: Bell) -> None:
        self._address = address
        self._local = local
        self._lock = threading.Lock()
        self._to_send: dict[str, None] = {}
        self._closed = threading.Event()
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._thread = threading.Thread(target=self._work, name="pauta-bell", daemon=True)
        self._thread.start()

    def ring(self, subject: str) -> None:
        """See `Bell`."""
        self._local.ring(subject)
        with self._lock:
            if self._closed.is_set() or len(self._to_send) >= _MOST_WAITING:
                return
            is_first = not self._to_send
            self._to_send[subject] = None
            if is_first:
                self._wake()

    def wait(self, subject: str, *, seen: int, timeout: float) -> int:
        """See `Bell`."""
        return self._local.wait(subject, seen=seen, timeout=timeout)

    def close(self) -> None:
        """See `Bell`. Rings that wait are still sent if the server is there."""
        with self._lock:
            if self._closed.is_set():
                return
            self._closed.set()
            self._wake()
        self._thread.join(_CONNECT_SECONDS)
        self._local.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _wake(self) -> None:
        with suppress(BlockingIOError):  # there is a wake-up in the pipe already
            os.write(self._wake_write, b"!")

    # ---- the thread ----------------------------------------------------------------------------

    def _work(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._closed.is_set():
            try:
                with psycopg.connect(
                    self._address, autocommit=True, application_name="pauta bell", connect_timeout=_CONNECT_SECONDS
                ) as raw:
                    raw.execute(f"LISTEN {_CHANNEL}")
                    pause = _FIRST_PAUSE_SECONDS
                    self._talk(raw)
            except (psycopg.Error, OSError):
                self._closed.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _talk(self, raw: psycopg.Connection[Any]) -> None:
        me = raw.info.backend_pid
        while True:
            ready, _, _ = select.select([raw.fileno(), self._wake_read], [], [])
            if self._wake_read in ready:
                if not self._closed.is_set():
                    time.sleep(_GATHER_SECONDS)  # what is rung meanwhile goes along
                self._send(raw)
            for heard in raw.notifies(timeout=0):
                if heard.pid != me:
                    self._hear(heard.payload)
            if self._closed.is_set():
                self._send(raw)
                return

    def _send(self, raw: psycopg.Connection[Any]) -> None:
        with self._lock:
            with suppress(BlockingIOError):
                os.read(self._wake_read, 4096)
            subjects, self._to_send = list(self._to_send), {}
        for payload in payloads(subjects):
            raw.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, payload))

    def _hear(self, payload: str) -> None:
        with suppress(msgspec.MsgspecError):  # somebody else's words on our channel
            for subject in msgspec.json.decode(payload, type=list[str]):
                self._local.ring(subject)


def payloads(subjects: Iterable[str]) -> Iterator[str]:
    """These subjects as few texts, each short enough for one notification. Subjects too long for one are left out."""
    texts: list[str] = []
    size = 2
    for subject in subjects:
        text = msgspec.json.encode(subject).decode()
        length = len(text.encode()) + 1
        if length > _MOST_BYTES - 2:
            continue
        if size + length > _MOST_BYTES:
            yield f"[{','.join(texts)}]"
            texts, size = [], 2
        texts.append(text)
        size += length
    if texts:
        yield f"[{','.join(texts)}]"

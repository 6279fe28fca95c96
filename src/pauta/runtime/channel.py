"""The connection to the worker: orders in, reports out. Used from any thread of this process, and from no other."""

from __future__ import annotations

import os
import socket
import threading
from collections import deque

from pauta.domain.wire import Message, Order, decode_order, encode

_READ = 1 << 18


class ChannelLost(BaseException):
    """The connection is gone or was damaged. Not an `Exception`: no script is to catch it by the way."""


class Channel:
    """The control connection. `mine` is False in processes that the script forked: they report nothing."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._pending: deque[bytes] = deque()
        self._sending = threading.Lock()
        self._lines: deque[bytes] = deque()
        self._rest = b""
        self.mine = True
        os.register_at_fork(after_in_child=self._disown)

    def put(self, message: Message) -> None:
        """Have this sent with the next `flush`."""
        self._pending.append(encode(message))

    def flush(self) -> None:
        """Send what is pending. If another thread is just sending, it sends this too.

        Raises:
            ChannelLost: It cannot be sent.
        """
        while self._pending and self.mine:
            if not self._sending.acquire(blocking=False):
                return
            try:
                parts = []
                while self._pending:
                    parts.append(self._pending.popleft())
                self._socket.sendall(b"".join(parts))
            except OSError as error:
                raise ChannelLost(str(error)) from error
            finally:
                self._sending.release()

    def send(self, message: Message) -> None:
        """`put` and `flush`."""
        self.put(message)
        self.flush()

    def receive(self) -> Order:
        """Wait for the next order.

        Raises:
            ChannelLost: The connection ended, or what came is not an order.
        """
        while not self._lines:
            try:
                data = self._socket.recv(_READ)
            except OSError as error:
                raise ChannelLost(str(error)) from error
            if not data:
                raise ChannelLost("the worker closed the connection")
            *lines, self._rest = (self._rest + data).split(b"\n")
            self._lines.extend(lines)
        try:
            return decode_order(self._lines.popleft())
        except ValueError as error:
            raise ChannelLost(str(error)) from error

    def _disown(self) -> None:
        """In a process that the script forked: what happens there is not ours to report."""
        if not self.mine:
            return
        self.mine = False
        self._pending.clear()
        self._socket.close()

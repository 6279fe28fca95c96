"""Reports of a flow on their way to the worker: many in one system call, and none kept back for long."""

from __future__ import annotations

import threading
import time

from pauta.domain.wire import Message
from pauta.runtime.channel import Channel, ChannelLost

_SECONDS = 0.02
_MOST = 256


class Post:
    """Sends what it is given within about 20 ms, from any thread; the first after a pause at once."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._sent_at = 0.0
        self._count = 0
        self._waits = False
        self._bell = threading.Event()
        self._thread: threading.Thread | None = None

    def put(self, message: Message) -> None:
        """Have this sent, after all that was put before it.

        Raises:
            ChannelLost: It cannot be sent.
        """
        self._channel.put(message)
        self._count += 1
        if self._waits and self._count < _MOST:
            return
        if self._count >= _MOST or time.monotonic() - self._sent_at >= _SECONDS:
            self.flush()
        else:
            self._waits = True
            self._call_carrier()

    def flush(self) -> None:
        """Send all now.

        Raises:
            ChannelLost: It cannot be sent.
        """
        self._count = 0
        self._channel.flush()
        self._sent_at = time.monotonic()

    def _call_carrier(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._carry, name="pauta-post", daemon=True)
            self._thread.start()
        self._bell.set()

    def _carry(self) -> None:
        while True:
            self._bell.wait()
            self._bell.clear()
            time.sleep(_SECONDS)
            self._waits = False
            try:
                self.flush()
            except ChannelLost:
                # The flow's own thread meets the same end and acts on it.
                return

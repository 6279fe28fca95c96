"""What steps of one process share without wanting to: put back before each step as the first one found it."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from pauta.domain.wire import StepOrder
from pauta.runtime.modules import Scripts
from pauta.runtime.streams import Streams

_UMASK = 0o022
_HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)


class Surroundings:
    """Working folder, umask, environment, signal handlers, output streams, import path."""

    def __init__(self, *, run: str, streams: Streams, scripts: Scripts, work: str) -> None:
        self._streams = streams
        self._scripts = scripts
        self._work = work
        self._handlers = {number: signal.getsignal(number) for number in _HANDLED}
        os.environ["PAUTA_RUN"] = run
        self._environ = dict(os.environ)

    def before(self, step: StepOrder) -> None:
        """As at the beginning, with what this step declares and may want to know of itself."""
        with suppress(FileNotFoundError):
            os.chdir(self._work)
        os.umask(_UMASK)
        for number, handler in self._handlers.items():
            if signal.getsignal(number) is not handler:
                signal.signal(number, handler)
        self._streams.restore()
        self._scripts.restore_path()
        self._set_environ(step)

    def _set_environ(self, step: StepOrder) -> None:
        wanted = {
            **self._environ,
            "PAUTA_STEP": step.name,
            "PAUTA_ATTEMPT": str(step.attempt),
            "PAUTA_KEY": step.key,
            **step.env,
        }
        present = dict(os.environ)
        for name in present.keys() - wanted.keys():
            del os.environ[name]
        for name, value in wanted.items():
            if present.get(name) != value:
                os.environ[name] = value

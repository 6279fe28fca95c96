"""What steps of one process share without wanting to: put back before each step as the first one found it."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # the functions beneath `signal`, which do not look up a name for what they find
import os
import signal
from collections.abc import Mapping
from typing import cast

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
        self._handlers = [(number, _signal.getsignal(number), signal.getsignal(number)) for number in _HANDLED]
        os.environ["PAUTA_RUN"] = run
        self._environ = dict(os.environ)
        self._left: dict[object, object] = {}
        self._attempt = -1

    def before(self, step: StepOrder) -> None:
        """As at the beginning, with what this step declares and may want to know of itself."""
        try:
            os.chdir(self._work)
        except FileNotFoundError:
            os.makedirs(self._work)
            os.chdir(self._work)
        os.umask(_UMASK)
        for number, raw, handler in self._handlers:
            if _signal.getsignal(number) is not raw:
                signal.signal(number, handler)
        self._streams.restore()
        self._scripts.restore_path()
        self._set_environ(step)

    def _set_environ(self, step: StepOrder) -> None:
        if _raw_environ() != self._left:
            self._restore_environ()
            self._attempt = -1
        environ = os.environ
        environ["PAUTA_STEP"] = step.name
        environ["PAUTA_KEY"] = step.key
        if step.attempt != self._attempt:
            environ["PAUTA_ATTEMPT"] = str(step.attempt)
            self._attempt = step.attempt
        if step.env:
            environ.update(step.env)
        # What a step declares for itself is taken back before the next one.
        self._left = {} if step.env else dict(_raw_environ())

    def _restore_environ(self) -> None:
        present = os.environ.copy()
        for name in present.keys() - self._environ.keys():
            del os.environ[name]
        for name, value in self._environ.items():
            if present.get(name) != value:
                os.environ[name] = value


def _raw_environ() -> Mapping[object, object]:
    """The environment as it lies in memory: comparing it decoded would take longer than a small step."""
    return cast("Mapping[object, object]", getattr(os.environ, "_data", os.environ))

"""Standard output and error of this process, with the marks by which the worker knows whose lines they are."""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress

NOBODY = -1
"""Written instead of a step's number between steps."""


class Streams:
    """Both outputs. The marks go through descriptors of their own, which a script does not close by the way."""

    def __init__(self, *, out: int, err: int, mark: str) -> None:
        self._descriptors = (out, err)
        self._mark = mark.encode("ascii")
        self._python_streams = (sys.stdout, sys.stderr)

    def begin(self, step: int) -> None:
        """What is written from here on is this step's."""
        self._write(b"%b%d\n" % (self._mark, step))

    def end(self) -> None:
        """Write out what Python still holds, then say that the step's output is complete."""
        for stream in {*self._python_streams, sys.stdout, sys.stderr}:
            # A script may have closed or replaced it by anything.
            with suppress(Exception):
                stream.flush()
        self._write(b"%b%d\n" % (self._mark, NOBODY))

    def restore(self) -> None:
        """Undo a script's replacing of `sys.stdout` and `sys.stderr`."""
        sys.stdout, sys.stderr = self._python_streams

    def _write(self, mark: bytes) -> None:
        for descriptor in self._descriptors:
            while True:
                try:
                    os.write(descriptor, mark)
                except BlockingIOError:
                    # The script made the shared pipe non-blocking, as asyncio does.
                    select.select((), (descriptor,), ())
                    continue
                except OSError:
                    # Closed by the script; the worker does not wait for this mark for ever.
                    pass
                break

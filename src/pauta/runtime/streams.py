"""Standard output and error of this process, with the marks by which the worker knows whose lines they are."""

from __future__ import annotations

import os
import select
import sys
from typing import Any

NOBODY = -1
"""Written instead of a step's number between steps."""


class Streams:
    """Both outputs. The marks go through descriptors of their own, which a script does not close by the way."""

    def __init__(self, *, out: int, err: int, mark: str) -> None:
        self._descriptors = (out, err)
        self._mark = mark.encode("ascii")
        self._python_streams = (sys.stdout, sys.stderr)
        self._present = NOBODY

    def begin(self, step: int) -> None:
        """What is written from here on is this step's, and no longer that of the step before it."""
        self._write(step)

    def flush(self) -> None:
        """Write out what Python still holds of the step's output."""
        for stream, own in zip((sys.stdout, sys.stderr), self._python_streams, strict=True):
            _flush(own)
            if stream is not own:
                _flush(stream)

    def end(self) -> None:
        """The output of the step that began last is complete."""
        if self._present != NOBODY:
            self.flush()
            self._write(NOBODY)

    def restore(self) -> None:
        """Undo a script's replacing of `sys.stdout` and `sys.stderr`."""
        sys.stdout, sys.stderr = self._python_streams

    def _write(self, step: int) -> None:
        self._present = step
        mark = b"%b%d\n" % (self._mark, step)
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


def _flush(stream: Any) -> None:
    try:
        stream.flush()
    except Exception:
        # A script may have closed it, or put anything in its place; its output is then its own affair.
        return

"""Notices what a task leaves behind: threads that go on after it, a forked process that comes back."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, Protocol
from weakref import WeakSet

from pauta.domain.problems import Place, Problem, shorten
from pauta.flows.threads import OWN_THREADS

_OTHERS = (OWN_THREADS, "asyncio_", "ThreadPoolExecutor-", "pydevd", "IPython", "Tornado")
"""Beginnings of the names of threads that are kept to be used again, by Pauta, by loops, by executors and tools."""


class _Warns(Protocol):
    def warn(self, problem: Problem) -> None: ...


class Watchman:
    """Knows the threads that were there before; looks at them one by one only when their number has changed."""

    def __init__(self, engine: _Warns) -> None:
        self._engine = engine
        self._known: WeakSet[threading.Thread] = WeakSet(threading.enumerate())
        self._count = threading.active_count()

    def look(self, name: str) -> None:
        """A task has ended: warn of each new thread that goes on (FLW-035).

        Of tasks that run beside each other, the one that ends first is named.

        Args:
            name: Of the task.
        """
        count = threading.active_count()
        if count == self._count:
            return
        self._count = count
        for thread in threading.enumerate():
            if thread not in self._known and thread.is_alive():
                self._known.add(thread)
                if not thread.name.startswith(_OTHERS):
                    values = {"name": name, "thread": shorten(thread.name)}
                    self._engine.warn(Problem("FLW-035", values, place=_place(thread)))


def _place(thread: threading.Thread) -> Place | None:
    target: Any = getattr(thread, "_target", None) or getattr(thread, "function", None) or type(thread).run
    code = getattr(getattr(target, "__func__", target), "__code__", None)
    return Place(code.co_filename, code.co_firstlineno) if code is not None else None


def leave_if_forked(is_child: bool, error: BaseException | None, leave: Callable[[int], Any] = os._exit) -> None:
    """End a process that a body forked off and that came back from it: only the parent goes on with the flow."""
    if is_child:
        leave(0 if error is None else 1)

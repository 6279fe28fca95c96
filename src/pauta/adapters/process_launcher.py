"""Starts scripts' processes on this machine: forked from a warm parent, watched until nothing of them is left."""

from __future__ import annotations

import os
import secrets
import selectors
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from pauta.adapters import clock
from pauta.adapters.process_handle import ProcessHandle
from pauta.adapters.process_link import Link, LinkLost, cannot_start
from pauta.ports.launcher import Happening, Process, ProcessSpec

_LINK, _WATCHED = "link", "watched"
_SOCKET_BUFFER = 1 << 20


class ProcessLauncher:
    """Implements `ports.launcher.Launcher`. Used from one thread.

    The warm parent is started at once, so that it warms up while the caller goes on preparing.
    """

    def __init__(
        self,
        *,
        preload: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        python: str = sys.executable,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Start the warm parent.

        Args:
            preload: Modules that it imports beforehand; those that cannot be imported are passed over.
            environ: Environment of which the allowed part is handed on; None: this process's.
            python: The interpreter.
            now: Stamps lines of output.
        """
        self._environ = dict(os.environ if environ is None else environ)
        self._preload = tuple(preload)
        self._python = python
        self._now = now
        self._handles: dict[int, ProcessHandle] = {}
        self._most: dict[int, int | None] = {}
        self._numbers = 0
        self._unborn: set[int] = set()
        self._awaited = 0
        self._refusal: str | None = None
        self._selector = selectors.DefaultSelector()
        self._link: Link | None = None
        self._ready: list[tuple[Process, Happening]] = []
        self._was_watched = False
        self._connect()

    def warm(self, modules: Sequence[str]) -> None:
        """Have these modules loaded, too, before the next process is started."""
        missing = tuple(module for module in modules if module not in self._preload)
        self._preload += missing
        if missing and self._link is not None:
            # A lost parent is found by the next start; the one after it loads them from the beginning.
            with suppress(LinkLost):
                self._link.send({"do": "load", "modules": list(missing)})

    def start(self, spec: ProcessSpec) -> Process:
        """A new process.

        Raises:
            StoreFault: LCH-001 when none can be started.
        """
        for _ in range(2):
            handle: ProcessHandle | None = None
            try:
                handle = self._begin(spec, self._link or self._connect())
                self._awaited = handle.number
                self._await_birth(handle)
            except LinkLost:
                if handle is not None:
                    self._drop(handle)
                self._bury()
                continue
            finally:
                self._awaited = 0
            if self._refusal is not None:
                self._drop(handle)
                reason, self._refusal = self._refusal, None
                raise cannot_start(reason)
            return handle
        raise cannot_start("the process that starts scripts ends again and again")

    def start_ahead(self, spec: ProcessSpec) -> Process:
        """A new process, without waiting until it is there: if none can be started, it ends at once."""
        for _ in range(2):
            try:
                return self._begin(spec, self._link or self._connect())
            except LinkLost:
                self._bury()
        raise cannot_start("the process that starts scripts ends again and again")

    def wait(self, timeout: float | None) -> Sequence[tuple[Process, Happening]]:
        """What happened, at the latest after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            happened = self._look(0.0 if self._ready else self._pause(deadline))
            if happened or self._was_watched or (deadline is not None and time.monotonic() >= deadline):
                return happened

    def watch(self, descriptor: int) -> None:
        """Let `wait` return early when this descriptor can be read."""
        self._selector.register(descriptor, selectors.EVENT_READ, _WATCHED)

    def unwatch(self, descriptor: int) -> None:
        """Pay no more heed to a descriptor."""
        self._unregister(descriptor)

    def close(self) -> None:
        """End all processes and the warm parent."""
        if self._link is not None:
            self._forget(self._link)
            self._link.close()
            self._link = None
        for handle in list(self._handles.values()):
            self._drop(handle)
        self._selector.close()

    # ---- starting -----------------------------------------------------------------------------

    def _connect(self) -> Link:
        self._link = Link(environ=self._environ, preload=self._preload, python=self._python)
        self._selector.register(self._link, selectors.EVENT_READ, _LINK)
        return self._link

    def _begin(self, spec: ProcessSpec, link: Link) -> ProcessHandle:
        """Order a process; its handle is known from now on, its process id when the parent has answered."""
        self._numbers += 1
        token = secrets.token_hex(16)
        mark = f"\x1e{secrets.token_hex(16)} "
        ours, theirs = _connections()
        handle = ProcessHandle(
            self._numbers, label=spec.label, token=token, mark=mark.encode("ascii"), descriptors=ours, controls=self
        )
        order = {
            "do": "start",
            "number": handle.number,
            "token": token,
            "mark": mark,
            "label": spec.label,
            "folder": str(spec.folder.absolute()),
            "env": dict(spec.env),
            "max_processes": spec.max_processes,
        }
        try:
            link.send(order, theirs)
        except LinkLost:
            handle.close()
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        self._unborn.add(handle.number)
        self._handles[handle.number] = handle
        self._most[handle.number] = spec.max_processes
        for descriptor in handle.descriptors:
            self._selector.register(descriptor, selectors.EVENT_READ, handle)
        return handle

    def _await_birth(self, handle: ProcessHandle) -> None:
        """Wait until the parent has answered.

        Raises:
            LinkLost: It never will.
        """
        while handle.number in self._unborn:
            link = self._link
            if link is None:
                raise LinkLost("no answer")
            link.wait()
            self._ready.extend(self._take_answers(link, self._now().timestamp()))
            if link.lost:
                raise LinkLost("no answer")

    # ---- for handles --------------------------------------------------------------------------

    def command(self, handle: ProcessHandle, do: str, **values: object) -> None:
        """Pass an order on to the warm parent."""
        if handle.number in self._handles and self._link is not None:
            # A lost parent is found and buried by `wait`.
            with suppress(LinkLost):
                self._link.send({"do": do, "number": handle.number, **values})

    def want_writing(self, handle: ProcessHandle) -> None:
        """Call its `push` when there is room again."""
        if handle.is_connected and handle.number in self._handles:
            self._selector.modify(handle.control.fileno(), selectors.EVENT_READ | selectors.EVENT_WRITE, handle)

    # ---- waiting ------------------------------------------------------------------------------

    def _pause(self, deadline: float | None) -> float | None:
        due = [handle.due() for handle in self._handles.values()]
        times = [t for t in (deadline, *due) if t is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _look(self, timeout: float | None) -> list[tuple[Process, Happening]]:
        happened, self._ready = self._ready, []
        self._was_watched = False
        touched: dict[int, ProcessHandle] = {}
        link_spoke = False
        for key, events in self._selector.select(timeout):
            if isinstance(key.data, ProcessHandle):
                touched[key.data.number] = key.data
                if events & selectors.EVENT_WRITE:
                    self._write(key.data)
            elif key.data == _LINK:
                link_spoke = True
            else:
                self._was_watched = True
        now, at = time.monotonic(), self._now().timestamp()
        for handle in [*self._handles.values()]:
            handle.overdue(now)
            if handle.number in touched or handle.due() is not None:
                happened.extend((handle, h) for h in self._hear(handle, now, at))
        if link_spoke:
            happened.extend(self._hear_link(at))
        return happened

    def _hear(self, handle: ProcessHandle, now: float, at: float) -> list[Happening]:
        outputs = handle.outputs
        lines = list(handle.read_output(at))
        handle.read_reports()
        for gone in outputs - handle.outputs:
            self._unregister(gone)
        if not handle.is_connected:
            self._unregister(handle.control.fileno())
        return list(handle.deliver(lines, now))

    def _write(self, handle: ProcessHandle) -> None:
        if handle.is_connected:
            self._selector.modify(handle.control.fileno(), selectors.EVENT_READ, handle)
            handle.push()

    def _hear_link(self, at: float) -> list[tuple[Process, Happening]]:
        link = self._link
        if link is None:
            return []
        happened = self._take_answers(link, at)
        if link.lost:
            self._bury()
            happened.extend(self._ready)
            self._ready = []
        return happened

    def _take_answers(self, link: Link, at: float) -> list[tuple[Process, Happening]]:
        happened: list[tuple[Process, Happening]] = []
        for answer in link.answers():
            number = answer.get("started") or answer.get("refused") or answer.get("exited") or 0
            handle = self._handles.get(number)
            if handle is None:
                continue
            if "started" in answer:
                handle.born(answer["pid"])
            elif "refused" in answer and number == self._awaited:
                self._refusal = answer["reason"]
            elif "refused" in answer:
                happened.extend(self._finish(handle, {"signal": 9, "detail": "refused"}, at))
            else:
                happened.extend(self._finish(handle, {**answer, "most": self._most[number]}, at))
            self._unborn.discard(number)
        return happened

    def _finish(self, handle: ProcessHandle, account: dict[str, object], at: float) -> list[tuple[Process, Happening]]:
        happened: list[tuple[Process, Happening]] = [(handle, h) for h in handle.finish(account, at)]
        self._drop(handle)
        return happened

    def _bury(self) -> None:
        """The warm parent is gone and its children with it: tell so, and sweep up what they left, with a new one."""
        if self._link is None:
            return
        self._forget(self._link)
        self._link.close()
        self._link = None
        tokens = [handle.token for handle in self._handles.values()]
        if tokens:
            with suppress(LinkLost):
                link = self._connect()
                link.send({"do": "sweep", "tokens": tokens})
                link.answer_to("swept")
        at = self._now().timestamp()
        for handle in list(self._handles.values()):
            self._ready.extend(self._finish(handle, {"signal": 9, "detail": "parent"}, at))

    def _drop(self, handle: ProcessHandle) -> None:
        for descriptor in handle.descriptors:
            self._unregister(descriptor)
        handle.close()
        self._handles.pop(handle.number, None)
        self._most.pop(handle.number, None)

    def _forget(self, link: Link) -> None:
        self._unregister(link)

    def _unregister(self, what: object) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(what)  # type: ignore[arg-type]


def _connections() -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Descriptors of the connection and both outputs: this side's and the process's."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER)
    out, out_in = os.pipe2(os.O_CLOEXEC)
    err, err_in = os.pipe2(os.O_CLOEXEC)
    for descriptor in (out, err):
        os.set_blocking(descriptor, False)
    return (ours.detach(), out, err), (theirs.detach(), out_in, err_in)

"""The clean, warm parent of all scripts' processes: forks them, bounds them, reaps them, leaves nothing behind.

One thread, no files, no scripts of its own. It talks to the launcher over a socket of packets, each one JSON
object, and ends everything and itself as soon as the launcher is gone.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from pauta.runtime import kin
from pauta.runtime.brood import Brood
from pauta.runtime.newborn import Birth, NamePlate, adopt_orphans, die_with_parent, settle

_PACKET = 1 << 20
_PARENT_GONE = signal.SIGUSR2
_COUNT_AGAIN_SECONDS = 30.0
_OWN = ("pauta.runtime.host",)
_OWN_FOR_FRAMES = (
    "pauta.assembly",
    "pauta.frames.decode",
    "pauta.frames.isolate",
    "pauta.frames.pandas_frames",
    "pauta.frames.pandas_opening",
    "pauta.frames.profile",
)
"""What a step that takes or gives a frame needs of Pauta; loaded where pyarrow is wanted anyway."""


class Zygote:
    """The warm parent itself."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._brood = Brood()
        self._plate = NamePlate.here()
        self._parent = os.getppid()
        self._ending = False
        self._threads = 0
        self._counted_at = -_COUNT_AGAIN_SECONDS
        self._wake, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._waker = waker
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(_PARENT_GONE, self._check_parent)
        adopt_orphans()
        die_with_parent(_PARENT_GONE)

    def run(self) -> None:
        """Serve until the launcher is gone or asks for the end."""
        poller = select.poll()
        poller.register(self._link, select.POLLIN)
        poller.register(self._wake, select.POLLIN)
        while not self._ending:
            pause = self._brood.pause(time.monotonic())
            ready = dict(poller.poll(None if pause is None else pause * 1000))
            if self._wake in ready:
                with suppress(BlockingIOError):
                    os.read(self._wake, 4096)
            if self._link.fileno() in ready:
                self._receive()
            self._look_after()
        self._brood.end_all()

    def _look_after(self) -> None:
        for ended in self._brood.tend(time.monotonic()):
            self._answer(ended)

    def _receive(self) -> None:
        data, descriptors, _, _ = socket.recv_fds(self._link, _PACKET, 3, socket.MSG_CMSG_CLOEXEC)
        if not data:
            self._ending = True
            return
        order = json.loads(data)
        try:
            self._obey(order, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _obey(self, order: dict[str, Any], descriptors: list[int]) -> None:
        match order["do"]:
            case "start":
                self._start(Birth.of(order), descriptors)
            case "limit":
                self._brood.limit(order["number"], order["bytes"])
            case "stop":
                self._brood.stop(order["number"], until=time.monotonic() + order["grace"])
            case "kill":
                self._brood.kill(order["number"])
            case "load":
                load(order["modules"])
            case "sweep":
                self._brood.sweep_marked(set(order["tokens"]))
                self._answer({"swept": True})
            case _:
                self._ending = True

    def _start(self, birth: Birth, descriptors: list[int]) -> None:
        if len(descriptors) != 3:
            self._answer({"refused": birth.number, "reason": "no descriptors came with the order"})
            return
        threads = self._threads_of_user() if birth.max_processes is not None else 0
        mother = os.getpid()
        try:
            with warnings.catch_warnings():
                # Libraries warmed up here may hold threads of their own; they take part in forking.
                warnings.simplefilter("ignore", DeprecationWarning)
                pid = os.fork()
        except OSError as error:
            self._answer({"refused": birth.number, "reason": error.strerror or str(error)})
            return
        if pid == 0:
            self._be_born(birth, descriptors, mother=mother, threads=threads)
        self._brood.add(birth, pid)
        self._answer({"started": birth.number, "pid": pid})

    def _be_born(self, birth: Birth, descriptors: list[int], *, mother: int, threads: int) -> None:
        """Never returns: what comes back from here would be a second zygote."""
        code = 70
        try:
            control, out, err = descriptors
            lines = settle(birth, (control, out, err), plate=self._plate, parent=mother, threads=threads)
            gc.enable()
            from pauta.runtime.host import serve

            code = serve(lines, mark=birth.mark)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)

    def _threads_of_user(self) -> int:
        """Counted now and then only: it looks at every process of the machine."""
        now = time.monotonic()
        if os.getuid() != 0 and now - self._counted_at >= _COUNT_AGAIN_SECONDS:
            self._threads, self._counted_at = kin.threads_of_user(os.getuid()), now
        return self._threads

    def _answer(self, answer: dict[str, Any]) -> None:
        try:
            self._link.send(json.dumps(answer).encode())
        except OSError:
            self._ending = True

    def _end(self, number: int, frame: object) -> None:
        self._ending = True

    def _check_parent(self, number: int, frame: object) -> None:
        # The signal also comes when only the thread that started this process ended.
        if os.getppid() != self._parent:
            self._ending = True


def load(modules: Sequence[str]) -> None:
    """Import modules for all processes to come; one that cannot be imported is passed over."""
    for module in (*modules, *(_OWN_FOR_FRAMES if "pyarrow" in modules else ())):
        try:
            importlib.import_module(module)
        except Exception as error:
            sys.stderr.write(f"pauta: {module} was not loaded beforehand: {error}\n")
    gc.collect()
    # Pages that the collector never touches stay shared with every process forked from here.
    gc.freeze()


def main(arguments: list[str] | None = None) -> None:
    """Serve on the descriptor named first, having imported the modules named second, with commas between."""
    descriptor, preload, *_ = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    sys.argv[:] = [""]
    link = socket.socket(fileno=int(descriptor))
    link.set_inheritable(False)
    load([*_OWN, *(module for module in preload.split(",") if module)])
    # A script's process leaves no files in its bundle or among the libraries.
    sys.dont_write_bytecode = True
    zygote = Zygote(link)
    gc.disable()
    zygote.run()
    # Nothing is left to be done, and taking the loaded libraries down would take longer than many runs.
    os._exit(0)


if __name__ == "__main__":
    main()

"""How a process that was just forked becomes a script's process: alone, marked, bounded, in its own folder."""

from __future__ import annotations

import ctypes
import faulthandler
import fcntl
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pauta.runtime.kin import MARK

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_HIGHEST_BASE = 960
"""Own descriptors lie from here up, out of the way of scripts that close or duplicate the low ones."""
_OOM_SCORE = 500
"""When the machine runs out of memory a script is to go before the server."""

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Birth:
    """What a new process is told. `mark` is what it writes into its output before the number of a step."""

    number: int
    token: str
    mark: str
    label: str
    folder: str
    env: dict[str, str]
    max_processes: int | None

    @staticmethod
    def of(order: dict[str, Any]) -> Birth:
        """From the launcher's order."""
        return Birth(**{key: order[key] for key in Birth.__dataclass_fields__})


@dataclass(frozen=True)
class Lines:
    """The process's own descriptors: the control connection, and second hands on both outputs."""

    control: int
    out: int
    err: int


def die_with_parent(signal_number: int) -> None:
    """Have the kernel send this signal when the thread that started this process ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@dataclass(frozen=True)
class NamePlate:
    """Where the kernel looks up this process's command line and environment, to show others.

    What a forked process puts into its environment later is not seen from outside. So the launcher leaves room
    at the start of the first environment, and the newborn writes its own mark there.
    """

    arguments: int
    arguments_size: int
    mark: int

    @staticmethod
    def here() -> NamePlate:
        """The place in the present process; forked processes have it at the same address."""
        with open("/proc/self/stat", "rb") as stat:
            text = stat.read()
        fields = text[text.rfind(b")") + 2 :].split()
        arg_start, arg_end, env_start, env_end = (int(field) for field in fields[45:49])
        block = ctypes.string_at(env_start, env_end - env_start) if env_start else b""
        at = (b"\0" + block).find(b"\0" + MARK)
        return NamePlate(arg_start, arg_end - arg_start, env_start + at + len(MARK) if at >= 0 else 0)

    def write(self, *, label: str, token: str) -> None:
        """Show this label in process listings and this token as the mark."""
        name = f"pauta: {label}".encode()
        if self.arguments:
            size = self.arguments_size - 1
            ctypes.memmove(self.arguments, name[:size].ljust(size, b"\0"), size)
        if self.mark:
            ctypes.memmove(self.mark, token.encode("ascii"), len(token))
        _libc.prctl(_PR_SET_NAME, name[:15], 0, 0, 0)


def settle(birth: Birth, descriptors: tuple[int, int, int], *, plate: NamePlate, parent: int, threads: int) -> Lines:
    """Make this forked process the one that `birth` describes.

    Args:
        birth: What it is to be.
        descriptors: Control connection, standard output and standard error as they were received.
        plate: Where its name is written.
        parent: The process that forked it.
        threads: How many threads its user has, for the limit on processes.
    """
    os.setsid()
    die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    lines = _move_descriptors(descriptors)
    _reset_signals()
    _limit(birth.max_processes, threads)
    plate.write(label=birth.label, token=birth.token)
    _enter(birth)
    _freshen()
    faulthandler.enable(file=lines.err, all_threads=False)
    return lines


def _move_descriptors(descriptors: tuple[int, int, int]) -> Lines:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    base = _HIGHEST_BASE if soft == resource.RLIM_INFINITY else max(3, min(_HIGHEST_BASE, soft - 16))
    control, out, err = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, base) for fd in descriptors)
    os.dup2(out, 1)
    os.dup2(err, 2)
    kept = sorted((control, out, err))
    low = 3
    for fd in kept:
        os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, 1 << 20 if soft == resource.RLIM_INFINITY else max(soft, low))
    return Lines(control, out, err)


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR2):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _limit(max_processes: int | None, threads: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if max_processes is not None and os.getuid() != 0:
        _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
        wanted = threads + max_processes
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NPROC, (most, hard))
    with suppress(OSError):
        score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        try:
            os.write(score, str(_OOM_SCORE).encode())
        finally:
            os.close(score)


def _enter(birth: Birth) -> None:
    for name in ("work", "home", "tmp"):
        os.makedirs(os.path.join(birth.folder, name), exist_ok=True)
    os.chdir(os.path.join(birth.folder, "work"))
    os.environ.update(
        {
            "HOME": os.path.join(birth.folder, "home"),
            "TMPDIR": os.path.join(birth.folder, "tmp"),
            MARK[:-1].decode(): birth.token,
            **birth.env,
        }
    )
    time.tzset()


def _freshen() -> None:
    """No two processes are to draw the same random numbers or share a temporary folder's name."""
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()
    if "tempfile" in sys.modules:
        vars(sys.modules["tempfile"])["tempdir"] = None

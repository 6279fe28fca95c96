"""Who descends from whom, whose they are and what they use, as /proc tells it.

Every function takes it as normal that a process ends while it is being looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

MARK = b"PAUTA_PROCESS="
"""Environment variable by which a process is known as a descendant of a script's process."""

_ENVIRON_LIMIT = 1 << 18


def children(pid: int) -> list[int]:
    """Children of all threads of a process."""
    tasks = f"/proc/{pid}/task"
    try:
        threads = os.listdir(tasks)
    except OSError:
        return []
    return [int(child) for thread in threads for child in _read(f"{tasks}/{thread}/children").split()]


def descendants(roots: Iterable[int]) -> list[int]:
    """The processes themselves and all that descend from them, parents first."""
    found = list(dict.fromkeys(roots))
    seen = set(found)
    for pid in found:
        for child in children(pid):
            if child not in seen:
                seen.add(child)
                found.append(child)
    return found


def everyone() -> Iterator[int]:
    """All processes of the machine that can be seen."""
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def session(pid: int) -> int | None:
    """The session of a process, None when it is gone or only waits to be reaped."""
    stat = _read(f"/proc/{pid}/stat")
    # The name in parentheses may hold anything, spaces and parentheses too.
    fields = stat[stat.rfind(b")") + 2 :].split(None, 4)
    return int(fields[3]) if len(fields) > 3 and fields[0] not in {b"Z", b"X"} else None


def is_ending(pid: int) -> bool:
    """Whether a process is gone, waits to be reaped, or has already given up its memory on its way out."""
    return session(pid) is None or _read(f"/proc/{pid}/statm")[:2] in {b"0 ", b""}


def group(pid: int) -> int | None:
    """The process group of a process, None when it is gone."""
    try:
        return os.getpgid(pid)
    except OSError:
        return None


def mark(pid: int) -> str:
    """The mark in a process's environment, empty when it has none."""
    environ = b"\0" + _read(f"/proc/{pid}/environ", _ENVIRON_LIMIT)
    start = environ.find(b"\0" + MARK)
    if start < 0:
        return ""
    start += 1 + len(MARK)
    return environ[start : environ.find(b"\0", start)].decode("ascii", "replace")


def memory(pid: int) -> int:
    """Bytes of anonymous and shared memory that a process has in use, files' pages left out."""
    return _sum_of(_read(f"/proc/{pid}/status"), (b"RssAnon:", b"RssShmem:"))


def fair_memory(pid: int) -> int:
    """As `memory`, but a page that several processes share counts for each only in part. Slow."""
    return _sum_of(_read(f"/proc/{pid}/smaps_rollup"), (b"Pss_Anon:", b"Pss_Shmem:"))


def thread_count(pid: int) -> int:
    """Threads of a process."""
    return _sum_of(_read(f"/proc/{pid}/status"), (b"Threads:",)) // 1024


def threads_on_machine() -> int:
    """Threads of all processes together: one cheap number that shows a fork bomb."""
    counts = _read("/proc/loadavg").split()[3:4]
    return int(counts[0].partition(b"/")[2]) if counts else 0


def threads_of_user(uid: int) -> int:
    """Threads of all processes of a user, which RLIMIT_NPROC counts against."""
    total = 0
    for pid in everyone():
        try:
            if os.stat(f"/proc/{pid}").st_uid == uid:
                total += thread_count(pid)
        except OSError:
            continue
    return total


def _sum_of(text: bytes, keys: tuple[bytes, ...]) -> int:
    kibibytes = 0
    for key in keys:
        start = text.find(key)
        if start >= 0:
            kibibytes += int(text[start + len(key) : start + len(key) + 24].split()[0])
    return kibibytes * 1024


def _read(path: str, limit: int = 1 << 16) -> bytes:
    """A small file of /proc; empty when it is gone or not to be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        parts = []
        while limit > 0 and (part := os.read(descriptor, limit)):
            parts.append(part)
            limit -= len(part)
        return b"".join(parts)
    except OSError:
        return b""
    finally:
        os.close(descriptor)

"""Names of processes that hold leases: from a name can be told whether the process is gone."""

from __future__ import annotations

import getpass
import os
from contextlib import suppress
from pathlib import Path

_SEPARATOR = ":"


def owner_here() -> str:
    """This process: the start of the machine, the process id, and when that process began."""
    return _SEPARATOR.join((_boot_id(), str(os.getpid()), _began(os.getpid()) or "0"))


def person_here() -> str:
    """Who works here, by the name that this machine knows them under."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return f"user {os.getuid()}"


def is_gone(owner: str) -> bool:
    """Whether the owner was a process of this machine that does not live any more.

    Of another machine's process nothing is known; its leases run out by themselves.
    """
    boot, _, rest = owner.partition(_SEPARATOR)
    process, _, began = rest.partition(_SEPARATOR)
    if not process.isdigit() or boot == "unknown":
        return False
    if boot != _boot_id():
        # An owner of a former start of this machine, or of another machine: the folder's lock tells which.
        return False
    return _began(int(process)) != began


def _began(process: int) -> str | None:
    """When a process began, in ticks since the machine's start; None when there is no such process."""
    with suppress(OSError, IndexError):
        text = Path(f"/proc/{process}/stat").read_text()
        return text.rpartition(")")[2].split()[19]
    return None


def _boot_id() -> str:
    """Names this start of the machine: a process id means something only within it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "unknown"

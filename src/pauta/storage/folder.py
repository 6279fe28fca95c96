"""The project folder's guard: one process at a time, and only on a disk that keeps its promises."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Callable
from pathlib import Path

from pauta.storage.faults import fault

LOCK = "lock"
_REMOTE = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs2", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4",
    "ocfs2", "orangefs", "pvfs2", "smb3", "smbfs", "fuse.ceph", "fuse.davfs", "fuse.gcsfuse", "fuse.glusterfs",
    "fuse.mfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs",
})  # fmt: skip


class FolderLock:
    """The lock on a folder, held until `release` or until the process is gone.

    The lock file holds the process id and command of whoever has it, and is emptied by a clean `release`;
    `was_unclean` tells that the holder before this one never got there.
    """

    def __init__(self, descriptor: int, *, was_unclean: bool) -> None:
        self._descriptor = descriptor
        self.was_unclean = was_unclean

    def release(self) -> None:
        """Let others in."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            self.abandon()

    def abandon(self) -> None:
        """Let others in, and let them find that it ended badly."""
        os.close(self._descriptor)
        self._descriptor = -1


def lock_folder(folder: Path, *, command: str | None = None, wait: Callable[[], bool] | None = None) -> FolderLock:
    """Take the folder's lock.

    Args:
        folder: An existing folder.
        command: How others are told who holds it; by default the program and its first words.
        wait: Called each time the folder is found locked; it may sleep. True: try again. None: never wait.

    Raises:
        StoreFault: DB-003 with pid and command of the process that holds it, DB-014 when it cannot be written.
    """
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise fault("DB-014", path=str(folder), detail=error.strerror or str(error)) from error
    try:
        while not _locked(descriptor):
            if wait is None or not wait():
                raise _held(descriptor, folder)
        was_unclean = os.fstat(descriptor).st_size > 0
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n{command or _own_command()}\n".encode(), 0)
    except OSError as error:
        os.close(descriptor)
        raise fault("DB-014", path=str(folder), detail=error.strerror or str(error)) from error
    except BaseException:
        os.close(descriptor)
        raise
    return FolderLock(descriptor, was_unclean=was_unclean)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _held(descriptor: int, folder: Path) -> Exception:
    pid, _, command = os.pread(descriptor, 4096, 0).decode("utf-8", "replace").strip().partition("\n")
    return fault("DB-003", folder=str(folder), pid=pid or "?", command=command or "?")


def _own_command() -> str:
    """The program and its words up to the first option: what follows may be a secret."""
    words = [Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "python"]
    for word in sys.argv[1:]:
        if word.startswith("-"):
            break
        words.append(word)
    return " ".join(words)


def file_system(folder: Path, mounts: str) -> str:
    """Type of the file system that an absolute, resolved folder lies on, from the text of ``/proc/self/mountinfo``."""
    best, kind = "", ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        if not after or len(fields) < 5:
            continue
        point = fields[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        # A later line for the same point lies over the earlier one.
        if folder.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, after.split()[0]
    return kind


def check_file_system(folder: Path, mounts: str | None = None) -> None:
    """Refuse a folder on a network file system, where locks and flushes cannot be relied on.

    Raises:
        StoreFault: DB-004.
    """
    if mounts is None:
        try:
            mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return  # not Linux: nothing can be told
    kind = file_system(folder.resolve(), mounts)
    if kind in _REMOTE:
        raise fault("DB-004", folder=str(folder), kind=kind)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

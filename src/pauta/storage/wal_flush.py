"""Makes SQLite's commits survive a loss of power, several at once.

In write-ahead mode a commit is durable when the log is on the disk. SQLite can flush at each commit, while every
other transaction waits. Here a commit only writes; whoever needs it durable flushes afterwards, outside the
transaction, and one flush serves all whose commits came before it.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path


class WalFlush:
    """The write-ahead log of one database, flushed on demand. Safe to use from several threads."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}-wal")
        self._turn = threading.Lock()
        self._commits = 0
        self._flushed = 0
        self._descriptor: int | None = None

    def note(self) -> int:
        """A commit was written; its number. Called by whoever holds the database."""
        self._commits += 1
        return self._commits

    def reach(self, number: int) -> None:
        """Return when this commit and all before it would survive a loss of power.

        Raises:
            OSError: The flush failed: nothing may be taken for stored, and no second try tells otherwise.
        """
        if self._flushed >= number:
            return
        with self._turn:
            if self._flushed >= number:
                return
            upto = self._commits
            os.fdatasync(self._opened())
            self._flushed = upto

    def _opened(self) -> int:
        """The log, which SQLite removes and makes anew when it likes."""
        if self._descriptor is not None and os.fstat(self._descriptor).st_nlink == 0:
            self.close()
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        return self._descriptor

    def close(self) -> None:
        """Let go of the log."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

"""Processes that were told to leave and may take a moment: nobody who waits for a run waits for them."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from pauta.domain.wire import Leave
from pauta.ports.launcher import Exited, Happening, Launcher, Process

LEAVE_SECONDS = 1.0


def clear(folder: Path) -> None:
    """Remove a process's folder. Most are as empty as they were made, which a few calls find out."""
    try:
        for name in os.listdir(folder):
            os.rmdir(folder / name)
        os.rmdir(folder)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)


class Departing:
    """What is left of ended runs: processes and their folders. What these processes still say is of no use."""

    def __init__(self) -> None:
        self._folders: dict[Process, Path] = {}

    def see_off(self, process: Process, folder: Path) -> None:
        """Tell a process to leave; its folder goes when it is gone."""
        self._folders[process] = folder
        process.send(Leave())

    def hear(self, process: Process, happening: Happening) -> None:
        """Something happened in a process that no run has any more."""
        if isinstance(happening, Exited):
            folder = self._folders.pop(process, None)
            if folder is not None:
                clear(folder)

    def wait(self, launcher: Launcher) -> None:
        """Give all of them a moment to end by themselves, then end them."""
        patience = time.monotonic() + LEAVE_SECONDS
        while self._folders and (left := patience - time.monotonic()) > 0:
            self._listen(launcher, left)
        for process in self._folders:
            process.kill("left")
        while self._folders:
            self._listen(launcher, LEAVE_SECONDS)

    def _listen(self, launcher: Launcher, seconds: float) -> None:
        for process, happening in launcher.wait(seconds):
            self.hear(process, happening)

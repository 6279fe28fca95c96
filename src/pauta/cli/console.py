"""The console that everything for people is drawn on."""

from __future__ import annotations

import os
from typing import TextIO

from rich.console import Console


class QuietConsole(Console):
    """Falls silent when nobody reads any more, where Rich would end the program in the middle of a run."""

    def on_broken_pipe(self) -> None:
        """Nobody reads: say nothing more, and let nothing that is still buffered complain at exit."""
        self.quiet = True
        try:
            descriptor = self.file.fileno()
        except (OSError, ValueError, AttributeError):
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


def console_on(stream: TextIO) -> Console:
    """A console that takes text as it is: no markup, no emoji codes, no colours by guessing."""
    return QuietConsole(file=stream, highlight=False, markup=False, emoji=False)

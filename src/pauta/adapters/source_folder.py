"""A folder of this machine as a flow's source: read where it lies."""

from __future__ import annotations

from pathlib import Path

from pauta.domain.problems import InvalidInput, Problem, shorten
from pauta.ports.flow_source import Fetched


class FolderSource:
    """A folder. What of it a flow needs is read when it is checked; links do not lead out of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fetch(self) -> Fetched:
        """See `FlowSource`."""
        if not self._folder.is_dir():
            variant = "file" if self._folder.is_file() else "folder"
            raise InvalidInput(Problem("FLW-070", {"found": shorten(self._folder)}, variant=variant))
        return Fetched(self._folder)

"""Where the files of a flow are taken from when it is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MOST_FILES = 5_000
MOST_BYTES = 64 * 1024 * 1024
"""Python files of a source, and their bytes altogether. What a flow does not import is read, but not kept."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The Python files of a source, as they were at one moment.

    Attributes:
        root: The folder they lie in, or path → bytes.
        revision: What names that moment for good: a commit, a version. Empty where only the files' hashes do.
    """

    root: Path | Mapping[str, bytes]
    revision: str = ""


class FlowSource(Protocol):
    """A folder, a git repository, a bucket, a published version."""

    def fetch(self) -> Fetched:
        """Its Python files as they are now. Nothing of them is run.

        Raises:
            InvalidInput: FLW-070 to FLW-075: it is not there, cannot be reached, or is too large.
        """
        ...

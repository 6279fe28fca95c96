"""Where scripts are read from: a folder, or files that were sent. Paths are relative to its top, with ``/``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Protocol

from pauta.domain.problems import InvalidInput, Place, Problem, Scalar, shorten

MAX_SCRIPT_BYTES = 8 * 1024 * 1024


class Tree(Protocol):
    """Files below one top."""

    def is_file(self, path: PurePosixPath) -> bool:
        """Whether there is a file."""
        ...

    def is_package(self, path: PurePosixPath) -> bool:
        """Whether it is a folder that can be imported: with ``__init__.py``, or with modules somewhere below it."""
        ...

    def read(self, path: PurePosixPath) -> bytes:
        """The bytes of a file.

        Raises:
            InvalidInput: SCR-001 when it lies elsewhere in truth, SCR-004 too large, SCR-005 not to be read.
        """
        ...


class FolderTree:
    """Scripts in a folder. Links may lead to other files of the folder, not out of it."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def is_file(self, path: PurePosixPath) -> bool:
        """See `Tree`."""
        return (self._root / path).is_file()

    def is_package(self, path: PurePosixPath) -> bool:
        """See `Tree`."""
        folder = self._root / path
        if not folder.is_dir():
            return False
        return (folder / "__init__.py").is_file() or next(folder.rglob("*.py"), None) is not None

    def read(self, path: PurePosixPath) -> bytes:
        """See `Tree`."""
        place = Place(file=str(path))
        file = self._root / path
        if not file.resolve().is_relative_to(self._root):
            raise InvalidInput(Problem("SCR-001", {"script": shorten(path)}, place=place))
        try:
            with file.open("rb") as stream:
                source = stream.read(MAX_SCRIPT_BYTES + 1)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise InvalidInput(Problem("SCR-005", {"reason": reason}, place=place)) from error
        if len(source) > MAX_SCRIPT_BYTES:
            raise _too_large(file.stat().st_size, place)
        return source


class SentTree:
    """Scripts that came as bytes: what is not among them does not exist, whatever this machine's disk holds."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._packages = {
            str(folder) for path in files if path.endswith(".py") for folder in PurePosixPath(path).parents
        }

    def is_file(self, path: PurePosixPath) -> bool:
        """See `Tree`."""
        return str(path) in self._files

    def is_package(self, path: PurePosixPath) -> bool:
        """See `Tree`."""
        return str(path) in self._packages

    def read(self, path: PurePosixPath) -> bytes:
        """See `Tree`."""
        source = self._files[str(path)]
        if len(source) > MAX_SCRIPT_BYTES:
            raise _too_large(len(source), Place(file=str(path)))
        return source


def _too_large(found: int, place: Place) -> InvalidInput:
    values: dict[str, Scalar] = {"found": found, "limit": MAX_SCRIPT_BYTES}
    return InvalidInput(Problem("SCR-004", values, place=place))

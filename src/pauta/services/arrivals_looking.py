"""What lies in a folder that is watched. Another source of arrivals, such as a bucket, gives the same `Arrived`."""

from __future__ import annotations

import os
import stat
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

from pauta.domain.deploying import Trigger
from pauta.domain.problems import InvalidInput, Problem, Scalar, shorten
from pauta.services.control import Control

MOST_FILES = 10_000
"""Files looked at in one folder; a fuller one is refused rather than half seen."""

FOLDER_PROBLEM = "TRG-002"


class Arrived(Struct, frozen=True):
    """A file, or whatever else arrives.

    Attributes:
        name: Its name in the folder.
        event: Its identity: another size, time or inode is another arrival.
        source: Where a run reads it, relative to the project's folder.
    """

    name: str
    event: str
    source: str


def folder_of(control: Control, folder: str) -> Path:
    """The folder to watch, inside the project's folder and outside of its records.

    Raises:
        InvalidInput: TRG-002 when it leads elsewhere, or there is none.
    """
    top = control.folder.resolve()
    try:
        found = (top / folder).resolve()
        is_folder = found.is_dir()
    except (OSError, ValueError, RuntimeError):
        found, is_folder = top, False
    if not found.is_relative_to(top) or found.is_relative_to(control.records.resolve()):
        raise InvalidInput(Problem(FOLDER_PROBLEM, {"folder": shorten(folder)}, variant="outside"))
    if not is_folder:
        raise InvalidInput(Problem(FOLDER_PROBLEM, {"folder": shorten(folder)}))
    return found


def look_into(control: Control, trigger: Trigger) -> list[Arrived]:
    """The files that a trigger is about, by name. Links and hidden files are none, unless the pattern names a dot.

    Raises:
        InvalidInput: TRG-002 when the folder is gone, cannot be read, or holds too many files.
    """
    settings = trigger.settings
    folder, pattern = folder_of(control, settings["folder"]), settings["pattern"]
    found: list[Arrived] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not _wanted(entry.name, pattern) or (seen := _stat(entry)) is None:
                    continue
                if len(found) >= MOST_FILES:
                    values: dict[str, Scalar] = {"folder": shorten(settings["folder"]), "most": MOST_FILES}
                    raise InvalidInput(Problem(FOLDER_PROBLEM, values, variant="many"))
                event = f"file {seen.st_ino} {seen.st_size} {seen.st_mtime_ns} {entry.name}"
                source = str((folder / entry.name).relative_to(control.folder.resolve()))
                found.append(Arrived(entry.name, event, source))
    except OSError as error:
        raise InvalidInput(Problem(FOLDER_PROBLEM, {"folder": shorten(settings["folder"])})) from error
    return sorted(found, key=lambda a: a.name)


def _wanted(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) and (pattern.startswith(".") or not name.startswith(".")) and _is_text(name)


def _is_text(name: str) -> bool:
    """Names that are no UTF-8 cannot stand in any record."""
    return name.isprintable() and not any("\ud800" <= c <= "\udfff" for c in name)


def _stat(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        seen = entry.stat(follow_symlinks=False)
    except OSError:  # gone again
        return None
    return seen if stat.S_ISREG(seen.st_mode) else None

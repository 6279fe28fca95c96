"""The working folder: before a step it holds exactly the files that the step may see, afterwards its new ones are kept.

Only regular files count. Folders of the model's path are always there, as scripts write into them without asking.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pauta.domain.ids import Address
from pauta.domain.outputs import FileRef
from pauta.ports.objects import Objects

MOST_FILES = 10_000
_SETTLED_NS = 100_000_000
"""A folder that was changed so long ago cannot be changed again without its time's telling."""
ObjectsOf = Callable[[], Objects]
"""Gives the object store when it is first needed."""
_Signature = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Files that a step wrote or changed. `left_out` are those that cannot be kept, with the reason's words."""

    files: tuple[FileRef, ...] = ()
    left_out: tuple[str, ...] = ()


class Folder:
    """A process's working folder."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._skeleton: frozenset[str] = frozenset()
        self._known: dict[str, tuple[_Signature, Address]] = {}
        self._new: dict[str, FileRef] = {}
        self._was_empty = False
        self._empty_since = -1

    def frame(self, model_path: str | None) -> None:
        """Have the folders of this path exist from now on. One that leads out of the folder is passed over."""
        parts = [part for part in PurePosixPath(model_path or "").parts if part != "."]
        if ".." in parts or PurePosixPath(model_path or "").is_absolute():
            parts = []
        self._skeleton = frozenset("/".join(parts[: i + 1]) for i in range(len(parts)))

    def prepare(self, wanted: Iterable[FileRef], objects_of: ObjectsOf) -> None:
        """Make the folder hold these files and nothing else.

        Raises:
            StoreFault: A file's object is missing or damaged.
        """
        files = {file.path: file for file in wanted}
        self._new = {}
        if not files and not self._skeleton and not self._known and (self._was_empty or self._is_empty()):
            return
        self._was_empty = False
        self._clear(files)
        for path in sorted(self._skeleton):
            os.makedirs(os.path.join(self._root, path), exist_ok=True)
        for file in files.values():
            if file.path not in self._known:
                self._lay(file, objects_of())

    def add(self, files: Iterable[FileRef], objects_of: ObjectsOf) -> None:
        """Lay further files, as if they had been written since `prepare`.

        Raises:
            StoreFault: A file's object is missing or damaged.
        """
        for file in files:
            self._was_empty = False
            self._lay(file, objects_of())
            self._new[file.path] = file

    def gather(self, objects_of: ObjectsOf) -> Gathered:
        """Keep what is new or changed since `prepare`, what `gather_new` kept before included.

        Raises:
            StoreFault: It cannot be stored.
        """
        earlier = [file for file in self._new.values() if os.path.lexists(os.path.join(self._root, file.path))]
        gathered = self.gather_new(objects_of)
        files = {file.path: file for file in (*earlier, *gathered.files)}
        return Gathered(tuple(files[path] for path in sorted(files)), gathered.left_out)

    def gather_new(self, objects_of: ObjectsOf) -> Gathered:
        """Keep what is new or changed since `prepare` and since it was last gathered.

        Raises:
            StoreFault: It cannot be stored.
        """
        self._was_empty = not self._skeleton and not self._known and self._is_empty()
        if self._was_empty:
            return Gathered()
        files: list[FileRef] = []
        left_out: list[str] = []
        for path, signature in self._walk():
            known = self._known.get(path)
            if known is not None and known[0] == signature:
                continue
            if len(files) >= MOST_FILES:
                left_out.append(f"more than {MOST_FILES} files; from {path} on they were not kept")
                break
            if not _is_unicode(path):
                left_out.append(f"{path!r}: its name is not text")
                continue
            stored = objects_of().put_file(Path(self._root, path))
            self._new[path] = FileRef(path, stored.address, stored.size)
            files.append(self._new[path])
            self._known[path] = (signature, stored.address)
        return Gathered(tuple(sorted(files, key=lambda f: f.path)), tuple(left_out))

    def _is_empty(self) -> bool:
        try:
            changed = os.stat(self._root).st_mtime_ns
            if changed == self._empty_since:
                return True
            now = time.clock_gettime_ns(time.CLOCK_REALTIME)
            with os.scandir(self._root) as entries:
                empty = next(entries, None) is None
            if empty and changed < now - _SETTLED_NS:
                self._empty_since = changed
            return empty
        except FileNotFoundError:
            # The script removed the folder itself.
            os.makedirs(self._root, exist_ok=True)
            return True

    def _clear(self, files: dict[str, FileRef]) -> None:
        """Remove what is not wanted or was changed; remember what may stay."""
        present = dict(self._walk())
        stay = {
            path: known
            for path, known in self._known.items()
            if path in files and known[1] == files[path].address and present.get(path) == known[0]
        }
        parents = set(self._skeleton)
        for path in stay:
            parents.update(str(parent) for parent in PurePosixPath(path).parents)
        self._remove_others(self._root, "", keep=stay.keys() | parents)
        self._known = stay

    def _remove_others(self, folder: str, prefix: str, *, keep: set[str]) -> None:
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in list(entries):
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if path in keep:
                        self._remove_others(entry.path, path + "/", keep=keep)
                    else:
                        shutil.rmtree(entry.path, ignore_errors=True)
                elif path not in keep:
                    with suppress(FileNotFoundError):
                        os.unlink(entry.path)

    def _lay(self, file: FileRef, objects: Objects) -> None:
        parts = PurePosixPath(file.path)
        if parts.is_absolute() or ".." in parts.parts:
            return
        target = os.path.join(self._root, file.path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(objects.path(file.address), target)
        self._known[file.path] = (_signature(os.stat(target)), file.address)

    def _walk(self) -> list[tuple[str, _Signature]]:
        found: list[tuple[str, _Signature]] = []
        pending = [(self._root, "")]
        while pending:
            folder, prefix = pending.pop()
            with suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append((entry.path, f"{prefix}{entry.name}/"))
                        continue
                    with suppress(OSError):
                        status = entry.stat(follow_symlinks=False)
                        if stat.S_ISREG(status.st_mode):
                            found.append((prefix + entry.name, _signature(status)))
        return found


def _signature(status: os.stat_result) -> _Signature:
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _is_unicode(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True

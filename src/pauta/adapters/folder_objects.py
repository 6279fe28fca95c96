"""Objects as files of a local folder, named by the BLAKE3 hash of their bytes.

``ab/abcd…`` hold objects, ``staging`` what is being written, ``trash`` what was discarded, ``damaged`` what did not
match its name. Everything is opened relative to the root without following links.
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from blake3 import blake3

from pauta.adapters.hashing_file import HashingFile
from pauta.domain.ids import Address, is_address
from pauta.domain.problems import Problem, StoreFault, shorten
from pauta.ports.objects import Identity, ObjectInfo, Stored, Writing

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = _READ | os.O_DIRECTORY
_READ_ONLY = 0o444
_FRESH_SECONDS = 3600
_SERVICE_FOLDERS = ("staging", "trash", "damaged")
_HEX = frozenset("0123456789abcdef")


class FolderObjects:
    """An object store in a folder of a local file system. Keeps the promises of `ports.objects.Objects`.

    Args:
        root: The folder; it is made when it is not there.
        fresh_seconds: A writer that meets an object touches it when nobody did for so long. It has to be much
            less than the grace of who collects.
    """

    def __init__(self, root: Path, *, fresh_seconds: float = _FRESH_SECONDS) -> None:
        self.root = root
        self._fresh_seconds = fresh_seconds
        with _in_our_words(self.root):
            for name in _SERVICE_FOLDERS:
                (root / name).mkdir(parents=True, exist_ok=True)
            self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._known: dict[str, Identity] = {}
        self._synced: set[str] = set()
        self._synced_folders: set[str] = set()
        self._lost_flush = ""
        self._numbers = itertools.count()

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._root)

    # ---- writing ------------------------------------------------------------------------------

    def writing(self) -> _FolderWriting:
        """Begin an object; see `Objects.writing`."""
        return _FolderWriting(self)

    def put(self, data: bytes | memoryview) -> Stored:
        """Store bytes at once."""
        with self.writing() as writing:
            writing.write(data)
            return writing.finish()

    def put_file(self, path: Path) -> Stored:
        """Store a copy of a file."""
        with path.open("rb", buffering=0) as source, self.writing() as writing:
            while piece := source.read(1 << 22):
                writing.write(piece)
            return writing.finish()

    def _begin(self) -> tuple[str, int]:
        """A new file in ``staging``: its name and its descriptor."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        while True:
            name = f"staging/{os.getpid()}-{id(self):x}-{next(self._numbers)}"
            with suppress(FileExistsError):
                return name, os.open(name, flags, 0o600, dir_fd=self._root)

    def _publish(self, name: str, descriptor: int, address: Address) -> Stored:
        """Give a written file its name, unless its object is there already."""
        status = os.fstat(descriptor)
        there = self._present(address, status.st_size)
        if there is not None:
            os.unlink(name, dir_fd=self._root)
            return there
        os.fchmod(descriptor, _READ_ONLY)
        place = _place(address)
        try:
            os.rename(name, place, src_dir_fd=self._root, dst_dir_fd=self._root)
        except FileNotFoundError:
            self._make_folder(place[:2])
            os.rename(name, place, src_dir_fd=self._root, dst_dir_fd=self._root)
        identity = _identity(os.fstat(descriptor))
        self._known[address] = identity
        self._synced.discard(address)
        return Stored(address, status.st_size, identity)

    def _present(self, address: Address, size: int) -> Stored | None:
        """The object if it is there with this size. It counts as new again, so that no collector takes it."""
        try:
            status = os.stat(_place(address), dir_fd=self._root, follow_symlinks=False)
            if status.st_size != size or not stat.S_ISREG(status.st_mode):
                self.set_aside(address)
                return None
            return Stored(address, size, self._touched(address, status))
        except FileNotFoundError:  # never there, or collected between two of these calls
            return None

    def meet(self, address: Address, size: int | None = None) -> bool:
        """Whether the object is there, and of this size; if so, it counts as new again."""
        with _in_our_words(self.root):
            try:
                found = os.stat(_place(address), dir_fd=self._root, follow_symlinks=False).st_size
            except FileNotFoundError:
                return False
            return self._present(address, found if size is None else size) is not None

    def _touched(self, address: Address, status: os.stat_result) -> Identity:
        """The object's identity, after its time was set to now unless it is fresh."""
        # The staging folder has just changed, so its time is now, by the file system's own clock.
        now = os.stat("staging", dir_fd=self._root).st_mtime
        if now - status.st_mtime < self._fresh_seconds:
            return _identity(status)
        was_known = self._known.get(address) == _identity(status)
        os.utime(_place(address), dir_fd=self._root, follow_symlinks=False)
        identity = _identity(os.stat(_place(address), dir_fd=self._root, follow_symlinks=False))
        if was_known:
            self._known[address] = identity
        return identity

    def _make_folder(self, name: str) -> None:
        with suppress(FileExistsError):
            os.mkdir(name, dir_fd=self._root)
        self._synced_folders.discard("")

    # ---- reading ------------------------------------------------------------------------------

    def read(self, address: Address) -> bytes:
        """The bytes, checked against the address."""
        descriptor = self._open(address)
        with os.fdopen(descriptor, "rb", buffering=0) as file, _in_our_words(self.root):
            data = file.readall()
            identity = _identity(os.fstat(descriptor))
        self._check(address, blake3(data, max_threads=blake3.AUTO).hexdigest(), identity)
        return data

    def path(self, address: Address, *, trusted: Identity | None = None) -> Path:
        """The object's own file; see `Objects.path`."""
        descriptor = self._open(address)
        try:
            identity = _identity(os.fstat(descriptor))
            if identity == trusted:
                self._known[address] = identity
            elif identity != self._known.get(address):
                with _in_our_words(self.root):
                    digest = _hash_of(descriptor)
                self._check(address, digest, identity)
        finally:
            os.close(descriptor)
        return self.root / _place(address)

    def exists(self, address: Address) -> bool:
        """Whether the object is there (by name, not by hash)."""
        try:
            status = os.stat(_place(address), dir_fd=self._root, follow_symlinks=False)
        except OSError:
            return False
        return stat.S_ISREG(status.st_mode)

    def _open(self, address: Address) -> int:
        place = _place(address)
        with _in_our_words(self.root):
            try:
                folder = os.open(place[:2], _FOLDER, dir_fd=self._root)
                try:
                    return os.open(place[3:], _READ, dir_fd=folder)
                finally:
                    os.close(folder)
            except (FileNotFoundError, NotADirectoryError):
                raise _missing(address) from None
            except OSError as error:
                if error.errno == errno.ELOOP:  # a link is no object
                    raise _missing(address) from None
                raise

    def _check(self, address: Address, digest: str, identity: Identity) -> None:
        if digest != address:
            self.set_aside(address)
            raise StoreFault(Problem("OBJ-002", {"address": address}))
        self._known[address] = identity

    def set_aside(self, address: Address) -> None:
        """Keep the damaged bytes under another name."""
        self._known.pop(address, None)
        self._synced.discard(address)
        target = f"damaged/{address}-{os.getpid()}-{next(self._numbers)}"
        with suppress(FileNotFoundError):
            os.rename(_place(address), target, src_dir_fd=self._root, dst_dir_fd=self._root)

    # ---- durability ---------------------------------------------------------------------------

    def sync(self, addresses: Sequence[Address]) -> None:
        """Flush these objects, their folders and the root; what this instance flushed before is passed over."""
        if self._lost_flush:
            # The system reports a failed flush once; asking again would answer that all is well.
            raise StoreFault(Problem("OBJ-003", {"reason": self._lost_flush}))
        due = [a for a in dict.fromkeys(addresses) if a not in self._synced]
        if not due:
            return
        try:
            self._flush([_place(a) for a in due])
            folders = sorted({_place(a)[:2] for a in due})
            self._flush(folders)
            if "" not in self._synced_folders:
                os.fsync(self._root)
                self._synced_folders.add("")
        except FileNotFoundError as error:
            raise _missing(Address(str(error.filename)[3:])) from None
        except OSError as error:
            self._lost_flush = shorten(error.strerror or error)
            raise StoreFault(Problem("OBJ-003", {"reason": self._lost_flush})) from error
        self._synced.update(due)

    def _flush(self, names: Sequence[str]) -> None:
        """Flush files or folders; many at once, so that the file system writes its journal once for several."""
        if len(names) < 3:
            for name in names:
                self._flush_one(name)
            return
        with ThreadPoolExecutor(max_workers=min(8, len(names))) as pool:
            list(pool.map(self._flush_one, names))

    def _flush_one(self, name: str) -> None:
        descriptor = os.open(name, _READ, dir_fd=self._root)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    # ---- collecting ---------------------------------------------------------------------------

    def contents(self) -> Iterator[ObjectInfo]:
        """All objects, in no order."""
        for folder in os.listdir(self._root):
            if len(folder) != 2 or not _HEX.issuperset(folder):
                continue
            with os.scandir(self.root / folder) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):
                        status = entry.stat(follow_symlinks=False)
                        if is_address(entry.name) and stat.S_ISREG(status.st_mode):
                            yield ObjectInfo(Address(entry.name), status.st_size, _time(status.st_mtime))

    def discard(self, addresses: Sequence[Address], *, untouched_since: datetime | None = None) -> int:
        """Move objects to the trash; the number of bytes moved. See `Objects.discard`."""
        moved = 0
        for address in addresses:
            with _in_our_words(self.root), suppress(FileNotFoundError):
                moved += self._discard_one(address, untouched_since)
            self._known.pop(address, None)
            self._synced.discard(address)
        return moved

    def _discard_one(self, address: Address, untouched_since: datetime | None) -> int:
        place, in_trash = _place(address), f"trash/{address}"
        status = os.stat(place, dir_fd=self._root, follow_symlinks=False)
        if _is_younger(status, untouched_since):
            return 0
        os.rename(place, in_trash, src_dir_fd=self._root, dst_dir_fd=self._root)
        # A writer may have touched it between these two calls; from now on writers find nothing and make it anew.
        if _is_younger(os.stat(in_trash, dir_fd=self._root, follow_symlinks=False), untouched_since):
            os.rename(in_trash, place, src_dir_fd=self._root, dst_dir_fd=self._root)
            return 0
        return status.st_size

    def evict(self, address: Address) -> None:
        """Remove an object at once, as it is elsewhere as well. Whoever has mapped it keeps what it mapped."""
        with _in_our_words(self.root), suppress(FileNotFoundError):
            os.unlink(_place(address), dir_fd=self._root)
        self._known.pop(address, None)
        self._synced.discard(address)

    def empty_trash(self, *, older_than: datetime) -> int:
        """Delete what was moved to the trash before; the number of bytes freed."""
        freed = 0
        with os.scandir(self.root / "trash") as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                # Moving a file sets its ctime, so that is when it came here.
                if _time(status.st_ctime) < older_than:
                    os.unlink(f"trash/{entry.name}", dir_fd=self._root)
                    freed += status.st_size
        return freed


class _FolderWriting(Writing):
    """A file in ``staging`` that becomes an object, or vanishes."""

    def __init__(self, store: FolderObjects) -> None:
        self._store = store
        self._name = ""
        self._descriptor = -1

    def __enter__(self) -> _FolderWriting:
        with _in_our_words(self._store.root):
            self._name, self._descriptor = self._store._begin()
        self._file = HashingFile(self._descriptor)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        os.close(self._descriptor)
        if self._name:
            with suppress(FileNotFoundError):
                os.unlink(self._name, dir_fd=self._store._root)

    def write(self, data: bytes | memoryview) -> int:
        with _in_our_words(self._store.root):
            return self._file.write(data)

    def finish(self) -> Stored:
        with _in_our_words(self._store.root):
            address = Address(self._file.finish())
            stored = self._store._publish(self._name, self._descriptor, address)
        self._name = ""
        return stored


def _place(address: str) -> str:
    """Where an object lies under the root.

    Raises:
        StoreFault: OBJ-004 when this is no address, and so perhaps a path of somebody's choice.
    """
    if not is_address(address):
        raise StoreFault(Problem("OBJ-004", {"address": shorten(address)}))
    return f"{address[:2]}/{address}"


def _identity(status: os.stat_result) -> Identity:
    return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _hash_of(descriptor: int) -> str:
    hasher = blake3(max_threads=blake3.AUTO)
    hasher.update_mmap(f"/proc/self/fd/{descriptor}")
    return str(hasher.hexdigest())


def _is_younger(status: os.stat_result, limit: datetime | None) -> bool:
    return limit is not None and _time(status.st_mtime) > limit


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _missing(address: str) -> StoreFault:
    return StoreFault(Problem("OBJ-001", {"address": address}))


@contextmanager
def _in_our_words(root: Path) -> Iterator[None]:
    """The system's errors as problems: E-DISK when there is no space, OBJ-005 otherwise."""
    try:
        yield
    except OSError as error:
        code = "E-DISK" if error.errno in _NO_SPACE else "OBJ-005"
        values = {"path": shorten(root), "reason": shorten(error.strerror or error)}
        raise StoreFault(Problem(code, values)) from error

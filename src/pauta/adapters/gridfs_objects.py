"""Objects in GridFS, MongoDB's layout for files: ``pauta.files`` and ``pauta.chunks`` of a database.

A file's name is the object's address, and unique. Chunks come first, are read back and hashed; then one statement
makes the file known, or finds that somebody else has done so. What was discarded is renamed, in one statement too.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from blake3 import blake3

from pauta.domain.ids import Address, is_address
from pauta.domain.problems import Problem, StoreFault, shorten
from pauta.ports.depot import Probe, Sink
from pauta.ports.objects import ObjectInfo

BUCKET = "pauta"
_CHUNK = 1024 * 1024
_AHEAD = 2
_SOME = 4
"""Chunks of one statement, and of one answer."""
_BEAT = timedelta(milliseconds=1)
"""How finely the server tells times."""
_DEADLINES: dict[str, Any] = {
    "serverSelectionTimeoutMS": 10_000,
    "connectTimeoutMS": 10_000,
    "socketTimeoutMS": 120_000,
    "retryWrites": True,
    "retryReads": True,
}
_ADDRESS = "^[0-9a-f]{64}$"
_TRASH = "^trash/"
_REFUSALS = (13, 18, 8000)


class GridfsDepot:
    """A database of a MongoDB server. Keeps the promises of `ports.depot.Depot`.

    Args:
        url: ``gridfs://user:password@host:port/database?options``, options as of ``mongodb://``; ``gridfs+srv://``.
        now: The clock.
        fresh_seconds: A writer that meets an object touches it when nobody did for so long. It has to be much
            less than the grace of who collects.
    """

    def __init__(self, url: str, *, now: Callable[[], datetime], fresh_seconds: float = 3600.0) -> None:
        self.where = where_of(url)
        try:
            import pymongo  # noqa: F401
        except ImportError:
            raise StoreFault(Problem("OBJ-006", {"where": self.where, "extra": "mongo"}, variant="extra")) from None
        self._url = f"mongodb{url.removeprefix('gridfs')}"
        self._now = now
        self._fresh = timedelta(seconds=fresh_seconds)
        self._client: Any = None
        self._database: Any = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            self._client.close()

    def _opened(self) -> Any:
        """The database, connected to when it is first needed; indexes are made if there are none."""
        with self._lock:
            if self._database is None:
                from pymongo import MongoClient, WriteConcern

                said = urlsplit(self._url).query.lower()
                options = {name: value for name, value in _DEADLINES.items() if f"{name.lower()}=" not in said}
                options |= {"tz_aware": True, "tzinfo": UTC, "appname": "pauta"}
                self._client = self._client or MongoClient(self._url, **options)
                durable = WriteConcern(w="majority", j=True)
                database = self._client.get_default_database().with_options(write_concern=durable)
                database[f"{BUCKET}.files"].create_index([("filename", 1)], unique=True)
                database[f"{BUCKET}.files"].create_index([("filename", 1), ("uploadDate", 1)])
                database[f"{BUCKET}.chunks"].create_index([("files_id", 1), ("n", 1)], unique=True)
                self._database = database
            return self._database

    @property
    def _files(self) -> Any:
        return self._opened()[f"{BUCKET}.files"]

    @property
    def _chunks(self) -> Any:
        return self._opened()[f"{BUCKET}.chunks"]

    # ---- asking -------------------------------------------------------------------------------

    def exists(self, address: Address) -> bool:
        """Whether the object is there (by name, not by hash)."""
        _require_address(address)
        with self._in_our_words():
            return self._files.find_one({"filename": address}, {"_id": 1}) is not None

    def meet(self, address: Address, size: int | None = None) -> bool:
        """See `Depot.meet`."""
        _require_address(address)
        with self._in_our_words():
            found = self._files.find_one({"filename": address}, {"length": 1, "metadata": 1})
            if found is None:
                return False
            if size is not None and found["length"] != size:
                self.set_aside(address)
                return False
            if self._now() - _touched(found) < self._fresh:
                return True
            touched = self._files.update_one({"filename": address}, {"$currentDate": {"metadata.touched": True}})
            return bool(touched.matched_count)

    def contents(self) -> Iterator[ObjectInfo]:
        """All objects, in no order."""
        with self._in_our_words():
            wanted = {"filename": 1, "length": 1, "metadata": 1, "uploadDate": 1}
            for found in self._files.find({"filename": {"$regex": _ADDRESS}}, wanted):
                yield ObjectInfo(Address(found["filename"]), int(found["length"]), _touched(found))

    # ---- bringing -----------------------------------------------------------------------------

    def send(self, address: Address, file: Path) -> None:
        """Store a file; see `Depot.send`."""
        from bson import ObjectId

        _require_address(address)
        key = ObjectId()
        known = False
        try:
            with self._in_our_words():
                size = self._write(key, file)
                hasher = blake3()
                found = self._read(key, hasher.update)
                if found != size or hasher.hexdigest() != address:
                    raise StoreFault(Problem("OBJ-002", {"address": address}))
                known = self._make_known(key, address, size)
        finally:
            if not known:
                self._drop_chunks(key)

    def _write(self, key: Any, file: Path) -> int:
        """Write a file's bytes as chunks; how many bytes they are."""
        held: list[dict[str, Any]] = []
        size = 0
        with file.open("rb", buffering=0) as source:
            number = 0
            while piece := source.read(_CHUNK):
                held.append({"files_id": key, "n": number, "data": piece})
                number += 1
                size += len(piece)
                if len(held) == _SOME:
                    self._chunks.insert_many(held, ordered=False)
                    held = []
        if held:
            self._chunks.insert_many(held, ordered=False)
        return size

    def _make_known(self, key: Any, address: Address, size: int) -> bool:
        """Name the written chunks. False when an object of this name is there: that one was touched and stays."""
        from pymongo.errors import DuplicateKeyError

        new = {"_id": key, "length": size, "chunkSize": _CHUNK, "uploadDate": self._now()}
        change = {"$setOnInsert": new, "$currentDate": {"metadata.touched": True}}
        while True:
            try:
                done = self._files.update_one({"filename": address}, change, upsert=True)
            except DuplicateKeyError:  # two at the same moment: the other one was first
                continue
            return done.upserted_id is not None

    def _drop_chunks(self, key: Any) -> None:
        """What was written in vain. When the server is away, it is swept with the trash."""
        from pymongo.errors import PyMongoError

        if self._database is not None:
            try:
                self._chunks.delete_many({"files_id": key})
            except PyMongoError:
                return

    def fetch(self, address: Address, sink: Sink) -> None:
        """Hand out the bytes in order."""
        _require_address(address)
        with self._in_our_words():
            found = self._files.find_one({"filename": address})
            if found is None:
                raise StoreFault(Problem("OBJ-001", {"address": address}))
            size = self._read(found["_id"], sink)
            if size != found["length"] and self._files.find_one({"_id": found["_id"]}, {"_id": 1}) is None:
                raise StoreFault(Problem("OBJ-007", {"address": address, "where": self.where}))

    def _read(self, key: Any, sink: Sink) -> int:
        """Hand out chunks, as long as they follow each other; how many bytes they were. A few askings go ahead."""
        size = number = 0
        some = self._some_chunks(key, 0)
        if len(some) < _SOME:
            return self._hand_out(some, 0, sink)
        waiting: deque[Future[list[Any]]] = deque()
        with ThreadPoolExecutor(_AHEAD, thread_name_prefix="gridfs") as threads:
            following = itertools.count(_SOME, _SOME)
            while some:
                while len(waiting) < _AHEAD:
                    waiting.append(threads.submit(self._some_chunks, key, next(following)))
                found = self._hand_out(some, number, sink)
                size += found
                if found != sum(len(chunk["data"]) for chunk in some):
                    break
                number += len(some)
                some = waiting.popleft().result() if len(some) == _SOME else []
            for future in waiting:
                future.cancel()
        return size

    def _hand_out(self, chunks: Sequence[Any], first: int, sink: Sink) -> int:
        size = 0
        for number, chunk in enumerate(chunks, first):
            if chunk["n"] != number:
                break
            sink(chunk["data"])
            size += len(chunk["data"])
        return size

    def _some_chunks(self, key: Any, first: int) -> list[Any]:
        which = {"files_id": key, "n": {"$gte": first, "$lt": first + _SOME}}
        return list(self._chunks.find(which, {"n": 1, "data": 1}).sort("n", 1))

    # ---- removing -----------------------------------------------------------------------------

    def set_aside(self, address: Address) -> None:
        """Keep the damaged bytes under another name."""
        _require_address(address)
        with self._in_our_words():
            self._rename({"filename": address}, "damaged", address)

    def _rename(self, which: Mapping[str, Any], folder: str, address: Address) -> int | None:
        """In one statement, so that who looks for it finds it or does not; its size."""
        from bson import ObjectId

        change = {
            "$set": {"filename": f"{folder}/{address}/{ObjectId()}"},
            "$currentDate": {"metadata.discarded": True},
        }
        found = self._files.find_one_and_update(which, change, projection={"length": 1})
        return int(found["length"]) if found is not None else None

    def discard(self, addresses: Sequence[Address], *, untouched_since: datetime | None = None) -> int:
        """Move objects to the trash; the number of bytes moved. See `Objects.discard`."""
        moved = 0
        for address in addresses:
            _require_address(address)
            which: dict[str, Any] = {"filename": address}
            if untouched_since is not None:
                which["metadata.touched"] = {"$lte": untouched_since - _BEAT}
            with self._in_our_words():
                moved += self._rename(which, "trash", address) or 0
        return moved

    def empty_trash(self, *, older_than: datetime) -> int:
        """Delete what was moved to the trash before, and chunks without a file; the bytes freed of the trash."""
        freed = 0
        old = {"filename": {"$regex": _TRASH}, "metadata.discarded": {"$lt": older_than}}
        with self._in_our_words():
            for found in self._files.find(old, {"length": 1}):
                if self._files.delete_one({"_id": found["_id"]}).deleted_count:
                    freed += int(found["length"])
                self._chunks.delete_many({"files_id": found["_id"]})
            self._sweep(older_than)
        return freed

    def _sweep(self, older_than: datetime) -> None:
        """Delete chunks of uploads that broke off before; an id tells when its upload began."""
        from bson import ObjectId

        files = f"{BUCKET}.files"
        orphans = [
            {"$match": {"files_id": {"$lt": ObjectId.from_datetime(older_than)}}},
            {"$group": {"_id": "$files_id"}},
            {"$lookup": {"from": files, "localField": "_id", "foreignField": "_id", "as": "file"}},
            {"$match": {"file": []}},
        ]
        for found in self._chunks.aggregate(orphans, allowDiskUse=True):
            self._chunks.delete_many({"files_id": found["_id"]})

    # ---- trying -------------------------------------------------------------------------------

    def probes(self, name: str) -> Mapping[str, Probe]:
        """See `Depot.probes`."""
        from bson import ObjectId
        from pymongo.errors import DuplicateKeyError

        key, filename = ObjectId(), f"probe/{name}"

        def write() -> bool:
            with self._in_our_words():
                self._chunks.insert_one({"files_id": key, "n": 0, "data": name.encode()})
                new = {"_id": key, "filename": filename, "length": len(name), "chunkSize": _CHUNK}
                self._files.insert_one({**new, "uploadDate": self._now()})
            return True

        def read() -> bool:
            held = bytearray()
            with self._in_our_words():
                self._read(key, held.extend)
            return bytes(held) == name.encode()

        def listed() -> bool:
            with self._in_our_words():
                return any(True for _ in self._files.find({"filename": {"$regex": f"^{filename}$"}}))

        def conditional() -> bool:
            with self._in_our_words():
                try:
                    self._files.insert_one({"filename": filename, "length": 0})
                except DuplicateKeyError:
                    return True
            return False

        def delete() -> bool:
            with self._in_our_words():
                self._files.delete_many({"filename": filename})
                self._chunks.delete_many({"files_id": key})
                return self._files.find_one({"filename": filename}) is None

        return {"write": write, "read": read, "list": listed, "conditional": conditional, "delete": delete}

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        from pymongo.errors import OperationFailure, PyMongoError

        try:
            yield
        except PyMongoError as error:
            refused = isinstance(error, OperationFailure) and error.code in _REFUSALS
            values = {"where": self.where, "detail": _told(error)}
            raise StoreFault(Problem("OBJ-006", values, variant="refused" if refused else "")) from error


def where_of(url: str) -> str:
    """An address of a database for people, without user and password.

    Raises:
        StoreFault: OBJ-008 when it names no server or no database.
    """
    try:
        address = urlsplit(url)
        hosts, database = address.netloc.rpartition("@")[2], address.path.strip("/")
    except ValueError:
        hosts = database = ""
    shown = f"{url.partition('://')[0]}://{hosts or '…'}/{database}"
    if not hosts or not database or "/" in database:
        detail = "gridfs://host/database"
        raise StoreFault(Problem("OBJ-008", {"url": shorten(shown), "detail": detail}))
    return shown


def _require_address(address: str) -> None:
    if not is_address(address):
        raise StoreFault(Problem("OBJ-004", {"address": shorten(address)}))


def _touched(found: Mapping[str, Any]) -> datetime:
    touched: datetime = (found.get("metadata") or {}).get("touched") or found["uploadDate"]
    return touched


def _told(error: Exception) -> str:
    """What happened, without the driver's description of all its servers."""
    text = str(error).partition(", Timeout:")[0].partition(", full error:")[0]
    return shorten(text or type(error).__name__, 200)

"""Every place elsewhere where objects can be, for tests: real servers, started once for each process of tests."""

from __future__ import annotations

import atexit
import os
import uuid
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pauta.adapters.cached_objects import CachedObjects
from pauta.adapters.clock import now
from pauta.adapters.folder_depot import FolderDepot
from pauta.adapters.folder_objects import FolderObjects
from pauta.adapters.gridfs_objects import GridfsDepot
from pauta.adapters.s3_objects import S3Depot
from pauta.ports.depot import Depot
from servers import NoServer
from servers_mongo import MongoServer, mongo_server
from servers_s3 import S3Server, s3_server

BUCKET = "objects"
KINDS = ["file", "s3", "gridfs"]

T = TypeVar("T")
_running = ExitStack()
atexit.register(_running.close)


@cache
def s3() -> S3Server:
    """The process's S3 server."""
    return _had(lambda: _running.enter_context(s3_server(BUCKET)))


@cache
def mongo() -> MongoServer:
    """The process's server that speaks MongoDB's protocol."""
    return _had(lambda: _running.enter_context(mongo_server()))


def _had(start: Callable[[], T]) -> T:
    try:
        try:
            return start()
        except NoServer:  # somebody else took one of its ports meanwhile
            return start()
    except NoServer as why:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs the servers: {why}")
        pytest.skip(str(why))


def new_place(kind: str, folder: Path) -> str:
    """An address that nobody has used."""
    name = uuid.uuid4().hex
    match kind:
        case "s3":
            s3()
            return f"s3://{BUCKET}/{name}"
        case "gridfs":
            return mongo().url(f"db{name}")
        case _:
            return f"file://{folder / name}"


_opened: list[Depot] = []


def open_place(url: str, **options: Any) -> Depot:
    """The depot at such an address, opened as another process would. `close_places` closes it."""
    made: Depot
    if url.startswith("s3:"):
        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        made = S3Depot(bucket, prefix, environment=s3().environment, now=now, **options)
    elif url.startswith("gridfs:"):
        made = GridfsDepot(url, now=now, **options)
    else:
        made = FolderDepot(Path(url.removeprefix("file://")), **options)
    _opened.append(made)
    return made


def close_places() -> None:
    """Close all that were opened."""
    while _opened:
        with suppress(OSError):  # closed already
            _opened.pop().close()


def open_cached(url: str, folder: Path, *, fresh_seconds: float = 3600.0, **options: Any) -> CachedObjects:
    """A store in front of such a place, with a folder of its own."""
    depot = open_place(url, fresh_seconds=fresh_seconds)
    cache_folder = FolderObjects(folder, fresh_seconds=fresh_seconds)
    return CachedObjects(cache_folder, depot, now=now, fresh_seconds=fresh_seconds, **options)


def spoil_there(depot: Depot, address: str, damage: Callable[[bytes], bytes]) -> None:
    """Change an object's bytes behind everybody's back."""
    if isinstance(depot, S3Depot):
        store, key = s3().store(BUCKET), f"{depot.where.split('/', 3)[3]}/objects/{address[:2]}/{address}"
        import obstore

        obstore.put(store, key, damage(bytes(obstore.get(store, key).bytes())))
    elif isinstance(depot, GridfsDepot):
        found = depot._files.find_one({"filename": address})
        data = b"".join(c["data"] for c in depot._chunks.find({"files_id": found["_id"]}).sort("n", 1))
        depot._chunks.delete_many({"files_id": found["_id"]})
        damaged = damage(data)
        for n in range(0, len(damaged), found["chunkSize"]):
            piece = damaged[n : n + found["chunkSize"]]
            depot._chunks.insert_one({"files_id": found["_id"], "n": n // found["chunkSize"], "data": piece})
    else:
        file = Path(depot.where.removeprefix("file://")) / address[:2] / address
        file.chmod(0o644)
        file.write_bytes(damage(file.read_bytes()))

"""Which object store a project has: a folder among its records, or a place elsewhere with that folder before it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pauta.assembly import RECORDS, objects_in
from pauta.domain.problems import Problem, StoreFault, shorten
from pauta.domain.settings import StoreSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pauta.ports.counter import Counter
    from pauta.ports.depot import Depot
    from pauta.ports.objects import Objects

OBJECTS = "objects"
_VARIABLE = "PAUTA_STORE_"
_SCHEMES = ("file", "s3", "gridfs", "gridfs+srv")


def store_settings(folder: Path) -> StoreSettings:
    """Where a project's objects are. Its settings are read only when one of them may say something of that.

    Raises:
        InvalidInput: CFG-… when they do not fit.
    """
    from pauta.assembly.settings import load_settings
    from pauta.assembly.settings_file import NAME

    file = folder / NAME
    if not any(name.startswith(_VARIABLE) for name in os.environ):
        try:
            if b"store" not in file.read_bytes():
                return StoreSettings()
        except OSError:
            return StoreSettings()
    return load_settings(folder, environ=os.environ).settings.store


def project_objects(records: Path, store: StoreSettings) -> Objects:
    """The object store of the project with these records.

    Raises:
        StoreFault: OBJ-006 when a package is missing, OBJ-008 when the address is none.
    """
    if store.url is None:
        return objects_in(records / OBJECTS)
    from pauta.adapters import clock
    from pauta.adapters.cached_objects import CachedObjects
    from pauta.adapters.folder_objects import FolderObjects

    depot = open_depot(store.url, environ=os.environ)
    return CachedObjects(FolderObjects(records / OBJECTS), depot, now=clock.now, limit=store.cache_bytes)


@contextmanager
def opened_objects(folder: Path) -> Iterator[Objects]:
    """The object store of the project in this folder, for the length of the block."""
    objects = project_objects(folder / RECORDS, store_settings(folder))
    try:
        yield objects
    finally:
        let_go(objects)


def let_go(objects: Objects) -> None:
    """Close the connections of a store that is elsewhere."""
    from pauta.adapters.cached_objects import CachedObjects

    if isinstance(objects, CachedObjects):
        objects.depot.close()


def where_of(objects: Objects, records: Path) -> str:
    """Where a project's objects are, for people."""
    from pauta.adapters.cached_objects import CachedObjects

    return objects.depot.where if isinstance(objects, CachedObjects) else str(records / OBJECTS)


def open_depot(url: str, *, environ: Mapping[str, str]) -> Depot:
    """The place elsewhere at this address.

    Raises:
        StoreFault: OBJ-006 when a package is missing, OBJ-008 when the address is none.
    """
    from pauta.adapters import clock

    scheme, _, rest = url.partition("://")
    if scheme not in _SCHEMES or not rest:
        raise StoreFault(Problem("OBJ-008", {"url": _shown(url), "detail": shorten(scheme)}))
    if scheme == "file":
        from pauta.adapters.folder_depot import FolderDepot

        place = urlsplit(url)
        if place.netloc not in ("", "localhost") or not place.path.startswith("/"):
            raise StoreFault(Problem("OBJ-008", {"url": shorten(url), "detail": shorten(place.netloc)}))
        return FolderDepot(Path(unquote(place.path)))
    if scheme == "s3":
        from pauta.adapters.s3_objects import S3Depot

        bucket, _, prefix = rest.partition("/")
        if not bucket or any(letter in rest for letter in "@?#"):
            raise StoreFault(Problem("OBJ-008", {"url": _shown(url), "detail": "s3://bucket/prefix"}))
        return S3Depot(bucket, prefix.strip("/"), environment=environ, now=clock.now)
    from pauta.adapters.gridfs_objects import GridfsDepot

    return GridfsDepot(url, now=clock.now)


def counter_for(counter: Counter, objects: Objects, *, beat_seconds: float = 10.0) -> Counter:
    """The counter of a worker beside this store: where it is elsewhere, one that fetches and sends objects."""
    from pauta.adapters.cached_objects import CachedObjects

    if not isinstance(objects, CachedObjects):
        return counter
    from pauta.adapters.fetching_counter import FetchingCounter

    return FetchingCounter(counter, objects, beat_seconds=beat_seconds)


def _shown(url: str) -> str:
    """An address that was not understood, without what may be a password in it."""
    return shorten(f"{url.partition('://')[0]}://…{url.rpartition('@')[2]}" if "@" in url else url)

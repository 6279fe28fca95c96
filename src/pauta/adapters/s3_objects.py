"""Objects in a bucket of any store that speaks S3, named by the BLAKE3 hash of their bytes.

Below the prefix, ``objects/ab/abcd…`` hold objects, ``touched`` an empty mark for each that a writer met again,
``trash`` what was discarded, ``damaged`` what did not match its name. Versioning is not needed. Writes are
conditional (If-None-Match) where the store offers it; where it does not, a second writer writes the same bytes.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pauta.domain.ids import Address, is_address
from pauta.domain.problems import Problem, StoreFault, shorten
from pauta.ports.depot import Probe, Sink
from pauta.ports.objects import ObjectInfo

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_KEYS = {
    "access_key_id": "AWS_ACCESS_KEY_ID",
    "secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "session_token": "AWS_SESSION_TOKEN",
}
_PIECE = 16 * 1024 * 1024
_AT_A_TIME = 8
_AHEAD = 4
_DEADLINES = {"timeout": "120s", "connect_timeout": "10s"}
_RETRIES = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}
_SECOND = timedelta(seconds=1)
_STATUS = re.compile(r"status code: (\d{3} [A-Za-z][A-Za-z ]+)").search
_REFUSALS = ("NotFoundError", "PermissionDeniedError", "UnauthenticatedError")
_PAGE = 1000

Meta = Mapping[str, Any]


class S3Depot:
    """A bucket and a prefix. Keys, region and endpoint come from the usual AWS variables and are kept nowhere.

    Keeps the promises of `ports.depot.Depot`. Every request is signed together with the hash of its body, so the
    store refuses what was changed on the way; an object of several parts becomes visible when it is complete.

    Args:
        bucket: The bucket.
        prefix: Objects lie below it; may be empty.
        environment: Where the AWS variables stand.
        now: The clock.
        fresh_seconds: A writer that meets an object marks it when nobody did for so long. It has to be much less
            than the grace of who collects.
        options: Further options of the client, for tests.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        environment: Mapping[str, str],
        now: Callable[[], datetime],
        fresh_seconds: float = 3600.0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.where = f"s3://{bucket}/{prefix}".rstrip("/")
        try:
            import obstore
            from obstore.store import S3Store
        except ImportError:
            raise StoreFault(Problem("OBJ-006", {"where": self.where, "extra": "s3"}, variant="extra")) from None
        self._obstore = obstore
        self._now = now
        self._fresh = timedelta(seconds=fresh_seconds)
        self._is_conditional = True
        given = {**_options(environment), **(options or {})}
        with self._in_our_words():
            self._store = S3Store(bucket, prefix=prefix or None, **given)

    def close(self) -> None:
        """Nothing is held open."""

    # ---- asking -------------------------------------------------------------------------------

    def exists(self, address: Address) -> bool:
        """Whether the object is there (by name, not by hash)."""
        return self._head(_place(address)) is not None or self._brought_back(address)

    def meet(self, address: Address, size: int | None = None) -> bool:
        """See `Depot.meet`."""
        place = _place(address)
        found = self._head(place)
        if found is None:
            return False
        if size is not None and found["size"] != size:
            self.set_aside(address)
            return False
        if self._now() - found["last_modified"] < self._fresh:
            return True
        # The mark comes first: a collector that did not see it then has removed the object already.
        with self._in_our_words():
            self._obstore.put(self._store, _mark(address), self._now().isoformat().encode(), use_multipart=False)
        return self._head(place) is not None

    def contents(self) -> Iterator[ObjectInfo]:
        """All objects, in no order."""
        marks = {meta["path"].rpartition("/")[2]: meta["last_modified"] for meta in self._listed("touched")}
        for meta in self._listed("objects"):
            name = meta["path"].rpartition("/")[2]
            if is_address(name):
                modified = max(meta["last_modified"], marks.get(name, meta["last_modified"]))
                yield ObjectInfo(Address(name), int(meta["size"]), modified)

    def _head(self, key: str) -> Meta | None:
        with self._in_our_words():
            try:
                found: Meta = self._obstore.head(self._store, key)
            except FileNotFoundError:
                return None
        return found

    def _listed(self, folder: str) -> Iterator[Meta]:
        with self._in_our_words():
            for page in self._obstore.list(self._store, prefix=f"{folder}/", chunk_size=_PAGE):
                yield from page

    # ---- bringing -----------------------------------------------------------------------------

    def send(self, address: Address, file: Path) -> None:
        """Store a file; see `Depot.send`."""
        place, size = _place(address), file.stat().st_size
        with self._in_our_words():
            if size > _PIECE:
                self._obstore.put(
                    self._store, place, file, use_multipart=True, chunk_size=_PIECE, max_concurrency=_AT_A_TIME
                )
            else:
                self._put(place, file.read_bytes())
        found = self._head(place)
        if found is None or found["size"] != size:
            self.set_aside(address)
            raise StoreFault(Problem("OBJ-002", {"address": address}))

    def _put(self, key: str, data: bytes) -> bool:
        """Write unless it is there. Whether it was written; without conditional writes always."""
        from obstore.exceptions import AlreadyExistsError, BaseError

        if self._is_conditional:
            try:
                self._obstore.put(self._store, key, data, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
            except (BaseError, NotImplementedError) as error:
                if not _is_unknown_there(error):
                    raise
                self._is_conditional = False
            else:
                return True
        self._obstore.put(self._store, key, data, use_multipart=False)
        return True

    def fetch(self, address: Address, sink: Sink) -> None:
        """Hand out the bytes: large objects in pieces, a few ahead of who takes them."""
        place = _place(address)
        with self._in_our_words():
            try:
                found = self._obstore.get(self._store, place)
            except FileNotFoundError:
                found = None
            if found is None:
                if not self._brought_back(address):
                    raise StoreFault(Problem("OBJ-001", {"address": address}))
                found = self._obstore.get(self._store, place)
            size = int(found.meta["size"])
            if size <= _PIECE:
                sink(memoryview(found.bytes()))
                return
            del found
            try:
                self._fetch_pieces(place, size, sink)
            except FileNotFoundError:
                raise StoreFault(Problem("OBJ-007", {"address": address, "where": self.where})) from None

    def _fetch_pieces(self, place: str, size: int, sink: Sink) -> None:
        def piece(start: int) -> Any:
            return self._obstore.get_range(self._store, place, start=start, end=min(start + _PIECE, size))

        waiting: deque[Future[Any]] = deque()
        with ThreadPoolExecutor(_AHEAD, thread_name_prefix="s3") as threads:
            try:
                for start in range(0, size, _PIECE):
                    waiting.append(threads.submit(piece, start))
                    if len(waiting) > _AHEAD:
                        sink(memoryview(waiting.popleft().result()))
                while waiting:
                    sink(memoryview(waiting.popleft().result()))
            finally:
                for future in waiting:
                    future.cancel()

    # ---- removing -----------------------------------------------------------------------------

    def set_aside(self, address: Address) -> None:
        """Keep the damaged bytes under another name."""
        place = _place(address)
        with self._in_our_words(), suppress(FileNotFoundError):
            self._copy(place, f"damaged/{address}-{self._now():%Y%m%dT%H%M%S%f}")
            self._delete(place)

    def discard(self, addresses: Sequence[Address], *, untouched_since: datetime | None = None) -> int:
        """Move objects to the trash; the number of bytes moved. See `Objects.discard`."""
        with ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="s3") as threads:
            return sum(threads.map(lambda a: self._discard_one(a, untouched_since), addresses))

    def _discard_one(self, address: Address, untouched_since: datetime | None) -> int:
        place = _place(address)
        if untouched_since is None:
            self._delete(_mark(address))
        found, mark = self._head(place), self._head(_mark(address))
        if found is None or any(_is_younger(meta, untouched_since) for meta in (found, mark)):
            return 0
        with self._in_our_words():
            try:
                self._copy(place, f"trash/{address}")
            except FileNotFoundError:
                return 0
        # A writer may have met it between these calls, or another collector was quicker and a writer made it anew.
        again = self._head(place)
        if again is None or again["last_modified"] != found["last_modified"] or self._is_marked(address, mark):
            return 0
        self._delete(place)
        # A writer that marked it before it was gone relies on it; one that comes now finds nothing and makes it anew.
        if self._is_marked(address, mark):
            self._brought_back(address)
            return 0
        return int(found["size"])

    def _is_marked(self, address: Address, before: Meta | None) -> bool:
        """Whether a writer met it since."""
        mark = self._head(_mark(address))
        return mark is not None and (before is None or mark["e_tag"] != before["e_tag"])

    def _brought_back(self, address: Address) -> bool:
        """Take an object out of the trash again if a writer met it after it was copied there.

        Also what is left to do when a collector ended between removing an object and looking for marks again.
        """
        in_trash, mark = self._head(f"trash/{address}"), self._head(_mark(address))
        if in_trash is None or mark is None or mark["last_modified"] < in_trash["last_modified"]:
            return False
        with self._in_our_words():
            try:
                self._copy(f"trash/{address}", _place(address))
            except FileNotFoundError:
                return False
        return True

    def empty_trash(self, *, older_than: datetime) -> int:
        """Delete what was moved to the trash before; the number of bytes freed."""
        freed = 0
        for meta in list(self._listed("trash")):
            if meta["last_modified"] + _SECOND < older_than:
                address = Address(meta["path"].rpartition("/")[2])
                self._delete(meta["path"])
                freed += int(meta["size"])
                mark = self._head(_mark(address))
                if mark is not None and mark["last_modified"] + _SECOND < older_than and not self.exists(address):
                    self._delete(_mark(address))
        return freed

    def _copy(self, source: str, target: str) -> None:
        """Within the bucket; what is too large for one copy there goes through this machine."""
        from obstore.exceptions import BaseError

        try:
            self._obstore.copy(self._store, source, target)
        except FileNotFoundError:
            raise
        except BaseError:
            found = self._obstore.get(self._store, source)
            self._obstore.put(self._store, target, found.stream(min_chunk_size=_PIECE), chunk_size=_PIECE)

    def _delete(self, key: str) -> None:
        with self._in_our_words(), suppress(FileNotFoundError):
            self._obstore.delete(self._store, key)

    # ---- trying -------------------------------------------------------------------------------

    def probes(self, name: str) -> Mapping[str, Probe]:
        """See `Depot.probes`."""
        key, data = f"probe/{name}", name.encode()

        def write() -> bool:
            with self._in_our_words():
                self._obstore.put(self._store, key, data, use_multipart=False)
            return True

        def read() -> bool:
            with self._in_our_words():
                return bytes(self._obstore.get(self._store, key).bytes()) == data

        def listed() -> bool:
            return any(meta["path"].endswith(name) for meta in self._listed("probe"))

        def conditional() -> bool:
            with self._in_our_words():
                return not self._put(key, data)

        def delete() -> bool:
            self._delete(key)
            return self._head(key) is None

        return {"write": write, "read": read, "list": listed, "conditional": conditional, "delete": delete}

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError as error:
            values = {"where": self.where, "detail": _told(error)}
            raise StoreFault(Problem("OBJ-006", values, variant="refused")) from error
        except BaseError as error:
            refused = type(error).__name__ in _REFUSALS
            values = {"where": self.where, "detail": _told(error)}
            raise StoreFault(Problem("OBJ-006", values, variant="refused" if refused else "")) from error


def _options(environment: Mapping[str, str]) -> dict[str, Any]:
    """How the client is set up."""
    endpoint = next((environment[name] for name in _ENDPOINTS if environment.get(name)), None)
    options: dict[str, Any] = {"client_options": dict(_DEADLINES), "retry_config": dict(_RETRIES)}
    if endpoint is not None:
        options["endpoint"] = endpoint
        options["client_options"]["allow_http"] = endpoint.startswith("http://")
    options |= {name: environment[known] for name, known in _KEYS.items() if environment.get(known)}
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    return options | ({"region": region} if region else {})


def _place(address: str) -> str:
    """Where an object lies below the prefix.

    Raises:
        StoreFault: OBJ-004 when this is no address, and so perhaps a path of somebody's choice.
    """
    if not is_address(address):
        raise StoreFault(Problem("OBJ-004", {"address": shorten(address)}))
    return f"objects/{address[:2]}/{address}"


def _mark(address: str) -> str:
    return f"touched/{address}"


def _is_younger(meta: Meta | None, limit: datetime | None) -> bool:
    """Stores tell times in whole seconds, cut off."""
    return meta is not None and limit is not None and meta["last_modified"] + _SECOND > limit


def _is_unknown_there(error: Exception) -> bool:
    """Whether the store does not know conditional writes."""
    return type(error).__name__ == "NotSupportedError" or "NotImplemented" in f"{type(error).__name__} {error}"


def _told(error: Exception) -> str:
    """What the store answered, or why it did not: not the whole request once more."""
    text = str(error)
    status = _STATUS(text)
    if status is not None:
        return status[1]
    return shorten(text.partition("\n")[0].rpartition(" - ")[2] or type(error).__name__, 200)

"""Send an object to each store and fetch it again, beside the client library's own transfer in the same run.

Budget: at least 80 % of what the library reaches alone. Ours also hashes, reads back (GridFS) and writes the cache.
Servers are started from the packages of the test group, in a temporary folder.

    python benchmarks/objects.py              # 1 GB, or 256 MB when the disk is small
    python benchmarks/objects.py --size 64MB
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

SIZES = {"64MB": 64 << 20, "256MB": 256 << 20, "1GB": 1 << 30}
LEAST = 0.8
ROOM = 12  # times the size: copies on both sides, of several repetitions


def timed(action: Callable[[], Any]) -> float:
    """Seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


class Contest:
    """The same transfer by the library and by us, in turns; the medians."""

    def __init__(self, size: int, repeat: int) -> None:
        self._size = size
        self._repeat = repeat

    def show(self, what: str, bare: Callable[[int], Any], ours: Callable[[int], Any]) -> None:
        """Print a line."""
        turns = [(timed(lambda n=n: bare(n)), timed(lambda n=n: ours(n))) for n in range(self._repeat)]
        bare_rate, our_rate = (self._size / 1e6 / statistics.median(column) for column in zip(*turns, strict=True))
        ratio = our_rate / bare_rate
        verdict = "" if ratio >= LEAST else "  below budget"
        print(f"{what:<14} library {bare_rate:8.0f} MB/s   pauta {our_rate:8.0f} MB/s   {ratio:6.0%}{verdict}")


class Bench:
    """A file of random bytes, and folders to put it into."""

    def __init__(self, folder: Path, size: int) -> None:
        from blake3 import blake3

        self.folder = folder
        self.size = size
        self.file = folder / "object"
        with self.file.open("wb") as file:
            for _ in range(size >> 22):
                file.write(os.urandom(1 << 22))
        hasher = blake3(max_threads=blake3.AUTO)
        hasher.update_mmap(str(self.file))
        self.address = hasher.hexdigest()

    def cached(self, depot: Any, name: str) -> Any:
        """A store with an empty cache."""
        from pauta.adapters.cached_objects import CachedObjects
        from pauta.adapters.clock import now
        from pauta.adapters.folder_objects import FolderObjects

        shutil.rmtree(self.folder / name, ignore_errors=True)
        return CachedObjects(FolderObjects(self.folder / name), depot, now=now)

    def fetch(self, depot: Any) -> None:
        """As a stage does: into the cache, hashed, mapped from there."""
        assert self.cached(depot, "cache").path(self.address).stat().st_size == self.size


def s3(bench: Bench, contest: Contest) -> None:
    """SeaweedFS through obstore."""
    import obstore

    from pauta.adapters.clock import now
    from pauta.adapters.s3_objects import S3Depot
    from servers_s3 import s3_server

    with s3_server("bench") as server:
        store = server.store("bench")
        depots = [S3Depot("bench", f"ours{n}", environment=server.environment, now=now) for n in range(9)]

        def bare_up(n: int) -> None:
            obstore.put(store, f"bare{n}", bench.file)

        def bare_down(n: int) -> None:
            with (bench.folder / "bare").open("wb") as target:
                for piece in obstore.get(store, f"bare{n}").stream(min_chunk_size=8 << 20):
                    target.write(piece)

        contest.show("S3 up", bare_up, lambda n: depots[n].send(bench.address, bench.file))
        contest.show("S3 down", bare_down, lambda n: bench.fetch(depots[n]))


def gridfs(bench: Bench, contest: Contest) -> None:
    """A server that speaks MongoDB's protocol, through PyMongo."""
    import pymongo
    from gridfs import GridFSBucket

    from pauta.adapters.clock import now
    from pauta.adapters.gridfs_objects import GridfsDepot
    from servers_mongo import mongo_server

    with mongo_server() as server, pymongo.MongoClient(f"mongodb://127.0.0.1:{server.port}") as client:
        bucket = GridFSBucket(client["bare"])
        depots = [GridfsDepot(server.url(f"ours{n}"), now=now) for n in range(9)]

        def bare_up(n: int) -> None:
            with bench.file.open("rb") as source:
                bucket.upload_from_stream(f"bare{n}", source)

        def bare_down(n: int) -> None:
            with (bench.folder / "bare").open("wb") as target:
                bucket.download_to_stream_by_name(f"bare{n}", target)

        contest.show("GridFS up", bare_up, lambda n: depots[n].send(bench.address, bench.file))
        contest.show("GridFS down", bare_down, lambda n: bench.fetch(depots[n]))
        for depot in depots:
            depot.close()


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", choices=["s3", "gridfs"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pauta-bench-") as name:
        large = shutil.disk_usage(name).free > ROOM * SIZES["1GB"]
        size = SIZES[given.size or ("1GB" if large else "256MB")]
        print(f"{size >> 20} MiB, {given.repeat} times, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        bench, contest = Bench(Path(name), size), Contest(size, given.repeat)
        for run in (s3, gridfs):
            if given.only in (None, run.__name__):
                run(bench, contest)
    return 0


if __name__ == "__main__":
    sys.exit(main())

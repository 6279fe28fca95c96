"""Hand a DataFrame of 10 float and 2 text columns to the next step: inside a process, and to another process.

Beside it, in the same run: writing the same bytes bare, and pickling. Prints a table; checks nothing.

    python benchmarks/handoff.py --size 100MB
    python benchmarks/handoff.py --size 1GB
"""

from __future__ import annotations

import argparse
import json
import os
import pickle  # noqa: TID251 - what the hand-off is compared with
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROWS = {"100MB": 860_000, "1GB": 8_600_000}
PIECE = 4 * 1024 * 1024


def make_frame(rows: int) -> Any:
    """10 float64 columns, a text column of 1,000 categories, a text column of distinct keys."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(0)
    columns: dict[str, Any] = {f"f{i}": random.standard_normal(rows) for i in range(10)}
    categories = np.array([f"cat_{i:04d}" for i in range(1000)])
    columns["s_cat"] = pd.Series(categories[random.integers(0, 1000, rows)], dtype="str")
    columns["s_id"] = pd.Series([f"id{i:010d}" for i in range(rows)], dtype="str")
    return pd.DataFrame(columns)


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that an action takes, and its result."""
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def memory() -> dict[str, int]:
    """Bytes of this process: its own (anonymous), and those of files that it shares with the page cache.

    Pages of a file that were not flushed yet count as private and dirty in the system's other figures, though
    they are the cache's; anonymous ones are those that a private mapping was written to, and the heap.
    """
    figures = {}
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split()[:2]
        figures[name.rstrip(":")] = int(value) * 1024
    return {"private": figures["Anonymous"], "shared": figures["Rss"] - figures["Anonymous"]}


def taker(how: str, path: str, record: str) -> None:
    """The second process: open, touch, say what it cost."""
    import numpy  # noqa: F401
    import pandas as pd

    from pauta.domain.outputs import Kind, Output
    from pauta.frames import decode

    warm = Path(record).parent / "warm.arrow"
    decode.open_frame(warm, want="pandas")["f0"].sum()
    before = memory()
    if how == "pickle":
        opening, frame = timed(lambda: pickle.loads(Path(path).read_bytes()))
    else:
        fields = json.loads(Path(record).read_text())
        output = Output(Kind.FRAME, fields["address"], fields["size"], "arrow", "pandas")
        opening, frame = timed(lambda: decode.open_output(Path(path), output))
    opened = memory()
    touching, _ = timed(lambda: float(frame["f0"].sum()))
    reading, _ = timed(lambda: [frame[c].sum() for c in frame.columns[:10]] + [frame["s_id"].str.len().max()])
    read = memory()
    writing, _ = timed(lambda: frame.__setitem__("f0", frame["f0"] + 1) if isinstance(frame, pd.DataFrame) else None)
    print(json.dumps({
        "open": opening, "first touch": touching, "read all": reading, "change a column": writing,
        "private": opened["private"] - before["private"], "private after reading": read["private"] - before["private"],
        "shared after reading": read["shared"] - before["shared"],
    }))  # fmt: skip


def run_taker(how: str, path: Path, record: Path) -> dict[str, float]:
    """Start the second process and take down what it says."""
    command = [sys.executable, __file__, "--taker", how, str(path), str(record)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def write_bare(parts: list[Any], path: Path) -> None:
    """The same bytes, with nothing else done to them."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for part in parts:
        view = memoryview(part).cast("B")
        for start in range(0, len(view), PIECE):
            os.write(descriptor, view[start : start + PIECE])
    os.close(descriptor)


def measure(size: str, repeats: int) -> list[tuple[str, float, str]]:
    """All figures of one size as (what, value, unit)."""
    from blake3 import blake3

    from pauta.adapters.folder_objects import FolderObjects
    from pauta.frames.encode import encode
    from pauta.frames.isolate import isolate
    from pauta.frames.profile import profile

    frame = make_frame(ROWS[size])
    size_bytes = int(frame.memory_usage(deep=True).sum())
    rows: list[tuple[str, float, str]] = [("frame", size_bytes / 1e6, "MB")]
    inside = [timed(lambda: isolate(frame))[0] for _ in range(7)]
    rows.append(("inside a process: hand over", statistics.median(inside) * 1e3, "ms"))
    rows.append(("inside a process: DataFrame.copy()", timed(lambda: frame.copy())[0] * 1e3, "ms"))

    with tempfile.TemporaryDirectory(prefix="pauta-handoff-") as name:
        folder = Path(name)
        small = encode(make_frame(10), name="warm")
        with (folder / "warm.arrow").open("wb") as warm:
            small.write(warm)
        bare, hashed, ours, pickled = [], [], [], []
        encoding, encoded = timed(lambda: encode(frame, name="frame"))
        stored = None
        for _ in range(repeats):
            (folder / "bare").unlink(missing_ok=True)
            bare.append(timed(lambda: write_bare(list(encoded.pieces.parts), folder / "bare"))[0])
            (folder / "bare").unlink()
            hashed.append(timed(lambda: [blake3().update(memoryview(p)) for p in encoded.pieces.parts])[0])
            store = FolderObjects(folder / "objects")

            def put() -> Any:
                again = encode(frame, name="frame")
                with store.writing() as writing:  # noqa: B023
                    again.write(writing)
                    return writing.finish()

            if stored is not None:
                store.discard([stored.address])
                (folder / "objects" / "trash" / stored.address).unlink()
            seconds, stored = timed(put)
            ours.append(seconds)
        assert stored is not None
        path = store.path(stored.address, trusted=stored.identity)
        verifying, _ = timed(lambda: FolderObjects(folder / "objects").path(stored.address))
        profiling, _ = timed(lambda: profile(encoded.table))
        record = folder / "record.json"
        record.write_text(json.dumps({"address": stored.address, "size": stored.size}))
        taken = run_taker("pauta", path, record)
        store.discard([stored.address])
        (folder / "objects" / "trash" / stored.address).unlink()
        pickle_file = folder / "frame.pickle"

        def put_pickle() -> None:
            with pickle_file.open("wb") as file:
                pickle.dump(frame, file, protocol=5)

        for _ in range(repeats):
            pickle_file.unlink(missing_ok=True)
            pickled.append(timed(put_pickle)[0])
        unpickled = run_taker("pickle", pickle_file, record)

    best = min(bare), min(ours), min(pickled)
    rows += [
        ("check and lay out, no bytes copied", encoding * 1e3, "ms"),
        ("bare write of the bytes (best of the repeats)", best[0] * 1e3, "ms"),
        ("hashing the bytes alone, one thread (best)", min(hashed) * 1e3, "ms"),
        ("encode + hash + store (best)", best[1] * 1e3, "ms"),
        ("  ratio to the bare write, best to best", best[1] / best[0], "x"),
        ("  ratio, median to median", statistics.median(ours) / statistics.median(bare), "x"),
        ("pickle to a file (best)", best[2] * 1e3, "ms"),
        ("profile and preview", profiling * 1e3, "ms"),
        ("verify by hash, when the writer is not known", verifying * 1e3, "ms"),
    ]
    for who, figures in (("ours", taken), ("pickle", unpickled)):
        rows += [(f"other process, {who}: {key}", figures[key] * 1e3, "ms")
                 for key in ("open", "first touch", "read all", "change a column")]  # fmt: skip
        rows += [(f"other process, {who}: {key}", figures[key] / 1e6, "MB")
                 for key in ("private", "private after reading", "shared after reading")]  # fmt: skip
        rows.append((f"other process, {who}: private, part of the frame", 100 * figures["private"] / size_bytes, "%"))
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=sorted(ROWS), default="100MB")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--taker", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.taker:
        taker(*given.taker)
        return
    print(f"hand-off of {given.size}, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    for what, value, unit in measure(given.size, given.repeats):
        print(f"{what:<55}{value:>12.3f} {unit}")


if __name__ == "__main__":
    main()

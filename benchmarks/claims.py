"""What does it cost to take a stage from the queue, however long it is and however many take at once?

python benchmarks/claims.py
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from measuring import ROOT, Line, bare_commits, put, report, workplace
from msgspec.structs import replace

from pauta.domain.ids import RunId
from pauta.domain.plan import Plan
from pauta.domain.runs import Attempt, Run, Stage
from pauta.domain.states import RunState, StageState
from pauta.ports.store import Store
from pauta.storage.sqlite import open_sqlite

sys.path.insert(0, str(ROOT / "tests"))

from servers import NoServer, create_database, postgres

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LANES = 20
STAGES_EACH = 100
QUEUES = (2_000, 10_000, 100_000)


def fill(store: Store, count: int, *, begin: int = 0) -> None:
    """Queue so many stages, in runs of 100 over 20 lanes with three priorities."""
    plan = Plan("bench", (), ())
    with store.transaction() as tx:
        for no in range(begin, begin + count // STAGES_EACH):
            run = Run(
                RunId(f"1k{no:014d}"), "bench", RunState.PENDING, NOW, STAGES_EACH, deployment=f"lane{no % LANES}",
                priority=no % 3,
            )  # fmt: skip
            tx.runs.add(run, plan, [Stage(run.id, n, StageState.READY) for n in range(STAGES_EACH)], [])


def claim(store: Store, owner: str) -> list[tuple[RunId, int]]:
    """Take one stage as a desk does: the queue's front, limits, what is leased, the stage, its attempt."""
    with store.transaction() as tx:
        heads = tx.stages.heads(pools=["default"], now=NOW, lanes=32, each=1)
        if not heads:
            return []
        tx.pools.lock_limits([key for head in heads for key in head.limit_keys])
        tx.stages.leased()
        stage = heads[0].stage
        after = replace(
            stage, state=StageState.RUNNING, fence=stage.fence + 1, owner=owner, lease_until=NOW + timedelta(seconds=30)
        )
        if not tx.stages.save(stage, after):
            return []
        tx.attempts.add(Attempt(stage.run_id, stage.no, after.fence, owner, NOW))
        return [(stage.run_id, stage.no)]


def finish(store: Store, taken: list[tuple[RunId, int]]) -> None:
    """Complete stages, so that what is leased stays as small as it is in life."""
    with store.transaction() as tx:
        for run_id, no in taken:
            stage = tx.stages.get(run_id, no)
            if stage is None or not tx.stages.save(stage, replace(stage, state=StageState.COMPLETED, lease_until=None)):
                raise RuntimeError(f"{run_id}/{no} was lost")


def one_by_one(store: Store, times: int = 200) -> float:
    """Median seconds of a claim by a single worker."""
    seconds = []
    for _ in range(times):
        begun = perf_counter()
        taken = claim(store, "one")
        seconds.append(perf_counter() - begun)
        finish(store, taken)
    return median(seconds)


def together(store: Store, *, clients: int, stages: int) -> tuple[list[float], float]:
    """Seconds of every claim of many clients that empty the queue, and of the whole."""
    won: list[tuple[RunId, int]] = []
    seconds: list[float] = []
    start = threading.Barrier(clients + 1)

    def work(number: int) -> None:
        start.wait()
        while len(won) < stages:
            begun = perf_counter()
            taken = claim(store, f"worker {number}")
            seconds.append(perf_counter() - begun)
            won.extend(taken)
            finish(store, taken)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    start.wait()
    begun = perf_counter()
    for thread in threads:
        thread.join()
    whole = perf_counter() - begun
    if len(won) != stages or len(set(won)) != stages:
        raise RuntimeError(f"{len(won)} claims of {len(set(won))} stages, {stages} were queued")
    return seconds, whole


def crowd(store: Store, *, clients: int, stages: int) -> list[Line]:
    """Lines on many clients at once."""
    fill(store, stages)
    seconds, whole = together(store, clients=clients, stages=stages)
    cuts = quantiles(seconds, n=100)
    return [
        Line(f"{clients} clients, {stages:,} stages: claim, median", cuts[49] * 1000, "ms"),
        Line(f"{clients} clients, {stages:,} stages: claim, p99", cuts[98] * 1000, "ms", 50),
        Line("claimed and finished a second", stages / whole, ""),
    ]


def front(store: Store, times: int = 200) -> float:
    """Median seconds of a look at the front of the queue."""
    seconds = []
    for _ in range(times):
        with store.transaction() as tx:
            begun = perf_counter()
            tx.stages.heads(pools=["default"], now=NOW, lanes=32, each=1)
            seconds.append(perf_counter() - begun)
    return median(seconds)


def lengths(store: Store, bare: float) -> list[Line]:
    """Lines on queues of growing length."""
    looks, claims, queued, shortest = [], [], 0, None
    for count in QUEUES:
        fill(store, count - queued, begin=queued // STAGES_EACH)
        queued = count
        look = front(store) * 1000
        looks.append(Line(f"front of {count:,} queued stages, 20 lanes", look, "ms", None, shortest, shortest and 2))
        shortest = shortest or look
        claims.append(Line(f"whole claim with {count:,} queued", one_by_one(store) * 1000, "ms", None, bare * 1000))
    return looks + claims


@contextmanager
def sqlite(folder: Path) -> Iterator[Store]:
    """A store in a file."""
    store = open_sqlite(folder)
    try:
        yield store
    finally:
        store.close()


def main() -> int:
    """Measure and print."""
    with workplace() as folder:
        bare = bare_commits(folder, synchronous="normal")
        with sqlite(folder / "lengths") as store:
            lines = lengths(store, bare)
        with sqlite(folder / "crowd") as store:
            lines += crowd(store, clients=8, stages=5_000)
    report("Claims on SQLite (baselines: the shortest queue; one bare commit)", lines)
    try:
        with postgres("fsync=on", "full_page_writes=on", "shared_buffers=128MB") as server:
            from pauta.storage.postgres import open_postgres

            store = open_postgres(create_database(server, "lengths"))
            lines = lengths(store, bare)
            store.close()
            store = open_postgres(create_database(server, "crowd"), connections=16)
            lines += crowd(store, clients=16, stages=10_000)
            store.close()
    except NoServer as why:
        put(f"\nPostgreSQL is left out: {why}")
        return 0
    put("")
    report(
        "Claims on PostgreSQL, flushing each commit (baselines: the shortest queue; one bare commit of SQLite)", lines
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

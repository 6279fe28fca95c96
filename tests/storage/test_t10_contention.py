"""T10: many clients empty one queue. No stage is given twice, no limit is exceeded, no lock is seen.

Covers P3, P10 and P15 as far as they lie in the store. How long a claim takes is measured in benchmarks/claims.py.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from pauta.domain.deploying import Limit
from pauta.domain.runs import Stage
from pauta.domain.states import StageState
from pauta.ports.store import Store
from pauta.storage.sqlite import open_sqlite
from store_samples import NOON, SECOND, attempt, submit

IS_CI = os.environ.get("PAUTA_TEST_SCALE") == "ci"
LIMIT = 5


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def crowded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, int, int]]:
    """A store, how many clients it has, and how many stages they take."""
    if request.param == "sqlite":
        with closing(open_sqlite(tmp_path)) as store:
            yield store, 8, 5_000 if IS_CI else 1_000
        return
    from pauta.storage.postgres import open_postgres

    with closing(open_postgres(request.getfixturevalue("postgres_address"), connections=16)) as store:
        yield store, 16, 10_000 if IS_CI else 1_000


def claim(store: Store) -> Stage | None:
    """Take the first stage of the queue within the limit."""
    with store.transaction() as tx:
        heads = tx.stages.heads(pools=["default"], now=NOON, lanes=9, each=1)
        if not heads or tx.pools.lock_limits(["pool:default"]) != {"pool:default": Limit("pool:default", LIMIT)}:
            return None
        if len(tx.stages.leased()) >= LIMIT:  # counted under the lock
            return None
        stage = heads[0].stage
        after = replace(stage, state=StageState.RUNNING, fence=stage.fence + 1, owner="w", lease_until=NOON + SECOND)
        assert tx.stages.save(stage, after)
        tx.attempts.add(attempt(stage.run_id, stage.no, after.fence))
        return after


def test_t10_many_clients_empty_the_queue_without_taking_a_stage_twice(crowded: tuple[Store, int, int]) -> None:
    store, clients, count = crowded
    for number in range(count // 50):
        submit(store, number, *[()] * 50, pipeline=f"p{number % 4}")
    with store.transaction() as tx:
        tx.pools.set_limit("pool:default", LIMIT)
    won: list[tuple[str, int]] = []
    held: set[tuple[str, int]] = set()
    most: list[int] = []
    broken: list[BaseException] = []
    moment = threading.Event()

    def work() -> None:
        try:
            while len(won) < count and not broken:
                stage = claim(store)
                if stage is not None:
                    held.add((stage.run_id, stage.no))
                    most.append(len(held))  # all of these are leased at this moment
                    won.append((stage.run_id, stage.no))
                    moment.wait(0.001)
                    held.remove((stage.run_id, stage.no))
                    with store.transaction() as tx:
                        assert tx.stages.save(stage, replace(stage, state=StageState.COMPLETED, lease_until=None))
        except BaseException as error:
            broken.append(error)
            raise

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(600)
    assert broken == []
    assert len(won) == len(set(won)) == count
    assert max(most) <= LIMIT, "P10"
    with store.transaction() as tx:
        assert tx.stages.depth(now=NOON) == {}
        assert tx.stages.leased() == []

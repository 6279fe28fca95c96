"""Flows in a pool that Celery serves, with tasks in the same pool, however few its workers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from celery_works import POOL, Works
from servers import NoServer
from servers_redis import redis_server

FLOWS = f"""
import pandas as pd

from pauta import flow, sleep_for, task


@task
def make(n):
    return pd.DataFrame({{"x": range(n)}})


@task(pool="{POOL}")
def far(i, table):
    return {{"table": table.assign(x=table["x"] * i), "pair": (i, i)}}


@flow
def spread():
    table = make(100)
    begun = far.map([1, 2, 3, 4], table)
    sleep_for(1.2)
    return {{"sums": [int(each["table"]["x"].sum()) for each in begun.result()]}}
"""


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Works]:
    try:
        with redis_server("valkey") as server:
            made = Works(tmp_path, server)
            try:
                yield made
            finally:
                made.close()
    except NoServer as why:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs Valkey: {why}")
        pytest.skip(str(why))


@pytest.mark.parametrize("flags", [("-c", "1"), ("-P", "threads", "-c", "2")], ids=" ".join)
def test_a_flow_and_its_tasks_share_a_celery_pool_however_few_its_workers(works: Works, flags: tuple[str, ...]) -> None:
    works.worker(*flags)
    step = {"name": "spread", "file_path": "flows.py:spread", "output": "result"}
    run = works.site.submit({"flows": FLOWS}, step, pool=POOL)
    ended = works.site.ended(run, seconds=120)
    assert ended.state.value == "completed", works.site.steps(run)
    (record,) = works.site.steps(run)
    assert record.output is not None
    assert record.output.value == {"sums": [4950, 9900, 14850, 19800]}
    with works.site.control.store.transaction() as tx:
        children = tx.runs.children(run)
        workers = {worker.owner: worker.name for worker in tx.workers.all()}
    assert [child.state.value for child in children] == ["completed"] * 4
    owners = {
        workers[attempt.owner] for each in (run, *(c.id for c in children)) for attempt in works.site.attempts(each)
    }
    assert all(name.startswith("celery@") for name in owners)
    outcomes = [attempt.outcome.value for attempt in works.site.attempts(run) if attempt.outcome]
    assert outcomes.count("completed") == 1
    assert set(outcomes) == {"paused", "completed"}

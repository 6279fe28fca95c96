"""Work pools, limits, and workers that are asked to take nothing new."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from publishing_world import World, codes_of, deployment, problems_of, world

from pauta.domain.deploying import Pool, PoolKind, WorkerRecord, WorkerState
from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict, InvalidInput, NotFound
from pauta.domain.runs import Stage
from pauta.domain.states import RunState, StageState
from pauta.services import deployments, pools, pools_workers
from pauta.services.accept import Asked, accept


@pytest.fixture
def at(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.publish()
        yield made


def make(at: World, name: str = "gpu", kind: PoolKind = PoolKind.PROCESS, **more: Any) -> Any:
    return pools.create(at.control, Pool(name, kind, at.time, **more), behalf=at.me)


def limits(at: World) -> dict[str, int]:
    return {limit.key: limit.most for limit in pools.list_limits(at.control).limits}


def worker(at: World, owner: str = "boot:1", **more: Any) -> WorkerRecord:
    kept = WorkerRecord(owner, "w", ("default", "gpu"), (), 2, "here", 1, "0", at.time, at.time, **more)
    with at.transaction() as tx:
        tx.workers.put(kept)
    return kept


def test_the_default_pool_is_always_there(at: World) -> None:
    shown = pools.view(at.control, "default")
    assert (shown.kind, shown.state, shown.created_at) == ("process", "active", None)
    assert [p.name for p in pools.list_all(at.control).pools] == ["default"]
    assert codes_of(lambda: make(at, "default"), Conflict) == ["POL-002"]
    assert codes_of(lambda: pools.remove(at.control, "default", behalf=at.me), Conflict) == ["POL-003"]


def test_the_default_pool_can_be_limited_and_paused(at: World) -> None:
    pools.change(at.control, "default", {"limit": 4}, behalf=at.me)
    paused = pools.pause(at.control, "default", behalf=at.me)
    assert (paused.limit, paused.state, paused.created_at) == (4, "paused", at.time)
    assert limits(at) == {"pool:default": 4}
    assert pools.resume(at.control, "default", behalf=at.me).state == "active"


def test_a_pool_is_made_changed_and_removed(at: World) -> None:
    make(at, limit=2)
    assert limits(at) == {"pool:gpu": 2}
    assert pools.change(at.control, "gpu", {"limit": None, "description": "x"}, behalf=at.me).description == "x"
    assert limits(at) == {}
    pools.remove(at.control, "gpu", behalf=at.me)
    assert codes_of(lambda: pools.view(at.control, "gpu"), NotFound) == ["POL-001"]
    assert at.actions[-3:] == ["pool.create", "pool.change", "pool.remove"]


def test_pausing_twice_is_pausing_once(at: World) -> None:
    make(at)
    pools.pause(at.control, "gpu", behalf=at.me)
    pools.pause(at.control, "gpu", behalf=at.me)
    assert at.actions.count("pool.pause") == 1
    assert "pool:gpu" in at.bell.rung


def test_a_name_is_taken_once(at: World) -> None:
    make(at)
    assert codes_of(lambda: make(at), Conflict) == ["POL-002"]


def test_celery_needs_a_queue_and_process_has_none(at: World) -> None:
    assert codes_of(lambda: make(at, kind=PoolKind.CELERY), InvalidInput) == ["POL-005"]
    assert codes_of(lambda: make(at, kind=PoolKind.CELERY, queue="a b"), InvalidInput) == ["POL-005"]
    assert codes_of(lambda: make(at, queue="q"), InvalidInput) == ["POL-005"]
    assert make(at, kind=PoolKind.CELERY, queue="training_queue").queue == "training_queue"
    assert codes_of(lambda: pools.change(at.control, "gpu", {"queue": None}, behalf=at.me)) == ["POL-005"]


def test_every_problem_of_a_pool_is_told_at_once(at: World) -> None:
    wrong = Pool("a/b", PoolKind.CELERY, at.time, limit=-1, description="x" * 2_001)
    problems = problems_of(lambda: pools.create(at.control, wrong, behalf=at.me), InvalidInput)
    assert [p.code for p in problems] == ["DEP-005", "DEP-009", "DEP-010", "POL-005"]


def test_a_pool_with_runs_that_have_not_ended_is_not_removed(at: World) -> None:
    make(at)
    accepted = accept(at.control, Asked(pipeline="p", pool="gpu"))
    assert (pools.view(at.control, "gpu").queued, pools.view(at.control, "default").queued) == (1, 0)
    problem = problems_of(lambda: pools.remove(at.control, "gpu", behalf=at.me), Conflict)[0]
    assert (problem.code, problem.values["count"]) == ("POL-003", 1)
    at.control.desk.cancel(accepted.run_id)
    assert at.runs()[0].state is RunState.CANCELLED
    pools.remove(at.control, "gpu", behalf=at.me)


def test_a_pool_that_a_deployment_uses_is_not_removed(at: World) -> None:
    make(at)
    deployments.create(at.control, deployment(pool="gpu"), behalf=at.me)
    problem = problems_of(lambda: pools.remove(at.control, "gpu", behalf=at.me), Conflict)[0]
    assert (problem.code, problem.values["names"]) == ("POL-003", "d")


@pytest.mark.parametrize("name", ["nothing", "a\0", "", "../x"])
def test_b65_what_is_not_there_is_not_there(at: World, name: str) -> None:
    assert codes_of(lambda: pools.view(at.control, name), NotFound) == ["POL-001"]
    for act in (pools.pause, pools.resume, pools.remove):
        assert codes_of(lambda act=act: act(at.control, name, behalf=at.me), NotFound) == ["POL-001"]  # type: ignore[misc]
    assert codes_of(lambda: pools.lift_limit(at.control, name, behalf=at.me), NotFound) == ["POL-008"]
    assert codes_of(lambda: pools_workers.drain(at.control, name, behalf=at.me), NotFound) == ["POL-009"]


def test_a_limit_is_set_and_lifted_and_waiting_workers_are_woken(at: World) -> None:
    make(at)
    assert pools.set_limit(at.control, "db", 3, behalf=at.me).most == 3
    assert at.bell.rung[-2:] == ["pool:default", "pool:gpu"]
    pools.set_limit(at.control, "db", 0, behalf=at.me)
    assert limits(at) == {"db": 0}
    pools.lift_limit(at.control, "db", behalf=at.me)
    assert limits(at) == {}
    assert at.actions[-3:] == ["limit.set", "limit.set", "limit.lift"]


def test_a_limit_on_how_often_tells_what_was_claimed_in_its_last_period(at: World) -> None:
    view = pools.set_limit(at.control, "api", 5, period_seconds=1.0, behalf=at.me)
    assert (view.most, view.held, view.period_seconds) == (5, 0, 1.0)
    stage = Stage(RunId("r"), 0, StageState.READY)
    with at.control.store.transaction() as tx:
        tx.pools.count_claims("api", [stage], at=at.control.now(), since=at.control.now() - timedelta(seconds=1))
    assert [(x.key, x.held, x.period_seconds) for x in pools.list_limits(at.control).limits] == [("api", 1, 1.0)]
    assert pools.set_limit(at.control, "api", 5, behalf=at.me).held == 0, "nothing is held now"


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e9, float("nan")])
def test_a_period_that_cannot_be_is_refused(at: World, seconds: float) -> None:
    refused = codes_of(
        lambda: pools.set_limit(at.control, "api", 5, period_seconds=seconds, behalf=at.me), InvalidInput
    )
    assert refused == ["POL-011"]


@pytest.mark.parametrize(
    ("key", "most", "codes"),
    [
        ("a b", 1, ["ASK-008"]),
        ("", 1, ["ASK-008"]),
        ("a\0", 1, ["ASK-008"]),
        ("db", -1, ["DEP-009"]),
        ("db", 2**70, ["DEP-009"]),
        ("pool:default", 1, ["POL-007"]),
        ("deployment:d", 1, ["POL-007"]),
    ],
)
def test_a_limit_that_cannot_be_is_refused(at: World, key: str, most: int, codes: list[str]) -> None:
    assert codes_of(lambda: pools.set_limit(at.control, key, most, behalf=at.me), InvalidInput) == codes


def test_the_limit_of_a_pool_is_lifted_with_the_pool_alone(at: World) -> None:
    make(at, limit=1)
    assert codes_of(lambda: pools.lift_limit(at.control, "pool:gpu", behalf=at.me), InvalidInput) == ["POL-007"]


def test_a_worker_shows_what_it_holds_and_can_be_drained(at: World) -> None:
    kept = worker(at)
    accepted = accept(at.control, Asked(pipeline="p", limits=("db",)))
    pools.set_limit(at.control, "db", 5, behalf=at.me)
    at.control.desk.claim(owner=kept.owner, limit=1, run_id=accepted.run_id)
    shown = pools_workers.list_workers(at.control).workers[0]
    assert [(lease.run, lease.stage, lease.fence) for lease in shown.held] == [(accepted.run_id, 0, 1)]
    assert [limit.held for limit in pools.list_limits(at.control).limits] == [1]
    assert (pools.view(at.control, "default").running, pools.view(at.control, "default").workers) == (1, 1)
    drained = pools_workers.drain(at.control, kept.owner, behalf=at.me)
    assert (drained.state, drained.held) == ("draining", shown.held)
    assert pools.view(at.control, "default").workers == 0
    assert at.actions[-1] == "worker.drain"


@pytest.mark.parametrize("state", [WorkerState.LEFT, WorkerState.LOST])
def test_a_worker_that_is_gone_is_not_drained(at: World, state: WorkerState) -> None:
    kept = worker(at, state=state)
    assert codes_of(lambda: pools_workers.drain(at.control, kept.owner, behalf=at.me), Conflict) == ["POL-010"]
    with at.transaction() as tx:
        assert tx.workers.get(kept.owner) == replace(kept, state=state)

"""Accepting runs: all is checked before a run is on record; the same key gives the same run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from publishing_world import World, ask, codes_of, declaring, deployment, problems_of, taking, world

from pauta.domain.deploying import Pool, PoolKind, Switch, WorkerRecord, WorkerState
from pauta.domain.problems import Conflict, InvalidInput, NotFound
from pauta.domain.runs import PipelineRef
from pauta.domain.states import RunState
from pauta.services import accept_queue, deployments, pools
from pauta.services.accept import Asked, accept, announce, outlook, prepare_run, record
from pauta.services.behalf import Behalf


@pytest.fixture
def at(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


# ---- what is accepted -------------------------------------------------------------------------------


def test_a_run_of_the_active_version_is_on_record_and_its_pool_is_woken(at: World) -> None:
    at.publish()
    accepted = ask(at, by="me")
    run = at.runs()[0]
    assert (run.id, run.state, run.pipeline, run.document) == (
        accepted.run_id,
        RunState.PENDING,
        "p",
        PipelineRef("p", 1),
    )
    assert (run.pool, run.priority, run.asked_by, run.deployment) == ("default", 0, "me", None)
    assert at.bell.rung == ["pool:default", "runs"]
    assert at.noted[-1][:2] == ("run.submit", accepted.run_id)


def test_a_named_version_runs_though_another_is_active(at: World) -> None:
    at.publish()
    at.publish(scripts={"a.py": b"def execute():\n    return 2\n"})
    ask(at, version=1)
    assert at.runs()[0].document == PipelineRef("p", 1)


def test_the_plan_pins_the_scripts_that_were_published(at: World) -> None:
    at.publish(scripts={"a.py": b"def execute():\n    return 1\n"})
    (at.control.folder / "a.py").write_text("def execute():\n    return 'of the folder'\n")
    accepted = ask(at)
    with at.transaction() as tx:
        plan = tx.runs.plan(accepted.run_id)
    assert plan is not None
    assert at.control.objects.read(plan.steps[0].script.source) == b"def execute():\n    return 1\n"


def test_a_run_can_be_prepared_here_and_recorded_in_the_callers_transaction(at: World) -> None:
    at.publish()
    ready = prepare_run(at.control, Asked(pipeline="p"))
    assert at.runs() == []
    with at.control.store.transaction(durable=True) as tx:
        run_id = record(tx, ready, now=at.time)
    announce(at.control, ready)
    assert [run.id for run in at.runs()] == [run_id]
    assert at.bell.rung == ["pool:default", "runs"]


def test_a_transaction_that_is_undone_leaves_no_run(at: World) -> None:
    at.publish()
    ready = prepare_run(at.control, Asked(pipeline="p"))

    def record_and_fail() -> None:
        with at.control.store.transaction() as tx:
            record(tx, ready, now=at.time)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record_and_fail()
    assert at.runs() == []


def test_the_outlook_of_a_request_records_nothing(at: World) -> None:
    at.publish()
    lines = outlook(at.control, Asked(pipeline="p", key="k"), language="en")
    assert [(line.name, line.action) for line in lines] == [("a", "run")]
    assert at.runs() == []


# ---- what is refused --------------------------------------------------------------------------------


def test_b60_every_wrong_parameter_is_told_at_once_and_no_run_exists(at: World) -> None:
    at.publish(
        declaring(
            machine_name={"type": "text"},
            alpha={"type": "number", "minimum": 0, "maximum": 1},
            kind={"type": "text", "choices": ["x", "y"], "default": "x"},
            password={"secret": True},
            size={"type": "integer"},
        )
    )
    given = {"machine_name": 7, "alpha": 2, "kind": "z", "password": "hunter2", "unknown": 1}
    problems = problems_of(lambda: ask(at, parameters=given), InvalidInput)
    assert sorted(p.line() for p in problems) == [
        "PRM-001 alpha: 2 is more than 1",
        'PRM-001 kind: expected one of "x", "y", got "z"',
        "PRM-001 machine_name: expected text, got 7",
        "PRM-001 password: a secret must not be given in plain",
        "PRM-001 size: required",
        "PRM-001 unknown: unknown parameter",
    ]
    assert not any("hunter2" in p.line() for p in problems)
    assert at.runs() == []


def test_b61_a_period_that_ends_before_it_begins_is_refused(at: World) -> None:
    at.publish(declaring(start_date={"type": "date"}, end_date={"type": "date"}))
    given = {"start_date": "2025-09-01", "end_date": "2025-08-31"}
    problem = problems_of(lambda: ask(at, parameters=given), InvalidInput)[0]
    assert problem.line() == "PRM-002 start_date 2025-09-01 is after end_date 2025-08-31"


@pytest.mark.parametrize("value", [10**400, float("nan"), [float("inf")], "a\0b", {"k": "\ud800"}, -(2**64)])
def test_a_value_that_no_record_can_hold_is_refused(at: World, value: object) -> None:
    at.publish(declaring(anything={}))
    assert codes_of(lambda: ask(at, parameters={"anything": value}), InvalidInput) == ["ASK-009"]


def test_a_value_that_is_nested_too_deeply_is_refused(at: World) -> None:
    at.publish(declaring(anything={}))
    deep: Any = 1
    for _ in range(70):
        deep = [deep]
    assert codes_of(lambda: ask(at, parameters={"anything": deep}), InvalidInput) == ["ASK-009"]


def other_worker(at: World, *pools: str, owner: str = "elsewhere", state: WorkerState = WorkerState.ACTIVE) -> None:
    with at.transaction() as tx:
        tx.workers.put(WorkerRecord(owner, "w", pools, (), 1, "there", 1, "0", at.time, at.time, state))


def test_a_secret_may_be_missing_here_where_another_worker_may_run_it(at: World) -> None:
    at.publish(declaring(password={"secret": True}))
    other_worker(at, "default")
    assert ask(at, parameters={"password": "env:KEY"}).run_id


@pytest.mark.parametrize(
    "other",
    [
        {"pools": ("gpu",)},
        {"pools": ("default",), "state": WorkerState.LEFT},
        {"pools": ("default",), "state": WorkerState.LOST},
        {"pools": ("default",), "state": WorkerState.DRAINING},
        {"pools": ("default",), "owner": "own"},
    ],
)
def test_a_secret_that_is_missing_where_alone_it_would_be_looked_for_is_told_at_once(
    at: World, other: dict[str, Any]
) -> None:
    at.publish(declaring(password={"secret": True}))
    other_worker(at, *other.pop("pools"), **other)
    assert codes_of(lambda: ask(at, parameters={"password": "env:KEY"}), InvalidInput) == ["PRM-003"]


def test_a_server_without_a_worker_leaves_secrets_to_those_that_run_them(at: World) -> None:
    at.publish(declaring(password={"secret": True}))
    at.control = dataclasses.replace(at.control, own_pools=frozenset())
    assert ask(at, parameters={"password": "env:KEY"}).run_id


def test_a_secret_is_named_and_never_on_record(at: World) -> None:
    at.publish(declaring(password={"secret": True}))
    assert codes_of(lambda: ask(at, parameters={"password": "env:KEY"}), InvalidInput) == ["PRM-003"]
    at.environment["KEY"] = "hunter2"
    accepted = ask(at, parameters={"password": "env:KEY"}, key="k")
    with at.transaction() as tx:
        run, plan = tx.runs.get(accepted.run_id), tx.runs.plan(accepted.run_id)
    assert run is not None
    assert run.parameters == {}
    assert "hunter2" not in repr((run, plan))


def test_all_that_is_wrong_with_a_request_is_told_at_once(at: World) -> None:
    at.publish(taking("sales", parameters={"alpha": {"type": "number", "default": 1}}))
    wrong = Asked(
        pipeline="p", pool="nowhere", priority=5_000, limits=("pool:x", "a b"), parameters={"alpha": "x"}, inputs={}
    )
    assert codes_of(lambda: accept(at.control, wrong)) == [
        "POL-001", "ASK-007", "ASK-008", "ASK-008", "PRM-001", "RCP-006",
    ]  # fmt: skip
    assert at.runs() == []


def test_either_a_pipeline_or_a_deployment_is_named(at: World) -> None:
    at.publish()
    assert codes_of(lambda: ask(at, None), InvalidInput) == ["ASK-001"]
    assert codes_of(lambda: ask(at, "p", deployment="d"), InvalidInput) == ["ASK-001"]


def test_b65_what_is_not_there_cannot_be_run(at: World) -> None:
    at.publish(activate=False)
    assert codes_of(lambda: ask(at, "q"), NotFound) == ["PIP-001"]
    assert codes_of(lambda: ask(at, "q\0"), NotFound) == ["PIP-001"]
    assert codes_of(lambda: ask(at, "p"), NotFound) == ["PIP-003"]
    assert codes_of(lambda: ask(at, "p", version=2), NotFound) == ["PIP-002"]
    assert codes_of(lambda: ask(at, "p", version=2**80), NotFound) == ["PIP-002"]
    assert codes_of(lambda: ask(at, None, deployment="d"), NotFound) == ["DEP-001"]


def test_a_part_that_does_not_exist_is_refused(at: World) -> None:
    at.publish()
    assert codes_of(lambda: ask(at, only="half"), InvalidInput) == ["ASK-006"]


def test_a_part_without_steps_is_nothing_to_run(at: World) -> None:
    at.publish()
    assert codes_of(lambda: ask(at, only="training"), InvalidInput) == ["RUN-016"]


def test_whoever_may_not_run_the_pipeline_runs_nothing(at: World) -> None:
    at.publish()

    def refuse(pipeline: str) -> None:
        raise PermissionError(pipeline)

    with pytest.raises(PermissionError, match="p"):
        accept(at.control, Asked(pipeline="p"), behalf=Behalf("x", allow=refuse))
    assert at.runs() == []


# ---- deployments ------------------------------------------------------------------------------------


def test_a_deployments_terms_hold_where_the_request_says_nothing_else(at: World) -> None:
    at.publish(declaring(alpha={"type": "number", "default": 0}, beta={"type": "number", "default": 0}))
    pools.create(at.control, Pool("big", PoolKind.PROCESS, at.time), behalf=at.me)
    made = deployment(
        parameters={"alpha": 1, "beta": 1}, pool="big", priority=3, limits=("db",), use_cache=False, only="prediction"
    )
    deployments.create(at.control, made, behalf=at.me)
    ask(at, None, deployment="d", parameters={"beta": 2}, limits=("gpu",))
    run = at.runs()[0]
    assert run.parameters == {"alpha": 1, "beta": 2}
    assert (run.pool, run.priority, run.deployment, run.limits) == ("big", 3, "d", ("db", "gpu"))
    assert (run.options.use_cache, run.options.only) == (False, "prediction")
    assert at.bell.rung[-2:] == ["pool:big", "runs"]
    ask(at, None, deployment="d", priority=0, use_cache=True, pool="default")
    newest = max(at.runs(), key=lambda run: run.id)
    assert (newest.pool, newest.priority, newest.options.use_cache) == ("default", 0, True)


def test_a_paused_deployment_runs_only_when_a_person_asks(at: World) -> None:
    at.publish()
    deployments.create(at.control, deployment(state=Switch.PAUSED), behalf=at.me)
    asked = Asked(deployment="d", by_person=False)
    assert codes_of(lambda: accept(at.control, asked), Conflict) == ["DEP-004"]
    ask(at, None, deployment="d")


def test_b64_so_many_runs_of_a_deployment_may_wait_and_no_more(at: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accept_queue, "MOST_WAITING", 5)
    at.publish()
    deployments.create(at.control, deployment(), behalf=at.me)
    for _ in range(5):
        ask(at, None, deployment="d")
    problem = problems_of(lambda: ask(at, None, deployment="d"), Conflict)[0]
    assert problem.code == "SCH-004"
    ask(at, "p")  # others are not held up by it
    with at.transaction() as tx:
        run = tx.runs.newest(deployment="d")[0]
        tx.runs.save(run, replace(run, state=RunState.RUNNING, started_at=at.time))
    ask(at, None, deployment="d")
    assert codes_of(lambda: ask(at, None, deployment="d"), Conflict) == ["SCH-004"]

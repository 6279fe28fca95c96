"""P14: what is lost is told by watching, not by any wall clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs
from tests.unit.services.desk_world import World, planned, step

from pauta.domain import wire
from pauta.domain.calls import Awaited, CallKind, CallState, first_call_of
from pauta.domain.deploying import WorkerRecord, WorkerState
from pauta.services.reaping import Reaper, free_the_dead
from pauta.storage.memory import MemoryStore


class Scene:
    def __init__(self) -> None:
        self.world = World(MemoryStore())
        self.clock = 1_000.0
        self.run = self.world.submit(planned(step("a", cache=False)))
        self.world.desk.claim_any(owner="w", pools=("default",), limit=1)
        self.reaper = self.new_reaper()

    def new_reaper(self) -> Reaper:
        return Reaper(
            self.world.store, self.world.desk, lease_seconds=30, lost_seconds=30, monotonic=lambda: self.clock
        )

    def look(self):
        return self.reaper.look(now=self.world.time)

    def renew(self) -> None:
        self.world.time += timedelta(seconds=1)
        self.world.desk.renew(self.run, [(0, 1)])


@pytest.fixture
def scene():
    return Scene()


def test_a_lease_that_nobody_renews_is_freed_after_its_length_and_not_before(scene):
    scene.look()
    scene.clock += 29.9
    assert scene.look().stages == ()
    scene.clock += 0.1
    assert scene.look().stages == ((scene.run, 0),)


def test_a_lease_that_is_renewed_lasts(scene):
    for _ in range(20):
        scene.look()
        scene.clock += 10
        scene.renew()
    assert scene.look().stages == ()


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1), timedelta(days=400), timedelta(hours=-1)])
def test_a_jump_of_the_wall_clock_neither_ends_nor_extends_a_lease(scene, jump):
    scene.look()
    scene.world.time += jump
    scene.clock += 29
    assert scene.look().stages == ()
    scene.clock += 1
    assert scene.look().stages == ((scene.run, 0),)


def test_after_a_restart_every_holder_has_a_full_lease_of_grace(scene):
    scene.look()
    scene.clock += 29
    scene.reaper = scene.new_reaper()
    scene.look()
    scene.clock += 29
    assert scene.look().stages == ()


def test_a_worker_that_says_nothing_is_lost_and_one_that_comes_back_is_not_overwritten(scene):
    worker = WorkerRecord("w", "w", ("default",), (), 1, "here", 1, "0", scene.world.time, scene.world.time)
    with scene.world.store.transaction() as tx:
        tx.workers.put(worker)
    scene.look()
    scene.clock += 31
    assert scene.look().workers == ("w",)
    with scene.world.store.transaction() as tx:
        assert tx.workers.get("w").state is WorkerState.LOST


def test_what_dead_processes_of_this_machine_held_is_free_at_once_at_a_start(scene):
    assert free_the_dead(scene.world.store, scene.world.desk, is_gone=lambda owner: owner == "other") == []
    assert free_the_dead(scene.world.store, scene.world.desk, is_gone=lambda owner: owner == "w") == [(scene.run, 0)]


def paused_flow(world):
    plan = planned(step("flow", cache=False))
    run = world.submit(replace(plan, steps=(replace(plan.steps[0], entry="flow", is_flow=True),)))
    [assignment] = world.claim(run).assignments
    no, (stage, fence) = first_call_of(0), (assignment.order.stage, assignment.order.fence)
    asked = wire.CallAwaits(
        stage, fence, 0, no, None, CallKind.INPUT, "input", 0, 0, 1, 5.0, Awaited(), message="which day?"
    )
    world.report(run, wire.StepStarted(stage, fence, 0, 4.0), asked, wire.StageSuspended(stage, fence, 0, (no,)))
    return run, no


def test_a_flow_whose_answer_is_on_record_is_woken_though_nobody_told_it(scene):
    run, no = paused_flow(scene.world)
    assert scene.look().woken == ()
    with scene.world.store.transaction() as tx:
        [call] = tx.calls.get(run, [no])
        tx.calls.put([structs.replace(call, state=CallState.COMPLETED, by="ana")])
    assert scene.world.claim(run).assignments == ()
    assert scene.look().woken == ((run, 0),)
    assert scene.world.run(run).state == "running"
    assert len(scene.world.claim(run).assignments) == 1
    assert scene.look().woken == ()

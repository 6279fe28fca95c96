"""T2: random lives of runs on the real stores, operation by operation against the store in memory.

Covers P1 to P6, P11, P24 as far as they lie in the store: every rule does the same with the same values to both
stores through the real engine and compares every answer; after every rule the promises that can be seen in the
rows are checked. `PAUTA_TEST_SCALE=ci` runs more and longer lives.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace
from store_flow_rules import FlowRules, some
from store_makers import sqlite_stores
from store_verbs import FINAL_STEP, Verbs

from pauta.domain.calls import first_call_of
from pauta.domain.pipeline import OnFailure, RetryPolicy
from pauta.domain.problems import StoreFault
from pauta.domain.runs import Event, ParentCall, Run, Stage, StepRecord
from pauta.domain.states import FINAL_RUNS, FINAL_STAGES, RunState, StageState
from pauta.engine import audit, events
from pauta.engine.decide import decide_run
from pauta.ports.store import Store, Transaction
from pauta.storage.memory import MemoryStore
from servers import empty_tables
from store_samples import NOON, frame, plan_of, run_id

# What fits into some two minutes of two cores for each store.
EXAMPLES, STEPS = (600, 100) if os.environ.get("PAUTA_TEST_SCALE") == "ci" else (200, 50)
LEASE = timedelta(seconds=30)
POSTGRES_SHARE = 0.25  # each of its rules costs some five times more
MOST_RUNS = 4  # so that a life of few rules brings some to their end
POOLS = ("default", "other")
# Needs of each stage: one alone, a chain, a fan, a diamond, two that meet.
SHAPES: list[tuple[tuple[int, ...], ...]] = [
    ((),),
    ((), (0,), (1,)),
    ((), (0,), (0,), (0,)),
    ((), (0,), (0,), (1, 2)),
    ((), (), (0, 1), (2,)),
]


def room(self: Any) -> bool:
    """The condition of a rule that adds a run."""
    return len(self.runs) < MOST_RUNS


class StoreMachine(FlowRules, RuleBasedStateMachine):
    """The rules. Each does the same to the store in memory and to the real one.

    `runs` and `stages` are what both held after the last rule. Conditions keep rules that would find nothing to
    do from being drawn, so that the lives get somewhere.
    """

    make: ClassVar[Callable[[], tuple[Store, Callable[[], object]]]]

    def __init__(self) -> None:
        super().__init__()
        self.model: Store = MemoryStore()
        self.real, self.remove = type(self).make()
        self.now = NOON
        self.count = 0
        self.changed = True
        self.runs: list[Run] = []
        self.stages: list[Stage] = []
        self.started: dict[tuple[str, int], int] = {}
        self.completed: set[tuple[str, int]] = set()
        self.fences: dict[tuple[str, int], int] = {}
        self.final: dict[tuple[str, int], str] = {}

    def teardown(self) -> None:
        self.remove()

    def both(self, do: Callable[[Transaction], Any], *, durable: bool = False) -> Any:
        """Do it to both stores; the answer, which must be the same."""
        with self.model.transaction() as tx:
            expected = do(tx)
        with self.real.transaction(durable=durable) as tx:
            found = do(tx)
        assert found == expected
        self.changed = True
        return expected

    def pick(self, data: st.DataObject, *states: StageState) -> Stage:
        """One of the stages in these states."""
        return data.draw(st.sampled_from([stage for stage in self.stages if stage.state in states]))

    def event(self, stage: Stage, event: events.StageEvent, *, durable: bool = False) -> str:
        """Give it to a stage in both stores."""
        return str(self.both(lambda tx: Verbs(tx, self.now).give(stage, event), durable=durable))

    # ---- rules ---------------------------------------------------------------------------------

    @initialize(shapes=st.lists(st.sampled_from(SHAPES), min_size=1, max_size=MOST_RUNS))
    def begin(self, shapes: list[tuple[tuple[int, ...], ...]]) -> None:
        for shape in shapes:
            self._submit(shape, None, None)

    @precondition(room)
    @rule(shape=st.sampled_from(SHAPES), key=st.sampled_from([None, "a", "b"]))
    def submit(self, shape: tuple[tuple[int, ...], ...], key: str | None) -> None:
        self._submit(shape, key, None)

    def _submit(self, shape: tuple[tuple[int, ...], ...], key: str | None, of: Any) -> None:
        self.count += 1
        plan = plan_of(*shape)
        run = Run(
            run_id(self.count), "p", RunState.PENDING, self.now, len(shape), idempotency_key=key, of=of,
            inputs={"df": frame(50 + self.count % 3)}, pool=POOLS[self.count % 2], priority=self.count % 3,
            deployment=(None, "d")[self.count // 2 % 2], limits=("gpu",) * (self.count % 2),
            parent=ParentCall(run_id(self.count - 1), first_call_of(0)) if self.count % 4 == 0 else None,
        )  # fmt: skip
        stages = [
            Stage(run.id, s.no, StageState.PENDING if s.needs else StageState.READY, waiting_for=len(s.needs))
            for s in plan.stages
        ]
        steps = [StepRecord(run.id, s.no, s.name, s.no) for s in plan.steps]
        taken = key is not None and any(known.idempotency_key == key for known in self.runs)
        assert self.both(lambda tx: tx.runs.add(run, plan, stages, steps), durable=True) is not taken
        self.both(lambda tx: tx.objects.remember_import(f"file{self.count % 3}", {"address": run.inputs["df"].address}))

    @precondition(lambda self: room(self) and any(run.state in FINAL_RUNS for run in self.runs))
    @rule(data=st.data())
    def rerun(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from([run for run in self.runs if run.state in FINAL_RUNS]))
        plan = self.both(lambda tx: tx.runs.plan(run.id))
        self._submit(tuple(stage.needs for stage in plan.stages), None, run.id)

    # Hypothesis draws the rule whose name comes first far more often than others: let that be the one
    # that brings lives forward.
    @precondition(some(StageState.READY, StageState.SCHEDULED, StageState.PAUSED, StageState.RUNNING))
    @rule(finished=st.integers(0, 2), claimed=st.integers(0, 3))
    def advance(self, finished: int, claimed: int) -> None:
        for stage in [stage for stage in self.stages if stage.state is StageState.RUNNING][:finished]:
            self._finish(stage)
        self.claim_some(claimed, "a")

    @precondition(some(StageState.READY, StageState.SCHEDULED, StageState.PAUSED))
    @rule(limit=st.integers(1, 5), owner=st.sampled_from(["a", "b"]))
    def claim(self, limit: int, owner: str) -> None:
        self.claim_some(limit, owner)

    def claim_some(self, limit: int, owner: str) -> None:
        """Claim what can be claimed, as a worker does."""
        for stage in self.both(lambda tx: tx.stages.claimable(now=self.now, limit=limit)):
            assert self.event(stage, events.Claimed(owner, self.now + LEASE)) == "running"
            key = (stage.run_id, stage.no)
            assert key not in self.completed, "P3: completed once"
            self.started[key] = self.started.get(key, 0) + 1

    @precondition(some(StageState.RUNNING))
    @rule(data=st.data(), stale=st.booleans())
    def renew(self, data: st.DataObject, stale: bool) -> None:
        stage = self.pick(data, StageState.RUNNING)
        came = self.event(stage, events.Renewed(stage.fence - stale, self.now + LEASE))
        assert came == ("stale" if stale else "running")

    def _finish(self, stage: Stage) -> None:
        assert self.event(stage, events.Finished(stage.fence), durable=True) == "completed"
        self.completed.add((stage.run_id, stage.no))

    @precondition(lambda self: any(stage.fence for stage in self.stages))
    @rule(data=st.data())
    def come_too_late(self, data: st.DataObject) -> None:
        """P4: an attempt that was taken over changes nothing, whether it asks the engine or saves blindly."""
        stage = data.draw(st.sampled_from([stage for stage in self.stages if stage.fence]))
        if stage.state is not StageState.HELD:
            assert self.event(stage, events.Finished(stage.fence - 1)) in ("stale", "ended")
        old = replace(stage, fence=stage.fence - 1)
        assert not self.both(lambda tx: tx.stages.save(old, replace(stage, owner="thief")))
        assert not self.both(lambda tx: tx.stages.save_many([(old, replace(stage, owner="thief"))]))

    @precondition(some(StageState.RUNNING))
    @rule(data=st.data(), times=st.integers(0, 2), on_failure=st.sampled_from(OnFailure))
    def fail(self, data: st.DataObject, times: int, on_failure: OnFailure) -> None:
        stage = self.pick(data, StageState.RUNNING)
        self.event(stage, events.StepFailed(stage.fence, RetryPolicy(times=times), on_failure, 0.5), durable=True)

    @precondition(some(StageState.RUNNING))
    @rule(data=st.data(), begun=st.booleans())
    def die(self, data: st.DataObject, begun: bool) -> None:
        stage = self.pick(data, StageState.RUNNING)
        self.event(stage, events.Died(stage.fence, begun))

    @precondition(some(StageState.HELD))
    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        self.event(self.pick(data, StageState.HELD), events.Reopened())

    @precondition(some(StageState.RUNNING, StageState.SCHEDULED, StageState.PAUSED))
    @rule(seconds=st.sampled_from([0.000001, 1, 29, 30, 31, 400]))
    def expire(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(some(StageState.RUNNING))
    @rule()
    def reap(self) -> None:
        for stage in self.both(lambda tx: tx.stages.expired(now=self.now)):
            assert self.event(stage, events.LeaseExpired(stage.fence)) in ("ready", "held")

    @precondition(lambda self: any(run.state not in FINAL_RUNS for run in self.runs))
    @rule(data=st.data(), sure=st.integers(0, 2))
    def cancel(self, data: st.DataObject, sure: int) -> None:
        if sure:
            return  # cancelled runs do nothing interesting any more: keep most of them going
        run = data.draw(st.sampled_from([run for run in self.runs if run.state not in FINAL_RUNS]))

        def ask(tx: Transaction) -> None:
            decided = decide_run(run, events.RunCancelAsked(), now=self.now)
            assert isinstance(decided, events.RunDecision)
            assert tx.runs.save(run, decided.run)
            for command in decided.commands:
                Verbs(tx, self.now).spread(run.id, command)

        self.both(ask, durable=True)

    @precondition(lambda self: self.to_stop())
    @rule(data=st.data())
    def stop(self, data: st.DataObject) -> None:
        stage = data.draw(st.sampled_from(self.to_stop()))
        assert self.event(stage, events.Stopped(stage.fence)) == "cancelled"

    def to_stop(self) -> list[Stage]:
        """Running stages of runs that are being cancelled."""
        asked = {run.id for run in self.runs if run.cancel_requested_at}
        return [s for s in self.stages if s.state is StageState.RUNNING and s.run_id in asked]

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def collect(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.runs))
        dropped = self.both(lambda tx: tx.objects.drop_run(run.id))
        assert dropped is (run.state in FINAL_RUNS)
        if dropped:
            for kept in (self.started, self.fences, self.final):
                for key in [key for key in kept if key[0] == run.id]:
                    del kept[key]

    @precondition(lambda self: any(s.state in FINAL_STAGES or s.fence for s in self.stages))
    @rule(data=st.data())
    def break_a_guard(self, data: st.DataObject) -> None:
        """P5: whatever the program does, a final row stays and a fence does not go back."""
        guarded = [s for s in self.stages if s.state in FINAL_STAGES or s.fence]
        stage = data.draw(st.sampled_from(guarded))
        if stage.state in FINAL_STAGES:
            state = data.draw(st.sampled_from([s for s in StageState if s is not stage.state]))
            broken = replace(stage, state=state)
        else:
            broken = replace(stage, fence=stage.fence - 1)
        for store in (self.model, self.real):
            with pytest.raises(StoreFault, match="DB-010"):
                self._break(store, stage, broken)
        self.changed = True

    def _break(self, store: Store, stage: Stage, broken: Stage) -> None:
        with store.transaction() as tx:
            tx.events.append([Event(stage.run_id, self.now, "never")])
            with suppress(StoreFault):
                tx.stages.save(stage, broken)

    @precondition(some(*FINAL_STAGES))
    @rule(data=st.data())
    def count_down_again(self, data: st.DataObject) -> None:
        """P11: a stage is freed by what it needs, each of which counts once."""
        run = self.pick(data, *sorted(FINAL_STAGES)).run_id
        ended = [s.no for s in self.stages if s.run_id == run and s.state in FINAL_STAGES]
        assert self.both(lambda tx: tx.stages.count_down(run, ended)) == []

    @precondition(some(StageState.PENDING))
    @rule(data=st.data(), more=st.integers(0, 2))
    def save_what_was_read_before_a_count_down(self, data: st.DataObject, more: int) -> None:
        stage = self.pick(data, StageState.PENDING)
        read = replace(stage, waiting_for=stage.waiting_for + more)
        assert self.both(lambda tx: tx.stages.save(read, read))

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def look_around(self, data: st.DataObject) -> None:
        states = data.draw(st.sets(st.sampled_from(RunState), max_size=2))
        limit = data.draw(st.integers(1, 4))
        before = run_id(data.draw(st.integers(1, self.count + 1)))
        self.both(lambda tx: tx.runs.newest(limit=limit, before=before, states=sorted(states)))
        self.both(lambda tx: tx.runs.find(before[:-1]))
        self.both(lambda tx: tx.runs.newest(limit=limit, deployment="d", states=sorted(states)))
        self.both(lambda tx: tx.runs.states())
        self.both(lambda tx: tx.stages.next_due())
        self.both(lambda tx: tx.runs.newest(limit=limit, top_level=True))
        self.both(lambda tx: tx.runs.children(before))
        self.both(lambda tx: tx.calls.awaited(limit=limit))
        self.both(lambda tx: tx.stages.running(owner="a"))
        self.both(lambda tx: [tx.runs.by_key(key) for key in "ab"])

    @rule(pools=st.sets(st.sampled_from(POOLS)), lanes=st.integers(0, 3), each=st.integers(0, 3))
    def look_at_the_queue(self, pools: set[str], lanes: int, each: int) -> None:
        self.both(lambda tx: tx.stages.heads(pools=sorted(pools), now=self.now, lanes=lanes, each=each))
        self.both(lambda tx: tx.stages.leased())
        self.both(lambda tx: tx.stages.depth(now=self.now))
        assert self.both(lambda tx: tx.stages.stuck(now=self.now)) == [], "P2: nothing is lost"

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), pool=st.sampled_from(POOLS), priority=st.integers(0, 2))
    def move_in_the_queue(self, data: st.DataObject, pool: str, priority: int) -> None:
        run = data.draw(st.sampled_from(self.runs))
        assert self.both(lambda tx: tx.runs.save(run, replace(run, pool=pool, priority=priority)))

    # ---- what must hold after every rule -------------------------------------------------------

    @invariant()
    def both_hold_the_same(self) -> None:
        if not self.changed:
            return

        def everything(tx: Transaction) -> tuple[list[Any], ...]:
            rows = [
                (run, tx.stages.of_run(run.id), tx.steps.of_run(run.id), tx.attempts.of_run(run.id),
                 [e.kind for e in tx.events.of_run(run.id)])
                for run in tx.runs.newest()
            ]  # fmt: skip
            imported = [tx.objects.imported(f"file{n}") for n in range(3)]
            return rows, sorted(tx.objects.referenced()), tx.cache.by_recipe("r"), imported

        rows, referenced, cached, _ = self.both(everything)
        self.changed = False
        self.runs = [run for run, *_ in rows]
        self.stages = [stage for _, stages, *_ in rows for stage in stages]
        for run, stages, steps, attempts, _ in rows:
            assert audit.faults(run, stages) == [], "P2: nothing is lost"
            for stage, step in zip(stages, steps, strict=True):
                self._check(stage, step)
            still_open = [(a.stage_no, a.fence) for a in attempts if a.outcome is None]
            assert still_open == [(s.no, s.fence) for s in stages if s.state is StageState.RUNNING]
        outputs = [step.output for _, _, steps, *_ in rows for step in steps] + [e.output for e in cached]
        used = {output.address for output in outputs if output is not None and not output.inline}
        used |= {file.address for _, _, steps, *_ in rows for step in steps for file in step.files}
        assert used <= set(referenced), "P24: no reference dangles"
        known = {run.id for run in self.runs}
        assert all(e.run_id in known for e in cached), "P24: a cached result belongs to a run that is there"

    def _check(self, stage: Stage, step: StepRecord) -> None:
        key = (stage.run_id, stage.no)
        assert stage.fence >= self.fences.get(key, 0), "a fence never decreases"
        self.fences[key] = stage.fence
        if key in self.final:
            assert stage.state.value == self.final[key], "P5: final rows stay"
        if stage.state in FINAL_STAGES:
            self.final[key] = stage.state.value
            assert step.state is FINAL_STEP[stage.state]
        assert stage.fence == self.started.get(key, 0), "every attempt has a fence of its own"


def run_machine(make: Callable[[], tuple[Store, Callable[[], object]]], share: float = 1.0) -> None:
    """Let hypothesis live many lives."""
    machine = type("Machine", (StoreMachine,), {"make": staticmethod(make)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(int(EXAMPLES * share), 1),
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_t2_sqlite_does_what_the_model_does() -> None:
    with sqlite_stores() as make:
        run_machine(make)


@pytest.mark.postgres
def test_t2_postgres_does_what_the_model_does(postgres_address: str) -> None:
    from pauta.storage.postgres import open_postgres

    store = open_postgres(postgres_address)

    def make() -> tuple[Store, Callable[[], object]]:
        return store, lambda: empty_tables(postgres_address)

    with closing(store):
        run_machine(make, share=POSTGRES_SHARE)

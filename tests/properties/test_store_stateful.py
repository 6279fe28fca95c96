"""T2: random lives of runs on the real stores, operation by operation against the store in memory.

Covers P1 to P6, P11, P24 as far as they lie in the store: every rule does the same with the same values to both
stores through the real engine and compares every answer; after every rule the promises that can be seen in the
rows are checked. `PAUTA_TEST_SCALE=ci` runs more and longer lives.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from store_verbs import FINAL_STEP, Verbs

from pauta.domain.pipeline import OnFailure, RetryPolicy
from pauta.domain.problems import StoreFault
from pauta.domain.runs import Event, Run, Stage, StepRecord
from pauta.domain.states import FINAL_RUNS, FINAL_STAGES, RunState, StageState
from pauta.engine import audit, events
from pauta.engine.decide import decide_run
from pauta.ports.store import Store, Transaction
from pauta.storage.memory import MemoryStore
from pauta.storage.sqlite import open_sqlite
from servers import empty_tables
from store_samples import NOON, frame, plan_of, run_id

EXAMPLES, STEPS = (2000, 100) if os.environ.get("PAUTA_TEST_SCALE") == "ci" else (200, 50)
LEASE = timedelta(seconds=30)
POSTGRES_SHARE = 0.5  # each of its rules costs some ten times more
MOST_RUNS = 4  # so that a life of few rules brings some to their end
# Needs of each stage: one alone, a chain, a fan, a diamond, two that meet.
SHAPES: list[tuple[tuple[int, ...], ...]] = [
    ((),),
    ((), (0,), (1,)),
    ((), (0,), (0,), (0,)),
    ((), (0,), (0,), (1, 2)),
    ((), (), (0, 1), (2,)),
]


class StoreMachine(RuleBasedStateMachine):
    """The rules. Each does the same to the store in memory and to the real one."""

    make: ClassVar[Callable[[], tuple[Store, Callable[[], object]]]]

    def __init__(self) -> None:
        super().__init__()
        self.model: Store = MemoryStore()
        self.real, self.remove = type(self).make()
        self.now = NOON
        self.count = 0
        self.changed = True
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

    def look(self, do: Callable[[Transaction], Any]) -> Any:
        """What the model knows, to choose from."""
        with self.model.transaction() as tx:
            return do(tx)

    def stages(self, *states: StageState) -> list[Stage]:
        """All stages in one of these states."""
        return self.look(
            lambda tx: [
                stage for run in tx.runs.newest() for stage in tx.stages.of_run(run.id) if stage.state in states
            ]
        )

    def pick(self, data: st.DataObject, *states: StageState) -> Stage | None:
        """One of the stages in these states."""
        found = self.stages(*states)
        return data.draw(st.sampled_from(found)) if found else None

    def event(self, stage: Stage, event: events.StageEvent, *, durable: bool = False) -> str:
        """Give it to a stage in both stores."""
        return str(self.both(lambda tx: Verbs(tx, self.now).give(stage, event), durable=durable))

    # ---- rules ---------------------------------------------------------------------------------

    @precondition(lambda self: self.look(lambda tx: len(tx.runs.newest())) < MOST_RUNS)
    @rule(shape=st.sampled_from(SHAPES), key=st.sampled_from([None, "a", "b"]))
    def submit(self, shape: tuple[tuple[int, ...], ...], key: str | None) -> None:
        self._submit(shape, key, None)

    def _submit(self, shape: tuple[tuple[int, ...], ...], key: str | None, of: Any) -> None:
        self.count += 1
        plan = plan_of(*shape)
        run = Run(
            run_id(self.count), "p", RunState.PENDING, self.now, len(shape), idempotency_key=key, of=of,
            inputs={"df": frame(50 + self.count % 3)},
        )  # fmt: skip
        stages = [
            Stage(run.id, s.no, StageState.PENDING if s.needs else StageState.READY, waiting_for=len(s.needs))
            for s in plan.stages
        ]
        steps = [StepRecord(run.id, s.no, s.name, s.no) for s in plan.steps]
        taken = self.look(lambda tx: key is not None and tx.runs.by_key(key))
        assert self.both(lambda tx: tx.runs.add(run, plan, stages, steps), durable=True) is (not taken)

    @precondition(lambda self: self.look(lambda tx: len(tx.runs.newest())) < MOST_RUNS)
    @rule(data=st.data())
    def rerun(self, data: st.DataObject) -> None:
        runs = self.look(lambda tx: tx.runs.newest(states=sorted(FINAL_RUNS)))
        if runs:
            run = data.draw(st.sampled_from(runs))
            plan = self.look(lambda tx: tx.runs.plan(run.id))
            self._submit(tuple(stage.needs for stage in plan.stages), None, run.id)

    @rule(limit=st.integers(1, 3), owner=st.sampled_from(["a", "b"]))
    def claim(self, limit: int, owner: str) -> None:
        found = self.both(lambda tx: tx.stages.claimable(now=self.now, limit=limit))
        for stage in found:
            came = self.event(stage, events.Claimed(owner, self.now + LEASE))
            assert came == "running"
            key = (stage.run_id, stage.no)
            assert key not in self.completed, "P3: completed once"
            self.started[key] = self.started.get(key, 0) + 1

    @rule(data=st.data(), stale=st.booleans())
    def renew(self, data: st.DataObject, stale: bool) -> None:
        stage = self.pick(data, StageState.RUNNING)
        if stage:
            came = self.event(stage, events.Renewed(stage.fence - stale, self.now + LEASE))
            assert came == ("stale" if stale else "running")

    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        stage = self.pick(data, StageState.RUNNING)
        if stage:
            assert self.event(stage, events.Finished(stage.fence), durable=True) == "completed"
            self.completed.add((stage.run_id, stage.no))

    @rule(data=st.data())
    def finish_too_late(self, data: st.DataObject) -> None:
        stage = self.pick(data, StageState.RUNNING, StageState.COMPLETED, StageState.READY, StageState.FAILED)
        if stage and stage.fence:
            # P4: an attempt whose lease was taken over, or whose stage has ended, changes nothing.
            assert self.event(stage, events.Finished(stage.fence - 1)) in ("stale", "ended")

    @rule(data=st.data())
    def save_what_was_read_long_ago(self, data: st.DataObject) -> None:
        stage = self.pick(data, *StageState)
        if stage and stage.fence:
            old = replace(stage, fence=stage.fence - 1)
            assert not self.both(lambda tx: tx.stages.save(old, replace(old, owner="thief")))

    @rule(data=st.data(), times=st.integers(0, 2), on_failure=st.sampled_from(OnFailure))
    def fail(self, data: st.DataObject, times: int, on_failure: OnFailure) -> None:
        stage = self.pick(data, StageState.RUNNING)
        if stage:
            self.event(stage, events.StepFailed(stage.fence, RetryPolicy(times=times), on_failure, 0.5), durable=True)

    @rule(data=st.data(), begun=st.booleans())
    def die(self, data: st.DataObject, begun: bool) -> None:
        stage = self.pick(data, StageState.RUNNING)
        if stage:
            self.event(stage, events.Died(stage.fence, begun))

    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        stage = self.pick(data, StageState.HELD)
        if stage:
            self.event(stage, events.Reopened())

    @rule(seconds=st.sampled_from([0.000001, 1, 29, 31, 400]))
    def expire(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def reap(self) -> None:
        for stage in self.both(lambda tx: tx.stages.expired(now=self.now)):
            assert self.event(stage, events.LeaseExpired(stage.fence)) in ("ready", "held", "cancelled", "skipped")

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        runs = self.look(lambda tx: [run for run in tx.runs.newest() if run.state not in FINAL_RUNS])
        if not runs:
            return
        run = data.draw(st.sampled_from(runs))

        def ask(tx: Transaction) -> None:
            decided = decide_run(run, events.RunCancelAsked(), now=self.now)
            assert isinstance(decided, events.RunDecision)
            assert tx.runs.save(run, decided.run)
            for command in decided.commands:
                Verbs(tx, self.now).spread(run.id, command)

        self.both(ask, durable=True)

    @rule(data=st.data())
    def stop(self, data: st.DataObject) -> None:
        stage = self.pick(data, StageState.RUNNING)
        run = stage and self.look(lambda tx: tx.runs.get(stage.run_id))
        if stage and run and run.cancel_requested_at:
            assert self.event(stage, events.Stopped(stage.fence)) == "cancelled"

    @rule(data=st.data())
    def collect(self, data: st.DataObject) -> None:
        runs = self.look(lambda tx: tx.runs.newest())
        if runs:
            run = data.draw(st.sampled_from(runs))
            dropped = self.both(lambda tx: tx.objects.drop_run(run.id))
            assert dropped is (run.state in FINAL_RUNS)
            if dropped:
                for kept in (self.started, self.fences, self.final):
                    for key in [key for key in kept if key[0] == run.id]:
                        del kept[key]

    @rule(data=st.data())
    def break_a_final_row(self, data: st.DataObject) -> None:
        stage = self.pick(data, *sorted(FINAL_STAGES))
        if stage:
            other = data.draw(st.sampled_from([s for s in StageState if s is not stage.state]))
            for store in (self.model, self.real):
                with pytest.raises(StoreFault, match="DB-010"):
                    self._break(store, stage, other)

    def _break(self, store: Store, stage: Stage, other: StageState) -> None:
        with store.transaction() as tx:
            tx.events.append([Event(stage.run_id, self.now, "never")])
            tx.stages.save(stage, replace(stage, state=other))

    @precondition(lambda self: self.count)
    @rule(data=st.data())
    def look_around(self, data: st.DataObject) -> None:
        states = data.draw(st.sets(st.sampled_from(RunState), max_size=2))
        limit = data.draw(st.integers(1, 4))
        before = run_id(data.draw(st.integers(1, self.count + 1)))
        self.both(lambda tx: tx.runs.newest(limit=limit, before=before, states=sorted(states)))
        self.both(lambda tx: tx.runs.find(before[:-1]))
        self.both(lambda tx: tx.stages.next_due())
        self.both(lambda tx: tx.stages.running(owner="a"))
        self.both(lambda tx: tx.cache.by_recipe("r"))
        self.both(lambda tx: sorted(tx.objects.referenced()))
        self.both(lambda tx: [tx.runs.by_key(key) for key in "ab"])

    # ---- what must hold after every rule -------------------------------------------------------

    @invariant()
    def both_hold_the_same(self) -> None:
        if not self.changed:
            return

        def everything(tx: Transaction) -> list[object]:
            return [
                (run, tx.stages.of_run(run.id), tx.steps.of_run(run.id), tx.attempts.of_run(run.id),
                 [e.kind for e in tx.events.of_run(run.id)])
                for run in tx.runs.newest()
            ]  # fmt: skip

        for run, stages, steps, attempts, _ in self.both(everything):
            assert audit.faults(run, stages) == [], "P2: nothing is lost"
            for stage, step in zip(stages, steps, strict=True):
                self._check(stage, step)
            still_open = [(a.stage_no, a.fence) for a in attempts if a.outcome is None]
            assert still_open == [(s.no, s.fence) for s in stages if s.state is StageState.RUNNING]

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

    @invariant()
    def no_reference_dangles(self) -> None:
        if not self.changed:
            return

        def needed(tx: Transaction) -> tuple[set[str], set[str]]:
            used = {
                step.output.address
                for run in tx.runs.newest()
                for step in tx.steps.of_run(run.id)
                if step.output is not None and not step.output.inline
            }
            return used, set(tx.objects.referenced())

        used, known = self.both(needed)
        assert used <= known, "P24"
        self.changed = False


@contextmanager
def sqlite_stores() -> Iterator[Callable[[], tuple[Store, Callable[[], object]]]]:
    """Makes an empty SQLite store for each life, in memory-backed files where there are some."""
    base = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else None
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=base)))
        count = 0

        def make() -> tuple[Store, Callable[[], object]]:
            nonlocal count
            count += 1
            folder = root / str(count)
            store = open_sqlite(folder)
            return store, lambda: (store.close(), shutil.rmtree(folder))

        yield make


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

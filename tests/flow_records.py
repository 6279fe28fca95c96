"""Runs of flows put on record by hand: their calls, what they wait for, what they gave."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from pauta.domain.calls import Arguments, Awaited, Call, CallKind, CallState, first_call_of
from pauta.domain.ids import RunId
from pauta.domain.outputs import Kind, Output
from pauta.domain.pipeline import Part
from pauta.domain.plan import Plan, PlannedStage, PlannedStep
from pauta.domain.problems import Problem
from pauta.domain.runs import Run, Stage, StepRecord
from pauta.domain.states import FINAL_RUNS, RunState, StageState, StepState
from pauta.ports.store import Store
from store_samples import NOON, SECOND, address, frame, run_id, script

FIRST = first_call_of(0)
SCHEMA: dict[str, Any] = {
    "title": "Settings",
    "type": "object",
    "required": ["limit"],
    "properties": {
        "limit": {"type": "integer", "exclusiveMinimum": 0},
        "mode": {"enum": ["fast", "slow"], "type": "string", "default": "fast"},
    },
    "additionalProperties": False,
}


def plan_of_flow(name: str) -> Plan:
    """A plan whose only step is a flow."""
    step = PlannedStep(0, name, Part.PREDICTION, script(), gives="result", gives_version=1, entry=name, is_flow=True)
    return Plan(name, (step,), (PlannedStage(0, (0,)),))


def value(thing: Any) -> Arguments:
    """What a task gave: a small value."""
    return Arguments(Output(Kind.VALUE, address(2), 3, "json", value=thing, inline=True))


def table(mark: int = 77, rows: int = 30) -> Arguments:
    """What a task gave: a frame."""
    tree = Output(Kind.VALUE, address(1), 12, "tagged-json-1", value={"$object": 0}, inline=True)
    return Arguments(tree, (frame(mark, rows=rows),))


class FlowRecords:
    """Makes the calls of one flow, numbered as they are made."""

    def __init__(self, run: RunId) -> None:
        self.run = run
        self.calls: list[Call] = []

    def call(self, name: str, kind: CallKind = CallKind.TASK, **facts: Any) -> Call:
        """A call; completed unless told otherwise. `parent` is a call."""
        parent: Call | None = facts.pop("parent", None)
        above = parent.no if parent is not None else None
        siblings = [call for call in self.calls if call.parent == above]
        given: dict[str, Any] = {
            "state": CallState.COMPLETED,
            "attempts": 1,
            "seconds": 0.25,
            "started_at": NOON,
            **facts,
        }
        made = Call(
            run_id=self.run,
            no=FIRST + len(self.calls),
            step=0,
            parent=above,
            kind=kind,
            name=name,
            index=sum(call.name == name for call in siblings),
            position=len(siblings),
            **given,
        )
        self.calls.append(made)
        return made

    def waits(self, kind: CallKind, *, name: str = "", **awaited: Any) -> Call:
        """A call that waits."""
        facts = {"state": CallState.PAUSED, "seconds": None, "awaited": Awaited(**awaited)}
        return self.call(name or kind.value, kind, **facts)


def record(
    store: Store,
    number: int,
    calls: FlowRecords | None = None,
    *,
    state: RunState = RunState.COMPLETED,
    name: str = "full_flow",
    not_before: Any = None,
    message: str = "",
    problem: Problem | None = None,
    **facts: Any,
) -> RunId:
    """Put a run of a flow with these calls on record; its only stage is paused when the run is."""
    made = run_id(number)
    run = Run(made, name, RunState.PENDING, NOON + number * SECOND, 1, **facts)
    plan, stage = plan_of_flow(name), Stage(made, 0, StageState.READY)
    with store.transaction() as tx:
        assert tx.runs.add(run, plan, [stage], [StepRecord(made, 0, name, 0)])
    is_over, paused = state in FINAL_RUNS, state is RunState.PAUSED
    after = replace(
        run,
        state=state,
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=31) if is_over else None,
        open_stages=0 if is_over else 1,
        failed_stages=int(state is RunState.FAILED),
        paused_stages=int(paused),
    )
    known = calls.calls if calls is not None else []
    awaited = sum(c.state is CallState.PAUSED and c.kind is not CallKind.SLEEP for c in known)
    running = replace(stage, state=StageState.RUNNING, fence=1, owner="x", lease_until=NOON)
    ended = replace(
        running,
        state=StageState(state.value),
        owner=None,
        lease_until=None,
        waiting_for=max(1, awaited) if paused else 0,
        not_before=not_before,
    )
    with store.transaction() as tx:
        assert tx.stages.save(stage, running)
        if state is not RunState.RUNNING:
            assert tx.stages.save(running, ended)
        assert tx.runs.save(run, after)
        step = StepRecord(made, 0, name, 0, state=StepState(state.value), attempts=1, seconds=30.0)
        tx.steps.put([replace(step, message=message, problem=problem)])
        tx.calls.put([replace(call, run_id=made) for call in known])
    return made

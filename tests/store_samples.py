"""Records for tests of the store: small ones, and ones with every field filled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pauta.domain.calls import (
    CALLS_PER_STEP,
    Arguments,
    Awaited,
    Call,
    CallKind,
    CallState,
    first_call_of,
    step_of,
)
from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import Column, FileRef, Kind, ModelRecord, Output
from pauta.domain.pipeline import OnFailure, Part, RetryPolicy, StepPolicy
from pauta.domain.plan import FROM_INPUT, Plan, PlannedStage, PlannedStep, Taken
from pauta.domain.problems import Place, Problem
from pauta.domain.runs import Attempt, CacheEntry, ParentCall, PipelineRef, Run, RunOptions, Stage, StepRecord
from pauta.domain.scripts import Parameter, Script, Signature
from pauta.domain.states import AttemptOutcome, RunState, StageState, StepState
from pauta.ports.store import Store

NOON = datetime(2026, 3, 29, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ODD_TEXT = "maçã 🍎 'quoted' \"double\" % %s :name {brace} \\ \t\n-- ; DROP"


def address(mark: int) -> Address:
    """A content address."""
    return Address(f"{mark:064x}")


def run_id(number: int) -> RunId:
    """The id of the run with this number; a higher number is a younger run."""
    return RunId(f"1k{number:014d}")


def script(mark: int = 1) -> Script:
    """A script version."""
    return Script(f"s{mark}.py", f"s{mark}.py", address(mark), address(1000 + mark), Signature(()))


def plan_of(*needs: tuple[int, ...], name: str = "p") -> Plan:
    """A plan with one step for each stage, and the stages' needs."""
    steps = tuple(PlannedStep(no, f"step{no}", Part.TRAINING, script(), after=need) for no, need in enumerate(needs))
    stages = tuple(PlannedStage(no, (no,), need) for no, need in enumerate(needs))
    return Plan(name, steps, stages)


def submit(
    store: Store, number: int = 1, *needs: tuple[int, ...], pipeline: str = "p", **changes: Any
) -> tuple[Run, list[Stage], list[StepRecord]]:
    """Record a new run of stages with these needs (by default one stage without)."""
    plan = plan_of(*(needs or ((),)), name=pipeline)
    given: dict[str, Any] = {
        "id": run_id(number),
        "pipeline": pipeline,
        "state": RunState.PENDING,
        "created_at": NOON + number * SECOND,
        "open_stages": len(plan.stages),
        **changes,
    }
    run = Run(**given)
    stages = [
        Stage(run.id, s.no, StageState.PENDING if s.needs else StageState.READY, waiting_for=len(s.needs))
        for s in plan.stages
    ]
    steps = [StepRecord(run.id, s.no, s.name, s.no) for s in plan.steps]
    with store.transaction() as tx:
        assert tx.runs.add(run, plan, stages, steps)
    return run, stages, steps


def frame(mark: int = 7, **changes: Any) -> Output:
    """A stored frame."""
    given: dict[str, Any] = {
        "kind": Kind.FRAME,
        "address": address(mark),
        "size": 2**40,
        "format": "arrow",
        "library": "pandas",
        "rows": 10,
        "columns": (Column("a", "int64"), Column(ODD_TEXT, "large_string")),
        **changes,
    }
    return Output(**given)


def value(number: object = 1) -> Output:
    """An inline value."""
    return Output(Kind.VALUE, address(9), 3, "json", value=number, inline=True)


def problem() -> Problem:
    """A problem with every field filled."""
    return Problem(
        "SCR-020",
        {"text": ODD_TEXT, "number": -3, "share": 0.5, "whole": 2.0, "yes": True, "none": None},
        variant="import",
        place=Place("a.json", 3, 9, "steps[0].name"),
        traceback="Traceback:\n  …\nValueError: ção",
    )


def full_plan() -> Plan:
    """A plan with every field filled."""
    signature = Signature((Parameter("df", True, "pl.DataFrame"), Parameter("x", False)), open=True, line=12)
    first = PlannedStep(
        0,
        ODD_TEXT,
        Part.PREDICTION,
        Script("a.py", "sub/a.py", address(1), address(2), signature, {"lib/b.py": address(3)}),
        takes=(Taken("df", FROM_INPUT),),
        gives="clean",
        gives_version=1,
        kwargs={"n": 1, "x": 1.5, "big": 2**62, "deep": {"list": [1, None, "é", {"a": []}]}, "none": None},
        policy=StepPolicy(
            retries=RetryPolicy(3, timedelta(milliseconds=1500), 1.5, timedelta(days=2, microseconds=7), 0.25),
            timeout=timedelta(hours=3, microseconds=1),
            cache=False,
            memory_bytes=8 * 2**30,
            env={"A": "ü"},
            on_failure=OnFailure.CONTINUE,
        ),
        min_rows=5,
    )
    second = PlannedStep(1, "b", Part.TRAINING, script(2), takes=(Taken("clean", 0),), after=(0,))
    second = replace(second, entry="flow", is_flow=True, arguments=Arguments(value(), (frame(61),)))
    stages = (PlannedStage(0, (0,)), PlannedStage(1, (1,), (0,)))
    return Plan("modelo", (first, second), stages, ("df",), "./pipeline")


def full_run(number: int = 1) -> Run:
    """A run with every field filled."""
    return Run(
        run_id(number),
        ODD_TEXT,
        RunState.RUNNING,
        NOON,
        open_stages=2,
        failed_stages=1,
        held_stages=1,
        started_at=NOON + SECOND,
        ended_at=NOON + 2 * SECOND,
        cancel_requested_at=NOON + 3 * SECOND,
        stopping=True,
        parameters={"alpha": 0.1, "names": ["á", None], "on": True, "nested": {"x": 1}},
        inputs={"df": frame(21), "limit": value({"a": [1, 2.5, None]})},
        options=RunOptions(False, "training", 3, "recipe.json", "scripts", "clean"),
        of=run_id(0),
        idempotency_key="chave-é",
        problem=problem(),
        pool="gpu",
        priority=-3,
        deployment="noturno",
        limits=("licença", "gpu"),
        asked_by="schedule às 5",
        document=PipelineRef(ODD_TEXT, 7),
        paused_stages=2,
        parent=ParentCall(run_id(0), 2**40),
    )


def full_step(run: RunId, no: int = 0) -> StepRecord:
    """A step record with every field filled."""
    return StepRecord(
        run,
        no,
        ODD_TEXT,
        0,
        StepState.COMPLETED,
        attempts=3,
        started_at=NOON,
        ended_at=NOON + SECOND,
        seconds=0.1 + 0.2,
        cached_from=run_id(0),
        cache_key="key",
        reason="script changed: a1 → b2",
        output=frame(31),
        files=(FileRef("pipeline/model.h5", address(32), 12), FileRef("é.txt", address(33), 0)),
        models=(model(),),
        metrics={"rmse": 0.25, "nan": float("nan"), "top": float("inf"), "low": float("-inf"), "whole": 2.0},
        problem=problem(),
        objects=(frame(35), value()),
        message=ODD_TEXT,
    )


def call(run: RunId, no: int = CALLS_PER_STEP, state: CallState = CallState.RUNNING, **changes: Any) -> Call:
    """A call of a task by a flow."""
    first = first_call_of(step_of(no))
    given: dict[str, Any] = {
        "kind": CallKind.TASK, "name": "fetch", "index": no - first, "position": no - first, **changes,
    }  # fmt: skip
    return Call(run, no, step_of(no), None, state=state, **given)


def full_call(run: RunId, no: int = 2**40) -> Call:
    """A call with every field filled."""
    return Call(
        run,
        no,
        step_of(no),
        no - 1,
        CallKind.APPROVAL,
        ODD_TEXT,
        3,
        4,
        CallState.PAUSED,
        attempts=2,
        started_at=NOON,
        ended_at=NOON + SECOND,
        seconds=0.1 + 0.2,
        digest="d1",
        given={"url": "a1", "é": "b2"},
        result=Arguments(value({"frame": {"$": 0}}), (frame(51), frame(52, kind=Kind.ARRAY, format="npy"))),
        files=(FileRef("é.txt", address(53), 7),),
        metrics={"rows": 2.0, "nan": float("nan"), "low": float("-inf")},
        message=ODD_TEXT,
        problem=problem(),
        awaited=Awaited(1e9 + 0.25, ODD_TEXT, {"type": "object", "required": ["a"]}, ("analyst",)),
        outputs={"df": Arguments(frame(54)), "v": Arguments(value({"t": {"$object": 0}}), (frame(55),))},
        child=run_id(77),
        cached_from=run_id(78),
        by="ana",
        tags=("a", "é"),
    )


def model() -> ModelRecord:
    """A model record with every field filled."""
    return ModelRecord(
        "modelo", "GRU", {"mae": 1.5, "bad": float("nan")}, (FileRef("pipeline/model.h5", address(34), 12),)
    )


def attempt(run: RunId, stage_no: int = 0, fence: int = 1) -> Attempt:
    """An attempt that goes on."""
    return Attempt(run, stage_no, fence, "boot:1", NOON)


def full_attempt(run: RunId) -> Attempt:
    """An attempt with every field filled."""
    return Attempt(run, 0, 1, "boot:1", NOON, NOON + SECOND, AttemptOutcome.CRASHED, problem(), 2**31 + 5)


def entry(key: str = "k", recipe: str = "r", **changes: Any) -> CacheEntry:
    """A cache entry."""
    given: dict[str, Any] = {
        "key": key,
        "recipe": recipe,
        "inputs": {"df": address(41)},
        "run_id": run_id(1),
        "step_no": 0,
        "made_at": NOON,
        "output": frame(42),
        **changes,
    }
    return CacheEntry(**given)

"""Foresees what a run would do with each step, and why, without running or recording anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import Output
from pauta.domain.plan import FROM_INPUT, Plan
from pauta.domain.runs import Run, RunOptions, Stage, StepRecord
from pauta.domain.states import RunState, StageState, StepState
from pauta.engine.reasons import CacheUse, Reason, why
from pauta.ports.objects import Objects
from pauta.ports.store import Store
from pauta.services.history import Past, known_of
from pauta.services.sheet import Sheet
from pauta.services.taking import Taker
from pauta.services.views import OutlookLine


def foresee(
    plan: Plan,
    inputs: Mapping[str, Output],
    *,
    store: Store,
    objects: Objects,
    options: RunOptions,
    runtime: str,
    now: datetime,
    language: str,
) -> list[OutlookLine]:
    """What a run of this plan would do, step by step in the plan's order."""
    sheet = _imagined(plan, inputs, options, now)
    taker = Taker(objects, runtime=runtime)
    nothing: frozenset[int] = frozenset()
    lines: dict[int, OutlookLine] = {}
    with store.transaction() as tx:
        past = Past.before(tx, pipeline=plan.pipeline, run_id=None, runtime=runtime)
        shelf = taker.shelf(tx, sheet, [s.no for s in plan.stages], earlier={}, forced=nothing)
        for stage in plan.stages:
            to_run = set(taker.take(tx, sheet, stage.no, shelf=shelf, forced=nothing, now=now))
            for no in stage.steps:
                lines[no] = _line(sheet, no, stage.no, past, runs=no in to_run, runtime=runtime, language=language)
    return [lines[step.no] for step in plan.steps]


def _line(sheet: Sheet, no: int, stage_no: int, past: Past, *, runs: bool, runtime: str, language: str) -> OutlookLine:
    step = sheet.planned(no)
    known = sheet.addresses(step)
    if not runs:
        action, reason = "cached", Reason.decode(sheet.step(no).reason or "")
    else:
        action = "run" if known is not None or not step.policy.cache or not sheet.run.options.use_cache else "depends"
        reason = _why(sheet, no, past, runtime)
    return OutlookLine(
        name=step.name,
        part=step.part.value,
        stage=stage_no,
        action=action,
        reason=reason.outlook(language),
        needs=tuple(sheet.planned(n).name for n in sorted(step.needs)),
        output=step.gives,
    )


def _why(sheet: Sheet, no: int, past: Past, runtime: str) -> Reason:
    step = sheet.planned(no)
    inputs: dict[str, Address | None] = {}
    for taken in step.takes:
        output = sheet.run.inputs.get(taken.name) if taken.source == FROM_INPUT else sheet.step(taken.source).output
        inputs[taken.name] = output.address if output is not None else None
    cache = CacheUse.ON
    if not step.policy.cache:
        cache = CacheUse.OFF_FOR_STEP
    elif not sheet.run.options.use_cache:
        cache = CacheUse.OFF_FOR_RUN
    return why(known_of(sheet, no, inputs, runtime=runtime), last=past.last_time(step.name), cache=cache)


def _imagined(plan: Plan, inputs: Mapping[str, Output], options: RunOptions, now: datetime) -> Sheet:
    """A sheet as a run would have it at its beginning."""
    nobody = RunId("")
    run = Run(
        nobody, plan.pipeline, RunState.PENDING, now, open_stages=len(plan.stages), inputs=inputs, options=options
    )
    stage_of = {no: s.no for s in plan.stages for no in s.steps}
    return Sheet(
        run,
        plan,
        stages=[Stage(nobody, s.no, StageState.PENDING) for s in plan.stages],
        steps=[StepRecord(nobody, s.no, s.name, stage_of[s.no], state=StepState.PENDING) for s in plan.steps],
        last_line=-1,
    )

"""Runs that flows begin: how one comes to be, and how its end reaches the call that waits for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from pauta.domain.calls import Arguments, Call, CallState, Spawn
from pauta.domain.ids import RunId
from pauta.domain.pipeline import RetryPolicy, StepPolicy
from pauta.domain.plan import Plan, PlannedStage, PlannedStep
from pauta.domain.problems import PautaError, Problem
from pauta.domain.runs import ParentCall, Run, RunOptions, StepRecord
from pauta.domain.states import RunState, StepState
from pauta.engine.decide import decide, decide_run
from pauta.engine.events import Answered, Decision, RunDecision, TellRun
from pauta.ports.store import Transaction
from pauta.services.race import LostRace
from pauta.services.sheet import Sheet
from pauta.services.submit import Request, put_on_record

Arrange = Callable[[Run, Spawn], Request]
"""Makes the request of a pipeline's or a deployment's run that a flow asks for, and stores what it refers to.

Raises:
    PautaError: There is no such pipeline or deployment, or it cannot be run so.
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call, and the run that it asks for; or why it cannot be run."""

    call: Call
    request: Request | Problem


RESULT = "result"
"""Name of the output of a task that is a run of its own, and of a flow whose document names none."""


def no_others(run: Run, spawn: Spawn) -> Request:
    """An `Arrange` where there are neither pipelines nor deployments."""
    raise PautaError(Problem("FLW-090", {"name": spawn.pipeline or spawn.deployment}, "nowhere"))


def requests_of(sheet: Sheet, *, arrange: Arrange) -> list[Wanted]:
    """What the calls of this sheet ask for, checked and planned before the transaction that begins it."""
    spawns, sheet.ledger.spawns = sheet.ledger.spawns, []
    wanted = []
    for spawned in spawns:
        spawn = spawned.spawn
        try:
            request = _request(sheet, spawned.call, spawn) if spawn.entry else arrange(sheet.run, spawn)
            wanted.append(Wanted(spawned.call, request))
        except PautaError as error:
            wanted.append(Wanted(spawned.call, error.problems[0]))
    return wanted


def begin_runs(
    tx: Transaction,
    sheet: Sheet,
    wanted: Sequence[Wanted],
    *,
    now: datetime,
    random_bits: Callable[[int], int],
) -> list[str]:
    """Begin runs in the transaction in which their calls are saved. One that cannot be begun fails its call.

    Returns:
        The pools in which they queue.
    """
    pools = []
    for each in wanted:
        call = sheet.ledger.get(each.call.no) or each.call
        if isinstance(each.request, Problem):
            failed = replace(call, state=CallState.FAILED, ended_at=now, problem=each.request, awaited=None)
            sheet.ledger.put(failed)
            # Its flow may have begun to wait for it in the same breath.
            sheet.give(sheet.stage_of(call.step), Answered(), now=now)
            continue
        request = each.request.for_flow(ParentCall(sheet.run.id, call.no))
        child = put_on_record(tx, request, now=now, random_bits=random_bits)
        if child is None:
            raise LostRace  # the id was taken
        sheet.ledger.put(replace(call, child=child))
        pools.append(request.pool)
    return pools


def _request(sheet: Sheet, call: Call, spawn: Spawn) -> Request:
    """One call of a task, as a run of its own: the flow's own script, by the version that is pinned."""
    flow, run = sheet.planned(call.step), sheet.run
    delays = tuple(timedelta(seconds=seconds) for seconds in spawn.delays)
    retries = RetryPolicy(times=spawn.retries, delays=delays, delay=timedelta(0), jitter=0.0)
    timeout = timedelta(seconds=spawn.timeout_seconds) if spawn.timeout_seconds is not None else None
    step = PlannedStep(
        0,
        call.name,
        flow.part,
        flow.script,
        gives=RESULT,
        policy=StepPolicy(retries, timeout, cache=False, memory_bytes=spawn.memory_bytes, env=flow.policy.env),
        entry=spawn.entry,
        arguments=spawn.arguments,
        cache_key=spawn.cache_key,
        cache_seconds=spawn.cache_seconds,
    )
    return Request(
        Plan(call.name, (step,), (PlannedStage(0, (0,)),)),
        {},
        options=RunOptions(use_cache=run.options.use_cache),
        pool=spawn.pool or run.pool,
        priority=run.priority if spawn.priority is None else spawn.priority,
        limits=spawn.limits,
        asked_by=run.asked_by,
    )


def tell_parent(tx: Transaction, sheet: Sheet, *, now: datetime) -> Run | None:
    """A run that a flow began has ended: its call has its answer, in the same transaction.

    Returns:
        The flow's run, if the call waited: its picture is out of date, and it may be claimed again.

    Raises:
        LostRace: The flow's run was changed meanwhile.
    """
    parent = sheet.run.parent
    [call] = tx.calls.get(parent.run, [parent.call]) if parent is not None else [None]
    if parent is None or call is None:
        return None
    steps = tx.steps.get(parent.run, [call.step])
    stage = tx.stages.locked(parent.run, steps[0].stage_no) if steps else None
    # Read again under the lock: the flow may just have been cancelled.
    [call] = tx.calls.get(parent.run, [parent.call])
    if stage is None or call.state is not CallState.PAUSED or call.child != sheet.run.id:
        return None
    tx.calls.put([_answered(call, sheet, now=now)])
    flow = tx.runs.get(parent.run)
    outcome = decide(stage, Answered(), now=now)
    if isinstance(outcome, Decision) and flow is not None:
        if not tx.stages.save(stage, outcome.stage):
            raise LostRace
        for command in outcome.commands:
            moved = decide_run(flow, command.event, now=now) if isinstance(command, TellRun) else None
            if isinstance(moved, RunDecision) and not tx.runs.save(flow, moved.run):
                raise LostRace
    return flow


def _answered(call: Call, sheet: Sheet, *, now: datetime) -> Call:
    run = sheet.run
    began = call.started_at or now
    ended = replace(call, ended_at=now, seconds=(now - began).total_seconds(), awaited=None)
    if run.state is not RunState.COMPLETED:
        values = {"run": run.id, "name": call.name, "state": run.state.value}
        first = next((s.problem for s in sheet.steps if s.state is StepState.FAILED and s.problem), None)
        problem = first or run.problem or Problem("FLW-091", values)
        return replace(ended, state=CallState.FAILED, problem=problem)
    done = replace(ended, state=CallState.COMPLETED)
    if sheet.planned(0).arguments is not None:
        step = sheet.step(0)
        result = Arguments(step.output, step.objects) if step.output is not None else None
        return replace(done, result=result, files=step.files, metrics=step.metrics, message=step.message)
    return replace(done, outputs=outputs_of(sheet))


def outputs_of(sheet: Sheet) -> dict[str, Arguments]:
    """What a run gave, by the outputs' names; of one name the newest version."""
    given: dict[str, Arguments] = {}
    for step in sheet.plan.steps:
        record: StepRecord = sheet.step(step.no)
        if step.gives is not None and record.output is not None and record.state is StepState.COMPLETED:
            given[step.gives] = Arguments(record.output, record.objects)
    return given


def orphans_of(sheet: Sheet) -> list[RunId]:
    """Runs to be cancelled: nobody waits for them any more, or their flow is being cancelled."""
    left = sheet.take_orphans()
    if sheet.run.cancel_requested_at is not None:
        left.extend(sheet.ledger.children())
    return left

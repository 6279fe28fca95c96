"""Which columns a record has, and how it becomes a row and comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from pauta.domain.ids import Address, RunId
from pauta.domain.runs import (
    Attempt,
    CacheEntry,
    Event,
    LogChunk,
    ParentCall,
    PipelineRef,
    Run,
    Stage,
    StepRecord,
    limit_keys,
)
from pauta.domain.states import AttemptOutcome, RunState, StageState, StepState
from pauta.ports.store import Leased, Queued
from pauta.storage import codec

Row = dict[str, Any]

RUN_COLUMNS = (
    "id", "pipeline", "state", "created_at", "open_stages", "failed_stages", "held_stages", "started_at",
    "ended_at", "cancel_requested_at", "stopping", "parameters", "inputs", "options", "of_run",
    "idempotency_key", "problem", "pool", "priority", "deployment", "limits", "asked_by", "document_name",
    "document_version", "paused_stages", "parent_run", "parent_call",
)  # fmt: skip
RUN_PROGRESS = (
    "state", "open_stages", "failed_stages", "held_stages", "started_at", "ended_at", "cancel_requested_at",
    "stopping", "problem", "paused_stages",
)  # fmt: skip
STAGE_COLUMNS = (
    "run_id", "no", "state", "waiting_for", "fence", "tries", "deaths", "owner", "lease_until", "not_before",
)  # fmt: skip
PLACE_COLUMNS = ("pool", "priority", "lane")
LEASED_COLUMNS = ("run_id", "no", "fence", "owner", "lease_until")
STEP_COLUMNS = (
    "run_id", "no", "name", "stage_no", "state", "attempts", "started_at", "ended_at", "seconds",
    "cached_from", "cache_key", "reason", "output", "files", "models", "metrics", "problem",
    "objects", "message",
)  # fmt: skip
ATTEMPT_COLUMNS = (
    "run_id", "stage_no", "fence", "owner", "started_at", "ended_at", "outcome", "problem", "process",
)  # fmt: skip
CACHE_COLUMNS = (
    "key", "recipe", "inputs", "run_id", "step_no", "made_at", "output", "files", "models", "metrics", "objects",
    "until",
)  # fmt: skip
LOG_COLUMNS = ("run_id", "step_no", "fence", "first", "last", "lines")
EVENT_COLUMNS = ("run_id", "at", "kind", "stage_no", "step_no", "details")

_RUN_STATES = {s.value: s for s in RunState}
_STAGE_STATES = {s.value: s for s in StageState}
_STEP_STATES = {s.value: s for s in StepState}


def _json(value: object | None) -> str | None:
    return None if value is None else codec.to_json(value)


def run_progress(run: Run) -> Row:
    """The columns of a run that change while it goes."""
    return {
        "state": run.state.value,
        "open_stages": run.open_stages,
        "failed_stages": run.failed_stages,
        "held_stages": run.held_stages,
        "started_at": codec.to_micros(run.started_at),
        "ended_at": codec.to_micros(run.ended_at),
        "cancel_requested_at": codec.to_micros(run.cancel_requested_at),
        "stopping": int(run.stopping),
        "problem": _json(run.problem),
        "paused_stages": run.paused_stages,
    }


def run_row(run: Run) -> Row:
    """All columns of a run but its plan."""
    return {
        **run_progress(run),
        "id": run.id,
        "pipeline": run.pipeline,
        "created_at": codec.micros(run.created_at),
        "parameters": codec.from_mapping(run.parameters),
        "inputs": codec.from_mapping(run.inputs),
        "options": codec.to_json(run.options),
        "of_run": run.of,
        "idempotency_key": run.idempotency_key,
        **run_place(run),
        "deployment": run.deployment,
        "limits": codec.from_mapping(run.limits),
        "asked_by": run.asked_by,
        "document_name": run.document.name if run.document else None,
        "document_version": run.document.version if run.document else None,
        "parent_run": run.parent.run if run.parent else None,
        "parent_call": run.parent.call if run.parent else None,
    }


def run_place(run: Run) -> Row:
    """Where a run's stages queue."""
    return {"pool": run.pool, "priority": run.priority, "lane": run.lane}


def to_run(row: Sequence[Any]) -> Run:
    """The run of a row with `RUN_COLUMNS`."""
    return Run(
        id=RunId(row[0]),
        pipeline=row[1],
        state=_RUN_STATES[row[2]],
        created_at=codec.moment(row[3]),
        open_stages=row[4],
        failed_stages=row[5],
        held_stages=row[6],
        started_at=codec.from_micros(row[7]),
        ended_at=codec.from_micros(row[8]),
        cancel_requested_at=codec.from_micros(row[9]),
        stopping=bool(row[10]),
        parameters=codec.to_mapping(row[11]),
        inputs=codec.to_outputs(row[12]),
        options=codec.to_options(row[13]),
        of=row[14],
        idempotency_key=row[15],
        problem=codec.to_problem(row[16]),
        pool=row[17],
        priority=row[18],
        deployment=row[19],
        limits=codec.to_names(row[20]),
        asked_by=row[21],
        document=PipelineRef(row[22], row[23]) if row[22] is not None else None,
        paused_stages=row[24],
        parent=ParentCall(row[25], row[26]) if row[25] is not None else None,
    )


def newest(*, before: bool, state: bool, pipeline: bool, deployment: bool, top_level: bool) -> str:
    """Name of the statement that lists runs with these filters."""
    asked = "_before" * before + "_state" * state + "_pipeline" * pipeline + "_deployment" * deployment
    return "run.newest" + asked + "_top_level" * top_level


def stage_row(stage: Stage) -> Row:
    """All columns of a stage."""
    return {
        "run_id": stage.run_id,
        "no": stage.no,
        "state": stage.state.value,
        "waiting_for": stage.waiting_for,
        "fence": stage.fence,
        "tries": stage.tries,
        "deaths": stage.deaths,
        "owner": stage.owner,
        "lease_until": codec.to_micros(stage.lease_until),
        "not_before": codec.to_micros(stage.not_before),
    }


def to_stage(row: Sequence[Any]) -> Stage:
    """The stage of a row with `STAGE_COLUMNS`."""
    return Stage(
        row[0], row[1], _STAGE_STATES[row[2]], row[3], row[4], row[5], row[6], row[7],
        codec.from_micros(row[8]), codec.from_micros(row[9]),
    )  # fmt: skip


def to_queued(row: Sequence[Any]) -> Queued:
    """The queued stage of a row with `STAGE_COLUMNS`, `PLACE_COLUMNS`, and its run's deployment and limits."""
    place = row[len(STAGE_COLUMNS) :]
    pool, priority, lane, deployment, limits = place
    return Queued(to_stage(row), pool, priority, lane, limit_keys(pool, deployment, codec.to_names(limits)))


def to_leased(row: Sequence[Any]) -> Leased:
    """The running stage of a row with `LEASED_COLUMNS`, pool, lane, and its run's deployment and limits."""
    run_id, no, fence, owner, until, pool, lane, deployment, limits = row
    keys = limit_keys(pool, deployment, codec.to_names(limits))
    return Leased(run_id, no, fence, owner or "", codec.from_micros(until), pool, lane, keys)


def step_row(step: StepRecord) -> Row:
    """All columns of a step."""
    return {
        "run_id": step.run_id,
        "no": step.no,
        "name": step.name,
        "stage_no": step.stage_no,
        "state": step.state.value,
        "attempts": step.attempts,
        "started_at": codec.to_micros(step.started_at),
        "ended_at": codec.to_micros(step.ended_at),
        "seconds": step.seconds,
        "cached_from": step.cached_from,
        "cache_key": step.cache_key,
        "reason": step.reason,
        "output": _json(step.output),
        "files": codec.from_mapping(step.files),
        "models": codec.from_models(step.models),
        "metrics": codec.from_metrics(step.metrics),
        "problem": _json(step.problem),
        "objects": codec.from_mapping(step.objects),
        "message": step.message or None,
    }


def to_step(row: Sequence[Any]) -> StepRecord:
    """The step of a row with `STEP_COLUMNS`."""
    return StepRecord(
        row[0], row[1], row[2], row[3], _STEP_STATES[row[4]], row[5],
        codec.from_micros(row[6]), codec.from_micros(row[7]), row[8], row[9], row[10], row[11],
        codec.to_output(row[12]), codec.to_files(row[13]), codec.to_models(row[14]),
        codec.to_metrics(row[15]), codec.to_problem(row[16]),
        codec.to_objects(row[17]), row[18] or "",
    )  # fmt: skip


def attempt_row(attempt: Attempt) -> Row:
    """All columns of an attempt."""
    return {
        "run_id": attempt.run_id,
        "stage_no": attempt.stage_no,
        "fence": attempt.fence,
        "owner": attempt.owner,
        "started_at": codec.micros(attempt.started_at),
        "ended_at": codec.to_micros(attempt.ended_at),
        "outcome": attempt.outcome.value if attempt.outcome else None,
        "problem": _json(attempt.problem),
        "process": attempt.process,
    }


def to_attempt(row: Sequence[Any]) -> Attempt:
    """The attempt of a row with `ATTEMPT_COLUMNS`."""
    return Attempt(
        row[0], row[1], row[2], row[3], codec.moment(row[4]), codec.from_micros(row[5]),
        AttemptOutcome(row[6]) if row[6] else None, codec.to_problem(row[7]), row[8],
    )  # fmt: skip


def cache_row(entry: CacheEntry) -> Row:
    """All columns of a cache entry."""
    return {
        "key": entry.key,
        "recipe": entry.recipe,
        "inputs": codec.to_json(entry.inputs),
        "run_id": entry.run_id,
        "step_no": entry.step_no,
        "made_at": codec.micros(entry.made_at),
        "output": _json(entry.output),
        "files": codec.from_mapping(entry.files),
        "models": codec.from_models(entry.models),
        "metrics": codec.from_metrics(entry.metrics),
        "objects": codec.from_mapping(entry.objects),
        "until": codec.to_micros(entry.until),
    }


def to_cache_entry(row: Sequence[Any]) -> CacheEntry:
    """The cache entry of a row with `CACHE_COLUMNS`."""
    inputs = cast("dict[str, Address]", codec.to_addresses(row[2]))
    return CacheEntry(
        row[0], row[1], inputs, row[3], row[4], codec.moment(row[5]), codec.to_output(row[6]),
        codec.to_files(row[7]), codec.to_models(row[8]), codec.to_metrics(row[9]),
        codec.to_objects(row[10]), codec.from_micros(row[11]),
    )  # fmt: skip


def log_row(chunk: LogChunk) -> Row:
    """All columns of a chunk of log lines."""
    return {
        "run_id": chunk.run_id,
        "step_no": chunk.step_no,
        "fence": chunk.fence,
        "first": chunk.first,
        "last": chunk.first + len(chunk.lines) - 1,
        "lines": codec.from_lines(chunk.lines),
    }


def to_chunk(row: Sequence[Any]) -> LogChunk:
    """The chunk of a row with `LOG_COLUMNS`."""
    return LogChunk(row[0], row[1], row[2], row[3], codec.to_lines(row[5]))


def event_row(event: Event) -> Row:
    """All columns of an event but its place in the order."""
    return {
        "run_id": event.run_id,
        "at": codec.micros(event.at),
        "kind": event.kind,
        "stage_no": event.stage_no,
        "step_no": event.step_no,
        "details": codec.from_mapping(event.details),
    }


def to_event(row: Sequence[Any]) -> Event:
    """The event of a row with `EVENT_COLUMNS`."""
    return Event(row[0], codec.moment(row[1]), row[2], row[3], row[4], codec.to_mapping(row[5]))

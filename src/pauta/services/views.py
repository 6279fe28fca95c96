"""What commands and the API show: plain values, each with its JSON form. Field names are a promise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from pauta.domain.outputs import Column, FileRef
from pauta.domain.problems import Problem
from pauta.domain.runs import ParentCall, PipelineRef
from pauta.services.view_calls import CallView, WaitingView


class StepView(Struct, frozen=True):
    """One step of a run.

    `seconds` is the time of the script's own body; `rows_in` the rows of the frames it took, together.
    `state` as in `StepState`; `reason` why it ran or was taken from the cache; `message` and `remedy` are its
    problem in words. A metric that is no number (NaN, infinite) is None once it has been JSON.
    """

    name: str
    state: str
    part: str
    stage: int
    attempts: int
    cached: bool
    cached_from: str | None
    seconds: float | None
    rows_in: int | None
    rows_out: int | None
    output: str | None
    reason: str | None
    started_at: datetime | None
    ended_at: datetime | None
    metrics: Mapping[str, float | None]
    files: tuple[FileRef, ...]
    problem: Problem | None
    needs: tuple[str, ...] = ()
    message: str | None = None
    remedy: str | None = None


class FrameView(Struct, frozen=True):
    """A frame (or other output) of a run, in its newest version unless `version` says which.

    `value` is what a small value is, when it is asked for alone.
    """

    name: str
    version: int
    kind: str
    made_by: str | None  # step name, None for an input
    rows: int | None
    columns: tuple[Column, ...]
    size: int
    address: str
    library: str
    format: str
    value: Any = None


class ModelView(Struct, frozen=True):
    """A model that a run trained."""

    name: str
    type: str
    step: str
    metrics: Mapping[str, float | None]
    files: tuple[FileRef, ...]


class RunView(Struct, frozen=True):
    """A run with its steps, frames and models.

    `records` is the folder where the records are kept; `seconds` from start to end (so far). `document` is the
    document's path as it was given, `published` the published version that it is. `asked_by` tells who asked for
    the run, `pool`, `priority` and `deployment` where it queues; `message` and `remedy` are its problem in words, or
    what the flow that it is said with the state it returned.

    Of flows: `parent` is the call of another run that began this one, and `calls` how many calls this one made.
    `paused` tells that some flow of it gave its worker back; `waits` what those wait for, `waiting` what of it, and of
    the runs that it began, waits for a person.
    """

    run: str
    pipeline: str
    state: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float | None
    of: str | None
    parameters: Mapping[str, Any]
    steps: tuple[StepView, ...]
    frames: tuple[FrameView, ...]
    models: tuple[ModelView, ...]
    problem: Problem | None
    records: str
    document: str | None = None
    published: PipelineRef | None = None
    deployment: str | None = None
    pool: str | None = None
    priority: int = 0
    asked_by: str | None = None
    cancel_requested_at: datetime | None = None
    message: str | None = None
    remedy: str | None = None
    parent: ParentCall | None = None
    calls: int = 0
    paused: bool = False
    waits: tuple[CallView, ...] = ()
    waiting: tuple[WaitingView, ...] = ()

    def as_json(self, language: str = "en") -> dict[str, Any]:
        """The one object that ``pauta run --json`` prints."""
        return {
            "run": self.run,
            "pipeline": self.pipeline,
            "state": self.state,
            "message": self.message,
            "parent": {"run": self.parent.run, "call": self.parent.call} if self.parent else None,
            "waiting": [each.as_json() for each in self.waiting],
            "created_at": _time(self.created_at),
            "started_at": _time(self.started_at),
            "ended_at": _time(self.ended_at),
            "seconds": self.seconds,
            "of": self.of,
            "parameters": dict(self.parameters),
            "steps": [
                {
                    "name": s.name,
                    "state": s.state,
                    "part": s.part,
                    "stage": s.stage,
                    "seconds": s.seconds,
                    "cached": s.cached,
                    "cached_from": s.cached_from,
                    "attempts": s.attempts,
                    "rows_in": s.rows_in,
                    "rows_out": s.rows_out,
                    "output": s.output,
                    "reason": s.reason,
                    "metrics": dict(s.metrics),
                    "files": [_file(f) for f in s.files],
                    "error": s.problem.as_json(language) if s.problem else None,
                }
                for s in self.steps
            ],
            "frames": {
                f.name: {
                    "kind": f.kind,
                    "rows": f.rows,
                    "columns": [c.name for c in f.columns],
                    "dtypes": {c.name: c.dtype for c in f.columns},
                    "address": f.address,
                    "size": f.size,
                    "version": f.version,
                    "made_by": f.made_by,
                }
                for f in self.frames
            },
            "models": [
                {
                    "name": m.name,
                    "type": m.type,
                    "step": m.step,
                    "metrics": dict(m.metrics),
                    "files": [_file(f) for f in m.files],
                }
                for m in self.models
            ],
            "records": self.records,
            "error": self.problem.as_json(language) if self.problem else None,
        }


class RunLine(Struct, frozen=True):
    """A run in a list. What is not explained here is as in `RunView`."""

    run: str
    pipeline: str
    state: str
    created_at: datetime
    seconds: float | None
    of: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    published: PipelineRef | None = None
    deployment: str | None = None
    pool: str | None = None
    asked_by: str | None = None
    parent: ParentCall | None = None

    def as_json(self) -> dict[str, Any]:
        """One element of ``pauta runs --json``."""
        return {
            "run": self.run,
            "parent": {"run": self.parent.run, "call": self.parent.call} if self.parent else None,
            "pipeline": self.pipeline,
            "state": self.state,
            "created_at": _time(self.created_at),
            "seconds": self.seconds,
            "of": self.of,
        }


class OutlookLine(Struct, frozen=True):
    """What a run would do with one step.

    `action` is ``cached``, ``run`` (certain), or ``depends`` (its inputs are not known before others ran);
    `reason` says why in words.
    """

    name: str
    part: str
    stage: int
    action: str
    reason: str
    needs: tuple[str, ...]
    output: str | None

    def as_json(self) -> dict[str, Any]:
        """One element of ``pauta plan --json``."""
        return {
            "name": self.name,
            "part": self.part,
            "stage": self.stage,
            "action": self.action,
            "reason": self.reason,
            "needs": list(self.needs),
            "output": self.output,
        }


class FrameDifference(Struct, frozen=True):
    """How a frame differs between two runs. `columns` has one entry for each column that differs."""

    name: str
    same: bool
    rows: tuple[int | None, int | None]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    retyped: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class RunDifference(Struct, frozen=True):
    """How two runs differ.

    `scripts` and `parameters` map a step or parameter to its two values (versions; None: not there);
    `script_texts` a step to the unified diff of its sources; `metrics` ``model.metric`` to its two values.
    """

    runs: tuple[str, str]
    scripts: Mapping[str, tuple[str | None, str | None]]
    script_texts: Mapping[str, str]
    parameters: Mapping[str, tuple[Any, Any]]
    frames: tuple[FrameDifference, ...]
    metrics: Mapping[str, tuple[float | None, float | None]]
    steps: Mapping[str, tuple[str | None, str | None]]

    def as_json(self) -> dict[str, Any]:
        """What ``pauta diff --json`` prints."""
        return {
            "runs": list(self.runs),
            "scripts": {k: list(v) for k, v in self.scripts.items()},
            "script_texts": dict(self.script_texts),
            "parameters": {k: list(v) for k, v in self.parameters.items()},
            "steps": {k: list(v) for k, v in self.steps.items()},
            "metrics": {k: list(v) for k, v in self.metrics.items()},
            "frames": {
                f.name: {
                    "same": f.same,
                    "rows": list(f.rows),
                    "added": list(f.added),
                    "removed": list(f.removed),
                    "retyped": {k: list(v) for k, v in f.retyped.items()},
                    "columns": {k: dict(v) for k, v in f.columns.items()},
                }
                for f in self.frames
            },
        }


class CollectView(Struct, frozen=True):
    """What the collector did, or would do (`dry_run`).

    `log_runs` counts the runs whose log lines went before they do; `reasons` the runs by why they go (``age``,
    ``space``, ``asked``) or stay (``kept_newest``, ``kept_active``, ``kept_referenced``, ``kept_young``).
    """

    dry_run: bool
    runs: tuple[str, ...]
    objects: int
    bytes: int
    kept_objects: int
    kept_bytes: int
    log_runs: int = 0
    log_bytes: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """What ``pauta gc --json`` prints."""
        return {
            "dry_run": self.dry_run,
            "runs": list(self.runs),
            "objects": self.objects,
            "bytes": self.bytes,
            "kept_objects": self.kept_objects,
            "kept_bytes": self.kept_bytes,
            "log_runs": self.log_runs,
            "log_bytes": self.log_bytes,
            "reasons": dict(self.reasons),
        }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _file(file: FileRef) -> dict[str, Any]:
    return {"path": file.path, "address": file.address, "size": file.size}

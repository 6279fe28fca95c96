"""What commands and the API show of the calls of flows, and of those that wait for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from pauta.domain.outputs import FileRef
from pauta.domain.problems import Problem


class AwaitedView(Struct, frozen=True):
    """What a call waits for.

    Attributes:
        until: When the waiting ends by itself.
        prompt: What a person is asked.
        schema: JSON Schema of the answer; None: any JSON value.
        roles: Who may answer; empty: whoever may start runs.
    """

    until: datetime | None = None
    prompt: str = ""
    schema: Mapping[str, Any] | None = None
    roles: tuple[str, ...] = ()


class GaveView(Struct, frozen=True):
    """What a call gave.

    Attributes:
        kind: ``value``, ``frame``, ``array``, ``model`` or ``nothing``.
        rows: Of a frame.
        frames: Names under which the run's frames have it.
        value: A small value; None for others.
    """

    kind: str
    rows: int | None = None
    frames: tuple[str, ...] = ()
    value: Any = None


class CallView(Struct, frozen=True):
    """One call of a flow: a task, a subflow, a wait, or a run of its own.

    Attributes:
        call: Its number in the run.
        label: How it is named: ``fetch``, the next one ``fetch#2``.
        step: Name of the flow's step.
        parent: Number of the call in whose body it was made; None: the flow itself.
        kind: As in `CallKind`.
        state: As in `CallState`.
        given: Argument → the first digits of the address of what was given.
        message: Of the state that it returned, or its problem in words.
        awaited: What it waits for, or waited for.
        child: The run that it began.
        by: Who answered it.
    """

    call: int
    label: str
    step: str
    parent: int | None
    kind: str
    name: str
    index: int
    state: str
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: float | None = None
    cached_from: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    gave: GaveView | None = None
    files: tuple[FileRef, ...] = ()
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    message: str | None = None
    problem: Problem | None = None
    remedy: str | None = None
    awaited: AwaitedView | None = None
    child: str | None = None
    by: str | None = None
    tags: tuple[str, ...] = ()

    def as_json(self, language: str = "en") -> dict[str, Any]:
        """One element of ``calls`` in ``pauta show --json``."""
        return {
            "call": self.call,
            "label": self.label,
            "step": self.step,
            "parent": self.parent,
            "kind": self.kind,
            "name": self.name,
            "state": self.state,
            "attempts": self.attempts,
            "started_at": _time(self.started_at),
            "ended_at": _time(self.ended_at),
            "seconds": self.seconds,
            "cached_from": self.cached_from,
            "gave": _gave(self.gave),
            "metrics": dict(self.metrics),
            "message": self.message,
            "child": self.child,
            "by": self.by,
            "tags": list(self.tags),
            "error": self.problem.as_json(language) if self.problem else None,
        }


class CallPage(Struct, frozen=True):
    """Calls by number. `next` is what to give as ``after`` for those that follow; None: there are no more."""

    calls: tuple[CallView, ...]
    next: int | None


class WaitingView(Struct, frozen=True):
    """A call that waits for a person.

    Attributes:
        run: The run to whose call it belongs.
        top: The run that a person asked for: the one that began `run`, or began the one that did; often itself.
        kind: ``input``: a value is asked for; ``approval``: a yes or no.
        since: Since when it waits.
    """

    run: str
    call: int
    label: str
    kind: str
    pipeline: str
    top: str
    since: datetime | None
    awaited: AwaitedView
    deployment: str | None = None
    message: str | None = None

    def as_json(self) -> dict[str, Any]:
        """One element of ``pauta waiting --json``."""
        return {
            "run": self.run,
            "call": self.call,
            "label": self.label,
            "kind": self.kind,
            "pipeline": self.pipeline,
            "top": self.top,
            "since": _time(self.since),
            "until": _time(self.awaited.until),
            "prompt": self.awaited.prompt,
            "schema": dict(self.awaited.schema) if self.awaited.schema is not None else None,
            "roles": list(self.awaited.roles),
            "deployment": self.deployment,
            "message": self.message,
        }


class WaitingList(Struct, frozen=True):
    """What waits for people, oldest first."""

    waiting: tuple[WaitingView, ...]


class Answered(Struct, frozen=True):
    """An answer that is on record.

    Attributes:
        approved: None where a value was asked for.
        top: The run that a person asked for, see `WaitingView`.
        goes_on: Whether somebody works on that run, so that its flow goes on by itself.
    """

    run: str
    call: int
    label: str
    by: str
    approved: bool | None = None
    top: str = ""
    goes_on: bool = True


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _gave(gave: GaveView | None) -> dict[str, Any] | None:
    if gave is None:
        return None
    return {"kind": gave.kind, "rows": gave.rows, "frames": list(gave.frames), "value": gave.value}

"""Waiting for a time, a person, or another run, without holding a worker.

The flow's body is unwound (its ``with`` and ``finally`` blocks run) and begins anew when the wait is over; calls that
are on record are not made again. In async flows these give something to await.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from pauta.domain.calls import Awaited, Call, CallKind, Spawn
from pauta.domain.outputs import Output
from pauta.domain.problems import InvalidInput, Place, Problem, StepFault, shorten
from pauta.flows.places import calling_place
from pauta.flows.recorded_wait import Question, begin_wait
from pauta.flows.scope import current
from pauta.flows.site import Parcels


@dataclass(frozen=True, slots=True)
class Approval:
    """What somebody decided.

    Attributes:
        approved: Whether it may be done.
        by: Who decided.
        comment: What they said.
    """

    approved: bool
    by: str = ""
    comment: str = ""

    def __bool__(self) -> bool:
        return self.approved


class Rejected(StepFault):
    """An approval was refused, and the flow was to fail then (FLW-041)."""


class PipelineRun:
    """A run that a flow began, at its end.

    Attributes:
        run: Its id.
        state: The state in which it ended, such as ``completed``.
    """

    def __init__(self, call: Call, parcels: Parcels) -> None:
        self.run = str(call.child or "")
        self.state = call.state.value
        self._outputs = call.outputs
        self._parcels = parcels

    @cached_property
    def frames(self) -> Mapping[str, Any]:
        """What it gave, by name; opened when it is first asked for."""
        return {name: self._parcels.unpack(given) for name, given in self._outputs.items()}


def sleep_until(moment: datetime) -> Any:
    """Wait until a moment.

    Args:
        moment: With its time zone; one without is taken as UTC.

    Raises:
        InvalidInput: FLW-042, this is no moment.
        StepFault: FLW-038, a task cannot wait for the world.
    """
    if not isinstance(moment, datetime):
        raise InvalidInput(Problem("FLW-042", {"found": shorten(repr(moment))}, "moment", calling_place()))
    seconds = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    return _waited(Question(CallKind.SLEEP, "sleep", {"until": seconds}, until=seconds))


def sleep_for(duration: timedelta | float) -> Any:
    """Wait for some time; less than a second is slept in place.

    Args:
        duration: A timedelta, or seconds.

    Raises:
        InvalidInput: FLW-042, this is no duration.
        StepFault: FLW-038, a task cannot wait for the world.
    """
    seconds = _seconds(duration)
    return _waited(Question(CallKind.SLEEP, "sleep", {"seconds": seconds}, seconds=seconds))


def pause_for_input(
    schema: Any = None, prompt: str = "", timeout: timedelta | float | None = None, key: str | None = None
) -> Any:
    """Wait until a person gives a value.

    Args:
        schema: A pydantic model or another type, or a JSON Schema as a dict; None: any JSON value.
        prompt: What the person is asked.
        timeout: Longest time, a timedelta or seconds.
        key: What the question is called on record; ``input`` unless given.

    Returns:
        The value, as an object of the model or type when one was given.

    Raises:
        TimedOut: FLW-037, nobody answered in time.
        StepFault: FLW-040, the answer does not fit; FLW-038, a task cannot wait for the world.
    """
    adapter, place = _adapter(schema), calling_place()
    described = adapter.json_schema() if adapter is not None else schema
    question = Question(
        CallKind.INPUT,
        key or "input",
        {"prompt": prompt, "schema": described},
        Awaited(prompt=prompt, schema=described),
        _seconds(timeout) if timeout is not None else None,
        give=lambda call, parcels: _checked(adapter, _value(call, parcels), name=call.name, place=place),
    )
    return _waited(question)


def approval(
    prompt: str,
    roles: Sequence[str] = (),
    timeout: timedelta | float | None = None,
    *,
    raise_on_rejection: bool = False,
) -> Any:
    """Wait until a person says yes or no.

    Args:
        prompt: What is to be approved.
        roles: Who may decide; empty: whoever may answer flows at all.
        timeout: Longest time, a timedelta or seconds.
        raise_on_rejection: Whether a no fails the flow.

    Returns:
        An `Approval`, which is true when it may be done.

    Raises:
        TimedOut: FLW-037, nobody decided in time.
        Rejected: FLW-041.
        StepFault: FLW-038, a task cannot wait for the world.
    """
    wanted = (roles,) if isinstance(roles, str) else tuple(roles)
    seconds = _seconds(timeout) if timeout is not None else None
    place = calling_place()

    def decided(call: Call, parcels: Parcels) -> Approval:
        said = _value(call, parcels) or {}
        decision = Approval(bool(said.get("approved")), said.get("by") or call.by or "", said.get("comment") or "")
        if raise_on_rejection and not decision.approved:
            values = {"prompt": shorten(prompt), "by": shorten(decision.by), "comment": shorten(decision.comment)}
            raise Rejected(Problem("FLW-041", values, "" if decision.comment else "silent", place))
        return decision

    given = {"prompt": prompt, "roles": list(wanted)}
    awaited = Awaited(prompt=prompt, roles=wanted)
    return _waited(Question(CallKind.APPROVAL, "approval", given, awaited, seconds, give=decided))


def run_pipeline(
    name: str,
    inputs: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    version: int | None = None,
    pool: str | None = None,
    *,
    wait: bool = True,
) -> Any:
    """Run a published pipeline, as a run of its own.

    Args:
        name: Of the pipeline.
        inputs: Frames by name.
        parameters: By name.
        version: Its active one, unless given.
        pool: Where it queues; where the flow does, unless given.
        wait: Whether to wait for its end; otherwise a future is given, whose result is the same.

    Returns:
        A `PipelineRun` with its ``run`` and ``frames``.

    Raises:
        TaskFailed: It did not complete.
        StepFault: FLW-038, a task cannot wait for the world.
    """
    frames, values = dict(inputs or {}), dict(parameters or {})

    def spawn() -> Spawn:
        packed = {key: _stored(key, frame) for key, frame in frames.items()}
        return Spawn(pipeline=name, version=version, inputs=packed, parameters=values, pool=pool or "")

    given = {"inputs": frames, "parameters": values, "version": version}
    return _run(Question(CallKind.RUN, name, given, spawn=spawn, give=PipelineRun), wait=wait)


def run_deployment(name: str, parameters: Mapping[str, Any] | None = None, *, wait: bool = True) -> Any:
    """Run a deployment, as a run of its own.

    Args:
        name: Of the deployment.
        parameters: By name, in place of those of the deployment.
        wait: Whether to wait for its end; otherwise a future is given, whose result is the same.

    Returns:
        A `PipelineRun` with its ``run`` and ``frames``.

    Raises:
        TaskFailed: It did not complete.
        StepFault: FLW-038, a task cannot wait for the world.
    """
    values = dict(parameters or {})
    given = {"parameters": values}
    spawn = Spawn(deployment=name, parameters=values)
    return _run(Question(CallKind.RUN, name, given, spawn=lambda: spawn, give=PipelineRun), wait=wait)


def _run(question: Question, *, wait: bool) -> Any:
    return _waited(question) if wait else begin_wait(question)


def _waited(question: Question) -> Any:
    """What comes of it; in an async body something to await for it."""
    begun = begin_wait(question)
    scope = current.get()
    return begun if scope is not None and scope.is_async else begun.result()


def _value(call: Call, parcels: Parcels) -> Any:
    return parcels.unpack(call.result) if call.result is not None else None


def _stored(name: str, frame: Any) -> Output:
    scope = current.get()
    assert scope is not None  # noqa: S101
    return scope.engine.site.parcels.pack(frame, name=name).arguments.value


def _adapter(schema: Any) -> Any:
    if schema is None or isinstance(schema, Mapping):
        return None
    from pydantic import TypeAdapter

    return TypeAdapter(schema)


def _checked(adapter: Any, value: Any, *, name: str, place: Place | None) -> Any:
    if adapter is None:
        return value
    from pydantic import ValidationError

    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        values = {"name": name, "field": ".".join(map(str, first["loc"])) or "-", "said": shorten(first["msg"])}
        raise StepFault(Problem("FLW-040", values, place=place)) from error


def _seconds(duration: Any) -> float:
    from pauta.flows.option_reading import seconds_of

    seconds = seconds_of(duration)
    if seconds is None:
        raise InvalidInput(Problem("FLW-042", {"found": shorten(repr(duration))}, "duration", calling_place()))
    return seconds

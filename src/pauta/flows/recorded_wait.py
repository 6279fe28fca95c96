"""A call that waits for the world: found on record with its answer, or asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import inf
from typing import Any

from msgspec import structs

from pauta.domain.calls import Awaited, Call, CallKind, CallState, Spawn
from pauta.domain.problems import Problem, StepFault
from pauta.domain.wire import CallAwaits, CallEnded
from pauta.flows.failing import answer_of_failed
from pauta.flows.failures import on_record
from pauta.flows.fingerprints import fingerprint
from pauta.flows.future import Awaiting
from pauta.flows.outcome import state_of_error
from pauta.flows.places import calling_place
from pauta.flows.replay import Asked
from pauta.flows.scope import Scope, current
from pauta.flows.shelf import made
from pauta.flows.site import Parcels
from pauta.flows.states import Completed, Failed, Origin, State

_ASKED = (CallState.PAUSED, CallState.RUNNING)


@dataclass(frozen=True)
class Question:
    """What is waited for.

    Attributes:
        kind, name: As in `Call`.
        given: By what it is known again, by argument.
        awaited: What goes on record; without `until`.
        seconds: How long it waits at most; None: as long as it takes.
        until: Until when it waits at most, in seconds since 1970, instead of `seconds`.
        spawn: Gives the run that is to be begun.
        give: What the flow gets, from the call as it is on record.
    """

    kind: CallKind
    name: str
    given: Mapping[str, Any] = field(default_factory=dict)
    awaited: Awaited = field(default_factory=Awaited)
    seconds: float | None = None
    until: float | None = None
    spawn: Callable[[], Spawn] | None = None
    give: Callable[[Call, Parcels], Any] = lambda call, parcels: None


class RecordedWait(Awaiting[Any]):
    """The future of a call that waits for the world. Its result is what the question makes of the answer."""

    def __init__(self, scope: Scope, question: Question) -> None:
        super().__init__(scope.engine, question.name)
        self._scope = scope
        self._question = question
        self._slot = scope.slot(question.kind, question.name)
        self._digest, self._given, fault = fingerprint(scope.engine.site.parcels, question.given)
        if fault is not None:
            raise fault
        asked = Asked(question.kind, question.name, self._slot.position, self._digest, self._given)
        known = scope.take(asked)
        self.no = known.no if known is not None else scope.engine.new_number()
        if known is not None and known.state is CallState.COMPLETED:
            self._end(known)
            self.finish(self._answer(known))
        elif known is not None and known.state in (CallState.FAILED, CallState.CANCELLED):
            self._end(known)
            self.finish(answer_of_failed(scope.engine, _placed(known), Origin("", self.name), None))
        elif known is not None and known.state in _ASKED:
            self.until = known.awaited.until if known.awaited is not None else None
            self._since = known.started_at.timestamp() if known.started_at is not None else self._now()
        else:
            self._ask(known.attempts if known is not None else 0)

    def expire(self) -> None:
        """The time is over: of a sleep that is its end, of anything else a failure (FLW-037)."""
        problem: Problem | None = None
        state: State[Any] = Completed()
        if self._question.kind is not CallKind.SLEEP:
            values = {"name": self.name, "prompt": self._question.awaited.prompt[:80]}
            problem = Problem("FLW-037", values, variant=self._question.kind.value, place=calling_place())
            state = Failed(problem.message(), TimedOut(problem))
            problem = on_record(problem, state)
        site, now = self.engine.site, self._now()
        waited = max(0.0, now - self._since)
        site.tell(CallEnded(site.stage, site.fence, site.step, self.no or 0, waited, now, problem=problem))
        if self._scope.keeps and problem is None:
            self.engine.shelf.keep(self._done(now))
        self.finish(state)

    def _done(self, now: float) -> Call:
        """A sleep that is over, for the next try of the body in this process."""
        ended = datetime.fromtimestamp(now, UTC)
        known: dict[str, Any] = {"attempts": 1, "ended_at": ended, "digest": self._digest, "given": self._given}
        return made(self._scope, self._slot, self.no or 0, CallState.COMPLETED, **known)

    def _ask(self, attempts: int) -> None:
        site, slot, question = self.engine.site, self._slot, self._question
        self._since = self._now()
        self.until = question.until
        if question.seconds is not None:
            self.until = self._since + question.seconds
        awaited = Awaited(self.until, question.awaited.prompt, question.awaited.schema, question.awaited.roles)
        site.tell(
            CallAwaits(
                site.stage,
                site.fence,
                site.step,
                self.no or 0,
                self._scope.no,
                slot.kind,
                slot.name,
                slot.index,
                slot.position,
                attempts + 1,
                self._since,
                awaited,
                digest=self._digest,
                given=self._given,
                message=question.awaited.prompt,
                spawn=question.spawn() if question.spawn is not None else None,
            )
        )

    def _answer(self, known: Call) -> State[Any]:
        try:
            return Completed(known.message, self._question.give(known, self.engine.site.parcels))
        except Exception as error:
            return state_of_error(error, what="", name=self.name)

    def _end(self, known: Call) -> None:
        self.ended_at = known.ended_at.timestamp() if known.ended_at is not None else inf

    def _now(self) -> float:
        return self.engine.site.clock.now()


def _placed(known: Call) -> Call:
    """A failed call whose problem names no file lies where it is made."""
    problem, place = known.problem, calling_place()
    if problem is None or place is None or (problem.place is not None and problem.place.file is not None):
        return known
    field_named = problem.place.field if problem.place is not None else None
    return structs.replace(known, problem=replace(problem, place=replace(place, field=field_named)))


class TimedOut(StepFault, TimeoutError):
    """What was waited for did not come in time (FLW-037)."""


def scope_that_waits(name: str) -> Scope:
    """The flow's body in which the caller stands.

    Raises:
        StepFault: FLW-038, the caller stands in no flow, in a task, or in a thread of its own.
    """
    scope = current.get()
    if scope is None:
        raise StepFault(Problem("FLW-038", {"name": name}, "outside", calling_place()))
    if scope.is_task or not scope.engine.in_flow_thread():
        raise StepFault(Problem("FLW-038", {"name": name, "task": scope.name}, "task", calling_place()))
    return scope


def begin_wait(question: Question) -> RecordedWait:
    """Ask for something, or find it on record.

    Raises:
        StepFault: FLW-038, this cannot be waited for here.
    """
    scope = scope_that_waits(question.name)
    if question.kind is not CallKind.SLEEP and not scope.engine.site.suspends:
        raise StepFault(Problem("FLW-038", {"name": question.name}, "memory", calling_place()))
    wait = RecordedWait(scope, question)
    if question.kind is CallKind.RUN or scope.is_async:
        scope.futures.append(wait)
    return wait

"""One call of a task or of a subflow: found on record or in the cache, or tried until it ends, and reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf
from typing import Any

from pauta.domain.calls import Arguments, Awaited, Call, CallKind, CallState, Spawn
from pauta.domain.calls_again import had_ended
from pauta.domain.problems import PautaError, Problem
from pauta.domain.wire import CallAwaits, CallEnded, CallStarted
from pauta.flows.changes import isolated, tell_of_changed
from pauta.flows.delays import delay_before
from pauta.flows.failing import answer_of_failed, with_problem
from pauta.flows.fingerprints import cache_key, fingerprint
from pauta.flows.future import UpstreamFailed
from pauta.flows.hooks import RunFacts, call_hooks, hooks_for
from pauta.flows.replay import Asked
from pauta.flows.resolving import resolved
from pauta.flows.running import run_body
from pauta.flows.scope import Scope, current
from pauta.flows.shelf import made
from pauta.flows.site import Packed
from pauta.flows.states import Origin, State, StateKind, problem_of
from pauta.flows.timing import OutOfTime


class BodyCall:
    """One call whose body runs in the flow's process.

    Attributes:
        scope: The body that makes it.
        function: The task or flow.
        arguments: By parameter, once they are known.
        no: Its number, once it has one.
        is_task: Whether it is a task, rather than a subflow.
        is_paused: Whether it is on record and waits.
        ended_at: When it ended in an earlier attempt of the flow, in seconds since 1970; infinite otherwise.
    """

    __slots__ = (
        "_attempt", "_base", "_cache_key", "_digest", "_fault", "_given", "_kind", "_since", "_slot", "after",
        "args", "arguments", "ended_at", "engine", "function", "is_paused", "is_task", "kwargs", "no", "options",
        "scope",
    )  # fmt: skip

    def __init__(
        self,
        scope: Scope,
        function: Any,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        *,
        kind: CallKind,
        after: tuple[Any, ...] = (),
    ) -> None:
        self.scope = scope
        self.engine = scope.engine
        self.function = function
        self.options = function.options
        self.args = args
        self.kwargs = kwargs
        self.after = after
        self.arguments: dict[str, Any] = {}
        self.no = 0
        self.is_paused = False
        self.ended_at = inf
        self.is_task = kind is not CallKind.FLOW
        self._kind = kind
        self._slot = scope.slot(kind, function.name)
        self._attempt = 0
        self._since: float | None = None
        self._base = 0
        self._digest = ""
        self._given: dict[str, str] = {}
        self._fault: PautaError | None = None
        self._cache_key: str | None = None

    def prepare(self) -> State[Any] | None:
        """Find out what is called and whether it is there already. Its futures must be done.

        Returns:
            Its final state if it need not run.

        Raises:
            InvalidInput: The arguments are not those of the function.
            StepFault: FLW-031, FLW-032.
        """
        try:
            self.arguments = self._bound()
        except UpstreamFailed as error:
            known = self._find()
            if known is not None and known.state is CallState.FAILED:
                return self._failed_before(known)
            self.begin()
            return self._finish(self._failed(error, error.problems[0]), None)
        if self.scope.keeps or self.engine.site.records:
            self._digest, self._given, self._fault = fingerprint(self.engine.site.parcels, self.arguments)
        known = self._find()
        if known is not None and (state := self._as_on_record(known)) is not None:
            return state
        return self._remembered() if self.is_task and self.options.cache and not self.is_paused else None

    def attempt(self) -> State[Any] | float:
        """Try it once.

        Returns:
            Its final state, or when it is to be tried again (seconds since 1970).
        """
        self.begin()
        inner = self.inner()
        token = current.set(inner)
        try:
            with self.engine.site.within(self.no):
                state = run_body(inner, self.function, self.own_arguments(), timeout=self.options.timeout)
        except OutOfTime:
            self.stop()
            raise
        finally:
            current.reset(token)
        return self.end(state)

    def ask(self, awaited: Awaited, spawn: Spawn) -> None:
        """Say that it waits for a run of its own."""
        site, slot = self.engine.site, self._slot
        self._attempt += 1
        site.tell(
            CallAwaits(
                site.stage,
                site.fence,
                site.step,
                self.no,
                self.scope.no,
                self._kind,
                slot.name,
                slot.index,
                slot.position,
                self._attempt,
                site.clock.now(),
                awaited,
                digest=self._digest,
                given=self._given,
                spawn=spawn,
                tags=self.options.tags,
            )
        )

    def begin(self) -> None:
        """Say that a try begins."""
        site, slot, waits = self.engine.site, self._slot, self.is_task and self.options.effects
        self._attempt += 1
        now = site.clock.now()
        site.tell(
            CallStarted(
                site.stage,
                site.fence,
                site.step,
                self.no,
                self.scope.no,
                self._kind,
                slot.name,
                slot.index,
                slot.position,
                self._attempt,
                now,
                self._digest,
                self._given,
                self.options.tags,
                waits,
            )
        )
        self._since = now
        if waits:
            site.confirm(self.no)

    def own_arguments(self) -> Mapping[str, Any]:
        """What one try of its body is given."""
        return isolated(self.engine.site.parcels, self.arguments)

    def inner(self) -> Scope:
        """The body that is now to run."""
        inner = Scope(
            self.engine,
            self._slot.name,
            no=self.no,
            is_task=self.is_task or self.scope.is_task,
            is_async=self.function.is_async,
            above=self.scope,
            keeps=self.options.retries > 0,
        )
        if not self.is_task and self.options.max_workers is not None:
            inner.lane = self.engine.pool.lane(self.options.max_workers)
        return inner

    def end(self, state: State[Any]) -> State[Any] | float:
        """Say how a try ended.

        Returns:
            The final state, or when it is to be tried again.
        """
        if not (self.is_task and self.options.effects):
            tell_of_changed(self.engine, self.function, self.arguments, self._given)
        packed = None
        can_retry = self.engine.broken is None
        if state.is_completed():
            try:
                packed, state = self._packed(state)
            except PautaError as fault:
                state, can_retry = self._failed(fault, fault.problems[0]), False
        else:
            state = with_problem(self.engine, self.function, state)
            packed = self._packed_aside(state)
        if not state.is_completed() and can_retry and self._attempt < self._base + self._tries:
            return self._again(state)
        return self._finish(state, packed)

    def stop(self) -> None:
        """Say that its flow wants no more of it, if it has begun and not ended: a time limit, or others that failed."""
        if self._since is None or self.engine.unwinding is not None:
            return
        state: State[Any] = State(StateKind.CANCELLED, "it was stopped", origin=self._origin())
        self._tell_end(state, cancelled=True)
        if self.scope.keeps:
            self.engine.shelf.keep(self._call(state, None, CallState.CANCELLED))

    @property
    def cache_key(self) -> str:
        """Under what the cache is to hold what it gives; empty: it is not to."""
        return self._cache_key or ""

    @property
    def _tries(self) -> int:
        return int(self.options.retries) + 1

    def _bound(self) -> dict[str, Any]:
        args, kwargs = self.args, self.kwargs
        if self.engine.has_futures:
            args = tuple(resolved(value, self._slot.name) for value in args)
            kwargs = {key: resolved(value, self._slot.name) for key, value in kwargs.items()}
            resolved(self.after, self._slot.name)
        bound: dict[str, Any] = self.function.bound(args, kwargs)
        checks = not self.is_task and self.options.validate
        return self.function.checker.checked(bound) if checks else bound

    def _find(self) -> Call | None:
        slot = self._slot
        known = None
        if not self.scope.past.is_empty:
            known = self.scope.take(Asked(slot.kind, slot.name, slot.position, self._digest, self._given, self._tries))
        if known is None:
            self.no = self.engine.new_number()
            return None
        self.no = known.no
        self._attempt = known.attempts
        is_new_round = had_ended(known)
        self._base = known.attempts if is_new_round else max(0, known.attempts + 1 - self._tries)
        return known

    def _as_on_record(self, known: Call) -> State[Any] | None:
        """Its state if it has ended; it is not tried again while the flow goes on with what came of that."""
        is_apart = self._kind is CallKind.RUN
        self.is_paused = is_apart and known.state in (CallState.PAUSED, CallState.RUNNING)
        if known.state is CallState.COMPLETED:
            self.ended_at = known.ended_at.timestamp() if known.ended_at is not None else inf
            return self._given_before(known.message, known.result)
        if known.state is CallState.FAILED or (is_apart and known.state is CallState.CANCELLED):
            return self._failed_before(known)
        return None

    def _failed_before(self, known: Call) -> State[Any]:
        self.ended_at = known.ended_at.timestamp() if known.ended_at is not None else inf
        state = answer_of_failed(self.engine, known, self._origin(), self.function.fn)
        return state if known.result is None else replace(state, data=self._given_before("", known.result).data)

    def _remembered(self) -> State[Any] | None:
        site = self.engine.site
        self._cache_key = self._key()
        found = site.recall([self._cache_key]).get(self._cache_key)
        if found is None:
            return None
        self.begin()
        state = self._given_before("", found.result)
        self._tell_end(state, result=found.result, files=found.files, cached_from=found.run_id)
        return state

    def _key(self) -> str:
        options = self.options
        if options.cache is not True:
            own = str(options.cache(dict(self.arguments)))
        elif self._fault is not None:
            raise self._fault
        else:
            own = self._digest
        return cache_key(self.engine.site.version, self._slot.name, options.version, own)

    def _given_before(self, message: str, result: Arguments | None) -> State[Any]:
        form = self.function.form
        value = None
        if result is not None:
            value = form.decoded(self.engine.site.parcels.unpack(result, hint=form.hint))
        return State(StateKind.COMPLETED, message, value, origin=self._origin())

    def _packed(self, state: State[Any]) -> tuple[Packed, State[Any]]:
        form = self.function.form
        packed = self.engine.site.parcels.pack(form.encoded(state.data), name=self._slot.name, hint=form.hint)
        live = packed.live if form.codec is None else state.data
        return packed, state if live is state.data else replace(state, data=live)

    def _packed_aside(self, state: State[Any]) -> Packed | None:
        """What a state that is not completed carries for those who look at it, if it can be kept."""
        if state.data is None or isinstance(state.data, BaseException):
            return None
        try:
            return self._packed(state)[0]
        except PautaError:
            return None

    def _again(self, state: State[Any]) -> float:
        site = self.engine.site
        retry = self._attempt - self._base
        wait = delay_before(self.options, retry, chance=site.chance(), name=self._slot.name)
        self.engine.shelf.ask_again(self.no)
        due = site.clock.now() + wait
        self._tell_end(state, retry_at=due)
        return due

    def _finish(self, state: State[Any], packed: Packed | None) -> State[Any]:
        site = self.engine.site
        waits = self.is_task and bool(self.options.effects)
        result = packed.arguments if packed is not None else None
        self._tell_end(
            state,
            result=result,
            files=site.files(self.no),
            profiles=dict(packed.profiles) if packed is not None else {},
            wait=waits,
            cache_key=self._cache_key if state.is_completed() else None,
        )
        self._since = None
        if waits:
            site.confirm(self.no)
        if self.scope.keeps:
            self._keep(state, result)
        if hooks := hooks_for(self.options, state):
            facts = RunFacts("", self._slot.name, self.no, self._attempt, self.arguments)
            with site.within(self.no):
                call_hooks(hooks, self.function, facts, state)
        return state

    def _tell_end(self, state: State[Any], **more: Any) -> None:
        site = self.engine.site
        now = site.clock.now()
        keeps = more.get("cache_key") is not None and self.options.cache_for is not None
        site.tell(
            CallEnded(
                site.stage,
                site.fence,
                site.step,
                self.no,
                now - (self._since or now),
                now,
                message=state.message,
                metrics=site.metrics(self.no),
                problem=None if state.is_completed() or "cancelled" in more else problem_of(state),
                cache_until=now + self.options.cache_for if keeps else None,
                **more,
            )
        )

    def _keep(self, state: State[Any], result: Arguments | None) -> None:
        kept = self.engine.site.keep(result) if result is not None else None
        if kept is not None or not state.is_completed():
            ended = CallState.COMPLETED if state.is_completed() else CallState.FAILED
            self.engine.shelf.keep(self._call(state, kept, ended))

    def _call(self, state: State[Any], result: Arguments | None, ended: CallState) -> Call:
        """What is on record now, for the next try of the body that made this call."""
        return made(
            self.scope,
            self._slot,
            self.no,
            ended,
            attempts=self._attempt,
            digest=self._digest,
            given=self._given,
            result=result,
            message=state.message,
            problem=None if state.is_completed() else problem_of(state),
        )

    def _failed(self, error: BaseException, problem: Problem) -> State[Any]:
        state = State(StateKind.FAILED, problem.message(), error, origin=self._origin(), problem=problem)
        return with_problem(self.engine, self.function, state)

    def _origin(self) -> Origin:
        return Origin("task" if self.is_task else "flow", self._slot.name)

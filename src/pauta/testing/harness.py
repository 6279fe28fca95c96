"""Runs flows in memory at a real desk: what it records, retries, wakes and begins is what a server does."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from blake3 import blake3
from msgspec.structs import replace

from pauta.assembly.memory import memory_objects, memory_store
from pauta.domain.calls import Arguments, Awaited, Call, CallKind, Spawn
from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import Output
from pauta.domain.pipeline import Part, RetryPolicy, StepPolicy
from pauta.domain.plan import Plan, PlannedStage, PlannedStep
from pauta.domain.problems import NotFound, Problem
from pauta.domain.runs import Run
from pauta.domain.scripts import Script, Signature
from pauta.domain.states import FINAL_RUNS, StepState
from pauta.domain.wire import StageDone, StageSuspended, StepFailed, StepFinished, StepStarted
from pauta.domain.work import Assignment, AttemptDied
from pauta.flows.delays import planned_delays
from pauta.flows.flow import Flow
from pauta.flows.parameters import hints_of
from pauta.flows.run import run_flow as run_body_of_flow
from pauta.flows.run import run_task
from pauta.flows.site import Suspension
from pauta.flows.states import Cancelled, State, problem_of
from pauta.flows.task import Task
from pauta.runtime.parcels import StoredParcels
from pauta.services.children import RESULT
from pauta.services.desk import Desk, Hooks, Machine
from pauta.services.submit import Request, submit
from pauta.testing.attempt import Attempt, Pipeline
from pauta.testing.faults import Crash, Fault
from pauta.testing.ran import Ran, Unanswered
from pauta.testing.timing import START, Clock

Answer = Callable[[Awaited], Any] | Any
"""What a person answers; see `Harness`."""

_NOWHERE = Address(blake3(b"").hexdigest())
_POOL = "test"


@dataclass
class Performing:
    """A flow that is being run, and what is known of it so far."""

    run: RunId
    flow: Flow[..., Any]
    arguments: Mapping[str, Any]
    crash_after: int | None
    state: State[Any] = field(default_factory=lambda: Cancelled("it was cancelled"))
    begun: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)

    def learn(self, attempt: Attempt, came: State[Any] | Suspension | None, *, is_flow: bool) -> None:
        """What came of an attempt of it, or of a task that it began."""
        self.begun += attempt.begun
        self.repeated += attempt.repeated
        if is_flow:
            self.crash_after = attempt.left
            self.state = came if isinstance(came, State) else self.state


class Harness:
    """A project in memory. Several flows may run in it one after the other; they share its cache and its clock.

    Args:
        start: What time it is at first.
        answers: Name of a wait (``input``, ``approval``, or the key that was given) → what a person answers: a value,
            True or False for an approval, or a function of `Awaited` that gives one. A list: one after the other.
        faults: What goes wrong.
        pipelines: Stand-ins for published pipelines and deployments, by name.

    Attributes:
        clock: The time.
    """

    def __init__(
        self,
        *,
        start: datetime = START,
        answers: Mapping[str, Answer] | None = None,
        faults: Sequence[Fault] = (),
        pipelines: Mapping[str, Pipeline] | None = None,
    ) -> None:
        self.clock = Clock(start)
        self._answers = {name: list(a) if isinstance(a, list) else a for name, a in (answers or {}).items()}
        self._faults = tuple(faults)
        self._pipelines = dict(pipelines or {})
        self._store = memory_store()
        self._objects = memory_objects(lambda: self.clock.moment)
        self._parcels = StoredParcels(lambda: self._objects)
        machine = Machine(now=lambda: self.clock.moment, chance=lambda: 0.5, random_bits=secrets.randbits)
        hooks = Hooks(arrange=self._arrange)
        self._desk = Desk(self._store, self._objects, machine=machine, runtime="test", hooks=hooks)
        self._made: dict[str, Mapping[str, Output]] = {}

    def run(self, flow: Flow[..., Any], /, *args: Any, crash_after: int | None = None, **kwargs: Any) -> Ran:
        """Run a flow to its end.

        Args:
            flow: The flow.
            args, kwargs: Its arguments.
            crash_after: Its process is gone once so many reports of its calls are on record; it is then begun anew.

        Raises:
            InvalidInput: FLW-005, FLW-006: the arguments are not the flow's.
            Unanswered: It waits for somebody, and there is no answer.
        """
        arguments = flow.bound(args, kwargs)
        began = self.clock.now()
        performing = Performing(self._submit(flow), flow, arguments, crash_after=crash_after)
        while self._run_state(performing.run) not in FINAL_RUNS:
            answers = self._desk.claim_family(owner="test", limit=1, run_id=performing.run)
            claimed = [assignment for answer in answers for assignment in answer.assignments]
            if not claimed:
                self._let_go_on(performing.run)
            for assignment in claimed:
                self._perform(assignment, performing)
        with self._store.transaction() as tx:
            calls, [step] = tx.calls.of_run(performing.run), tx.steps.of_run(performing.run)
        seconds = self.clock.now() - began
        return Ran(performing.state, calls, step.attempts, seconds, performing.begun, performing.repeated)

    # ---- running ------------------------------------------------------------------------------

    def _submit(self, flow: Flow[..., Any]) -> RunId:
        options = flow.options
        delays = tuple(timedelta(seconds=s) for s in planned_delays(options, name=flow.name))
        retries = RetryPolicy(times=options.retries, delay=timedelta(0), delays=delays, jitter=0.0)
        script = Script(flow.name, flow.name, _NOWHERE, _NOWHERE, Signature((), open=True))
        policy = StepPolicy(retries=retries, cache=False)
        step = PlannedStep(
            0, flow.name, Part.PREDICTION, script, gives=RESULT, policy=policy, entry=flow.name, is_flow=True
        )
        return self._record(Plan(flow.name, (step,), (PlannedStage(0, (0,)),)))

    def _record(self, plan: Plan) -> RunId:
        request = Request(plan, {}, pool=_POOL)
        now = self.clock.moment
        return submit(request, store=self._store, objects=self._objects, now=now, random_bits=secrets.randbits)

    def _run_state(self, run: RunId) -> Any:
        with self._store.transaction() as tx:
            found = tx.runs.get(run)
        return found.state if found is not None else None

    def _perform(self, assignment: Assignment, performing: Performing) -> None:
        order, step = assignment.order, assignment.order.steps[0]
        is_flow = RunId(order.run) == performing.run
        attempt = Attempt(
            order,
            desk=self._desk,
            parcels=self._parcels,
            clock=self.clock,
            faults=self._faults,
            crash_after=performing.crash_after if is_flow else None,
        )
        attempt.say(StepStarted(order.stage, order.fence, step.no, self.clock.now()))
        if step.flow is None:
            self._hand_in(attempt, assignment)
            return
        came: State[Any] | Suspension | None = None
        with suppress(Crash):
            if is_flow:
                flow = performing.flow
                will_retry = step.attempt <= flow.options.retries
                came = run_body_of_flow(flow, performing.arguments, attempt.site(_POOL), will_retry=will_retry)
            else:
                came = self._run_task(performing.flow, assignment, attempt)
        self._end(attempt, assignment, None if attempt.is_dead else came)
        performing.learn(attempt, came, is_flow=is_flow)

    def _run_task(self, flow: Flow[..., Any], assignment: Assignment, attempt: Attempt) -> State[Any]:
        step = assignment.order.steps[0]
        task = flow.fn.__globals__.get(step.flow.entry) if step.flow is not None else None
        if step.flow is None or step.flow.arguments is None or not isinstance(task, Task):
            raise LookupError(f"task {step.name} is not to be found beside flow {flow.name}")
        arguments = self._parcels.unpack(step.flow.arguments, hint=hints_of(task))
        attempt.begun.append(task.name)
        return run_task(task, arguments, attempt.site(_POOL))

    def _end(self, attempt: Attempt, assignment: Assignment, came: State[Any] | Suspension | None) -> None:
        order, step = assignment.order, assignment.order.steps[0]
        now = self.clock.now()
        if came is None:
            killed = Problem("SCR-030", {"signal": "SIGKILL"})
            attempt.say(AttemptDied(order.stage, order.fence, step.no, "died", killed))
        elif isinstance(came, Suspension):
            attempt.say(StageSuspended(order.stage, order.fence, step.no, came.awaits, came.any_of, came.until))
        elif came.is_completed():
            packed = self._parcels.pack(came.data, name=step.name).arguments
            done = StepFinished(order.stage, order.fence, step.no, 0.0, now, packed.value, {})
            done = replace(done, objects=packed.objects, message=came.message)
            attempt.say(done, StageDone(order.stage, order.fence))
        else:
            attempt.say(StepFailed(order.stage, order.fence, step.no, 0.0, now, problem_of(came)))
        attempt.flush()

    # ---- what it waits for --------------------------------------------------------------------

    def _let_go_on(self, run: RunId) -> None:
        """Nothing can be claimed: it becomes later, or somebody answers."""
        with self._store.transaction() as tx:
            family = [run, *(child.id for child in tx.runs.children(run) if child.state not in FINAL_RUNS)]
            due = min((at for each in family if (at := tx.stages.next_due(each)) is not None), default=None)
            held = any(step.state is StepState.HELD for step in tx.steps.of_run(run))
            waits = [call for call in tx.calls.awaited(limit=1_000) if call.run_id in family]
        answered = next((call for call in waits if self._answer(call)), None)
        if answered is not None:
            return
        if held:
            self._desk.reopen(run)
        elif due is not None:
            self.clock.move_to(due)
        else:
            names = ", ".join(f"{call.kind.value} {call.name!r}" for call in waits) or "nothing that is known"
            raise Unanswered(f"the flow waits for {names}, and the test has no answer")

    def _answer(self, call: Call) -> bool:
        if call.name not in self._answers:
            return False
        answer = self._answers[call.name]
        if isinstance(answer, list):
            if not answer:
                return False
            answer = answer.pop(0)
        value = answer(call.awaited or Awaited()) if callable(answer) else answer
        if call.kind is CallKind.APPROVAL and isinstance(value, bool):
            value = {"approved": value, "comment": "", "by": "test"}
        packed = self._parcels.pack(_plain(value), name=call.name).arguments
        self._desk.answer(call.run_id, call.no, packed, by="test")
        return True

    # ---- pipelines and deployments ------------------------------------------------------------

    def _arrange(self, run: Run, spawn: Spawn) -> Request:
        name = spawn.pipeline or spawn.deployment
        if name not in self._pipelines:
            raise NotFound(Problem("FLW-090", {"name": name}, "nowhere"))
        inputs = {key: self._parcels.unpack(Arguments(output)) for key, output in spawn.inputs.items()}
        made = self._pipelines[name](inputs, spawn.parameters)
        outputs = {key: self._parcels.pack(value, name=key).arguments.value for key, value in made.items()}
        script = Script(name, name, _NOWHERE, _NOWHERE, Signature((), open=True))
        steps = tuple(
            PlannedStep(no, key, Part.PREDICTION, script, gives=key, policy=StepPolicy(cache=False))
            for no, key in enumerate(outputs)
        )
        plan = Plan(f"{name} #{len(self._made)}", steps, (PlannedStage(0, tuple(range(len(steps)))),))
        self._made[plan.pipeline] = outputs
        return Request(plan, {}, pool=_POOL)

    def _hand_in(self, attempt: Attempt, assignment: Assignment) -> None:
        order, now = assignment.order, self.clock.now()
        with self._store.transaction() as tx:
            run = tx.runs.get(RunId(order.run))
        outputs = self._made[run.pipeline] if run is not None else {}
        for step in order.steps:
            attempt.say(StepFinished(order.stage, order.fence, step.no, 0.0, now, outputs[step.name], {}))
        attempt.say(StageDone(order.stage, order.fence))
        attempt.flush()


def run_flow(flow: Flow[..., Any], /, *args: Any, **kwargs: Any) -> Ran:
    """Run a flow in memory: `Harness` with nothing special."""
    return Harness().run(flow, *args, **kwargs)


def _plain(value: Any) -> Any:
    """An answer as JSON: of a pydantic model what it dumps."""
    dump = getattr(value, "model_dump", None)
    return dump(mode="json") if dump is not None else value

"""One stage: its steps one after the other in this process, their results written behind and reported in order."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pauta.domain.outputs import FileRef, ModelRecord, Output
from pauta.domain.problems import PautaError, Place, Problem
from pauta.domain.wire import (
    Candidate,
    RunStage,
    StageDone,
    StepFailed,
    StepFinished,
    StepOrder,
    StepReturned,
    StepStarted,
    TakeOrder,
)
from pauta.ports.objects import Objects
from pauta.runtime.complaints import problem_of, problem_of_fault
from pauta.runtime.kept import Kept, address_of, uses_of
from pauta.runtime.models import models_in
from pauta.runtime.modules import NoExecute
from pauta.runtime.orders import Orders
from pauta.runtime.results import Result, check
from pauta.runtime.surroundings import Surroundings
from pauta.runtime.takes import Taker
from pauta.runtime.tools import Tools
from pauta.runtime.writer import Writer

if TYPE_CHECKING:
    from pauta.flows.site import Suspension
    from pauta.runtime.flow_step import FlowRun

_SMALL = 256 * 1024
"""Results up to this many bytes are stored before the next step begins."""


class StepStopped(Exception):
    """A step failed, with the problem to report."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class StageRun:
    """One order to run a stage."""

    def __init__(self, order: RunStage, *, tools: Tools, orders: Orders) -> None:
        self._order = order
        self._tools = tools
        self._orders = orders
        self._scripts = tools.scripts(order.bundle)
        self._surroundings = Surroundings(run=order.run, streams=tools.streams, scripts=self._scripts, work=tools.work)
        self._writer = Writer()
        self._kept: dict[int, Kept] = {}
        self._uses = uses_of(order.steps)
        self._visible: dict[str, FileRef] = {}
        self._objects: Objects | None = None
        self._flow: FlowRun | None = None
        self._taker = Taker(self._kept, objects_of=self._objects_of, drain=self._writer.drain)
        self._process = os.getpid()
        tools.log.shown = self._scripts.shown
        tools.folder.frame(order.model_path)

    def run(self) -> bool:
        """Run all steps, or those up to the first that fails or gives the worker back. Whether all are done."""
        earlier: StepOrder | None = None
        for step in self._order.steps:
            if step.effects and earlier is not None:
                self._settle(earlier)
            self._see_files_of(step, earlier)
            if self._writer.fault is not None or not self._run_step(step):
                return False
            if step.effects:
                self._settle(step)
            earlier = step
        self._writer.drain()
        if self._writer.fault is not None:
            return False
        self._scripts.forget()
        self._tools.streams.end()
        self._tools.channel.send(StageDone(self._order.stage, self._order.fence))
        return True

    def _settle(self, step: StepOrder) -> None:
        """Wait until everything up to this step is on record: what comes next has effects, or this one had."""
        self._tools.streams.end()
        self._writer.drain()
        if self._writer.fault is None:
            self._tools.channel.flush()
            self._orders.wait_for(stage=self._order.stage, fence=self._order.fence, step=step.no)

    def _run_step(self, step: StepOrder) -> bool:
        if step.candidates and (candidate := self._candidate(step)) is not None:
            self._stand_in(step, candidate)
            return True
        self._scripts.forget()
        clock = _StopWatch()
        try:
            value = self._body(step, clock)
            if self._flow is not None and self._flow.suspension is not None:
                self._suspend(step, self._flow.suspension, clock.seconds)
                return False
            files = self._gather()
            result = self._check(value, step)
        except StepStopped as stopped:
            self._fail(step, stopped.problem, clock.seconds)
            return False
        except PautaError as fault:
            self._fail(step, problem_of_fault(fault), clock.seconds)
            return False
        return self._finish(step, result, seconds=clock.seconds, files=files)

    # ---- the script ---------------------------------------------------------------------------

    def _body(self, step: StepOrder, clock: _StopWatch) -> Any:
        """Run the script; all its plain output is written when this returns.

        Raises:
            StepStopped: The script raised.
            StoreFault: Something it takes cannot be had.
        """
        tools, order = self._tools, self._order
        self._surroundings.before(step)
        tools.listener.begin(step.no)
        tools.log.step = step.no
        tools.channel.put(StepStarted(order.stage, order.fence, step.no, tools.clock()))
        tools.streams.begin(step.no)
        try:
            tools.folder.prepare(self._visible.values(), self._objects_of)
            tools.channel.flush()
            value = self._call(step, clock)
        finally:
            clock.pause()
            if os.getpid() != self._process:
                # The script forked, and the fork came back here as if it were this process.
                os._exit(0)
            tools.streams.flush()
        if self._flow is None or self._flow.suspension is None:
            tools.channel.put(StepReturned(order.stage, order.fence, step.no, clock.seconds))
        return value

    def _call(self, step: StepOrder, clock: _StopWatch) -> Any:
        loading = True
        try:
            clock.go()
            execute = self._load(step)
            clock.pause()
            arguments = self._arguments(step, execute)
            loading = False
            clock.go()
            return execute(**arguments) if self._flow is None else self._flow.call(arguments)
        except PautaError as fault:
            if loading:
                raise
            raise StepStopped(self._complaint(fault, step, loading=False)) from None
        except NoExecute:
            raise StepStopped(Problem("SCR-020", variant="no_execute", place=Place(step.shown_as))) from None
        except BaseException as error:
            raise StepStopped(self._complaint(error, step, loading=loading)) from None

    def _load(self, step: StepOrder) -> Any:
        """The function that is asked for; `_flow` is set from here on if it is a flow or a task."""
        self._flow = None
        if step.flow is None:
            return self._scripts.load(step)
        from pauta.runtime.flow_step import Complaints, FlowRun, Surroundings, entry_in, is_run_by_engine

        found = entry_in(self._scripts.module(step), step, step.flow)
        if is_run_by_engine(found):
            complaints = Complaints(step.shown_as, self._scripts.shown, self._order.bundle)
            around = Surroundings(self._tools, self._orders, self._scripts, self._objects_of, complaints)
            self._flow = FlowRun(self._order, step, step.flow, found, around)
        return found

    def _arguments(self, step: StepOrder, execute: Any) -> dict[str, Any]:
        if self._flow is None:
            return self._taker.arguments(step, execute)
        taken = self._taker.arguments(step, execute.fn)
        outputs = {take.name: take.output or self._kept_of(take) for take in step.takes}
        return self._flow.arguments(taken, {name: output for name, output in outputs.items() if output is not None})

    def _kept_of(self, take: TakeOrder) -> Output | None:
        return self._kept[take.step].output if take.step is not None else None

    def _suspend(self, step: StepOrder, suspension: Suspension, seconds: float) -> None:
        """Give the worker back, after everything that came before."""
        from pauta.runtime.flow_step import suspended

        self._tools.streams.end()
        self._writer.drain()
        if self._writer.fault is None:
            self._tools.channel.send(suspended(self._order, step, suspension, seconds))

    def _complaint(self, error: BaseException, step: StepOrder, *, loading: bool) -> Problem:
        return problem_of(
            error, shown_as=step.shown_as, shown=self._scripts.shown, bundle=self._order.bundle, loading=loading
        )

    def _check(self, value: Any, step: StepOrder) -> Result:
        """Objects of the script's own making may do anything when they are looked at."""
        try:
            return check(value, step) if self._flow is None else self._flow.result()
        except PautaError:
            raise
        except BaseException as error:
            raise StepStopped(self._complaint(error, step, loading=False)) from None

    # ---- what comes of it ---------------------------------------------------------------------

    def _finish(self, step: StepOrder, result: Result, *, seconds: float, files: tuple[FileRef, ...]) -> bool:
        """Store the result, behind the next step or, when it is small, at once. False when that failed.

        A second thread costs more than writing a small result: the two take turns for the interpreter.
        """
        kept = self._kept[step.no] = Kept(files=files, uses=self._uses.get(step.no, 0))
        result.keep(kept)
        report = partial(
            self._store,
            step,
            result,
            kept,
            seconds=seconds,
            at=self._tools.clock(),
            metrics=self._tools.listener.metrics,
            seen=tuple(self._visible.values()),
        )
        if self._writer.idle and result.size <= _SMALL:
            try:
                # Sent when the next step has begun, whose mark ends the output of this one.
                self._tools.channel.put(report())
            except PautaError as fault:
                self._fail(step, problem_of_fault(fault), seconds)
                return False
            return True
        self._tools.streams.end()
        self._tools.channel.flush()
        self._writer.put(partial(self._store_behind, step, report, seconds))
        return True

    def _store_behind(self, step: StepOrder, report: Callable[[], StepFinished], seconds: float) -> None:
        try:
            self._tools.channel.send(report())
        except PautaError as fault:
            self._report_failure(step, problem_of_fault(fault), seconds)
            raise

    def _store(
        self,
        step: StepOrder,
        result: Result,
        kept: Kept,
        *,
        seconds: float,
        at: float,
        metrics: dict[str, float],
        seen: tuple[FileRef, ...],
    ) -> StepFinished:
        result.store(self._objects_of)
        kept.output, kept.stored, kept.objects = result.output, result.identity, result.objects
        models: tuple[ModelRecord, ...] = models_in(
            result.value, output=result.output, gives=step.gives, metrics=metrics, files=kept.files
        )
        return StepFinished(
            stage=self._order.stage,
            fence=self._order.fence,
            step=step.no,
            seconds=seconds,
            at=at,
            output=result.output,
            inputs=self._inputs(step, seen),
            files=kept.files,
            models=models,
            metrics=metrics,
            profile=result.profile,
            profiles=result.profiles,
            stored=result.identity,
            objects=result.objects,
            message=result.message,
        )

    def _fail(self, step: StepOrder, problem: Problem, seconds: float) -> None:
        """Report a failure, after everything before it."""
        self._tools.streams.end()
        files: tuple[FileRef, ...] = ()
        try:
            files = self._gather()
        except PautaError:
            # The failure itself matters more than what it left behind.
            files = ()
        self._writer.drain()
        if self._writer.fault is None:
            self._report_failure(step, problem, seconds, files)

    def _report_failure(
        self, step: StepOrder, problem: Problem, seconds: float, files: tuple[FileRef, ...] = ()
    ) -> None:
        order = self._order
        report = StepFailed(order.stage, order.fence, step.no, seconds, self._tools.clock(), problem, files)
        self._tools.channel.send(report)

    # ---- files --------------------------------------------------------------------------------

    def _see_files_of(self, step: StepOrder, earlier: StepOrder | None) -> None:
        """A stage is a chain: a step sees what the one before it saw and made, and what the order adds."""
        numbers = (*step.files_from, earlier.no) if earlier is not None else step.files_from
        for files in (step.files, *(self._kept[no].files for no in numbers if no in self._kept)):
            for file in files:
                self._visible[file.path] = file

    def _gather(self) -> tuple[FileRef, ...]:
        gathered = self._tools.folder.gather(self._objects_of)
        for text in gathered.left_out:
            self._tools.log.say(text, level="WARNING", stream="pauta")
        return gathered.files

    def _objects_of(self) -> Objects:
        if self._objects is None:
            from pauta.assembly import objects_in

            self._objects = objects_in(Path(self._order.objects))
        return self._objects

    # ---- standing in --------------------------------------------------------------------------

    def _inputs(self, step: StepOrder, seen: tuple[FileRef, ...]) -> dict[str, str]:
        inputs = {take.name: address_of(take, self._kept) for take in step.takes}
        for file in seen:
            inputs[f"file:{file.path}"] = file.address
        return inputs

    def _candidate(self, step: StepOrder) -> Candidate | None:
        """A stored result of this step for the inputs that it has turned out to have."""
        self._writer.drain()
        if self._writer.fault is not None:
            return None
        inputs = self._inputs(step, tuple(self._visible.values()))
        return next((c for c in step.candidates if c.inputs == inputs), None)

    def _stand_in(self, step: StepOrder, candidate: Candidate) -> None:
        self._tools.streams.end()
        for take in step.takes:
            if take.step is not None:
                self._kept[take.step].used()
        self._kept[step.no] = Kept(
            library=candidate.output.library if candidate.output is not None else "",
            output=candidate.output,
            objects=candidate.objects,
            files=candidate.files,
            uses=self._uses.get(step.no, 0),
        )
        self._tools.channel.send(
            StepFinished(
                stage=self._order.stage,
                fence=self._order.fence,
                step=step.no,
                seconds=0.0,
                at=self._tools.clock(),
                output=candidate.output,
                inputs=self._inputs(step, tuple(self._visible.values())),
                files=candidate.files,
                models=candidate.models,
                metrics=candidate.metrics,
                cached_from=candidate.run_id,
                cache_key=candidate.key,
                objects=candidate.objects,
            )
        )


class _StopWatch:
    """Adds up the time that is the script's own."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._since: float | None = None

    def go(self) -> None:
        self._since = time.perf_counter()

    def pause(self) -> None:
        if self._since is not None:
            self.seconds += time.perf_counter() - self._since
            self._since = None

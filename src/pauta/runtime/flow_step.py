"""A step that is a flow, or one call of a task: the function is taken from its script and run by the flows' engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from types import ModuleType
from typing import Any

from pauta.domain.outputs import Kind, Output
from pauta.domain.problems import Place, Problem, Scalar, StepFault, shorten
from pauta.domain.wire import FlowOrder, RunStage, StageSuspended, StepOrder
from pauta.flows.flow import Flow
from pauta.flows.parameters import hints_of
from pauta.flows.places import place_of
from pauta.flows.run import run_flow, run_task
from pauta.flows.site import Site, Suspension
from pauta.flows.states import Failed, State, problem_of
from pauta.flows.task import Task
from pauta.ports.objects import Objects
from pauta.runtime.complaints import at_home, problem_in_flow
from pauta.runtime.flow_site import Calls, FlowClock, Reports, chance, files_on_record
from pauta.runtime.modules import Scripts
from pauta.runtime.orders import Orders
from pauta.runtime.parcels import StoredParcels
from pauta.runtime.results import Result
from pauta.runtime.tools import Tools

Function = Flow[..., Any] | Task[..., Any]


@dataclass(frozen=True)
class Complaints:
    """Makes problems of what bodies raise, with the paths to show."""

    shown_as: str
    shown: Mapping[str, str]
    bundle: str

    def of(self, error: BaseException) -> Problem:
        """What to say of an exception."""
        return problem_in_flow(error, shown_as=self.shown_as, shown=self.shown, bundle=self.bundle)

    def at_home(self, problem: Problem) -> Problem:
        """A problem with its place as the path to show."""
        return at_home(problem, shown_as=self.shown_as, shown=self.shown, bundle=self.bundle)


@dataclass(frozen=True)
class Surroundings:
    """What a flow's process has for it.

    Attributes:
        orders: What the worker answers.
        objects_of: Gives the object store when it is first needed.
    """

    tools: Tools
    orders: Orders
    scripts: Scripts
    objects_of: Callable[[], Objects]
    complaints: Complaints


def entry_in(module: ModuleType, step: StepOrder, flow: FlowOrder) -> Any:
    """The function that is asked for: a flow, a task, or any other that can be called.

    Raises:
        StepFault: FLW-021, FLW-022.
    """
    place = Place(step.shown_as)
    names = vars(module)
    if flow.entry not in names:
        known = [name for name, value in names.items() if callable(value) and not name.startswith("_")]
        nearest = ", ".join(get_close_matches(flow.entry, known, n=3, cutoff=0.5)) or "-"
        raise StepFault(Problem("FLW-021", {"entry": flow.entry, "nearest": shorten(nearest)}, place=place))
    found = names[flow.entry]
    values: dict[str, Scalar] = {"entry": flow.entry, "found": shorten(type(found).__name__)}
    if flow.is_task and not isinstance(found, Task):
        raise StepFault(Problem("FLW-022", values, "task", place))
    if not callable(found) or isinstance(found, type):
        raise StepFault(Problem("FLW-022", values, place=place))
    return found


def is_run_by_engine(function: Any) -> bool:
    """Whether it is a flow or a task, and no plain function."""
    return isinstance(function, Flow | Task)


class FlowRun:
    """One attempt of a flow, or of a task that is a run of its own.

    Attributes:
        suspension: Set when it has given its worker back.
    """

    def __init__(
        self, order: RunStage, step: StepOrder, flow: FlowOrder, function: Function, surroundings: Surroundings
    ) -> None:
        """What is run and where."""
        self._step = step
        self._flow = flow
        self._function = function
        self._complaints = surroundings.complaints
        self._calls = Calls(surroundings.tools, surroundings.objects_of)
        self._parcels = StoredParcels(surroundings.objects_of)
        self._site = self._site_of(order, surroundings)
        self._state: State[Any] | None = None
        self.suspension: Suspension | None = None

    def arguments(self, taken: Mapping[str, Any], outputs: Mapping[str, Output]) -> dict[str, Any]:
        """What the function is given.

        Args:
            taken: What the step takes, and its kwargs.
            outputs: What is known of the frames among it.

        Raises:
            StoreFault: Something stored is lost or damaged.
        """
        for name, output in outputs.items():
            self._parcels.remember(taken[name], output)
        if self._flow.arguments is None:
            return dict(taken)
        given = self._parcels.unpack(self._flow.arguments, hint=hints_of(self._function))
        return {**taken, **given}

    def call(self, arguments: dict[str, Any]) -> None:
        """Run it to its end, or until it gives its worker back."""
        self._calls.lay_files(files_on_record(self._step))
        with self._calls.heard():
            came_to = self._run(arguments)
        if isinstance(came_to, Suspension):
            self.suspension = came_to
        else:
            self._state = came_to

    def _run(self, arguments: dict[str, Any]) -> State[Any] | Suspension:
        if isinstance(self._function, Task):
            return run_task(self._function, arguments, self._site)
        return run_flow(self._function, arguments, self._site, will_retry=self._flow.retries_left > 0)

    def result(self) -> Result:
        """What it gave, stored.

        Raises:
            StepFault: It did not complete; or FLW-020, DAT-011: what it gave cannot be kept.
            StoreFault: It cannot be written.
        """
        state = self._state
        if state is None or not state.is_completed():
            raise StepFault(self._failure(state or Failed()))
        result = Result(state.data)
        result.message = state.message
        if self._step.gives is not None:
            self._keep(state.data, result)
        return result

    def _keep(self, value: Any, result: Result) -> None:
        function, step = self._function, self._step
        try:
            packed = self._parcels.pack(function.form.encoded(value), name=function.name, hint=function.form.hint)
        except StepFault as fault:
            raise StepFault(self._placed(fault.problems[0])) from None
        output = packed.arguments.value
        if output.kind is Kind.FRAME and (output.rows or 0) < step.min_rows:
            values = {"step": step.name, "output": step.gives, "rows": output.rows, "least": step.min_rows}
            raise StepFault(Problem("DAT-011", values, "step"))
        result.value, result.output, result.objects = packed.live, output, packed.arguments.objects
        result.profile = packed.profiles.get(output.address)
        result.profiles = {address: p for address, p in packed.profiles.items() if address != output.address}

    def _failure(self, state: State[Any]) -> Problem:
        if state.problem is None and isinstance(state.data, BaseException):
            return self._complaints.of(state.data)
        problem = problem_of(state)
        if state.is_cancelled():
            said = f": {state.message}" if state.message else ""
            problem = Problem("FLW-024", {"state": state.name, "said": shorten(said, 400)}, place=problem.place)
        return self._placed(problem)

    def _placed(self, problem: Problem) -> Problem:
        """The problem, at the function's own place if it has none."""
        problem = self._complaints.at_home(problem)
        if problem.place is not None and problem.place.file is not None:
            return problem
        return self._complaints.at_home(replace(problem, place=place_of(self._function.fn)))

    def _site_of(self, order: RunStage, around: Surroundings) -> Site:
        reports = Reports((order.stage, order.fence), self._step.no, tools=around.tools, orders=around.orders)
        return Site(
            stage=order.stage,
            fence=order.fence,
            step=self._step.no,
            recorded=self._flow.calls,
            tell=reports.tell,
            confirm=reports.confirm,
            recall=lambda keys: self._calls.lay(reports.recall(keys)),
            parcels=self._parcels,
            clock=FlowClock(self._flow.now, wall=around.tools.clock),
            chance=chance,
            within=self._calls.bodies.of,
            version=self._flow.version,
            pool=self._flow.pool,
            files=self._calls.files,
            metrics=self._calls.metrics,
            shown=around.scripts.shown,
            complain=self._complaints.of,
        )


def suspended(order: RunStage, step: StepOrder, suspension: Suspension, seconds: float) -> StageSuspended:
    """The report that a flow gives its worker back."""
    return StageSuspended(
        order.stage, order.fence, step.no, suspension.awaits, suspension.any_of, suspension.until, seconds
    )

"""What a desk knows of the runs it serves: pictures of their records, as many as memory allows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from pauta.domain.ids import Address, RunId
from pauta.domain.plan import Plan, PlannedStep
from pauta.domain.problems import NotFound, Problem
from pauta.domain.runs import Run, StepRecord
from pauta.domain.states import StepState
from pauta.engine.dependents import downstream_of
from pauta.ports.store import Store, Transaction
from pauta.services.history import Past
from pauta.services.naming import no_such_step, step_called
from pauta.services.sheet import Sheet

_MOST_STEPS = 200_000
"""So many steps may be kept in pictures: some 200 MB at the very most."""


@dataclass(slots=True)
class Picture:
    """One run.

    Attributes:
        sheet: Its records and plan.
        past: Its pipeline's earlier run, for reasons.
        forced: Steps that run whatever the cache holds.
        unsynced: Objects that must be on the disk before the run is called complete.
    """

    sheet: Sheet
    past: Past
    forced: frozenset[int]
    unsynced: set[Address] = field(default_factory=set)
    _earlier: Mapping[int, StepRecord] | None = None

    def earlier(self, tx: Transaction) -> Mapping[int, StepRecord]:
        """Completed steps of the run that this one runs again *from a step*, by number, but those after it."""
        run = self.sheet.run
        if run.of is None or run.options.from_step is None:
            return {}
        if self._earlier is None:
            done = (s for s in tx.steps.of_run(run.of) if s.state is StepState.COMPLETED)
            self._earlier = {s.no: s for s in done if s.no not in self.forced}
        return self._earlier


class Pictures:
    """Pictures by run. One that is not there is read from the store; the longest unused ones go first."""

    def __init__(self, store: Store, *, runtime: str) -> None:
        self._store = store
        self._runtime = runtime
        self._pictures: OrderedDict[RunId, Picture] = OrderedDict()
        self._steps = 0

    def known(self, run_id: RunId) -> Picture | None:
        """The picture, if there is one."""
        return self._pictures.get(run_id)

    def of(self, tx: Transaction, run_id: RunId) -> Picture:
        """The picture, read now if need be.

        Raises:
            NotFound: RUN-001.
        """
        known = self._pictures.get(run_id)
        if known is not None:
            self._pictures.move_to_end(run_id)
            return known
        run = tx.runs.get(run_id)
        if run is None:
            raise NotFound(Problem("RUN-001", {"run": run_id}))
        sheet = Sheet.load(tx, run)
        from_step = run.options.from_step
        picture = Picture(
            sheet,
            Past.when_needed(self._store, pipeline=run.pipeline, run_id=run_id, runtime=self._runtime),
            forced=steps_from(run, sheet.plan, from_step) if from_step is not None else frozenset(),
            # What was done before this process knew the run may not have reached the disk yet.
            unsynced={a for s in sheet.steps if s.state is StepState.COMPLETED for a in objects_of(s)},
        )
        self._keep(run_id, picture)
        return picture

    def _keep(self, run_id: RunId, picture: Picture) -> None:
        self._pictures[run_id] = picture
        self._steps += len(picture.sheet.steps)
        while self._steps > _MOST_STEPS and len(self._pictures) > 1:
            self.forget(next(iter(self._pictures)))

    def forget(self, run_id: RunId) -> None:
        """Drop a picture: it is wrong, or no longer needed."""
        gone = self._pictures.pop(run_id, None)
        if gone is not None:
            self._steps -= len(gone.sheet.steps)


def steps_from(run: Run, plan: Plan, step_name: str) -> frozenset[int]:
    """The numbers of a step and of all that depend on it.

    Raises:
        NotFound: RUN-003 when the plan has no such step.
    """
    no = step_named(run, plan, step_name).no
    return downstream_of(plan, no) | {no}


def step_named(run: Run, plan: Plan, name: str) -> PlannedStep:
    """The step of this name.

    Raises:
        NotFound: RUN-003.
    """
    step = step_called(plan, name)
    if step is None:
        raise no_such_step(run, plan, name)
    return step


def objects_of(step: StepRecord) -> list[Address]:
    """Addresses of the stored objects that a step gave."""
    given = step.objects if step.output is None else (step.output, *step.objects)
    return [*(o.address for o in given if not o.inline and o.size), *(f.address for f in step.files)]

"""Gathers what one step of a run was given, so that it can be run again in the foreground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import FileRef, Output
from pauta.domain.plan import PlannedStep
from pauta.domain.problems import Conflict, Problem
from pauta.ports.store import Store
from pauta.services.bundles import bundle_of
from pauta.services.desk import step_named
from pauta.services.look import Looker
from pauta.services.naming import calls_named, label, no_such_step, step_called
from pauta.services.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Replay:
    """A step as it was run: its script version, inputs, files and arguments; `before` is what it gave then."""

    step: PlannedStep
    inputs: Mapping[str, Output]
    files: tuple[FileRef, ...]
    scripts: Mapping[str, Address]
    kwargs: Mapping[str, Any]
    before: Output | None
    model_path: str | None


def replay_of(run_id: RunId, step_name: str, *, looker: Looker, store: Store) -> Replay:
    """What the step was given.

    Raises:
        NotFound: RUN-001, RUN-003.
        Conflict: RUN-008 when something it takes was never made, or it is a flow, or a call of one.
    """
    run, plan, records = looker.records(run_id)
    with store.transaction() as tx:
        sheet = Sheet.load(tx, run)
    if step_called(plan, step_name) is None:
        _refuse_call(sheet, step_name)
    step = step_named(run, plan, step_name)
    if step.is_flow:
        raise Conflict(Problem("RUN-008", {"run": run_id, "step": step_name}, "flow"))
    if sheet.addresses(step) is None:
        facts = {"run": run_id, "step": step_name, "state": records[step.no].state.value}
        raise Conflict(Problem("RUN-008", facts))
    inputs = {
        t.name: output
        for t in step.takes
        if (output := run.inputs.get(t.name) if t.source < 0 else records[t.source].output) is not None
    }
    return Replay(
        step=step,
        inputs=inputs,
        files=sheet.visible_files(step.no),
        scripts=bundle_of(plan),
        kwargs=step.kwargs,
        before=records[step.no].output,
        model_path=plan.model_path,
    )


def _refuse_call(sheet: Sheet, name: str) -> None:
    calls = [call for step in sheet.plan.steps for call in sheet.ledger.of_step(step.no)]
    found = calls_named(calls, name)
    if not found:
        raise no_such_step(sheet.run, sheet.plan, name, calls=calls)
    child = found[0].child
    values = {"run": sheet.run.id, "call": label(found[0]), "child": child}
    raise Conflict(Problem("RUN-008", values, "child" if child is not None else "call"))

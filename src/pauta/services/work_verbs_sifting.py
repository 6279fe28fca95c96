"""Decides what of a worker's report goes on record: nothing of another's attempt, nothing twice, nothing unstored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pauta.domain.calls import step_of, stored_in
from pauta.domain.ids import Address, RunId, is_address
from pauta.domain.problems import Conflict, InvalidInput, Problem, shorten
from pauta.domain.runs import Stage, StepRecord
from pauta.domain.states import FINAL_STEPS, StageState, StepState
from pauta.domain.wire import (
    CallAwaits,
    CallEnded,
    StageDone,
    StageSuspended,
    StepFailed,
    StepFinished,
    StepStarted,
)
from pauta.domain.work import Heard, Lines
from pauta.ports.objects import Objects
from pauta.ports.store import Transaction

_MOST = 2**31
_DONE = (StageState.RUNNING, StageState.COMPLETED)


class Sifted(NamedTuple):
    """What is new in a report, and what of that may change states: it comes from attempts that count."""

    news: list[Heard]
    counting: list[Heard]


def sift(tx: Transaction, heard: Sequence[Heard], *, run_id: RunId, owner: str) -> Sifted:
    """The reports that are news. What was recorded before, as its answer was lost, is left out.

    Raises:
        InvalidInput: ATT-005 when a stage or step is none of the run's.
        Conflict: ATT-002 when an attempt was never this worker's.
    """
    numbers = sorted({no for item in heard if (no := _step_of(item)) is not None})
    steps = {s.no: s for s in tx.steps.get(run_id, _possible(numbers))}
    _require(numbers, steps, what="step")
    wanted = sorted({_stage_of(item, steps) for item in heard})
    stages = {s.no: s for s in tx.stages.get_many(run_id, _possible(wanted))}
    _require(wanted, stages, what="stage")
    sifted = Sifted([], [])
    past: set[tuple[int, int]] = set()
    for item in heard:
        stage = stages[_stage_of(item, steps)]
        counts = stage.state is StageState.RUNNING and stage.fence == item.fence
        if not counts:
            past.add((stage.no, item.fence))
        elif stage.owner != owner:
            raise _foreign(stage.no, item.fence)
        if not _is_known(item, stage, steps):
            sifted.news.append(item)
            if counts:
                sifted.counting.append(item)
    require_own(tx, past, run_id=run_id, owner=owner)
    return sifted


def own_attempts(tx: Transaction, run_id: RunId, *, owner: str) -> set[tuple[int, int]]:
    """(stage, fence) of every attempt that this worker ever held in a run."""
    return {(a.stage_no, a.fence) for a in tx.attempts.of_run(run_id) if a.owner == owner}


def require_own(tx: Transaction, attempts: Iterable[tuple[int, int]], *, run_id: RunId, owner: str) -> None:
    """Check that these attempts, which are over, were this worker's.

    Raises:
        Conflict: ATT-002.
    """
    asked = set(attempts)
    foreign = asked - own_attempts(tx, run_id, owner=owner) if asked else set()
    if foreign:
        raise _foreign(*min(foreign))


def require_stored(heard: Sequence[Heard], objects: Objects) -> None:
    """Check that everything that these reports refer to is in the store: the pointer comes last (P22).

    Raises:
        InvalidInput: OBJ-004 when a reference is no address.
        Conflict: ATT-003 for each object that is missing.
    """
    addresses = list(dict.fromkeys(a for item in heard for a in objects_in(item)))
    wrong = [a for a in addresses if not is_address(a)]
    if wrong:
        raise InvalidInput([Problem("OBJ-004", {"address": shorten(a)}) for a in wrong[:20]])
    missing = [a for a in addresses if not objects.exists(a)]
    if missing:
        raise Conflict([Problem("ATT-003", {"address": a}) for a in missing[:20]])


def objects_in(item: Heard) -> list[Address]:
    """Addresses of the stored objects that a report speaks of."""
    match item:
        case StepFinished(output=output, files=files, models=models):
            stored = [output.address] if output is not None and not output.inline and output.size else []
            kept = [f.address for f in files] + [f.address for model in models for f in model.files]
            return [*stored, *kept, *(o.address for o in item.objects if not o.inline and o.size)]
        case StepFailed(files=files):
            return [f.address for f in files]
        case CallEnded(result=result, files=files):
            return [*stored_in(result), *(f.address for f in files)]
        case CallAwaits(spawn=spawn) if spawn is not None:
            inputs = [o.address for o in spawn.inputs.values() if not o.inline and o.size]
            return [*stored_in(spawn.arguments), *inputs]
        case _:
            return []


def _step_of(item: Heard) -> int | None:
    if isinstance(item, StageDone):
        return None
    return step_of(item.step) if isinstance(item, Lines) else item.step


def _stage_of(item: Heard, steps: Mapping[int, StepRecord]) -> int:
    """The stage that an item is about; its step must be one of that stage."""
    if isinstance(item, Lines):
        return steps[step_of(item.step)].stage_no
    no = _step_of(item)
    if no is not None and steps[no].stage_no != item.stage:
        raise InvalidInput(Problem("ATT-005", {"what": "step", "number": no}))
    return item.stage


def _require(numbers: Sequence[int], found: Mapping[int, object], *, what: str) -> None:
    missing = [no for no in numbers if no not in found]
    if missing:
        raise InvalidInput(Problem("ATT-005", {"what": what, "number": missing[0]}))


def _possible(numbers: Sequence[int]) -> list[int]:
    """Those that a database can hold."""
    return [no for no in numbers if 0 <= no < _MOST]


def _foreign(stage: int, fence: int) -> Conflict:
    return Conflict(Problem("ATT-002", {"stage": stage, "attempt": fence}))


def _is_known(item: Heard, stage: Stage, steps: Mapping[int, StepRecord]) -> bool:
    """Whether the records show that exactly this was recorded before (P13). What is known of calls the desk knows."""
    if stage.fence != item.fence:
        return False
    if isinstance(item, StageDone):
        return stage.state is StageState.COMPLETED
    if isinstance(item, StageSuspended):
        return stage.state is not StageState.RUNNING
    if isinstance(item, StepStarted | StepFinished | StepFailed):
        return _is_known_step(item, stage, steps[item.step])
    return False


def _is_known_step(item: StepStarted | StepFinished | StepFailed, stage: Stage, step: StepRecord) -> bool:
    if isinstance(item, StepStarted):
        began = step.started_at.timestamp() if step.started_at is not None else None
        return step.state in FINAL_STEPS or (step.state is StepState.RUNNING and began == item.at)
    if isinstance(item, StepFinished):
        return step.state is StepState.COMPLETED and stage.state in _DONE
    return (step.state is StepState.FAILED and stage.state is StageState.FAILED) or stage.state is StageState.SCHEDULED

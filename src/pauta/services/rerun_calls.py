"""A flow run again from one of its calls on: which calls of the earlier run are taken over."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from pauta.domain.calls import Call, CallKind, CallState
from pauta.domain.ids import RunId
from pauta.services.naming import with_all_below

_BODIES = (CallKind.FLOW, CallKind.TASK)


def calls_before(calls: Sequence[Call], call: Call) -> tuple[Call, ...]:
    """The calls that stand when a flow begins anew and is to come as far as one of them.

    Those are the completed ones that were made before it in its own body and in the bodies around it. The calls in
    whose bodies it was made are on record as to be made again.

    Args:
        calls: All calls of the run.
        call: One of them; it and what came after it is done again.
    """
    by_number = {each.no: each for each in calls}
    line = [call]
    while line[-1].parent is not None and line[-1].parent in by_number:
        line.append(by_number[line[-1].parent])
    earlier = [
        each
        for inner in line
        for each in calls
        if (each.step, each.parent) == (inner.step, inner.parent)
        and each.position < inner.position
        and each.state is CallState.COMPLETED
    ]
    standing = with_all_below(calls, earlier)
    taken = [_taken(each) for each in calls if each.no in standing]
    anew = [_anew(each) for each in line[1:] if each.kind in _BODIES]
    return tuple(sorted([*taken, *anew], key=lambda each: each.no))


def as_of(calls: Sequence[Call], run_id: RunId) -> list[Call]:
    """The same calls, as those of another run."""
    return [replace(call, run_id=run_id) for call in calls]


def _taken(call: Call) -> Call:
    return replace(call, cached_from=call.cached_from or call.run_id)


def _anew(call: Call) -> Call:
    return replace(
        call,
        state=CallState.PENDING,
        attempts=0,
        started_at=None,
        ended_at=None,
        seconds=None,
        result=None,
        files=(),
        metrics={},
        message="",
        problem=None,
    )

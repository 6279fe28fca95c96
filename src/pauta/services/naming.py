"""Names of what a run did: its steps and the calls of its flows, for people, and back to numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pauta.domain.calls import Call, is_call, step_of
from pauta.domain.ids import RunId
from pauta.domain.plan import Plan, PlannedStep
from pauta.domain.problems import NotFound, Problem, shorten
from pauta.domain.runs import Run
from pauta.ports.store import Transaction

_MOST_KNOWN = 20
_MOST_DIGITS = 12


def label_of(name: str, index: int) -> str:
    """How a call is named: ``fetch``, the next of its parent ``fetch#2``, ``fetch#3`` …"""
    return name if index == 0 else f"{name}#{index + 1}"


def label(call: Call) -> str:
    """How a call is named."""
    return label_of(call.name, call.index)


def has_flows(plan: Plan) -> bool:
    """Whether a run of this plan may have calls."""
    return any(step.is_flow or step.arguments is not None for step in plan.steps)


def names_of(tx: Transaction, run_id: RunId, plan: Plan, numbers: Iterable[int]) -> Mapping[int, str]:
    """The names of these steps and calls. A call that is not on record (yet) bears its step's name."""
    wanted = set(numbers)
    calls = sorted(no for no in wanted if is_call(no))
    known = {call.no: label(call) for call in tx.calls.get(run_id, calls)} if calls else {}
    return {no: known.get(no) or _step_name(plan, step_of(no)) for no in wanted}


def _step_name(plan: Plan, no: int) -> str:
    return plan.steps[no].name if 0 <= no < len(plan.steps) else str(no)


def is_number(text: str) -> bool:
    """Whether it may be the number of a call."""
    return text.isascii() and text.isdigit() and len(text) < _MOST_DIGITS


def calls_named(calls: Sequence[Call], text: str) -> list[Call]:
    """The calls that somebody means: one by its number or as ``fetch#2``, or all of a name."""
    if is_number(text):
        number = int(text)
        return [call for call in calls if call.no == number]
    name, mark, index = text.rpartition("#")
    if mark and index.isascii() and index.isdigit() and len(index) < 8:
        found = [call for call in calls if call.name == name and call.index == int(index) - 1]
        if found:
            return found
    return [call for call in calls if call.name == text]


def step_called(plan: Plan, name: str) -> PlannedStep | None:
    """The step of this name, if there is one."""
    return next((step for step in plan.steps if step.name == name), None)


def no_such_step(run: Run, plan: Plan, name: str, *, calls: Sequence[Call] = ()) -> NotFound:
    """What is said to who names a step, or a call, that is not there."""
    known = list(dict.fromkeys([s.name for s in plan.steps[:_MOST_KNOWN]] + [c.name for c in calls]))
    values = {"run": run.id, "step": shorten(name), "known": ", ".join(known[:_MOST_KNOWN])}
    return NotFound(Problem("RUN-003", values, variant="calls" if calls else ""))


def no_such_call(run_id: str, text: str, calls: Sequence[Call]) -> NotFound:
    """What is said to who names a call that is not there."""
    names = list(dict.fromkeys(call.name for call in calls))
    known = ", ".join(names[:_MOST_KNOWN]) or "-"
    return NotFound(
        Problem("FLW-086", {"run": run_id, "call": shorten(text), "known": shorten(known, 300)}, variant="known")
    )


def numbers_of(tx: Transaction, run: Run, plan: Plan, text: str) -> frozenset[int]:
    """The numbers of a step or of calls and of all that was called in them, by name or number.

    Raises:
        NotFound: RUN-003 when the run has neither such a step nor such a call.
    """
    step = step_called(plan, text)
    if step is not None and not (step.is_flow or step.arguments is not None):
        return frozenset({step.no})
    calls = tx.calls.of_run(run.id) if has_flows(plan) else []
    if step is not None:
        return frozenset({step.no, *(call.no for call in calls if call.step == step.no)})
    found = calls_named(calls, text)
    if not found:
        raise no_such_step(run, plan, text, calls=calls)
    return with_all_below(calls, found)


def with_all_below(calls: Sequence[Call], found: Iterable[Call]) -> frozenset[int]:
    """The numbers of these calls and of all calls that were made in their bodies, at any depth."""
    below: dict[int, list[int]] = {}
    for call in calls:
        if call.parent is not None:
            below.setdefault(call.parent, []).append(call.no)
    wanted = [call.no for call in found]
    seen: set[int] = set()
    while wanted:
        number = wanted.pop()
        if number not in seen:
            seen.add(number)
            wanted += below.get(number, ())
    return frozenset(seen)

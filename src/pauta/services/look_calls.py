"""What the flows of a run called: one call, pages of them, and the frames that they gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Protocol

from pauta.domain.calls import Awaited, Call, CallState
from pauta.domain.ids import RunId
from pauta.domain.outputs import Kind, Output
from pauta.domain.plan import Plan
from pauta.domain.problems import Conflict, NotFound, Problem
from pauta.ports.store import Store, Transaction
from pauta.services.naming import calls_named, has_flows, is_number, label, no_such_call
from pauta.services.view_calls import AwaitedView, CallPage, CallView, GaveView

_MOST_NAMED = 5
_AT_ONCE = 1_000


class CallLooker:
    """Reads the calls of runs and shows them. Changes nothing."""

    def __init__(self, store: Store, *, language: str) -> None:
        self._store = store
        self._language = language

    def page(
        self,
        run_id: RunId,
        *,
        after: int,
        limit: int,
        parent: int | None = None,
        name: str | None = None,
        states: Sequence[str] = (),
    ) -> CallPage:
        """At most `limit` calls numbered above `after`: all, or those made in the body of `parent`.

        Args:
            run_id: The run.
            after: A call's number; -1 for the first page.
            limit: Most calls.
            parent: A call's number, or a step's for those that its flow made itself.
            name: Only calls of this name.
            states: Only calls in one of these.

        Raises:
            NotFound: RUN-001.
        """

        def fits(call: Call) -> bool:
            return (
                (parent is None or parent == (call.step if call.parent is None else call.parent))
                and (name is None or call.name == name)
                and (not states or call.state in states)
            )

        chooses = parent is not None or name is not None or bool(states)
        with self._store.transaction() as tx:
            plan = _plan(tx, run_id)
            read = _paused(tx, run_id) if set(states) == {CallState.PAUSED} else partial(tx.calls.page, run_id)
            found = list(islice(filter(fits, _all_after(after, read, limit + 1, chooses=chooses)), limit + 1))
        shown = tuple(view_of(call, plan, self._language) for call in found[:limit])
        return CallPage(shown, shown[-1].call if len(found) > limit else None)

    def call(self, run_id: RunId, named: str) -> CallView:
        """One call, by its number or name.

        Raises:
            NotFound: RUN-001; FLW-086 when the run has no such call.
            Conflict: FLW-086 when several calls of the run have this name.
        """
        with self._store.transaction() as tx:
            plan = _plan(tx, run_id)
            numbered = tx.calls.get(run_id, [int(named)]) if is_number(named) else []
            calls = numbered or calls_of(tx, run_id, plan)
        return view_of(the_call(run_id, calls, named), plan, self._language)


def the_call(run_id: RunId, calls: Sequence[Call], named: str) -> Call:
    """The one call that somebody means; of those with its name the one that waits for a person, if there is one.

    Raises:
        NotFound: FLW-086.
        Conflict: FLW-086 with their numbers when there are several.
    """
    found = calls_named(calls, named)
    if not found:
        raise no_such_call(run_id, named, calls)
    if len(found) > 1:
        paused = [call for call in found if call.state is CallState.PAUSED]
        found = paused if len(paused) == 1 else found
    if len(found) > 1:
        raise several(run_id, found)
    return found[0]


def several(run_id: str, calls: Sequence[Call]) -> Conflict:
    """What is said when it is not clear which call is meant."""
    known = ", ".join(f"{label(call)} ({call.no})" for call in calls[:_MOST_NAMED])
    more = f" … (+{len(calls) - _MOST_NAMED})" if len(calls) > _MOST_NAMED else ""
    return Conflict(Problem("FLW-086", {"run": run_id, "known": known + more}, variant="several"))


def calls_of(tx: Transaction, run_id: RunId, plan: Plan) -> list[Call]:
    """The calls of a run, by number; without asking when its plan has no flow."""
    return tx.calls.of_run(run_id) if has_flows(plan) else []


def _plan(tx: Transaction, run_id: RunId) -> Plan:
    plan = tx.runs.plan(run_id)
    if plan is None:
        raise NotFound(Problem("RUN-001", {"run": run_id}))
    return plan


class _Read(Protocol):
    """Reads calls numbered above `after`, by number."""

    def __call__(self, *, after: int, limit: int) -> list[Call]: ...


def _paused(tx: Transaction, run_id: RunId) -> _Read:
    waiting = tx.calls.paused(run_id)
    return lambda *, after, limit: [call for call in waiting if call.no > after][:limit]


def _all_after(after: int, read: _Read, first: int, *, chooses: bool) -> Iterator[Call]:
    """Calls by number, read a part at a time; where only some of them are wanted, not few at a time."""
    size = max(first, _AT_ONCE) if chooses else first
    while found := read(after=after, limit=size):
        yield from found
        if len(found) < size:
            return
        after = found[-1].no


def view_of(call: Call, plan: Plan, language: str) -> CallView:
    """A call as it is shown."""
    problem = call.problem if call.state is not CallState.COMPLETED else None
    return CallView(
        call=call.no,
        label=label(call),
        step=plan.steps[call.step].name if 0 <= call.step < len(plan.steps) else str(call.step),
        parent=call.parent,
        kind=call.kind.value,
        name=call.name,
        index=call.index,
        state=call.state.value,
        attempts=call.attempts,
        started_at=call.started_at,
        ended_at=call.ended_at,
        seconds=call.seconds,
        cached_from=call.cached_from,
        given=call.given,
        gave=_gave(call),
        files=call.files,
        metrics=call.metrics,
        message=problem.message(language) if problem else call.message or None,
        problem=problem,
        remedy=problem.remedy(language) or None if problem else None,
        awaited=awaited_view(call.awaited) if call.awaited else None,
        child=call.child,
        by=call.by,
        tags=call.tags,
    )


def awaited_view(awaited: Awaited) -> AwaitedView:
    """What a call waits for, as it is shown."""
    until = datetime.fromtimestamp(awaited.until, UTC) if awaited.until is not None else None
    return AwaitedView(until, awaited.prompt, awaited.schema, awaited.roles)


def _gave(call: Call) -> GaveView | None:
    if call.result is None and not call.outputs:
        return None
    outputs = dict(_outputs(call))
    tables = [o for o in outputs.values() if o.kind is Kind.FRAME]
    value = call.result.value if call.result is not None else None
    if len(outputs) == 1:
        only = next(iter(outputs.values()))
        return GaveView(only.kind.value, rows=only.rows, frames=tuple(outputs) if tables else ())
    if outputs:
        return GaveView(Kind.VALUE.value, frames=tuple(outputs))
    small = value.value if value is not None and value.inline else None
    return GaveView(value.kind.value if value is not None else Kind.NOTHING.value, value=small)


def outputs_of(calls: Sequence[Call]) -> Iterator[tuple[tuple[str, int], Output, Call]]:
    """What calls gave that is worth looking into, by name and version.

    A call's frame is named as the call; when it gave several, ``fetch.1``, ``fetch.2``; those of a pipeline's run
    ``run.frame``. Where calls of several flows have one name, the later is the newer version.
    """
    versions: dict[str, int] = {}
    for call in calls:
        for name, output in _outputs(call):
            versions[name] = versions.get(name, 0) + 1
            yield (name, versions[name]), output, call


def numbered_outputs(call: Call) -> Mapping[str, Output]:
    """The same of one call, under its number instead of its name; with its value, if it gave no more than that."""
    own = label(call)
    found = {f"{call.no}{name.removeprefix(own)}": output for name, output in _outputs(call)}
    if not found and call.result is not None:
        found[str(call.no)] = call.result.value
    return found


def _outputs(call: Call) -> Iterator[tuple[str, Output]]:
    name = label(call)
    if call.result is not None:
        # A value that is a frame itself, and the frames that a value refers to: whichever way it was written.
        whole = [call.result.value] if call.result.value.kind not in (Kind.VALUE, Kind.NOTHING) else []
        found = [*whole, *call.result.objects]
        for number, output in enumerate(found, start=1):
            yield (name if len(found) == 1 else f"{name}.{number}"), output
    for inner, given in call.outputs.items():
        yield f"{name}.{inner}", given.value
        for number, output in enumerate(given.objects, start=1):
            yield f"{name}.{inner}.{number}", output

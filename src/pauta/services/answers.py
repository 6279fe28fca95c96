"""Answers of people to flows that wait: what waits, a value where one is asked for, a yes or no to an approval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from blake3 import blake3

from pauta.domain.access import GRANTED, Role
from pauta.domain.calls import Arguments, Awaited, Call, CallKind, CallState
from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import Kind, Output
from pauta.domain.problems import Conflict, NotFound, Problem
from pauta.domain.runs import Run
from pauta.domain.states import FINAL_RUNS
from pauta.frames.values import json_bytes, plain
from pauta.ports.store import Store, Transaction
from pauta.services.access import Forbidden
from pauta.services.answers_checking import check_answer
from pauta.services.behalf import Behalf
from pauta.services.desk import Desk
from pauta.services.look_calls import awaited_view, the_call
from pauta.services.naming import label
from pauta.services.view_calls import Answered, WaitingView

OF_PEOPLE = frozenset({CallKind.INPUT, CallKind.APPROVAL})
"""Kinds of calls that wait for a person."""

_MOST = 1000
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Person:
    """Who answers: in whose name, and with which role."""

    behalf: Behalf
    role: Role = Role.ADMIN


@dataclass(frozen=True, slots=True)
class Answers:
    """Lists what waits for people, and takes their answers.

    Attributes:
        store: The records.
        desk: Puts answers on record and wakes the flows.
        now: The clock.
        allowed: Whether somebody may see to a pipeline; those of others are not listed.
    """

    store: Store
    desk: Desk
    now: Callable[[], datetime]
    allowed: Callable[[str], bool] = field(default=lambda _: True)

    def waiting(self, *, run_id: RunId | None = None, limit: int = 100) -> tuple[WaitingView, ...]:
        """What waits for people, oldest run first: of all runs, or of one and the runs that its flows began.

        Raises:
            NotFound: RUN-001.
        """
        with self.store.transaction() as tx:
            if run_id is not None:
                _known(tx, run_id)
            return waiting_below(tx, run_id, limit=limit, allowed=self.allowed)

    def give(self, run_id: RunId, named: str, value: Any, *, person: Person) -> Answered:
        """Give a flow the value that it asks for.

        Raises:
            NotFound: RUN-001, FLW-086.
            Conflict: FLW-085 when it does not wait any more, with who answered and when; FLW-088 when it asks for a
                yes or no; FLW-086 when several calls have this name.
            InvalidInput: FLW-087, all that does not fit what is asked for.
            Forbidden: FLW-089 when it is for other roles to answer; AUT-005.
        """
        call = self._of(run_id, named, CallKind.INPUT, person)
        check_answer(value, call.awaited.schema if call.awaited else None)
        return self._record(call, value, message="", person=person)

    def decide(self, run_id: RunId, named: str, *, approved: bool, comment: str, person: Person) -> Answered:
        """Approve what a flow wants to do, or reject it.

        What the flow gets is ``{"approved": …, "by": …, "comment": …, "at": …}``.

        Raises:
            InvalidInput: FLW-087 when the comment is too long.
            NotFound: RUN-001, FLW-086.
            Conflict: FLW-085 when it does not wait any more, with who answered and when; FLW-088 when it asks for a
                value; FLW-086 when several calls have this name.
            Forbidden: FLW-089 when it is for other roles to decide; AUT-005.
        """
        call = self._of(run_id, named, CallKind.APPROVAL, person)
        decision = {
            "approved": approved,
            "by": person.behalf.name,
            "comment": comment,
            "at": self.now().isoformat(),
        }
        check_answer(decision, None)
        return self._record(call, decision, message=comment, person=person, approved=approved)

    def _of(self, run_id: RunId, named: str, kind: CallKind, person: Person) -> Call:
        """The call, if it waits for such an answer of this person."""
        with self.store.transaction() as tx:
            run = _known(tx, run_id)
            person.behalf.allow(run.pipeline)
            call = the_call(run_id, tx.calls.of_run(run_id), named)
        if call.kind not in OF_PEOPLE or call.state is not CallState.PAUSED or run.state in FINAL_RUNS:
            raise _not_waiting(call, run)
        if call.kind is not kind:
            variant = "value" if call.kind is CallKind.INPUT else ""
            raise Conflict(Problem("FLW-088", {"run": run_id, "call": label(call)}, variant=variant))
        roles = call.awaited.roles if call.awaited is not None else ()
        if not may_answer(person.role, roles):
            values = {"run": run_id, "call": label(call), "roles": ", ".join(roles), "role": person.role.value}
            raise Forbidden(Problem("FLW-089", values))
        return call

    def _record(
        self, call: Call, value: Any, *, message: str, person: Person, approved: bool | None = None
    ) -> Answered:
        behalf = person.behalf
        verb = "answer" if approved is None else "approve" if approved else "reject"

        def note(tx: Transaction) -> None:
            # The value may be anything, a password too: the log has that it was given, not what.
            behalf.note(tx, f"call.{verb}", f"{call.run_id}/{call.no}", call=label(call), comment=message)

        try:
            self.desk.answer(call.run_id, call.no, answer_of(value), by=behalf.name, message=message, note=note)
        except Conflict as error:
            if error.problems[0].code != "FLW-085":
                raise
            # Somebody was quicker between our look and the record: now it is known who.
            with self.store.transaction() as tx:
                found = tx.calls.get(call.run_id, [call.no])
                raise _not_waiting(found[0] if found else call, _known(tx, call.run_id)) from None
        with self.store.transaction() as tx:
            top = _lineage(tx, call.run_id, {})[-1].id
        return Answered(call.run_id, call.no, label(call), behalf.name, approved, top)


def waiting_below(
    tx: Transaction, run_id: RunId | None, *, limit: int = 100, allowed: Callable[[str], bool] = lambda _: True
) -> tuple[WaitingView, ...]:
    """What waits for people: of all runs, or of one and the runs that its flows began, oldest first."""
    runs: dict[RunId, Run | None] = {}
    found: list[WaitingView] = []
    for call in tx.calls.awaited(limit=_MOST):
        line = _lineage(tx, call.run_id, runs)
        if not line or line[0].state in FINAL_RUNS or not allowed(line[0].pipeline):
            continue
        if run_id is None or any(above.id == run_id for above in line):
            found.append(_view(call, line[0], top=line[-1]))
            if len(found) == limit:
                break
    return tuple(found)


def may_answer(role: Role, roles: Sequence[str]) -> bool:
    """Whether a role is among those that may answer, or may do all that one of them may do."""
    wanted = [Role(name) for name in roles if name in set(Role)]
    return not roles or role is Role.ADMIN or any(GRANTED[role] >= GRANTED[each] for each in wanted)


def answer_of(value: Any) -> Arguments:
    """A JSON value as it is kept with its call: plain, so that nothing in it is taken for a tag.

    Raises:
        StepFault: SCR-022 when JSON cannot hold it.
    """
    kept = plain(value, output="answer")
    text = json_bytes(kept)
    address = Address(blake3(text).hexdigest())
    return Arguments(Output(Kind.VALUE, address, len(text), "json", value=kept, inline=True))


def _not_waiting(call: Call, run: Run) -> Conflict:
    values: dict[str, Any] = {"name": label(call), "state": call.state.value}
    if call.by is not None:
        at = call.ended_at.isoformat(timespec="seconds") if call.ended_at else "-"
        return Conflict(Problem("FLW-085", {**values, "by": call.by, "at": at}, variant="when"))
    if run.state in FINAL_RUNS:
        return Conflict(Problem("FLW-085", {**values, "state": run.state.value}, variant="run"))
    return Conflict(Problem("FLW-085", values))


def _known(tx: Transaction, run_id: RunId) -> Run:
    run = tx.runs.get(run_id)
    if run is None:
        raise NotFound(Problem("RUN-001", {"run": run_id}))
    return run


def _lineage(tx: Transaction, run_id: RunId, known: dict[RunId, Run | None]) -> list[Run]:
    """A run, the one whose flow began it, and so on."""
    line: list[Run] = []
    wanted: RunId | None = run_id
    while wanted is not None and len(line) < _DEEPEST:
        if wanted not in known:
            known[wanted] = tx.runs.get(wanted)
        run = known[wanted]
        if run is None:
            break
        line.append(run)
        wanted = run.parent.run if run.parent is not None else None
    return line


def _view(call: Call, run: Run, *, top: Run) -> WaitingView:
    return WaitingView(
        run=call.run_id,
        call=call.no,
        label=label(call),
        kind=call.kind.value,
        pipeline=run.pipeline,
        top=top.id,
        since=call.started_at,
        awaited=awaited_view(call.awaited or Awaited()),
        deployment=top.deployment or run.deployment,
        message=call.message or None,
    )

"""Sets a trigger off: one run for each event, for ever."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from pauta.domain.deploying import Switch, Trigger
from pauta.domain.ids import RunId
from pauta.domain.problems import Conflict, PautaError, Problem, StoreFault
from pauta.services.accept import announce, prepare_run, record
from pauta.services.accept_asked import Asked
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.schedules import SERVER

_log = logging.getLogger("pauta.scheduler")


class _Undo(Exception):
    """Nothing of this transaction is to stay."""


def set_off(
    control: Control,
    trigger: Trigger,
    event: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    inputs: Mapping[str, Any] | None = None,
    behalf: Behalf = SERVER,
) -> RunId | None:
    """Start the run that an event asks for; None when that event did so before, or the trigger is paused or changed.

    Raises:
        NotFound, InvalidInput, Conflict: The run is refused, see `accept`; the event is not used up.
    """
    asked = Asked(
        deployment=trigger.deployment,
        parameters={**trigger.parameters, **(parameters or {})},
        inputs=inputs or {},
        by=f"trigger {trigger.name}",
        by_person=False,
    )
    ready = prepare_run(control, asked)
    now = control.now()
    try:
        with control.store.transaction(durable=True) as tx:
            present = tx.triggers.get(trigger.id)
            if present is None or present.version != trigger.version or present.state is not Switch.ACTIVE:
                return None
            run_id = record(tx, ready, now=now)
            if not tx.triggers.once(trigger.id, event, at=now, run_id=run_id):
                raise _Undo
            behalf.note(tx, "trigger.deliver", trigger.id, deployment=trigger.deployment, run=run_id)
            if present.problem is not None:
                tx.triggers.put(present, replace(present, problem=None))
    except _Undo:
        return None
    announce(control, ready)
    return run_id


def is_new(control: Control, trigger: Trigger, event: str) -> bool:
    """Whether the event has not set it off yet: a cheap look, before a run is prepared."""
    new = False
    try:
        with control.store.transaction() as tx:
            new = tx.triggers.once(trigger.id, event, at=control.now(), run_id=None)
            raise _Undo
    except _Undo:
        return new


def follow(
    control: Control, trigger: Trigger, event: str, *, inputs: Mapping[str, Any] | None = None
) -> tuple[bool, RunId | None]:
    """`set_off` where nobody waits for the answer: a refused run is noted on the trigger, and the event used up.

    Returns:
        Whether the event is settled, and the run. What is in the way only for now (the deployment is paused, or
        too many of its runs wait) leaves the event for later.

    Raises:
        StoreFault: Try again.
    """
    try:
        return True, set_off(control, trigger, event, inputs=inputs)
    except StoreFault:
        raise
    except Conflict:
        return False, None
    except PautaError as error:
        _refuse(control, trigger, event, error.problems[0])
        return True, None


def _refuse(control: Control, trigger: Trigger, event: str, problem: Problem) -> None:
    _log.warning("trigger %s (%s) started nothing: %s", trigger.name, trigger.id, problem.line())
    with control.store.transaction(durable=True) as tx:
        present = tx.triggers.get(trigger.id)
        if present is not None and tx.triggers.once(trigger.id, event, at=control.now(), run_id=None):
            tx.triggers.put(present, replace(present, problem=problem))


def use_up(control: Control, trigger: Trigger, events: Sequence[str]) -> None:
    """Let these events start nothing, ever."""
    if events:
        with control.store.transaction() as tx:
            for event in events:
                tx.triggers.once(trigger.id, event, at=control.now(), run_id=None)


def note_problem(control: Control, trigger: Trigger, problem: Problem | None) -> None:
    """Keep on the trigger what keeps it from watching, such as a folder that is gone; None: it watches again."""
    if trigger.problem == problem:
        return
    if problem is not None:
        _log.warning("trigger %s (%s): %s", trigger.name, trigger.id, problem.line())
    with control.store.transaction() as tx:
        present = tx.triggers.get(trigger.id)
        if present is not None:
            tx.triggers.put(present, replace(present, problem=problem))

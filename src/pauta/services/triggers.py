"""Triggers of deployments: what else than a time makes a deployment run."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pauta.domain.deploying import Deployment, Switch, Trigger, TriggerKind
from pauta.domain.ids import new_run_id
from pauta.domain.problems import Conflict, InvalidInput, NotFound, Problem, shorten
from pauta.domain.states import FINAL_RUNS
from pauta.ports.store import Transaction
from pauta.services.arrivals_looking import folder_of, look_into
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.deployments_finding import find_deployment
from pauta.services.published import checked_version, find_version
from pauta.services.schedules import BELL, SERVER, check_parameters, name_problems
from pauta.services.triggers_completed import ended_events

_MOST_ALLOWED = 100


class FileSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that arrives in a folder of the project.

    Attributes:
        folder: Relative to the project's folder.
        input: Name of the frame that the file becomes; None: its arrival is all that counts.
        pattern: Which files, as shells write it.
    """

    folder: str
    input: str | None = None
    pattern: str = "*"


class CompletionSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A run of another deployment that ends in one of these states."""

    deployment: str
    states: tuple[str, ...] = ("completed",)


class WebhookSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A POST with a signed body. `allow` names the parameters that the body may give."""

    allow: tuple[str, ...] = ()


_KINDS: Mapping[TriggerKind, type[Struct]] = {
    TriggerKind.FILE: FileSettings,
    TriggerKind.COMPLETION: CompletionSettings,
    TriggerKind.WEBHOOK: WebhookSettings,
}


class Made(Struct, frozen=True):
    """A new trigger. `secret`: with which callers of a webhook sign; it is shown this once."""

    trigger: Trigger
    secret: str | None


def create_trigger(
    control: Control,
    deployment: str,
    *,
    name: str,
    kind: TriggerKind,
    settings: Mapping[str, Any],
    parameters: Mapping[str, Any] | None = None,
    behalf: Behalf = SERVER,
) -> Made:
    """Make a trigger. What is there already does not set it off: files in the folder, runs that have ended.

    Raises:
        NotFound: DEP-001.
        InvalidInput: TRG-001 to TRG-003, SCH-009, PRM-….
        Conflict: TRG-005, the name is taken.
    """
    now = control.now()
    with control.store.transaction() as tx:
        target = find_deployment(tx, deployment)
    behalf.allow(target.pipeline)
    read = _read_settings(kind, settings)
    given = parameters or {}
    problems = [
        *name_problems(name),
        *_check_settings(control, target, read),
        *_check_given(control, target, read, given),
    ]
    if problems:
        raise InvalidInput(problems)
    trigger = Trigger(
        id=new_run_id(now, control.random_bits),
        deployment=target.name,
        name=name,
        kind=kind,
        created_at=now,
        settings=msgspec.to_builtins(read),
        parameters=given,
    )
    present = _present_events(control, trigger)
    with control.store.transaction(durable=True) as tx:
        find_deployment(tx, deployment)
        taken = any(t.name == name for t in tx.triggers.all(deployment))
        if taken or not tx.triggers.put(None, trigger):
            raise Conflict(Problem("TRG-005", {"deployment": deployment, "name": name}))
        for event in present:
            tx.triggers.once(trigger.id, event, at=now, run_id=None)
        behalf.note(tx, "trigger.create", trigger.id, deployment=target.name, name=name, kind=kind.value)
    control.bell.ring(BELL)
    return Made(trigger, secret_of(control, trigger.id) if kind is TriggerKind.WEBHOOK else None)


def pause_trigger(control: Control, trigger_id: str, *, behalf: Behalf = SERVER) -> Trigger:
    """Let nothing set it off.

    Raises:
        NotFound: TRG-006.
    """
    return _change(
        control, trigger_id, lambda t: replace(t, state=Switch.PAUSED), action="trigger.pause", behalf=behalf
    )


def resume_trigger(control: Control, trigger_id: str, *, behalf: Behalf = SERVER) -> Trigger:
    """Let it be set off again. Files that arrived meanwhile do so now; runs that ended meanwhile do not.

    Raises:
        NotFound: TRG-006.
    """
    present = get_trigger(control, trigger_id)
    events = _present_events(control, present) if present.kind is TriggerKind.COMPLETION else []
    return _change(
        control,
        trigger_id,
        lambda t: replace(t, state=Switch.ACTIVE, problem=None),
        action="trigger.resume",
        behalf=behalf,
        done=events if present.state is Switch.PAUSED else [],
    )


def remove_trigger(control: Control, trigger_id: str, *, behalf: Behalf = SERVER) -> None:
    """Remove a trigger.

    Raises:
        NotFound: TRG-006.
        Conflict: TRG-007.
    """
    with control.store.transaction(durable=True) as tx:
        trigger = find_trigger(tx, trigger_id)
        behalf.allow(find_deployment(tx, trigger.deployment).pipeline)
        if not tx.triggers.remove(trigger):
            raise Conflict(Problem("TRG-007", {"name": trigger.name}))
        behalf.note(tx, "trigger.remove", trigger_id, deployment=trigger.deployment, name=trigger.name)


def get_trigger(control: Control, trigger_id: str) -> Trigger:
    """The trigger.

    Raises:
        NotFound: TRG-006.
    """
    with control.store.transaction() as tx:
        return find_trigger(tx, trigger_id)


def list_triggers(control: Control, *, deployment: str | None = None) -> list[Trigger]:
    """Triggers, of one deployment if given.

    Raises:
        NotFound: DEP-001.
    """
    with control.store.transaction() as tx:
        if deployment is not None:
            find_deployment(tx, deployment)
        return tx.triggers.all(deployment)


def find_trigger(tx: Transaction, trigger_id: str) -> Trigger:
    """The trigger.

    Raises:
        NotFound: TRG-006.
    """
    trigger = tx.triggers.get(trigger_id)
    if trigger is None:
        raise NotFound(Problem("TRG-006", {"trigger": shorten(trigger_id)}))
    return trigger


def secret_of(control: Control, trigger_id: str) -> str:
    """The secret of a webhook: it follows from the server's, so that none is stored."""
    return hmac.digest(control.secret, f"pauta webhook {trigger_id}".encode(), hashlib.sha256).hex()


def _read_settings(kind: TriggerKind, settings: Mapping[str, Any]) -> Struct:
    try:
        return msgspec.convert(dict(settings), _KINDS[kind])
    except msgspec.ValidationError as error:
        known = ", ".join(f.name for f in msgspec.structs.fields(_KINDS[kind]))
        values = {"kind": kind.value, "known": known, "detail": shorten(error)}
        raise InvalidInput(Problem("TRG-001", values)) from None


def _check_settings(control: Control, target: Deployment, settings: Struct) -> list[Problem]:
    if isinstance(settings, FileSettings):
        return _check_file(control, target, settings)
    if isinstance(settings, CompletionSettings):
        return _check_completion(control, target, settings)
    if isinstance(settings, WebhookSettings) and len(settings.allow) > _MOST_ALLOWED:
        return [Problem("TRG-001", {"most": _MOST_ALLOWED}, variant="allow")]
    return []


def _check_file(control: Control, target: Deployment, settings: FileSettings) -> list[Problem]:
    try:
        folder_of(control, settings.folder)
    except InvalidInput as error:
        return list(error.problems)
    if settings.input is None:
        return []
    with control.store.transaction() as tx:
        version = find_version(tx, target.pipeline, target.pipeline_version)
    given = frozenset({*target.inputs, settings.input})
    checked = checked_version(version, objects=control.objects, given=given, only=target.only)
    if any(settings.input in step.dataframes for step in checked.steps):
        return []
    return [Problem("TRG-002", {"input": shorten(settings.input), "pipeline": target.pipeline}, variant="input")]


def _check_completion(control: Control, target: Deployment, settings: CompletionSettings) -> list[Problem]:
    known = sorted(state.value for state in FINAL_RUNS)
    bad = [s for s in settings.states if s not in known]
    if bad or not settings.states:
        return [Problem("TRG-003", {"found": shorten(", ".join(bad) or "-"), "known": ", ".join(known)})]
    with control.store.transaction() as tx:
        find_deployment(tx, settings.deployment)
        triggers = tx.triggers.all()
    follows = {(t.settings["deployment"], t.deployment) for t in triggers if t.kind is TriggerKind.COMPLETION}
    reached, ahead = set(), [target.name]
    while ahead:
        name = ahead.pop()
        reached.add(name)
        ahead += [after for before, after in follows if before == name and after not in reached]
    if settings.deployment in reached:
        values = {"deployment": target.name, "other": settings.deployment}
        return [Problem("TRG-003", values, variant="circle")]
    return []


def _check_given(control: Control, target: Deployment, settings: Struct, given: Mapping[str, Any]) -> list[Problem]:
    """Parameters that the body of a webhook may give are not missing yet."""
    if isinstance(settings, FileSettings) and settings.input is not None:
        target = replace(target, inputs={**target.inputs, settings.input: settings.folder})
    problems = check_parameters(control, target, given)
    later = settings.allow if isinstance(settings, WebhookSettings) else ()
    return [p for p in problems if not (p.variant == "required" and p.place and p.place.field in later)]


def _present_events(control: Control, trigger: Trigger) -> list[str]:
    if trigger.kind is TriggerKind.FILE:
        return [arrived.event for arrived in look_into(control, trigger)]
    if trigger.kind is TriggerKind.COMPLETION:
        return [event for event, _ in ended_events(control, trigger)]
    return []


def _change(
    control: Control,
    trigger_id: str,
    changed: Callable[[Trigger], Trigger],
    *,
    action: str,
    behalf: Behalf,
    done: list[str] | None = None,
) -> Trigger:
    with control.store.transaction(durable=True) as tx:
        before = find_trigger(tx, trigger_id)
        behalf.allow(find_deployment(tx, before.deployment).pipeline)
        after = changed(before)
        if after == before:
            return before
        after = replace(after, version=before.version + 1)
        if not tx.triggers.put(before, after):
            raise Conflict(Problem("TRG-007", {"name": before.name}))
        for event in done or ():
            tx.triggers.once(trigger_id, event, at=control.now(), run_id=None)
        behalf.note(tx, action, trigger_id, deployment=after.deployment, name=after.name)
    control.bell.ring(BELL)
    return after

"""Deployments: made, changed, paused, removed, run. Everything is checked before it is kept; older forms stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from pauta.domain.deploying import Deployment, Switch
from pauta.domain.problems import Conflict, NotFound, Problem, shorten
from pauta.ports.store import Transaction
from pauta.services.accept import Accepted, Asked, accept
from pauta.services.accept_terms import recordable
from pauta.services.behalf import Behalf
from pauta.services.control import Control
from pauta.services.deployments_checks import check_deployment
from pauta.services.deployments_finding import find_deployment
from pauta.services.notify import signing_key
from pauta.services.view_deployments import (
    DeploymentHistory,
    DeploymentList,
    DeploymentView,
    WebhookKey,
    deployment_view,
)

_RACES = 50


def create(control: Control, wanted: Deployment, *, behalf: Behalf) -> DeploymentView:
    """Make a deployment. Its times, version and author are set here, whatever `wanted` says.

    Raises:
        InvalidInput: With every problem of it.
        Conflict: DEP-002 when its name is taken.
    """
    behalf.allow(wanted.pipeline)
    check_deployment(control, wanted)
    now = control.now()
    with control.store.transaction(durable=True) as tx:
        # A name that was used before goes on counting, so that no two forms share a number.
        former = tx.deployments.history(wanted.name)
        version = former[0].version + 1 if former else 1
        made = replace(wanted, version=version, created_at=now, changed_at=now, changed_by=behalf.name)
        if tx.deployments.get(made.name) is not None or not tx.deployments.put(None, made):
            raise Conflict(Problem("DEP-002", {"deployment": shorten(made.name)}))
        _set_limit(tx, made)
        behalf.note(tx, "deployment.create", made.name, pipeline=made.pipeline, version=made.version)
    return deployment_view(made)


def change(
    control: Control, name: str, changes: Mapping[str, Any], *, behalf: Behalf, expected: int | None = None
) -> DeploymentView:
    """Change some fields of a deployment.

    Args:
        control: The server's hold of the project.
        name: Which.
        changes: Fields of `Deployment` with their new values; name, times and version cannot be changed.
        behalf: Who changes it.
        expected: The version that was looked at: when it is another by now, nothing is changed.

    Raises:
        NotFound: DEP-001.
        InvalidInput: With every problem of what it would become.
        Conflict: DEP-003.
    """

    def changed(deployment: Deployment) -> Deployment:
        if expected is not None and deployment.version != expected:
            raise _changed_meanwhile(deployment)
        after = replace(deployment, **changes)
        behalf.allow(after.pipeline)
        check_deployment(control, after)
        return after

    return _change(control, name, changed, action="deployment.change", behalf=behalf, fields=sorted(changes))


def pause(control: Control, name: str, *, behalf: Behalf) -> DeploymentView:
    """Pause it: schedules and triggers start nothing, people still may. Pausing twice changes nothing.

    Raises:
        NotFound: DEP-001.
    """
    return _switch(control, name, Switch.PAUSED, action="deployment.pause", behalf=behalf)


def resume(control: Control, name: str, *, behalf: Behalf) -> DeploymentView:
    """Let schedules and triggers start it again.

    Raises:
        NotFound: DEP-001.
    """
    return _switch(control, name, Switch.ACTIVE, action="deployment.resume", behalf=behalf)


def remove(control: Control, name: str, *, behalf: Behalf) -> None:
    """Remove it with its schedules and triggers. Its runs, its forms and what fired stay on record.

    Raises:
        NotFound: DEP-001.
    """
    for _ in range(_RACES):
        with control.store.transaction(durable=True) as tx:
            deployment = find_deployment(tx, name)
            behalf.allow(deployment.pipeline)
            if tx.deployments.remove(deployment):
                tx.pools.set_limit(_limit_key(name), None)
                behalf.note(tx, "deployment.remove", name, version=deployment.version)
                return
    raise _changed_meanwhile(deployment)


def run_now(control: Control, asked: Asked, *, behalf: Behalf) -> Accepted:
    """Run a deployment because a person asks for it, paused or not.

    Raises:
        NotFound, InvalidInput, Conflict: As `accept`.
    """
    return accept(control, asked, behalf=behalf)


def view(control: Control, name: str) -> DeploymentView:
    """A deployment.

    Raises:
        NotFound: DEP-001.
    """
    with control.store.transaction() as tx:
        return deployment_view(find_deployment(tx, name))


def list_all(control: Control) -> DeploymentList:
    """All deployments, by name."""
    with control.store.transaction() as tx:
        return DeploymentList(tuple(deployment_view(d) for d in tx.deployments.all()))


def history(control: Control, name: str) -> DeploymentHistory:
    """All forms it had, newest first, also when it was removed.

    Raises:
        NotFound: DEP-001.
    """
    with control.store.transaction() as tx:
        forms = tx.deployments.history(name) if recordable(name) else []
        present = bool(forms) and tx.deployments.get(name) is not None
    if not forms:
        raise NotFound(Problem("DEP-001", {"deployment": shorten(name)}))
    return DeploymentHistory(name, present, tuple(deployment_view(form) for form in forms))


def webhook_key(control: Control, name: str, *, behalf: Behalf) -> WebhookKey:
    """The key that receivers of its webhooks need. That it was shown stands in the audit log.

    Raises:
        NotFound: DEP-001.
    """
    with control.store.transaction(durable=True) as tx:
        behalf.allow(find_deployment(tx, name).pipeline)
        behalf.note(tx, "deployment.webhook_key", name)
    return WebhookKey(name, signing_key(control.secret, name))


def _switch(control: Control, name: str, state: Switch, *, action: str, behalf: Behalf) -> DeploymentView:
    def switched(deployment: Deployment) -> Deployment:
        return deployment if deployment.state is state else replace(deployment, state=state)

    shown = _change(control, name, switched, action=action, behalf=behalf)
    # Schedulers sleep until the next firing they know of.
    control.bell.ring("schedules")
    return shown


def _change(
    control: Control,
    name: str,
    decide: Callable[[Deployment], Deployment],
    *,
    action: str,
    behalf: Behalf,
    **details: Any,
) -> DeploymentView:
    """Decide on the present form and keep the decision if the form is still the same, else decide again."""
    for _ in range(_RACES):
        with control.store.transaction() as tx:
            before = find_deployment(tx, name)
        behalf.allow(before.pipeline)
        after = decide(before)
        if after is before:
            return deployment_view(before)
        after = replace(after, version=before.version + 1, changed_at=control.now(), changed_by=behalf.name)
        with control.store.transaction(durable=True) as tx:
            if tx.deployments.put(before, after):
                _set_limit(tx, after)
                behalf.note(tx, action, name, version=after.version, **details)
                return deployment_view(after)
    raise _changed_meanwhile(before)


def _set_limit(tx: Transaction, deployment: Deployment) -> None:
    tx.pools.set_limit(_limit_key(deployment.name), deployment.limit)


def _limit_key(name: str) -> str:
    return f"deployment:{name}"


def _changed_meanwhile(deployment: Deployment) -> Conflict:
    name, by = shorten(deployment.name), shorten(deployment.changed_by)
    return Conflict(Problem("DEP-003", {"deployment": name, "by": by, "version": deployment.version}))

"""``pauta deployment``: pipelines with parameters, a work pool and a time plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from pauta.cli.asking import (
    Given,
    Inputs,
    LimitKeys,
    OfVersion,
    Parameters,
    Pool,
    Priority,
    priority_of,
    said,
    understood,
)
from pauta.cli.deploy import drift_problem
from pauta.cli.execution import Showing, execute
from pauta.cli.listing import Column, Row, done, show_list, show_one, state, when, who
from pauta.cli.options import NoCache, Only
from pauta.cli.served import command, noun, served, served_or_own
from pauta.cli.session import Session, session_of
from pauta.domain.problems import Conflict, InvalidInput, Problem, shorten

app = noun()

Name = Annotated[str, typer.Argument(metavar="NAME", help="arg.deployment", show_default=False)]
OfPipeline = Annotated[str, typer.Option("--pipeline", metavar="NAME", help="opt.of_pipeline")]
NewPipeline = Annotated[str | None, typer.Option("--pipeline", metavar="NAME", help="opt.of_pipeline")]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", help="opt.deployment_limit")]
Notify = Annotated[list[str] | None, typer.Option("--notify", metavar="STATES=WHOM", help="opt.notify")]
Description = Annotated[str | None, typer.Option("--description", metavar="TEXT", help="opt.description")]
Watch = Annotated[bool, typer.Option("--watch", help="opt.watch")]
Key = Annotated[str | None, typer.Option("--key", metavar="TEXT", help="opt.key")]
KINDS = ("webhook", "apprise")


def _pipeline(row: Row, session: Session) -> object:
    version = row.get("pipeline_version")
    return f"{row.get('pipeline', '')} {version}" if version is not None else row.get("pipeline")


COLUMNS = (
    Column("head.deployment", "name", keep=True),
    Column("head.pipeline", _pipeline),
    Column("head.state", state(usual="active"), keep=True),
    Column("head.pool", "pool"),
    Column("head.priority", lambda row, _: row.get("priority") or None, right=True),
    Column("head.limit", "limit", right=True),
    Column("head.changed", when("changed_at"), keep=True),
)
FACTS = (
    Column("head.deployment", "name"),
    Column("head.description", "description"),
    Column("head.pipeline", _pipeline),
    Column("head.state", state()),
    Column("head.version", "version"),
    Column("head.parameters", "parameters"),
    Column("head.inputs", "inputs"),
    Column("head.part", "only"),
    Column("head.source", lambda row, _: source_text(row.get("source") or {})),
    Column("head.tags", "tags"),
    Column("head.pool", "pool"),
    Column("head.priority", "priority"),
    Column("head.limit", "limit"),
    Column("head.limits", "limits"),
    Column("head.notifications", lambda row, _: [_notification(n) for n in row.get("notifications") or ()]),
    Column("head.created", when("created_at")),
    Column("head.changed", when("changed_at")),
    Column("head.by", who("changed_by")),
)
HISTORY = (
    Column("head.version", "version", right=True),
    Column("head.changed", when("changed_at"), keep=True),
    Column("head.by", who("changed_by")),
    Column("head.pipeline", _pipeline),
    Column("head.state", state(), keep=True),
    Column("head.pool", "pool"),
    Column("head.parameters", "parameters"),
)


def source_text(source: Row) -> str | None:
    """Where a deployment's scripts came from, in one line."""
    revision = str(source.get("revision") or source.get("ref") or "")
    where = f"{source.get('address', '')} @ {revision[:12]}" if revision else str(source.get("address", ""))
    return f"{where} ({source['entrypoint']})" if source.get("entrypoint") else where or None


def _notification(row: Row) -> str:
    return f"{'/'.join(row.get('on') or ())} → {row.get('kind', '')} {row.get('address', '')}"


@command(app, "create")
def create(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    context: typer.Context,
    name: Name,
    pipeline: OfPipeline,
    version: OfVersion = None,
    parameters: Parameters = None,
    inputs: Inputs = None,
    only: Only = None,
    no_cache: NoCache = False,
    pool: Pool = None,
    priority: Priority = None,
    limit: Limit = None,
    limit_keys: LimitKeys = None,
    notify: Notify = None,
    description: Description = None,
) -> int:
    """Make a deployment."""
    given = understood(parameters, inputs, only)
    body = {
        "name": name,
        "pipeline": pipeline,
        "pipeline_version": version,
        "only": only,
        "use_cache": False if no_cache else None,
        "pool": pool,
        "priority": priority_of(priority),
        "limit": limit,
        "limits": list(limit_keys or ()),
        "notifications": notifications_of(notify or ()),
        "description": description,
    }
    with served_or_own(context, makes=True) as remote:
        values = {"parameters": given.parameters(remote, pipeline, version), "inputs": _places(given, remote)}
        made = remote.client.deployments.create(said({**body, **values}))
    return done(session_of(context), made, "deployment.created", name=name, pipeline=pipeline)


@command(app, "change")
def change(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    context: typer.Context,
    name: Name,
    pipeline: NewPipeline = None,
    version: OfVersion = None,
    parameters: Parameters = None,
    inputs: Inputs = None,
    only: Only = None,
    no_cache: NoCache = False,
    pool: Pool = None,
    priority: Priority = None,
    limit: Limit = None,
    limit_keys: LimitKeys = None,
    notify: Notify = None,
    description: Description = None,
) -> int:
    """Change what is given of a deployment; parameters and inputs that are not given stay."""
    session = session_of(context)
    given = understood(parameters, inputs, only)
    body: dict[str, Any] = {
        "pipeline": pipeline,
        "pipeline_version": version,
        "only": only,
        "use_cache": False if no_cache else None,
        "pool": pool,
        "priority": priority_of(priority),
        "limit": limit,
        "limits": list(limit_keys or ()),
        "notifications": notifications_of(notify or ()),
        "description": description,
    }
    with served_or_own(context) as remote:
        before = remote.client.deployments.get(name)
        of, number = pipeline or before["pipeline"], version or before.get("pipeline_version")
        if given.texts:
            body["parameters"] = {**(before.get("parameters") or {}), **given.parameters(remote, of, number)}
        if given.files:
            body["inputs"] = {**(before.get("inputs") or {}), **_places(given, remote)}
        changes = said(body)
        if not changes:
            values = {"command": context.command_path, "name": "--param, --pool, …"}
            raise InvalidInput(Problem("CLI-001", values, variant="missing"))
        made = remote.client.deployments.change(name, changes)
    return done(session, made, "deployment.changed", name=name, fields=", ".join(sorted(changes)))


def _places(given: Given, remote: Any) -> dict[str, str]:
    """Inputs as a deployment keeps them: a path in the project's folder, or an address."""
    return {name: next(iter(place.values())) for name, place in given.inputs(remote).items()}


@command(app, "list")
def list_(context: typer.Context) -> int:
    """List deployments."""
    with served_or_own(context) as remote:
        found = remote.client.deployments.all()
    show_list(found, COLUMNS, session_of(context), none="deployment.none")
    return 0


@command(app, "show")
def show(context: typer.Context, name: Name) -> int:
    """Show one deployment."""
    with served_or_own(context) as remote:
        found = remote.client.deployments.get(name)
    show_one(found, FACTS, session_of(context))
    return 0


@command(app, "pause")
def pause(context: typer.Context, name: Name) -> int:
    """Nothing runs of it but what people ask for."""
    with served_or_own(context) as remote:
        answer = remote.client.deployments.switch(name, on=False)
    return done(session_of(context), answer, "deployment.paused", name=name)


@command(app, "resume")
def resume(context: typer.Context, name: Name) -> int:
    """Its schedules and triggers go on."""
    with served_or_own(context) as remote:
        answer = remote.client.deployments.switch(name, on=True)
    return done(session_of(context), answer, "deployment.resumed", name=name)


@command(app, "run")
def run(
    context: typer.Context,
    name: Name,
    parameters: Parameters = None,
    inputs: Inputs = None,
    watch: Watch = False,
) -> int:
    """Run it now; prints the run's id at once."""
    session = session_of(context)
    given = understood(parameters, inputs)
    with served(context) as remote:
        of = remote.client.deployments.get(name) if given.texts else {}
        values = given.parameters(remote, of.get("pipeline"), of.get("pipeline_version"))
        asked = remote.client.deployments.run(name, said({"parameters": values, "inputs": given.inputs(remote)}))
        if watch:
            names = [step.name for step in remote.view(asked.run).steps]
            return execute(remote, asked.run, names=names, showing=Showing(), session=session)
    if session.as_json:
        session.answer({"run": asked.run, "state": asked.state, "identical": asked.identical})
    else:
        typer.echo(asked.run)
    return 0


@command(app, "remove")
def remove(context: typer.Context, name: Name) -> int:
    """Remove it with its schedules and triggers; its runs stay."""
    with served_or_own(context) as remote:
        remote.client.deployments.remove(name)
    return done(session_of(context), {"removed": name}, "deployment.removed", name=name)


@command(app, "check")
def check(context: typer.Context, name: Name) -> int:
    """Whether its source still holds what was deployed."""
    from pauta.assembly.flow_material import drift_since

    session = session_of(context)
    with served_or_own(context) as remote:
        found = remote.client.deployments.get(name)
        drift, version = drift_since(found, base=session.project_folder(), client=remote.client)
    if drift:
        raise Conflict(drift_problem(name, str(found["pipeline"]), version, drift))
    address = (found.get("source") or {}).get("address")
    answer = {"deployment": name, "same": True, "pipeline": found["pipeline"], "version": version}
    return done(
        session, answer, "deployment.as_deployed", name=name, address=address, version=version,
        pipeline=found["pipeline"],
    )  # fmt: skip


@command(app, "history")
def history(context: typer.Context, name: Name) -> int:
    """All forms it ever had."""
    with served_or_own(context) as remote:
        found = remote.client.deployments.history(name)
    show_list(found, HISTORY, session_of(context), none="deployment.none")
    return 0


@command(app, "webhook-key")
def webhook_key(context: typer.Context, name: Name) -> int:
    """The key with which its webhooks are signed."""
    session = session_of(context)
    with served(context) as remote:
        key = remote.client.deployments.webhook_key(name)
    if session.as_json:
        session.answer({"deployment": name, "key": key})
    else:
        typer.echo(key)
    return 0


def notifications_of(texts: Sequence[str]) -> list[dict[str, Any]]:
    """``failed,held=webhook:https://…`` as the API takes it.

    Raises:
        InvalidInput: CLI-001 for each that is written otherwise.
    """
    found, problems = [], []
    for text in texts:
        states, _, whom = text.partition("=")
        kind, _, address = whom.partition(":")
        if kind in KINDS and address and states:
            found.append({"on": states.split(","), "kind": kind, "address": address})
        else:
            expected = "failed,held=webhook:https://… | failed=apprise:env:NAME"
            values = {"name": "--notify", "found": f'"{shorten(text)}"', "expected": expected}
            problems.append(Problem("CLI-001", values, variant="value"))
    if problems:
        raise InvalidInput(problems)
    return found

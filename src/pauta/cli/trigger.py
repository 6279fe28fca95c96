"""``pauta trigger``: what else makes a deployment run: a file, the end of another, a signed message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pauta.cli.asking import Parameters, said, understood
from pauta.cli.listing import Column, done, show_list, state
from pauta.cli.served import command, id_of, noun, served
from pauta.cli.session import session_of
from pauta.domain.problems import InvalidInput, Problem, shorten

if TYPE_CHECKING:
    from pauta.assembly.remote_project import RemoteProject

app = noun()

Deployment = Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="arg.deployment", show_default=False)]
Name = Annotated[str, typer.Argument(metavar="NAME", help="arg.trigger_name", show_default=False)]
Id = Annotated[str, typer.Argument(metavar="ID", help="arg.trigger", show_default=False)]
Of = Annotated[str | None, typer.Option("--deployment", metavar="NAME", help="opt.only_deployment")]
Folder = Annotated[str | None, typer.Option("--folder", metavar="DIR", help="opt.trigger_folder")]
Pattern = Annotated[str | None, typer.Option("--pattern", metavar="PATTERN", help="opt.trigger_pattern")]
Frame = Annotated[str | None, typer.Option("--frame", metavar="NAME", help="opt.trigger_frame")]
After = Annotated[str | None, typer.Option("--after", metavar="NAME", help="opt.trigger_after")]
States = Annotated[list[str] | None, typer.Option("--state", metavar="STATE", help="opt.trigger_state")]
Webhook = Annotated[bool, typer.Option("--webhook", help="opt.trigger_webhook")]

COLUMNS = (
    Column("head.deployment", "deployment"),
    Column("head.name", "name"),
    Column("head.kind", "kind", keep=True),
    Column("head.settings", "settings"),
    Column("head.state", state(usual="active"), keep=True),
    Column("head.id", "id", keep=True),
    Column("head.problem", lambda row, _: (row.get("problem") or {}).get("message")),
)


def _id(remote: RemoteProject, trigger: str) -> str:
    return id_of(trigger, remote.client.triggers.all, unknown=Problem("TRG-006", {"trigger": shorten(trigger)}))


@command(app, "create")
def create(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    context: typer.Context,
    deployment: Deployment,
    name: Name,
    folder: Folder = None,
    pattern: Pattern = None,
    frame: Frame = None,
    after: After = None,
    states: States = None,
    webhook: Webhook = False,
    parameters: Parameters = None,
) -> int:
    """Make a trigger."""
    session = session_of(context)
    chosen = [o for o, given in (("--folder", folder), ("--after", after), ("--webhook", webhook)) if given]
    if len(chosen) != 1:
        raise InvalidInput(_not_one(chosen, context.command_path))
    kind = {"--folder": "file", "--after": "completion", "--webhook": "webhook"}[chosen[0]]
    settings = {"folder": folder, "pattern": pattern, "input": frame, "deployment": after, "states": states or []}
    given = understood(parameters, None)
    with served(context) as remote:
        of = remote.client.deployments.get(deployment) if given.texts else {}
        values = given.parameters(remote, of.get("pipeline"), of.get("pipeline_version"))
        body = {"name": name, "kind": kind, "settings": said(settings), "parameters": values}
        made = remote.client.triggers.create(deployment, said(body))
    done(session, made, "trigger.created", name=name, deployment=deployment, id=made.get("id", ""))
    if not session.as_json and made.get("secret"):
        session.say(session.words("trigger.secret", secret=made["secret"]))
        session.say(session.words("token.once"), "dim")
    return 0


def _not_one(chosen: list[str], command_path: str) -> Problem:
    if not chosen:
        values: dict[str, Any] = {"command": command_path, "name": "--folder, --after | --webhook"}
        return Problem("CLI-001", values, variant="missing")
    return Problem("CLI-001", {"first": chosen[0], "second": chosen[1]}, variant="together")


@command(app, "list")
def list_(context: typer.Context, deployment: Of = None) -> int:
    """List triggers."""
    with served(context) as remote:
        found = remote.client.triggers.all(deployment)
    show_list(found, COLUMNS, session_of(context), none="trigger.none")
    return 0


@command(app, "pause")
def pause(context: typer.Context, trigger: Id) -> int:
    """Nothing follows from it."""
    with served(context) as remote:
        answer = remote.client.triggers.switch(_id(remote, trigger), on=False)
    return done(session_of(context), answer, "trigger.paused", id=trigger)


@command(app, "resume")
def resume(context: typer.Context, trigger: Id) -> int:
    """It goes on."""
    with served(context) as remote:
        answer = remote.client.triggers.switch(_id(remote, trigger), on=True)
    return done(session_of(context), answer, "trigger.resumed", id=trigger)


@command(app, "remove")
def remove(context: typer.Context, trigger: Id) -> int:
    """Remove it."""
    with served(context) as remote:
        remote.client.triggers.remove(_id(remote, trigger))
    return done(session_of(context), {"removed": trigger}, "trigger.removed", id=trigger)

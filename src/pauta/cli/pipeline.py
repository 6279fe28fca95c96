"""``pauta pipeline``: published documents with their scripts, version by version."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import to_builtins

from pauta.cli.given import document_of, folder_of
from pauta.cli.listing import Column, done, show_list, show_one, when, who
from pauta.cli.options import Document, Scripts
from pauta.cli.served import command, noun, served_or_own
from pauta.cli.session import session_of
from pauta.cli.texts import draw_code, draw_version_diff

app = noun()

Name = Annotated[str, typer.Argument(metavar="PIPELINE", help="arg.pipeline", show_default=False)]
Version = Annotated[int, typer.Argument(metavar="VERSION", help="arg.version", show_default=False)]
Other = Annotated[int, typer.Argument(metavar="OTHER_VERSION", help="arg.other_version", show_default=False)]
OfVersion = Annotated[int | None, typer.Option("--version", metavar="N", help="opt.version_of")]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="opt.note")]
Why = Annotated[str | None, typer.Option("--why", metavar="TEXT", help="opt.why")]
BasedOn = Annotated[int | None, typer.Option("--based-on", metavar="N", help="opt.based_on")]
NoActivate = Annotated[bool, typer.Option("--no-activate", help="opt.no_activate")]
Path_ = Annotated[str | None, typer.Option("--script", metavar="PATH", help="opt.script_path")]

HEADS = (
    Column("head.pipeline", "name", keep=True),
    Column("head.active", "active", right=True, always=True),
    Column("head.newest", "newest", right=True),
    Column("head.published", when("published_at"), keep=True),
    Column("head.by", who("published_by")),
)
VERSIONS = (
    Column("head.version", "version", right=True),
    Column("head.active", lambda row, _: "✓" if row.get("active") else ""),
    Column("head.published", when("published_at"), keep=True),
    Column("head.by", who("published_by")),
    Column("head.note", "note"),
    Column("head.digest", lambda row, _: str(row.get("digest", ""))[:12], keep=True),
)
FACTS = (
    Column("head.pipeline", "name"),
    Column("head.version", "version"),
    Column("head.active", "active"),
    Column("head.newest", "newest"),
    Column("head.published", when("published_at")),
    Column("head.by", who("published_by")),
    Column("head.note", "note"),
    Column("head.document", "file"),
    Column("head.scripts", lambda row, _: [script["path"] for script in row.get("scripts") or ()]),
    Column("head.deployments", "deployments"),
)
ACTIVATIONS = (
    Column("head.version", "version", right=True),
    Column("head.from", when("at"), keep=True),
    Column("head.by", who("by")),
    Column("head.reason", "why"),
)


@command(app, "publish")
def publish(
    context: typer.Context,
    document: Document = None,
    scripts: Scripts = None,
    note: Note = None,
    no_activate: NoActivate = False,
    based_on: BasedOn = None,
) -> int:
    """Publish a document with its scripts as a new version."""
    from pauta.assembly.remote_project_sending import publication_of

    session = session_of(context)
    path, folder = document_of(document, session), folder_of(scripts)
    with served_or_own(context, makes=True) as remote:
        session.warn(remote.prepare(path, scripts=folder, inputs={}, parameters={}, only=None).warnings)
        publication = publication_of(path, scripts=folder)
        made = remote.client.pipelines.publish(publication, activate=not no_activate, note=note, based_on=based_on)
    answer = {"name": made.name, "version": made.version, "identical": made.identical}
    key = "pipeline.identical" if made.identical else "pipeline.published" if no_activate else "pipeline.active"
    return done(session, answer, key, name=made.name, version=made.version)


@command(app, "list")
def list_(context: typer.Context) -> int:
    """List pipelines."""
    with served_or_own(context) as remote:
        found = remote.client.pipelines.all()
    show_list(found, HEADS, session_of(context), none="pipeline.none")
    return 0


@command(app, "show")
def show(context: typer.Context, name: Name, version: OfVersion = None) -> int:
    """Show a pipeline, or one version of it with its document."""
    session = session_of(context)
    with served_or_own(context) as remote:
        if version is None:
            show_one(remote.client.pipelines.get(name), FACTS, session)
            return 0
        found = remote.client.pipelines.version(name, version)
    show_one(to_builtins(found), FACTS, session)
    if not session.as_json:
        session.say()
        draw_code(found.document, file=found.file, session=session)
    return 0


@command(app, "versions")
def versions(context: typer.Context, name: Name) -> int:
    """List its versions, newest first."""
    with served_or_own(context) as remote:
        found = remote.client.pipelines.versions(name)
    show_list(found, VERSIONS, session_of(context), none="pipeline.none")
    return 0


@command(app, "activate")
def activate(context: typer.Context, name: Name, version: Version, why: Why = None) -> int:
    """Make a version the one that runs from now on."""
    with served_or_own(context) as remote:
        answer = remote.client.pipelines.activate(name, version, why=why)
    return done(session_of(context), answer, "pipeline.active", name=name, version=version)


@command(app, "activations")
def activations(context: typer.Context, name: Name) -> int:
    """Which version ran from when on."""
    with served_or_own(context) as remote:
        found = remote.client.pipelines.activations(name)
    show_list(found, ACTIVATIONS, session_of(context), none="pipeline.never_active")
    return 0


@command(app, "diff")
def diff(context: typer.Context, name: Name, version: Version, other: Other) -> int:
    """How two versions differ."""
    session = session_of(context)
    with served_or_own(context) as remote:
        found = remote.client.pipelines.difference(name, version, other)
    if session.as_json:
        session.answer(found)
    else:
        draw_version_diff(found, session)
    return 0


@command(app, "scripts")
def scripts(context: typer.Context, name: Name, version: OfVersion = None, path: Path_ = None) -> int:
    """List the scripts of a version, or show one."""
    session = session_of(context)
    with served_or_own(context) as remote:
        number = version if version is not None else int(remote.client.pipelines.get(name)["active"])
        if path is not None:
            text = remote.client.pipelines.script(name, number, path)
        else:
            found = remote.client.pipelines.version(name, number)
    if path is not None:
        if session.as_json:
            session.answer({"name": name, "version": number, "path": path, "text": text})
        else:
            draw_code(text, file=path, session=session)
        return 0
    columns = (Column("head.script", "path"), Column("head.digest", lambda row, _: str(row.get("address"))[:12]))
    show_list(to_builtins(found.scripts), columns, session, none="script.none")
    return 0

"""``pauta deploy``: makes the server's deployments as ``pauta.toml`` says, and tells what that changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pauta.cli.deploy_tables import Wanted, differing, read_tables
from pauta.cli.given import folder_of
from pauta.cli.listing import Column, Row, show_list
from pauta.cli.served import alone, served
from pauta.cli.session import Session, session_of
from pauta.domain.problems import NotFound

if TYPE_CHECKING:
    from pauta.assembly.remote_project import RemoteProject

Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", help="arg.deploy_names", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="opt.deploy_dry_run")]

COLUMNS = (
    Column("head.deployment", "name", keep=True),
    Column("head.what", lambda row, session: session.words(f"deploy.{row['what']}"), keep=True),
    Column("head.name", "of"),
    Column("head.fields", "fields"),
)


def deploy(context: typer.Context, names: Names = None, dry_run: DryRun = False) -> int:
    """Apply the deployments of pauta.toml."""
    session = session_of(context)
    folder = session.project_folder()
    tables = read_tables(folder / "pauta.toml", only=tuple(names or ()))
    rows: list[dict[str, Any]] = []
    with served(context) as remote:
        for wanted in tables:
            rows += _Applying(remote, wanted, folder=folder, dry_run=dry_run).apply()
    _show(rows, session, dry_run=dry_run)
    return 0


def _show(rows: list[dict[str, Any]], session: Session, *, dry_run: bool) -> None:
    show_list(rows, COLUMNS, session, none="deploy.none")
    if dry_run and rows and not session.as_json:
        session.say(session.words("deploy.dry"), "dim")


class _Applying:
    """One deployment of the file, made so on the server: its pipeline, itself, its schedules."""

    def __init__(self, remote: RemoteProject, wanted: Wanted, *, folder: Path, dry_run: bool) -> None:
        self._remote = remote
        self._wanted = wanted
        self._folder = folder
        self._dry_run = dry_run
        self._rows: list[dict[str, Any]] = []

    def apply(self) -> list[dict[str, Any]]:
        """What was done, a row for each thing."""
        fields = dict(self._wanted.fields)
        if self._wanted.document is not None:
            fields["pipeline"] = self._publish(self._wanted.document)
        self._schedules(known=self._deployment(fields))
        return self._rows

    def _publish(self, document: str) -> str:
        from pauta.assembly.remote_project_sending import publication_of

        scripts = folder_of(str(self._folder / self._wanted.scripts)) if self._wanted.scripts is not None else None
        path = self._folder / document
        prepared = self._remote.prepare(path, scripts=scripts, inputs={}, parameters={}, only=None)
        if self._dry_run:
            self._note("would_publish", of=prepared.pipeline.name)
            return prepared.pipeline.name
        made = self._remote.client.pipelines.publish(publication_of(path, scripts=scripts))
        if not made.identical:
            self._note("published", of=f"{made.name} {made.version}")
        return made.name

    def _deployment(self, fields: dict[str, Any]) -> bool:
        """Make or change it; whether the server had it before."""
        deployments = self._remote.client.deployments
        name = self._wanted.name
        try:
            before: Row | None = deployments.get(name)
        except NotFound:
            before = None
        if before is None:
            if not self._dry_run:
                deployments.create({"name": name, **fields})
            self._note("created")
            return False
        changes = differing(before, fields)
        if changes and not self._dry_run:
            deployments.change(name, changes)
        self._note("changed" if changes else "same", fields=sorted(changes))
        return True

    def _schedules(self, *, known: bool) -> None:
        schedules = self._remote.client.schedules
        found = schedules.all(self._wanted.name) if known and self._wanted.schedules else []
        there = {row["name"]: row for row in found}
        for name, body in self._wanted.schedules.items():
            before = there.get(name)
            if before is None:
                if not self._dry_run:
                    schedules.create(self._wanted.name, {"name": name, **body})
                self._note("schedule_created", of=name)
                continue
            changes = differing(before, body)
            if changes and not self._dry_run:
                schedules.change(before["id"], changes)
            if changes:
                self._note("schedule_changed", of=name, fields=sorted(changes))

    def _note(self, what: str, *, of: str = "", fields: list[str] | None = None) -> None:
        self._rows.append({"name": self._wanted.name, "what": what, "of": of, "fields": fields or []})


app = alone(deploy)

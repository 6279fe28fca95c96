"""``pauta deploy``: makes deployments as ``pauta.toml`` says, and tells what that changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pauta.cli.deploy_tables import Table, read_tables
from pauta.cli.given import folder_of
from pauta.cli.listing import Column, show_list
from pauta.cli.served import alone, served_or_own
from pauta.cli.session import Session, session_of
from pauta.domain.problems import PautaError, Place, Problem, shorten

if TYPE_CHECKING:
    from pauta.assembly.deploying import Deployed, Wanted
    from pauta.assembly.flow_material import Drift
    from pauta.assembly.remote_project import RemoteProject

Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", help="arg.deploy_names", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="opt.deploy_dry_run")]

COLUMNS = (
    Column("head.deployment", "name", keep=True),
    Column("head.what", lambda row, session: session.words(f"deploy.{row['what']}"), keep=True),
    Column("head.name", "of"),
    Column("head.fields", "told"),
)


def deploy(context: typer.Context, names: Names = None, dry_run: DryRun = False) -> int:
    """Apply the deployments of pauta.toml."""
    from pauta.assembly.deploying import Deployer

    session = session_of(context)
    folder = session.project_folder()
    tables = read_tables(folder / "pauta.toml", only=tuple(names or ()))
    with served_or_own(context, makes=True) as remote:
        deployer = Deployer(remote.client, dry_run=dry_run)
        made = []
        for table in tables:
            with _named(table.name):
                made.append(deployer.apply(_wanted(table, folder=folder, remote=remote)))
    _show(made, session, dry_run=dry_run)
    return 0


@contextmanager
def _named(deployment: str) -> Iterator[None]:
    """Say of problems that lie in no file which of several deployments they belong to."""
    try:
        yield
    except PautaError as error:
        raise type(error)([_of(problem, deployment) for problem in error.problems]) from error


def _of(problem: Problem, deployment: str) -> Problem:
    place = problem.place or Place()
    if place.file is not None:
        return problem
    field = f"deployment.{deployment}.{place.field}" if place.field else f"deployment.{deployment}"
    return replace(problem, place=Place(field=field))


def _show(made: list[Deployed], session: Session, *, dry_run: bool) -> None:
    rows = [_row(deployed.name, change, session) for deployed in made for change in deployed.changes]
    show_list(rows, COLUMNS, session, none="deploy.none")
    if dry_run and rows and not session.as_json:
        for one in (deployed for deployed in made if deployed.drift):
            problem = drift_problem(one.name, one.pipeline, one.version, one.drift)
            session.say(problem.line(session.language))
        session.say(session.words("deploy.dry"), "dim")


def _row(name: str, change: Any, session: Session) -> dict[str, Any]:
    row = {"name": name, "what": change.what, "of": change.of, "fields": list(change.fields)}
    return row if session.as_json else {**row, "told": list(change.told)}


def drift_problem(deployment: str, pipeline: str, version: int | None, drift: Drift) -> Problem:
    """FLW-076: what a deployment's source holds is not what was deployed."""
    files = {"changed": drift.changed, "added": drift.added, "removed": drift.removed}
    return Problem(
        "FLW-076",
        {
            "deployment": shorten(deployment),
            **{name: shorten(", ".join(paths), 200) or "-" for name, paths in files.items()},
            "pipeline": shorten(pipeline),
            "version": version or "-",
        },
    )


def _wanted(table: Table, *, folder: Path, remote: RemoteProject) -> Wanted:
    from pauta.assembly.deploying import Wanted
    from pauta.assembly.flow_material import material_of_document, material_of_flow

    material = None
    if table.entrypoint is not None:
        material = material_of_flow(table.source, table.entrypoint, ref=table.ref, base=folder, client=remote.client)
    elif table.document is not None:
        scripts = folder_of(str(folder / table.scripts)) if table.scripts is not None else None
        material = material_of_document(folder / table.document, scripts=scripts)
    return Wanted(
        name=table.name,
        fields=table.fields,
        material=material,
        pinned=table.entrypoint is not None,
        schedules=table.schedules,
        only_these=table.only_these,
        paused=table.paused,
        strict=table.entrypoint is not None,
    )


app = alone(deploy)

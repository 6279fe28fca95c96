"""``pauta submit``: ask for a run and go on; it runs where the workers are."""

from __future__ import annotations

from typing import Annotated

import typer

from pauta.cli.asking import Inputs, LimitKeys, OfVersion, Parameters, Pool, Priority, priority_of, said, understood
from pauta.cli.options import NoCache, Only
from pauta.cli.served import alone, served
from pauta.cli.session import session_of
from pauta.domain.problems import InvalidInput, Problem

Pipeline = Annotated[str | None, typer.Argument(metavar="PIPELINE", help="arg.pipeline", show_default=False)]
Deployment = Annotated[str | None, typer.Option("--deployment", metavar="NAME", help="opt.deployment")]
Key = Annotated[str | None, typer.Option("--key", metavar="TEXT", help="opt.key")]


def submit(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    context: typer.Context,
    pipeline: Pipeline = None,
    deployment: Deployment = None,
    version: OfVersion = None,
    parameters: Parameters = None,
    inputs: Inputs = None,
    only: Only = None,
    no_cache: NoCache = False,
    pool: Pool = None,
    priority: Priority = None,
    limit_keys: LimitKeys = None,
    key: Key = None,
) -> int:
    """Ask for a run; prints its id at once."""
    session = session_of(context)
    _one_of(pipeline, deployment, command=context.command_path)
    given = understood(parameters, inputs, only)
    number = priority_of(priority)
    with served(context) as remote:
        of = remote.client.deployments.get(deployment) if deployment is not None and given.texts else {}
        request = {
            "pipeline": pipeline,
            "deployment": deployment,
            "version": version,
            "parameters": given.parameters(
                remote, pipeline or of.get("pipeline"), version or of.get("pipeline_version")
            ),
            "inputs": given.inputs(remote),
            "only": only,
            "use_cache": False if no_cache else None,
            "pool": pool,
            "priority": number,
            "limits": list(limit_keys or ()),
        }
        asked = remote.client.runs.submit(said(request), key=key)
    if session.as_json:
        session.answer({"run": asked.run, "state": asked.state, "identical": asked.identical})
        return 0
    # The id alone, so that a shell can take it: run=$(pauta submit …).
    typer.echo(asked.run)
    if asked.identical:
        session.aside(session.words("submit.identical"))
    return 0


def _one_of(pipeline: str | None, deployment: str | None, *, command: str) -> None:
    if pipeline is not None and deployment is not None:
        values = {"first": "PIPELINE", "second": "--deployment"}
        raise InvalidInput(Problem("CLI-001", values, variant="together"))
    if pipeline is None and deployment is None:
        values = {"command": command, "name": "PIPELINE | --deployment"}
        raise InvalidInput(Problem("CLI-001", values, variant="missing"))


app = alone(submit)

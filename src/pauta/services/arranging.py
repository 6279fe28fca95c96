"""Pipelines and deployments that flows run: checked and planned as if somebody had asked the server for them."""

from __future__ import annotations

import msgspec

from pauta.domain.calls import Spawn
from pauta.domain.problems import Conflict, Problem
from pauta.domain.runs import Run
from pauta.services.accept import prepare_run
from pauta.services.accept_asked import Asked
from pauta.services.control import Control
from pauta.services.submit import Request


def arrange(control: Control, run: Run, spawn: Spawn) -> Request:
    """The request of the run that a flow's call asks for. It queues where the flow's own run does by default.

    Raises:
        PautaError: It cannot be run so: whatever `accept` says.
    """
    with control.store.transaction() as tx:
        for output in spawn.inputs.values():
            # So that nobody has to look into a frame whose shape is known.
            tx.objects.remember_import(output.address, msgspec.to_builtins(output))
    asked = Asked(
        pipeline=spawn.pipeline or None,
        deployment=spawn.deployment or None,
        version=spawn.version,
        parameters=spawn.parameters,
        inputs={name: {"address": output.address} for name, output in spawn.inputs.items()},
        pool=spawn.pool or (None if spawn.deployment else run.pool),
        priority=spawn.priority,
        limits=spawn.limits,
        by=run.asked_by,
    )
    ready = prepare_run(control, asked)
    if not isinstance(ready.run, Request):
        raise Conflict(Problem("RUN-017", {}))
    return ready.run

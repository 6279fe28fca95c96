"""Pipelines and deployments that flows run: checked and planned as if somebody had asked the server for them."""

from __future__ import annotations

import msgspec

from pauta.domain.calls import Spawn
from pauta.domain.problems import Conflict, NotFound, Problem
from pauta.domain.runs import Run
from pauta.services.accept import prepare_run
from pauta.services.accept_asked import Asked
from pauta.services.arranging_absent import absent
from pauta.services.control import Control
from pauta.services.submit import Request

_ABSENT = ("PIP-001", "DEP-001")


def arrange(control: Control, run: Run, spawn: Spawn) -> Request:
    """The request of the run that a flow's call asks for. It queues where the flow's own run does by default.

    Raises:
        NotFound: FLW-090 when there is no such pipeline or deployment.
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
        use_cache=None if run.options.use_cache else False,
        by=run.asked_by,
    )
    try:
        ready = prepare_run(control, asked)
    except NotFound as error:
        if error.problems[0].code not in _ABSENT:
            raise
        with control.store.transaction() as tx:
            raise NotFound(absent(tx, spawn, folder=control.folder)) from error
    if not isinstance(ready.run, Request):
        raise Conflict(Problem("RUN-017", {}))
    return ready.run

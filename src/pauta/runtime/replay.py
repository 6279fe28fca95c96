"""``python -m pauta.runtime.replay``: one step of a run again, in the foreground, with its real inputs.

Unlike a run's steps it has the terminal: what the script prints is seen at once, and ``pdb`` can be used. Nothing
is recorded; what the step returns is compared with what it returned in the run.
"""

from __future__ import annotations

import json
import os
import pdb
import resource
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

from pauta.domain.problems import StepFault
from pauta.domain.wire import StepOrder
from pauta.ports.objects import Objects
from pauta.runtime.complaints import problem_of
from pauta.runtime.folder import Folder
from pauta.runtime.modules import NoExecute, Scripts
from pauta.runtime.results import check
from pauta.runtime.takes import Taker


class ReplayOrder(msgspec.Struct, frozen=True):
    """What to replay.

    Attributes:
        step: The step as it was ordered in the run.
        objects: Root of the object store.
        bundle: Folder with the run's pinned scripts.
        work: Folder to run in.
        model_path: The pipeline's.
        before: Address of what the step gave in the run, or None.
        pdb: Stop at the first line of ``execute``, and where it raises.
        result: File for the summary.
    """

    step: StepOrder
    objects: str
    bundle: str
    work: str
    model_path: str | None
    before: str | None
    pdb: bool
    result: str


def main() -> int:
    """Replay the order in the file named on the command line."""
    order = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=ReplayOrder)
    summary = replay(order)
    Path(order.result).write_text(json.dumps(summary))
    return 0


def replay(order: ReplayOrder) -> dict[str, Any]:
    """Run the step; how it went."""
    from pauta.assembly import objects_in

    store = objects_in(Path(order.objects))
    folder = Folder(order.work)
    folder.frame(order.model_path)
    folder.prepare(order.step.files, lambda: store)
    os.chdir(order.work)
    os.environ.update(order.step.env)
    if order.step.memory_bytes is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (order.step.memory_bytes, order.step.memory_bytes))
    began = perf_counter()
    try:
        value = _call(order, store)
    except NoExecute:
        return {"state": "failed", "error": "SCR-011"}
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            return {"state": "cancelled"}
        return _failed(order, error, seconds=perf_counter() - began)
    return {"seconds": perf_counter() - began, **_compare(order, value, store)}


def _failed(order: ReplayOrder, error: BaseException, *, seconds: float) -> dict[str, Any]:
    """Show the script's own part of the traceback; then, if asked for, stop where it was raised."""
    shown_as = order.step.shown_as
    problem = problem_of(error, shown_as=shown_as, shown={}, bundle=order.bundle, loading=False)
    sys.stderr.write(problem.traceback or "")
    if order.pdb:
        pdb.post_mortem(error.__traceback__)
    return {"state": "failed", "seconds": seconds, "error": problem.line()}


def _call(order: ReplayOrder, store: Objects) -> Any:
    execute = Scripts(order.bundle).load(order.step)
    taker = Taker({}, objects_of=lambda: store, drain=lambda: None)
    arguments = taker.arguments(order.step, execute)
    return pdb.runcall(execute, **arguments) if order.pdb else execute(**arguments)


def _compare(order: ReplayOrder, value: Any, store: Objects) -> dict[str, Any]:
    """Whether the step gave the same again."""
    try:
        result = check(value, order.step)
        result.store(lambda: store)
    except StepFault as fault:
        return {"state": "failed", "error": str(fault)}
    output = result.output
    if output is None or order.before is None:
        return {"state": "completed"}
    return {"state": "completed", "same": output.address == order.before, "rows": output.rows}


if __name__ == "__main__":
    sys.exit(main())

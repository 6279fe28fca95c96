"""Runs one step of a run again in a process that has this one's terminal."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from pauta.domain.wire import StepOrder, TakeOrder
from pauta.ports.objects import Objects
from pauta.services.replay import Replay
from pauta.services.secrets import reveal
from pauta.worker.bundle import lay_out


def run_replay(replay: Replay, *, records: Path, objects: Objects, run: str, pdb: bool, output: Any) -> dict[str, Any]:
    """Run it; the summary that the process leaves.

    Args:
        replay: The step and what it was given.
        records: The project's records.
        objects: The object store.
        run: The run's id, for the step's idempotency key.
        pdb: Whether to stop in the debugger.
        output: Where its standard output goes (a file object), or None for this process's own.
    """
    folder = records / "work" / f"replay.{run}.{replay.step.no}"
    shutil.rmtree(folder, ignore_errors=True)
    work = folder / "work"
    work.mkdir(parents=True)
    _have_here(replay, objects)
    try:
        order = {
            "step": _order(replay, run),
            "objects": str(records / "objects"),
            "bundle": str(lay_out(replay.scripts, root=records / "bundles", objects=objects)),
            "work": str(work),
            "model_path": replay.model_path,
            "before": replay.before.address if replay.before is not None else None,
            "pdb": pdb,
            "result": str(folder / "result.json"),
        }
        (folder / "order.json").write_bytes(msgspec.json.encode(order))
        command = [sys.executable, "-m", "pauta.runtime.replay", str(folder / "order.json")]
        ended = subprocess.run(command, stdout=output, check=False)
        result = folder / "result.json"
        if not result.exists():
            return {"state": "failed", "error": f"the process ended with code {ended.returncode}"}
        summary: dict[str, Any] = json.loads(result.read_text())
        return summary
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _have_here(replay: Replay, objects: Objects) -> None:
    """The process reads the folder of the records alone. What is missing it says itself."""
    taken = [output.address for output in replay.inputs.values() if not output.inline and output.size]
    before = [replay.before.address] if replay.before is not None and not replay.before.inline else []
    for address in (*taken, *before, *(file.address for file in replay.files)):
        if objects.exists(address):
            objects.path(address)


def _order(replay: Replay, run: str) -> StepOrder:
    step = replay.step
    return StepOrder(
        no=step.no,
        name=step.name,
        script=step.script.path,
        shown_as=step.script.path,
        takes=tuple(TakeOrder(name, output=output) for name, output in replay.inputs.items()),
        gives=step.gives,
        kwargs=reveal(replay.kwargs, os.environ.get),
        timeout_seconds=None,
        memory_bytes=step.policy.memory_bytes,
        env=dict(step.policy.env),
        min_rows=step.min_rows,
        recipe="",
        effects=False,
        attempt=1,
        key=f"{run}/{step.name}",
        files=replay.files,
    )

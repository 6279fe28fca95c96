"""What one step of a run was given, in a form that a command elsewhere can run it again from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from pauta.domain.ids import Address
from pauta.domain.outputs import FileRef, Output
from pauta.domain.pipeline import Part, StepPolicy
from pauta.domain.plan import PlannedStep
from pauta.domain.scripts import Script, Signature
from pauta.services.replay import Replay


class GivenView(Struct, frozen=True):
    """What a step was given, by address. Whoever has these objects can run it again.

    Attributes:
        script: Path of its script among `scripts`.
        scripts: Every script and local module of the run: path → address.
        inputs: The frames it took.
        files: Files that it found in its working folder.
        kwargs: Keyword arguments; a secret is only named.
        env: Environment variables that its document gives it.
        before: What it gave then.
    """

    no: int
    name: str
    script: str
    scripts: Mapping[str, Address]
    inputs: Mapping[str, Output]
    files: tuple[FileRef, ...]
    kwargs: Mapping[str, Any]
    env: Mapping[str, str]
    memory_bytes: int | None
    min_rows: int
    gives: str | None
    before: Output | None
    model_path: str | None


def given_view(replay: Replay) -> GivenView:
    """What a step was given, to be sent."""
    step = replay.step
    return GivenView(
        no=step.no,
        name=step.name,
        script=step.script.path,
        scripts=replay.scripts,
        inputs=replay.inputs,
        files=replay.files,
        kwargs=replay.kwargs,
        env=step.policy.env,
        memory_bytes=step.policy.memory_bytes,
        min_rows=step.min_rows,
        gives=step.gives,
        before=replay.before,
        model_path=replay.model_path,
    )


def replay_from(given: GivenView) -> Replay:
    """The same, to be run."""
    address = given.scripts.get(given.script, Address(""))
    script = Script(given.script.rpartition("/")[2], given.script, address, address, Signature((), open=True))
    return Replay(
        step=PlannedStep(
            no=given.no,
            name=given.name,
            part=Part.PREDICTION,  # does not matter to a step that is run alone
            script=script,
            gives=given.gives,
            kwargs=given.kwargs,
            policy=StepPolicy(memory_bytes=given.memory_bytes, env=given.env),
            min_rows=given.min_rows,
        ),
        inputs=given.inputs,
        files=given.files,
        scripts=given.scripts,
        kwargs=given.kwargs,
        before=given.before,
        model_path=given.model_path,
    )

"""Drives a launcher with scripts given as text, and sorts what happens."""

from __future__ import annotations

import os
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pauta.adapters.process_launcher import ProcessLauncher
from pauta.domain import wire
from pauta.ports.launcher import Exited, Happening, Printed, Process, ProcessSpec, Reported
from pauta.runtime import kin

PATIENCE_SECONDS = 20.0


@dataclass
class Outcome:
    """What happened until a stage was done, failed, or its process ended."""

    happenings: list[Happening] = field(default_factory=list)

    def reports(self, kind: type[Any]) -> list[Any]:
        return [h.report for h in self.happenings if isinstance(h, Reported) and isinstance(h.report, kind)]

    @property
    def finished(self) -> dict[int, wire.StepFinished]:
        return {r.step: r for r in self.reports(wire.StepFinished)}

    @property
    def failed(self) -> wire.StepFailed:
        (failed,) = self.reports(wire.StepFailed)
        assert isinstance(failed, wire.StepFailed)
        return failed

    @property
    def problem(self) -> str:
        return self.failed.problem.line()

    @property
    def exited(self) -> Exited:
        (exited,) = (h for h in self.happenings if isinstance(h, Exited))
        return exited

    @property
    def done(self) -> bool:
        return bool(self.reports(wire.StageDone))

    def lines(self, step: int | None = 0, stream: str = "stdout") -> list[str]:
        return [
            h.text
            for h in self.happenings
            if isinstance(h, Printed) and h.step == step and h.stream == stream and not h.progress
        ]

    @property
    def logged(self) -> list[wire.Logged]:
        return self.reports(wire.Logged)


class Driver:
    """Scripts, steps and processes of one test."""

    def __init__(self, launcher: ProcessLauncher, folder: Path) -> None:
        self.launcher = launcher
        self.folder = folder
        self.bundle = folder / "bundle"
        self.bundle.mkdir()
        self.objects = folder / "objects"
        self._processes: list[Process] = []
        self._exited: set[int] = set()
        self._fence = 0

    @staticmethod
    def environ() -> dict[str, str]:
        """This environment with a secret that no script is to see."""
        return {**os.environ, "AWS_SECRET_ACCESS_KEY": "tiger", "PAUTA_DATABASE": "postgresql://u:p@h/db"}

    def script(self, name: str, text: str) -> str:
        path = self.bundle / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return name

    def step(self, no: int, script: str, *, takes: dict[str, Any] | None = None, **fields: Any) -> wire.StepOrder:
        """A step; `takes` maps a frame's name to the number of a step of the stage or to a stored output."""
        orders = tuple(
            wire.TakeOrder(name, step=source) if isinstance(source, int) else wire.TakeOrder(name, output=source)
            for name, source in (takes or {}).items()
        )
        values: dict[str, Any] = {
            "no": no,
            "name": f"step {no}",
            "script": script,
            "shown_as": script,
            "takes": orders,
            "gives": "out",
            "kwargs": {},
            "timeout_seconds": None,
            "memory_bytes": None,
            "env": {},
            "min_rows": 0,
            "recipe": "",
            "effects": False,
            "attempt": 1,
            "key": f"run/step {no}",
        }
        return wire.StepOrder(**{**values, **fields})

    def start(self, **fields: Any) -> Process:
        number = len(self._processes)
        process = self.launcher.start(ProcessSpec(f"run.{number}", self.folder / f"process{number}", **fields))
        self._processes.append(process)
        return process

    def send(self, process: Process, *steps: wire.StepOrder, model_path: str | None = None) -> None:
        self._fence += 1
        process.send(
            wire.RunStage(
                run="run",
                stage=0,
                fence=self._fence,
                steps=steps,
                objects=str(self.objects),
                bundle=str(self.bundle),
                model_path=model_path,
            )
        )

    def run(self, process: Process, *steps: wire.StepOrder, model_path: str | None = None) -> Outcome:
        """Run these steps and gather everything until the stage is done, failed, or the process gone."""
        self.send(process, *steps, model_path=model_path)
        return self.gather(process)

    def gather(self, process: Process, *, until: type[Any] | tuple[type[Any], ...] | None = None) -> Outcome:
        """Everything until one of these reports, or the process's end."""
        last = until or (wire.StageDone, wire.StepFailed)
        return self._gather(process, lambda happening: _ends(happening, last))

    def gather_line(self, process: Process, text: str) -> Outcome:
        """Everything until a line of output, or the process's end."""
        return self._gather(process, lambda h: isinstance(h, Exited) or (isinstance(h, Printed) and h.text == text))

    def _gather(self, process: Process, is_last: Callable[[Happening], bool]) -> Outcome:
        outcome = Outcome()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for other, happening in self.launcher.wait(0.5):
                if isinstance(happening, Exited):
                    self._exited.add(other.pid)
                if other is process:
                    outcome.happenings.append(happening)
            if any(is_last(h) for h in outcome.happenings):
                return outcome
        raise AssertionError(f"nothing ended within {PATIENCE_SECONDS} s: {outcome.happenings[-5:]}")

    def try_script(self, text: str, *, process: Process | None = None, **fields: Any) -> Outcome:
        """One step with this script, in a process of its own."""
        number = len(list(self.bundle.iterdir()))
        return self.run(process or self.start(), self.step(0, self.script(f"script{number}.py", text), **fields))

    def until_exit(self, process: Process) -> Outcome:
        return self.gather(process, until=Exited)

    def leave(self, process: Process) -> Outcome:
        process.send(wire.Leave())
        return self.until_exit(process)

    def end(self) -> None:
        for process in self._processes:
            if process.pid not in self._exited:
                process.kill("killed")
                self.until_exit(process)

    def left(self) -> list[int]:
        """Processes of this test that are still there."""
        link = self.launcher._link
        assert link is not None
        return [pid for pid in kin.descendants([link.pid]) if pid != link.pid and kin.session(pid) is not None]


def _ends(happening: Happening, last: type[Any] | tuple[type[Any], ...]) -> bool:
    return isinstance(happening, Exited) or (isinstance(happening, Reported) and isinstance(happening.report, last))

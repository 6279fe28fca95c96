"""Processes that are started again whenever they die, and the storm that kills them and theirs."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from storms import Storm

from pauta.runtime.kin import children, descendants

_LOOK_SECONDS = 0.02
_END_SECONDS = 60.0
_PATIENCE_SECONDS = 1.0
"""So long a storm waits for somebody of the kind that it wants to kill."""


@dataclass
class Kept:
    """A program that is to run for as long as the storm lasts.

    Attributes:
        kind: ``server`` or ``worker``.
        begun: Monotonic seconds of every start.
        faults: Ends that nobody wanted.
    """

    kind: str
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    begun: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.begun.append(time.monotonic())

    def start_again_if_dead(self) -> None:
        if self.process is None or self.process.poll() is None:
            return
        if self.process.returncode != -signal.SIGKILL:
            text = self.log.read_text(errors="replace")[-3000:]
            self.faults.append(f"{self.kind} ended by itself with {self.process.returncode}: {text}")
        self.start()

    def end(self) -> int:
        """Ask it to end, and wait; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.faults.append(f"{self.kind} did not end within {_END_SECONDS} s")
            self.process.kill()
            return self.process.wait()

    @property
    def pid(self) -> int | None:
        """Its process id while it lives."""
        return self.process.pid if self.process is not None and self.process.poll() is None else None


class Keeper:
    """Starts again what died, in a thread of its own, for as long as the block lasts."""

    def __init__(self, kept: Sequence[Kept]) -> None:
        self.kept = kept
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper")

    def __enter__(self) -> Keeper:
        for each in self.kept:
            each.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for each in self.kept:
            if each.pid is not None:
                each.end()

    def stop(self) -> None:
        """Start nothing again from now on."""
        self._over.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            for each in self.kept:
                each.start_again_if_dead()


def victims(kept: Sequence[Kept]) -> dict[str, list[int]]:
    """Who may be killed: servers, workers, warm parents, and processes of scripts (waiting spares among them)."""
    found: dict[str, list[int]] = {"server": [], "worker": [], "warm parent": [], "script": []}
    for each in kept:
        if each.pid is None:
            continue
        found[each.kind].append(each.pid)
        for child in children(each.pid):
            if _is_warm_parent(child):
                found["warm parent"].append(child)
                found["script"].extend(descendants(children(child)))
    return {kind: pids for kind, pids in found.items() if pids}


def _is_warm_parent(pid: int) -> bool:
    with suppress(OSError):
        return b"zygote" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


class KillStorm(Storm):
    """Kills processes.

    Args:
        kept: What runs, with what it started.
        deeds: So many kills.
        seed: Of kinds and pauses.
        pauses: Shortest and longest pause between two kills, in seconds.
        weights: Kind → how often beside the others.
    """

    def __init__(
        self,
        kept: Sequence[Kept],
        *,
        deeds: int,
        seed: int,
        pauses: tuple[float, float],
        weights: Mapping[str, float],
    ) -> None:
        super().__init__(deeds=deeds, seed=seed, pauses=pauses)
        self._kept = kept
        self._weights = weights

    def act(self) -> str | None:
        """Kill one of a kind; of another one when there is none for a while."""
        kind = self.chance.choices(list(self._weights), list(self._weights.values()))[0]
        end = time.monotonic() + _PATIENCE_SECONDS
        while kind not in (found := victims(self._kept)) and time.monotonic() < end:
            time.sleep(_LOOK_SECONDS)
        kinds = sorted(found) if kind not in found else [kind]
        if not kinds:
            return None
        kind = self.chance.choice(kinds)
        try:
            os.kill(self.chance.choice(found[kind]), signal.SIGKILL)
        except ProcessLookupError:
            return None
        return kind


def marked(mark: str) -> list[int]:
    """Living processes that have this text in their environment, command line or working folder."""
    sought = os.fsencode(mark)
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):
            if (entry / "stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                continue
            told = [(entry / "environ").read_bytes(), (entry / "cmdline").read_bytes()]
            if any(sought in text for text in (*told, os.fsencode(os.readlink(entry / "cwd")))):
                found.append(int(entry.name))
    return found

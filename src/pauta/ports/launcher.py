"""How a process for scripts is started and watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pauta.domain.wire import Order, Report


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What a script's process is given.

    Attributes:
        label: Shown in process listings and used as the mark by which strays are found: run id and slot.
        folder: Folder of its own; the launcher makes ``work``, ``home`` and ``tmp`` in it and starts in ``work``.
        env: Environment variables beyond the launcher's allow list.
        max_processes: Most processes and threads it may have, or None.
    """

    label: str
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    max_processes: int | None = 1024


@dataclass(frozen=True, slots=True)
class Reported:
    """A report came over the control pipe."""

    report: Report


@dataclass(frozen=True, slots=True)
class Printed:
    """Plain output. `step` is the step that printed it, known from marks in the stream; None between steps.

    `text` is one line without its end; `progress` tells that it was redrawn in place (a bar), so that only
    the last of a series is worth keeping.
    """

    step: int | None
    stream: str  # stdout | stderr
    text: str
    at: float
    progress: bool = False


@dataclass(frozen=True, slots=True)
class Exited:
    """The process is gone and all its output was delivered before this.

    Attributes:
        code: Exit code, or None when a signal ended it.
        signal: Number of the signal, or None.
        peak_bytes: Largest resident memory seen.
        cause: ``left`` (asked to), ``died``, ``memory`` (killed over its limit), or what `Process.stop` or `kill`
            was called with: ``timeout``, ``cancelled``, ``killed``.
        detail: What is known beyond the signal when it died: ``channel`` (the script closed or overwrote its
            connection), ``parent`` (the process that starts scripts was killed), ``processes 1024`` (it had more).
    """

    code: int | None
    signal: int | None
    peak_bytes: int
    cause: str
    detail: str = ""


Happening = Reported | Printed | Exited


class Process(Protocol):
    """A script's process. It is alive until an `Exited` was delivered."""

    @property
    def pid(self) -> int: ...
    @property
    def label(self) -> str: ...

    def send(self, order: Order) -> None:
        """Give it an order. Never blocks for long; a dead process swallows it."""
        ...

    def limit(self, *, memory_bytes: int | None) -> None:
        """From now on the process and its children may use so much private memory together."""
        ...

    def stop(self, cause: str, *, grace_seconds: float) -> None:
        """Ask its session to end (TERM), and end it (KILL) after the grace. Descendants die with it."""
        ...

    def kill(self, cause: str) -> None:
        """End it and all its descendants now."""
        ...


class Launcher(Protocol):
    """Starts processes and delivers what happens in them."""

    def start(self, spec: ProcessSpec) -> Process:
        """A new process, forked from a clean, warm parent.

        Raises:
            StoreFault: LCH-001 when no process can be started.
        """
        ...

    def start_ahead(self, spec: ProcessSpec) -> Process:
        """As `start`, but without waiting until the process is there.

        If none can be started after all, it ends at once (`Exited` with detail ``refused``).
        """
        ...

    def warm(self, modules: Sequence[str]) -> None:
        """Have these modules loaded in the warm parent before the next process is forked from it."""
        ...

    def wait(self, timeout: float | None) -> Sequence[tuple[Process, Happening]]:
        """What happened since the last call, at the latest after `timeout` seconds (None: until something does).

        For each process in order: all plain output of a step comes before the report that ends the step.
        """
        ...

    def watch(self, descriptor: int) -> None:
        """Let `wait` return early (with what it has) when this descriptor can be read."""
        ...

    def unwatch(self, descriptor: int) -> None:
        """Pay no more heed to a descriptor that was given to `watch`."""
        ...

    def close(self) -> None:
        """End all processes and the warm parent."""
        ...

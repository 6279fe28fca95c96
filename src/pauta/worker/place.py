"""Where a worker works, and how it is set up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pauta.domain.work import Assignment
from pauta.services.secrets import LookUp
from pauta.worker.departing import Departing


@dataclass(frozen=True, slots=True)
class Place:
    """A worker's surroundings.

    Attributes:
        work: Folder in which each process gets one of its own.
        bundles: Folder of laid-out scripts.
        objects: Root of the object store, for the processes.
        slots: Most processes at a time.
        departing: Where processes go when their run has ended.
        secret: Gives the value of a secret that a step declares.
        warm: What is loaded into the warm parent before a process for such a stage is forked.
        spare: Processes that wait for a run, forked beforehand.
        beat_seconds: Between two renewals of leases.
        give_up_seconds: A lease that could not be renewed for so long is given up.
    """

    work: Path
    bundles: Path
    objects: Path
    slots: int
    departing: Departing
    secret: LookUp
    warm: Callable[[Assignment], Sequence[str]]
    spare: int = 0
    beat_seconds: float = 10.0
    give_up_seconds: float = 25.0

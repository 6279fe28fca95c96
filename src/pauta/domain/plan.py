"""A plan: a pipeline resolved into numbered steps, their frames' versions, and the stages they form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pauta.domain.calls import Arguments
from pauta.domain.pipeline import Part, StepPolicy
from pauta.domain.scripts import Script

FROM_INPUT = -1


@dataclass(frozen=True, slots=True)
class Taken:
    """A frame that a step takes: its name, which is also the keyword, and who makes it.

    `source` is the number of the step that makes this version of the frame, or `FROM_INPUT`.
    """

    name: str
    source: int


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step with its place in the graph.

    Attributes:
        no: Number in the run, from 0, in the document's order.
        name: Unique in the run.
        part: The document's list it stands in.
        script: The script version to run.
        takes: Frames it takes, in the document's order.
        gives: Name of its output, or None.
        gives_version: 1 for the first step that makes `gives`, 2 for the next … (0 is an input of that name).
        kwargs: Keyword arguments with parameters filled in.
        after: Numbers of steps that must have ended before, from `after` alone.
        policy: How it is run.
        min_rows: Fewest rows its output may have.
        entry: The function of the script that is called; empty: ``execute``.
        is_flow: That function is a flow: its calls are recorded, and it may wait.
        arguments: The step is one call of a task, which is given this.
        cache_key, cache_seconds: Of such a call: under what the cache holds its result, and for how long (None: as
            long as it is kept).
    """

    no: int
    name: str
    part: Part
    script: Script
    takes: tuple[Taken, ...] = ()
    gives: str | None = None
    gives_version: int = 0
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[int, ...] = ()
    policy: StepPolicy = field(default_factory=StepPolicy)
    min_rows: int = 0
    entry: str = ""
    is_flow: bool = False
    arguments: Arguments | None = None
    cache_key: str = ""
    cache_seconds: float | None = None

    @property
    def needs(self) -> frozenset[int]:
        """Numbers of all steps that must have ended before this one."""
        return frozenset({t.source for t in self.takes if t.source != FROM_INPUT} | set(self.after))


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """A maximal chain of steps run one after the other in one process; `needs` are stage numbers."""

    no: int
    steps: tuple[int, ...]
    needs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do. `inputs` are the names of the frames that it takes in."""

    pipeline: str
    steps: tuple[PlannedStep, ...]
    stages: tuple[PlannedStage, ...]
    inputs: tuple[str, ...] = ()
    model_path: str | None = None

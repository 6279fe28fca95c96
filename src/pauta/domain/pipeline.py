"""A pipeline as its document says it, once checked. Nothing is resolved or ordered yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from pauta.domain.problems import Place


class Part(StrEnum):
    """The list of the document that a step stands in."""

    PREDICTION = "prediction_steps"
    TRAINING = "training_steps"
    PREDICT = "predict_steps"


class OnFailure(StrEnum):
    """What the failure of a step, after its last retry, means for the rest of the run."""

    STOP = "stop"  # nothing new starts; the run fails
    SKIP = "skip"  # what needs this step is skipped, the rest goes on; the run fails in the end
    CONTINUE = "continue"  # as skip for what needs its frame; `after` alone goes on; the run may complete


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and when a failed step is tried again.

    The n-th retry (from 1) waits ``min(delay * factor ** (n - 1), maximum)``, or the n-th of `delays` (the last of
    them from there on) where there are some; moved by a random share of up to ``jitter`` either way.
    """

    times: int = 0
    delay: timedelta = timedelta(seconds=1)
    factor: float = 2.0
    maximum: timedelta = timedelta(minutes=5)
    jitter: float = 0.1
    delays: tuple[timedelta, ...] = ()


@dataclass(frozen=True, slots=True)
class StepPolicy:
    """How a step is run.

    Attributes:
        retries: When to try again after a failure.
        timeout: Longest time for one attempt of the body, or None.
        cache: Whether a stored result may stand in for running. False means the step has effects.
        memory_bytes: Most private memory its process may use, or None.
        env: Environment variables for the script, part of the cache key.
        on_failure: What its failure means for the rest.
    """

    retries: RetryPolicy = field(default_factory=RetryPolicy)
    timeout: timedelta | None = None
    cache: bool = True
    memory_bytes: int | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    on_failure: OnFailure = OnFailure.STOP


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a pipeline document.

    Attributes:
        name: Unique in its run.
        part: The list it stands in.
        file_path: Where its script is, as written, without the function that may follow it.
        entry: The function of the script that is called, as in ``flows.py:full_flow``; empty: ``execute``.
        dataframes: Names of the frames passed to ``execute``, as keyword arguments of the same names.
        output: Name of what it gives, or None.
        kwargs: Further keyword arguments: JSON values.
        after: Names of steps that must have ended before, though no frame says so.
        policy: How it is run.
        place: Where it stands in the document.
        places: Where each of its keys' values stands, for messages (``dataframes[1]`` for list items).
    """

    name: str
    part: Part
    file_path: str
    dataframes: tuple[str, ...] = ()
    output: str | None = None
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    policy: StepPolicy = field(default_factory=StepPolicy)
    place: Place = field(default_factory=Place)
    places: Mapping[str, Place] = field(default_factory=dict)
    entry: str = ""


@dataclass(frozen=True, slots=True)
class InputSpec:
    """A frame that a run takes in.

    Attributes:
        name: The frame's name.
        source: Path of a CSV, Parquet or Arrow file, relative to the document; None when only given at the run.
        schema: Column → type in Arrow's words; the columns must be there, in any order.
        min_rows: Fewest rows allowed.
        place: Where it stands in the document.
    """

    name: str
    source: str | None = None
    schema: Mapping[str, str] = field(default_factory=dict)
    min_rows: int = 0
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """A parameter of the pipeline: ``{"parameters": {"alpha": {"type": "number", "default": 0.1}}}``.

    A step takes it by writing ``{"param": "alpha"}`` as the value of a keyword argument.
    """

    name: str
    type: str = "any"  # text | number | integer | boolean | date | list | object | any
    default: Any = None
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] = ()
    secret: bool = False
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A checked document.

    Attributes:
        name: ``model_name``.
        model_path: Folder in the working folder where scripts leave their model.
        inputs: Declared inputs by name; `declares_inputs` tells an empty section from none.
        parameters: Declared parameters by name.
        steps: All steps in the document's order: prediction, training, predict.
        file: The document's path as given, for messages.
        min_rows: Output name → fewest rows (B46), from a step's ``min_rows``.
    """

    name: str
    steps: tuple[Step, ...]
    model_path: str | None = None
    inputs: Mapping[str, InputSpec] = field(default_factory=dict)
    declares_inputs: bool = False
    parameters: Mapping[str, ParameterSpec] = field(default_factory=dict)
    file: str | None = None
    min_rows: Mapping[str, int] = field(default_factory=dict)

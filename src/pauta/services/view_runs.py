"""What the API shows of runs beside `views`: pages, attempts, history, log lines, live news, uploaded frames."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from pauta.domain.outputs import Column
from pauta.services.views import FrameView, RunLine, StepView


class RunPage(Struct, frozen=True):
    """Runs, newest first. `next` is what to give as ``before`` for those that follow; None: there are no more."""

    runs: tuple[RunLine, ...]
    next: str | None


class Found(Struct, frozen=True):
    """The full id of a run."""

    run: str


class Asked(Struct, frozen=True):
    """What was asked for is on record; `state` is the run's at that moment.

    `identical` tells that the same had been asked for before under the same key, and nothing new was made.
    """

    run: str
    state: str
    identical: bool = False


class Waited(Struct, frozen=True):
    """Where a run stands after waiting for it. `over`: nothing of it goes on by itself any more."""

    run: str
    state: str
    over: bool
    seconds: float | None


class StepList(Struct, frozen=True):
    """The steps of a run, in the plan's order."""

    steps: tuple[StepView, ...]


class AttemptView(Struct, frozen=True):
    """One try of a stage. `process` is the id of the script's process on the worker `owner`.

    `outcome` as in `AttemptOutcome`, None while it goes on; `message` is its problem in words.
    """

    stage: int
    steps: tuple[str, ...]
    attempt: int
    owner: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    process: int | None
    code: str | None = None
    message: str | None = None


class AttemptList(Struct, frozen=True):
    """All attempts of a run, by stage."""

    attempts: tuple[AttemptView, ...]


class EventView(Struct, frozen=True):
    """One line of a run's history. `kind` is past tense, such as ``claimed`` or ``late_result``."""

    at: datetime
    kind: str
    stage: int | None
    step: str | None
    details: Mapping[str, Any] = field(default_factory=dict)


class EventList(Struct, frozen=True):
    """A run's history, oldest first."""

    events: tuple[EventView, ...]


class LogView(Struct, frozen=True):
    """One line of a log. `number` counts within the run; `stream` as in `LogLine`."""

    number: int
    step: str
    at: datetime
    level: str
    stream: str
    logger: str
    text: str


class LogPage(Struct, frozen=True):
    """Log lines in order. `next` is what to give as ``after`` for those that follow.

    `more`: there are lines already that did not fit; `over`: the run has ended, so that none will come.
    """

    lines: tuple[LogView, ...]
    next: int
    more: bool
    over: bool


class StepNews(Struct, frozen=True):
    """What a screen shows of a step while its run goes on."""

    name: str
    state: str
    attempts: int
    cached: bool
    seconds: float | None
    rows_out: int | None
    message: str | None


class CallNews(Struct, frozen=True):
    """What a screen shows of a call while its run goes on. Fields as in `CallView`; `step` is the flow's number."""

    call: int
    step: int
    parent: int | None
    kind: str
    name: str
    index: int
    state: str
    attempts: int
    seconds: float | None
    cached: bool
    message: str | None
    child: str | None
    until: datetime | None = None


class RunNews(Struct, frozen=True):
    """Where a run stands. In a live stream `steps` and `calls` have only those that changed since the news before.

    `for_people`: nothing of it goes on until a person answers.
    """

    run: str
    state: str
    over: bool
    started_at: datetime | None
    ended_at: datetime | None
    cancelling: bool
    message: str | None
    steps: tuple[StepNews, ...]
    calls: tuple[CallNews, ...] = ()
    for_people: bool = False


class FrameList(Struct, frozen=True):
    """The frames (and other outputs) of a run, each in its newest version."""

    frames: tuple[FrameView, ...]


class PreviewView(Struct, frozen=True):
    """Rows of a frame, as cells that any screen can show; what JSON has no form for is text.

    `first` is the number of the first row in `head`, from 0. `tail` are the last rows, where they were asked for.
    `formulas` names columns among whose shown texts are some that a spreadsheet would take for a formula.
    """

    rows: int | None
    first: int
    columns: tuple[str, ...]
    head: tuple[tuple[Any, ...], ...]
    tail: tuple[tuple[Any, ...], ...] = ()
    formulas: tuple[str, ...] = ()


class UploadView(Struct, frozen=True):
    """A frame that was uploaded. A run takes it in by its `address`."""

    name: str
    address: str
    rows: int | None
    columns: tuple[Column, ...]
    size: int

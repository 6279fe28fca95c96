"""Follows a run on a server and tells a watcher of it, as if the run went on in this process."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from pauta.domain.calls import Awaited, Call, CallKind, CallState
from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import Kind, Output
from pauta.domain.problems import Conflict, PautaError
from pauta.domain.runs import LogLine, StepRecord
from pauta.domain.states import FINAL_STEPS, StepState
from pauta.services.view_runs import CallNews, LogView, RunNews, StepNews

if TYPE_CHECKING:
    from datetime import datetime

    from pauta.adapters.api_client import ApiClient
    from pauta.adapters.api_streams import LiveStream
    from pauta.ports.watcher import Watcher

_LOOK_SECONDS = 0.1
_LAST_LINES_SECONDS = 5.0
_QUIET_SECONDS = 0.5
_STOPPED = frozenset({"completed", "failed", "crashed", "cancelled", "held"})

Told = RunNews | LogView | PautaError | None
"""What a stream's thread puts into the queue; None: it is over."""


class Follower:
    """One run on a server, followed until it ends or is held, or only people can move it on.

    Args:
        client: The server.
        run: The run.
        watcher: Who is told.
        now: The clock.
    """

    def __init__(self, client: ApiClient, run: str, *, watcher: Watcher, now: Callable[[], datetime]) -> None:
        self._client = client
        self._run = run
        self._watcher = watcher
        self._now = now
        self._numbers: dict[str, int] = {}
        self._known: dict[str, StepNews] = {}
        self._early: list[LogView] = []
        self._told: queue.Queue[Told] = queue.Queue()
        self._open = 0
        self._is_over = False

    def follow(self, interrupted: Callable[[], int]) -> None:
        """Return when nothing of the run goes on by itself any more.

        The first Ctrl-C cancels the run on the server; the second stops waiting for it.

        Raises:
            PautaError: The server refused, or stayed away.
        """
        streams = (self._client.runs.live(self._run), self._client.runs.live_logs(self._run))
        for stream, kind in zip(streams, (RunNews, LogView), strict=True):
            self._open += 1
            threading.Thread(target=self._read, args=(stream, kind), name="following", daemon=True).start()
        try:
            self._listen(interrupted)
        finally:
            for stream in streams:
                stream.close()

    def _listen(self, interrupted: Callable[[], int]) -> None:
        asked = 0
        while True:
            presses = interrupted()
            if presses > asked:
                asked = presses
                # One that ended meanwhile cannot be cancelled, which its state will tell.
                with suppress(Conflict):
                    self._client.runs.cancel(self._run)
            if asked > 1:
                return
            with suppress(queue.Empty):
                if self._hear(self._told.get(timeout=_LOOK_SECONDS)):
                    break
                continue
            if not self._open:
                break
        self._hear_the_rest()

    def _hear_the_rest(self) -> None:
        """The run has stopped; what it wrote last may still be on its way. The log of a held one stays open."""
        deadline = monotonic() + _LAST_LINES_SECONDS
        with suppress(queue.Empty):
            while self._open and monotonic() < deadline:
                self._hear(self._told.get(timeout=_LAST_LINES_SECONDS if self._is_over else _QUIET_SECONDS))

    def _hear(self, told: Told) -> bool:
        """Pass on what came; True when the run has stopped."""
        match told:
            case None:
                self._open -= 1
            case RunNews():
                self._learn(told.steps)
                self._learn_calls(told.calls)
                self._is_over = told.over
                return told.over or told.for_people or told.state in _STOPPED
            case LogView():
                self._log(told)
            case PautaError():
                raise told
        return False

    def _read(self, stream: LiveStream, kind: type[RunNews] | type[LogView]) -> None:
        try:
            for happening in stream:
                with suppress(msgspec.DecodeError, msgspec.ValidationError):
                    self._told.put(msgspec.json.decode(happening.data, type=kind))
        except PautaError as error:
            self._told.put(error)
        finally:
            self._told.put(None)

    # ---- steps --------------------------------------------------------------------------------

    def _log(self, told: LogView) -> None:
        if not self._numbers:
            # The first lines may come before the first news, which tells whose they are.
            self._early.append(told)
            return
        line = LogLine(told.at, told.level, told.text, stream=told.stream, logger=told.logger)
        self._watcher.logged(self._numbers.get(told.step), line)

    def _learn(self, steps: Sequence[StepNews]) -> None:
        if not self._numbers:
            # The first news has every step, in the plan's order.
            self._numbers = {step.name: number for number, step in enumerate(steps)}
            for line in self._early:
                self._log(line)
        for step in steps:
            before = self._known.get(step.name)
            self._known[step.name] = step
            self._tell(before, step)

    def _learn_calls(self, calls: Sequence[CallNews]) -> None:
        for call in calls:
            if call.state == CallState.RUNNING.value:
                self._watcher.call_began(self._call(call))
            elif call.state != CallState.PENDING.value:
                self._watcher.call_ended(self._call(call))

    def _call(self, news: CallNews) -> Call:
        run = RunId(self._run)
        return Call(
            run,
            news.call,
            news.step,
            news.parent,
            CallKind(news.kind),
            news.name,
            news.index,
            position=news.index,
            state=CallState(news.state),
            attempts=news.attempts,
            seconds=news.seconds,
            message=news.message or "",
            awaited=Awaited(until=news.until.timestamp()) if news.until is not None else None,
            child=RunId(news.child) if news.child is not None else None,
            cached_from=run if news.cached else None,
        )

    def _tell(self, before: StepNews | None, after: StepNews) -> None:
        number = self._numbers.get(after.name)
        if number is None or before == after:
            return
        state = StepState(after.state)
        was_over = before is not None and StepState(before.state) in FINAL_STEPS
        if state is StepState.RUNNING:
            self._watcher.step_started(number, after.name, max(1, after.attempts), self._now())
        elif state in FINAL_STEPS or state is StepState.HELD:
            if not was_over:
                self._watcher.step_ended(self._record(number, after))
        elif state is not StepState.PAUSED and before is not None and before.state == StepState.RUNNING.value:
            self._retried(number, after)

    def _retried(self, number: int, step: StepNews) -> None:
        problem = self._client.runs.step(self._run, step.name).problem
        if problem is not None:
            self._watcher.step_retries(number, problem, None, max(1, step.attempts))

    def _record(self, number: int, step: StepNews) -> StepRecord:
        problem = None
        if step.message is not None:
            problem = self._client.runs.step(self._run, step.name).problem
        run = RunId(self._run)
        output = Output(Kind.FRAME, Address(""), 0, rows=step.rows_out) if step.rows_out is not None else None
        return StepRecord(
            run,
            number,
            step.name,
            0,
            state=StepState(step.state),
            attempts=step.attempts,
            seconds=step.seconds,
            cached_from=run if step.cached else None,
            output=output,
            problem=problem,
        )

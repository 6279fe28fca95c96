"""Rules of `test_store_stateful` for flows: they call something and wait, and get their answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from msgspec.structs import replace

from pauta.domain.calls import Arguments, Call, CallKind, CallState, first_call_of, step_of
from pauta.domain.runs import Stage
from pauta.domain.states import StageState
from pauta.engine import events
from store_samples import call, frame


def some(*states: StageState) -> Callable[[Any], bool]:
    """The condition of a rule that needs a stage in one of these states."""
    return lambda self: any(stage.state in states for stage in self.stages)


class FlowRules:
    """A part of the machine."""

    now: datetime
    both: Callable[..., Any]
    pick: Callable[..., Stage]
    event: Callable[..., str]

    @precondition(some(StageState.RUNNING))
    @rule(data=st.data(), answers=st.integers(0, 2), seconds=st.sampled_from([None, 1, 31]))
    def wait(self, data: st.DataObject, answers: int, seconds: float | None) -> None:
        """A flow has called something, and waits for it."""
        stage = self.pick(data, StageState.RUNNING)
        first = first_call_of(stage.no)
        calls = [call(stage.run_id, first + n, CallState.PAUSED, kind=CallKind.INPUT) for n in range(answers)]
        calls = [c for c in calls if not self._is_answered(c)]
        self.both(lambda tx: tx.calls.put([*calls, call(stage.run_id, first + 9)]))
        until = None if seconds is None else self.now + timedelta(seconds=seconds)
        came = self.event(stage, events.Suspended(stage.fence, len(calls), until))
        assert came in ("paused", "cancelled", "skipped") if calls else came in ("ready", "cancelled", "skipped")

    def _is_answered(self, wanted: Call) -> bool:
        found = self.both(lambda tx: tx.calls.get(wanted.run_id, [wanted.no]))
        return bool(found) and found[0].state is CallState.COMPLETED

    @precondition(some(StageState.PAUSED))
    @rule(data=st.data(), told=st.booleans())
    def answer(self, data: st.DataObject, told: bool) -> None:
        """A call of a flow gets its answer; should nobody tell the stage, it is found."""
        stage = self.pick(data, StageState.PAUSED)
        waiting = self.both(
            lambda tx: [c for c in tx.calls.of_run(stage.run_id) if step_of(c.no) == stage.no and c.state == "paused"]
        )
        for answered in waiting if not told else waiting[:1]:
            done = replace(answered, state=CallState.COMPLETED, result=Arguments(frame(70 + stage.no)))
            self.both(lambda tx, done=done: tx.calls.put([done]))
        if told and waiting:
            assert self.event(stage, events.Answered()) == ("ready" if stage.waiting_for == 1 else "paused")
        found = self.both(lambda tx: tx.stages.answered())
        assert (stage in found) == (stage.not_before is None and not (told and waiting))

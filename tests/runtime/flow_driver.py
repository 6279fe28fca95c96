"""Runs flows in real processes, keeps what they report as the records would, and answers them as a worker does."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace
from step_driver import PATIENCE_SECONDS, Driver, Outcome

from pauta.assembly import objects_in
from pauta.domain import wire
from pauta.domain.calls import Arguments, Call, CallState
from pauta.domain.ids import RunId
from pauta.domain.wire import CachedCall, CallAwaits, CallEnded, CallStarted, FlowOrder
from pauta.ports.launcher import Exited, Happening, Process, Reported
from pauta.runtime.host import wall_clock
from pauta.runtime.parcels import StoredParcels
from pauta.services.ledger import Ledger

ENDS = (wire.StageDone, wire.StepFailed, wire.StageSuspended)


@dataclass
class FlowDriver:
    """One flow of a test.

    Attributes:
        acknowledges: Whether reports that are waited for are acknowledged.
        cache: What the cache holds.
        record: Calls by number, as they are on record by now.
        has_failed: Whether the last attempt failed, so that the next order asks again for what failed in it.
    """

    driver: Driver
    script: str
    entry: str
    acknowledges: bool = True
    cache: dict[str, CachedCall] = field(default_factory=dict)
    record: dict[int, Call] = field(default_factory=dict)
    has_failed: bool = False

    def order(
        self,
        *,
        takes: dict[str, Any] | None = None,
        is_task: bool = False,
        arguments: Arguments | None = None,
        now: float | None = None,
        **fields: Any,
    ) -> wire.StepOrder:
        """The flow's step, with all that is on record."""
        if self.has_failed:
            ledger = Ledger(RunId("run"), self.record.values())
            ledger.ask_again(0)
            self.record, self.has_failed = {call.no: call for call in ledger.of_step(0)}, False
        calls = tuple(call for _, call in sorted(self.record.items()))
        flow = FlowOrder(self.entry, is_task, arguments, calls, wall_clock() if now is None else now)
        return self.driver.step(0, self.script, takes=takes, effects=True, **{"flow": flow, **fields})

    def run(self, process: Process | None = None, **fields: Any) -> Outcome:
        """One attempt, to its end or to the process's."""
        process = process or self.driver.start()
        self.driver.send(process, self.order(**fields))
        return self.follow(process, ENDS)

    def follow(self, process: Process, until: Any) -> Outcome:
        """Everything until one of these reports, recorded and answered."""
        outcome = Outcome()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for other, happening in self.driver.launcher.wait(0.5):
                if isinstance(happening, Exited):
                    self.driver._exited.add(other.pid)
                if other is process:
                    outcome.happenings.append(happening)
                    self._hear(process, happening)
            if any(
                isinstance(h, Exited) or (isinstance(h, Reported) and isinstance(h.report, until))
                for h in outcome.happenings
            ):
                return outcome
        raise AssertionError(f"nothing ended within {PATIENCE_SECONDS} s: {outcome.happenings[-5:]}")

    def names(self, *states: CallState) -> list[str]:
        """Names of the calls on record in these states, in order."""
        return [call.name for _, call in sorted(self.record.items()) if not states or call.state in states]

    def call(self, name: str) -> Call:
        """The only call of this name."""
        (call,) = (call for call in self.record.values() if call.name == name)
        return call

    def _hear(self, process: Process, happening: Happening) -> None:
        if not isinstance(happening, Reported):
            return
        match happening.report:
            case CallStarted() | CallAwaits() as report:
                self.record[report.no] = _begun(report)
            case CallEnded() as report:
                self.record[report.no] = _ended(self.record[report.no], report)
            case wire.StepFailed():
                self.has_failed = True
            case wire.CacheAsked() as asked:
                found = {key: self.cache[key] for key in asked.keys if key in self.cache}
                process.send(wire.Recalled(asked.stage, asked.fence, asked.step, found))
        report = happening.report
        if self.acknowledges and isinstance(report, CallStarted | CallEnded) and report.wait:
            process.send(wire.Acknowledge(report.stage, report.fence, report.step, report.no))
        if self.acknowledges and isinstance(report, wire.StepFinished):
            process.send(wire.Acknowledge(report.stage, report.fence, report.step))


def parcels_of(driver: Driver) -> StoredParcels:
    """Values in the object store of a driver's processes."""
    store = objects_in(driver.objects)
    return StoredParcels(lambda: store)


def _begun(report: CallStarted | CallAwaits) -> Call:
    return Call(
        RunId("run"),
        report.no,
        report.step,
        report.parent,
        report.kind,
        report.name,
        report.index,
        report.position,
        CallState.RUNNING if isinstance(report, CallStarted) else CallState.PAUSED,
        attempts=report.attempt,
        started_at=datetime.fromtimestamp(report.at, UTC),
        digest=report.digest,
        given=report.given,
        awaited=report.awaited if isinstance(report, CallAwaits) else None,
    )


def _ended(call: Call, report: CallEnded) -> Call:
    state = CallState.COMPLETED if report.problem is None else CallState.FAILED
    return replace(
        call,
        state=CallState.RUNNING if report.retry_at is not None else state,
        seconds=report.seconds,
        result=report.result,
        files=report.files,
        metrics=report.metrics,
        message=report.message,
        problem=report.problem,
        ended_at=datetime.fromtimestamp(report.at, UTC) if report.retry_at is None else None,
    )

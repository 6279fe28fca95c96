"""A flow's surroundings in memory: what it says becomes its record, time moves when somebody sleeps."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any

from msgspec.structs import replace

from pauta.domain.calls import Arguments, Call, CallKind, CallState
from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import Kind, Output
from pauta.domain.problems import Problem, StepFault
from pauta.domain.wire import CachedCall, CallAwaits, CallEnded, CallReport, CallStarted
from pauta.flows.run import run_flow
from pauta.flows.site import Packed, Site, Suspension
from pauta.flows.states import State
from pauta.services.ledger import Ledger

START = 1_800_000_000.0


class MovingClock:
    """Time that moves when somebody sleeps, or when it is told to."""

    def __init__(self, now: float = START) -> None:
        self.time = now
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.time += seconds


class CopyingParcels:
    """Keeps copies of values; those that JSON has not are refused."""

    def pack(self, value: Any, *, name: str, hint: Any = None) -> Packed:
        _canonical(value)
        return Packed(arguments_of(copy.deepcopy(value)), copy.deepcopy(value))

    def unpack(self, arguments: Arguments, *, hint: Any = None) -> Any:
        return copy.deepcopy(arguments.value.value)

    def isolate(self, value: Any) -> Any:
        return value

    def digest(self, value: Any) -> str:
        return sha256(_canonical(value)).hexdigest()


def arguments_of(value: Any) -> Arguments:
    return Arguments(Output(Kind.VALUE, Address(""), 0, value=value, inline=True))


def _canonical(value: Any) -> bytes:
    try:
        return json.dumps(value, sort_keys=True).encode()
    except TypeError:
        raise StepFault(Problem("FLW-020", {"found": type(value).__name__, "what": "it"})) from None


class Crash(KeyboardInterrupt):
    """The process of the flow is gone."""


class Memory:
    """The record of one flow over all its attempts.

    Attributes:
        calls: What is on record, by number.
        told: Every report.
        confirmed: For which calls the flow waited.
        crash_after: The process dies when it has said so many things.
        is_dead: Whether it did.
    """

    def __init__(self, *, suspends: bool = True) -> None:
        self.calls: dict[int, Call] = {}
        self.told: list[CallReport] = []
        self.confirmed: list[int] = []
        self.clock = MovingClock()
        self.parcels: Any = CopyingParcels()
        self.cache: dict[str, CachedCall] = {}
        self.crash_after: int | None = None
        self.suspends = suspends
        self.within: list[int] = []
        self.is_dead = False
        self._lock = threading.Lock()
        self._said = 0
        self._life = 0
        self._has_failed = False

    def site(self, **more: Any) -> Site:
        return Site(
            **{
                "stage": 0,
                "fence": 1,
                "step": 0,
                "recorded": [self.calls[no] for no in sorted(self.calls)],
                "tell": partial(self.tell, life=self._life),
                "confirm": self.confirmed.append,
                "recall": self.recall,
                "parcels": self.parcels,
                "clock": self.clock,
                "chance": lambda: 0.5,
                "within": self.enter,
                "version": "v1",
                "suspends": self.suspends,
                **more,
            }
        )

    @contextmanager
    def enter(self, no: int) -> Iterator[None]:
        self.within.append(no)
        yield

    def tell(self, report: CallReport, *, life: int) -> None:
        with self._lock:
            if life != self._life:
                raise Crash  # a thread of a process that is dead
            if self.crash_after is not None and self._said >= self.crash_after:
                self.is_dead = True
                raise Crash
            self._said += 1
            self.told.append(report)
            self._record(report)

    def recall(self, keys: Sequence[str]) -> Mapping[str, CachedCall]:
        return {key: self.cache[key] for key in keys if key in self.cache}

    def _record(self, report: CallReport) -> None:
        if isinstance(report, CallEnded):
            call = self.calls[report.no]
            state = CallState.COMPLETED if report.problem is None else CallState.FAILED
            if report.retry_at is not None:
                state = CallState.RUNNING
            if report.cancelled:
                state = CallState.CANCELLED
            ended = datetime.fromtimestamp(report.at, UTC)
            self.calls[report.no] = replace(
                call, state=state, result=report.result, problem=report.problem, message=report.message, ended_at=ended
            )
            if report.retry_at is not None:
                self._ask_again(report.no)
            if report.cache_key is not None and report.result is not None:
                self.cache[report.cache_key] = CachedCall("earlier", report.result)
            return
        state = CallState.RUNNING if isinstance(report, CallStarted) else CallState.PAUSED
        self.calls[report.no] = Call(
            RunId("run"),
            report.no,
            report.step,
            report.parent,
            report.kind,
            report.name,
            report.index,
            report.position,
            state,
            attempts=report.attempt,
            started_at=datetime.fromtimestamp(report.at, UTC),
            digest=report.digest,
            given=report.given,
            tags=report.tags,
            awaited=report.awaited if isinstance(report, CallAwaits) else None,
            message=report.message if isinstance(report, CallAwaits) else "",
        )

    def set_back(self) -> None:
        """The process is gone: what ran will be made again."""
        with self._lock:
            self._life += 1
        self._said = 0
        self.is_dead = False
        self.crash_after = None
        for no, call in self.calls.items():
            if call.state is CallState.RUNNING:
                self.calls[no] = replace(call, state=CallState.PENDING)

        if self._has_failed:
            self._ask_again(None)
        self._has_failed = False

    def _ask_again(self, body: int | None) -> None:
        """As the desk does for a body that failed and is tried again."""
        ledger = Ledger(RunId("run"), self.calls.values())
        ledger.ask_again(0, body)
        self.calls = {call.no: call for call in ledger.of_step(0)}

    def run_and_crash(self, flow: Any, after: int, **arguments: Any) -> bool:
        """One attempt that dies after so many reports; whether it got so far."""
        self.set_back()
        self.crash_after = after
        try:
            run_flow(flow, arguments, self.site())
        except Crash:
            return True
        return self.is_dead

    def run(self, flow: Any, **arguments: Any) -> State[Any] | Suspension:
        """One attempt."""
        self.set_back()
        came = run_flow(flow, arguments, self.site())
        self._has_failed = isinstance(came, State) and not came.is_completed()
        return came

    def finish(self, flow: Any, **arguments: Any) -> State[Any]:
        """Attempts until it has ended; time moves to where it is waited for."""
        for _ in range(100):
            came = self.run(flow, **arguments)
            if isinstance(came, State):
                return came
            assert came.until is not None, f"waits for answers to {came.awaits}"
            self.clock.time = max(self.clock.time, came.until)
        raise AssertionError("it never ends")

    def answer(self, no: int, value: Any = None, **more: Any) -> None:
        """What a call waits for is there."""
        ended = datetime.fromtimestamp(self.clock.time, UTC)
        fields = {"state": CallState.COMPLETED, "result": arguments_of(value), "ended_at": ended, **more}
        self.calls[no] = replace(self.calls[no], **fields)

    def begun(self, name: str) -> int:
        """How often a call of this name was begun, over all attempts."""
        return sum(1 for r in self.told if isinstance(r, CallStarted) and r.name == name)

    def named(self, name: str) -> list[Call]:
        return [call for call in self.calls.values() if call.name == name]

    def of_kind(self, kind: CallKind) -> list[Call]:
        return [call for call in self.calls.values() if call.kind is kind]


def value_of(came: State[Any] | Suspension) -> Any:
    assert isinstance(came, State), came
    return came.result()


def code_of(came: State[Any] | Suspension) -> str:
    assert isinstance(came, State), came
    assert came.problem is not None, came
    return came.problem.code


def asked(memory: Memory) -> list[CallAwaits]:
    return [report for report in memory.told if isinstance(report, CallAwaits)]

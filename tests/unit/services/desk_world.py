"""A desk with a store, and a worker that exists only in the test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from blake3 import blake3

from pauta.domain import wire
from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import Kind, Output
from pauta.domain.pipeline import Part, Pipeline, Step, StepPolicy
from pauta.domain.plan import Plan
from pauta.domain.problems import Problem
from pauta.domain.runs import Run, RunOptions, StepRecord
from pauta.domain.scripts import Script, Signature
from pauta.domain.work import Assignment, AttemptDied, Heard, Recorded
from pauta.engine.planner import plan as make_plan
from pauta.ports.store import Store
from pauta.services.desk import Desk, Machine
from pauta.services.submit import Request, submit


def address(text: str) -> Address:
    return Address(blake3(text.encode()).hexdigest())


def value(thing: Any) -> Output:
    text = repr(thing)
    return Output(Kind.VALUE, address(text), len(text), format="json", value=thing, inline=True)


def step(name: str, takes: str = "", gives: str | None = "", **policy: Any) -> Step:
    """``step("b", "a")`` takes frame ``a`` and gives frame ``b``; ``after`` goes beside the policy."""
    after = policy.pop("after", ())
    return Step(
        name=name,
        part=Part.PREDICTION,
        file_path=f"{name}.py",
        dataframes=tuple(takes.split()),
        output=name if gives == "" else gives,
        after=tuple(after),
        policy=StepPolicy(**policy),
    )


def planned(*steps: Step, versions: Mapping[str, str] | None = None, kwargs: Mapping[str, Any] | None = None) -> Plan:
    def script(name: str) -> Script:
        source = address((versions or {}).get(name, name))
        return Script(f"{name}.py", f"{name}.py", source, source, Signature((), open=True))

    return make_plan(
        Pipeline("p", tuple(steps)),
        steps,
        {s.name: script(s.name) for s in steps},
        supplied=(),
        kwargs=dict(kwargs or {}),
    )


class Objects:
    """Objects of which only the names matter here. `lost` ones are not there any more."""

    def __init__(self) -> None:
        self.lost: set[Address] = set()
        self.synced: list[Address] = []

    def put(self, data: bytes) -> Any:
        raise AssertionError("nothing is stored in these tests")

    def exists(self, wanted: Address) -> bool:
        return wanted not in self.lost

    def sync(self, addresses: Sequence[Address]) -> None:
        self.synced.extend(addresses)


Body = Callable[[wire.StepOrder], Any]


class World:
    """A desk, and verbs that read like what happens."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.objects = Objects()
        self.time = datetime(2026, 5, 4, 12, tzinfo=UTC)
        self.desk = self.new_desk()
        self.bits = itertools.count(1)
        self.ran: list[str] = []

    def new_desk(self) -> Desk:
        machine = Machine(now=lambda: self.time, chance=lambda: 0.5, random_bits=lambda _: next(self.bits))
        return Desk(self.store, self.objects, machine=machine, runtime="py")  # type: ignore[arg-type]

    def submit(self, plan: Plan, **facts: Any) -> RunId:
        self.time += timedelta(milliseconds=5)
        options = facts.pop("options", RunOptions())
        return submit(
            Request(plan, {}, options=options, **facts),
            store=self.store,
            objects=self.objects,  # type: ignore[arg-type]
            now=self.time,
            random_bits=lambda _: next(self.bits),
        )

    def claim(self, run: RunId, limit: int = 10) -> Recorded:
        return self.desk.claim(owner="me", limit=limit, run_id=run)

    def report(self, run: RunId, *heard: Heard) -> Recorded:
        return self.desk.report(run, heard)

    def perform(self, assignment: Assignment, body: Body = lambda order: order.name) -> list[Heard]:
        """What a process reports that runs this stage; a `Problem` as a body's answer is a failure."""
        order = assignment.order
        heard: list[Heard] = []
        made: dict[int, Address] = {}
        for s in order.steps:
            self.ran.append(s.name)
            heard.append(wire.StepStarted(order.stage, order.fence, s.no, self.time.timestamp()))
            answer = body(s)
            if isinstance(answer, Problem):
                heard.append(wire.StepFailed(order.stage, order.fence, s.no, 0.1, 0.0, answer))
                return heard
            output = value(answer)
            made[s.no] = output.address
            inputs = {t.name: made[t.step] if t.step is not None else t.output.address for t in s.takes if t}  # type: ignore[union-attr]
            heard.append(wire.StepFinished(order.stage, order.fence, s.no, 0.1, 0.0, output, inputs))
        heard.append(wire.StageDone(order.stage, order.fence))
        return heard

    def work(self, run: RunId, body: Body = lambda order: order.name, *, rounds: int = 100) -> Run:
        """Claim and perform until nothing may be claimed."""
        for _ in range(rounds):
            claimed = self.claim(run, limit=3)
            if not claimed.assignments and not claimed.steps:
                break
            for assignment in claimed.assignments:
                self.report(run, *self.perform(assignment, body))
        return self.run(run)

    def run(self, run: RunId) -> Run:
        with self.store.transaction() as tx:
            found = tx.runs.get(run)
        assert found is not None
        return found

    def steps(self, run: RunId) -> dict[str, StepRecord]:
        with self.store.transaction() as tx:
            return {s.name: s for s in tx.steps.of_run(run)}

    def states(self, run: RunId) -> dict[str, str]:
        return {name: s.state.value for name, s in self.steps(run).items()}

    def events(self, run: RunId) -> list[str]:
        with self.store.transaction() as tx:
            return [e.kind for e in tx.events.of_run(run)]


def died(assignment: Assignment, step_no: int | None, cause: str = "died") -> AttemptDied:
    order = assignment.order
    return AttemptDied(order.stage, order.fence, step_no, cause, Problem("SCR-030", {"signal": "SIGKILL"}))

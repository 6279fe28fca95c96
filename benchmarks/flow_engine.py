"""What does the engine of flows cost by itself, at a site that keeps nothing? CPU time of this process, by call.

    python benchmarks/flow_engine.py

What a real run adds is measured by `flows.py`: storing values, reports to the worker, the records.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from time import perf_counter, process_time
from typing import Any

from pauta import flow, task
from pauta.domain.calls import Arguments, Call
from pauta.domain.outputs import Kind, Output
from pauta.flows.direct import memory_site
from pauta.flows.run import run_flow
from pauta.flows.site import Packed, Site

CALLS = 2_000
REPETITIONS = 7
NOTHING = Arguments(Output(Kind.VALUE, "", 0, inline=True))  # type: ignore[arg-type]
NOWHERE = nullcontext()


class Nothing:
    def pack(self, value: Any, *, name: str, hint: Any = None) -> Packed:
        return Packed(NOTHING, value)

    def unpack(self, arguments: Arguments, *, hint: Any = None) -> Any:
        return None

    def isolate(self, value: Any) -> Any:
        return value

    def digest(self, value: Any) -> str:
        return str(value)


@task
def noop(x: int) -> None:
    return None


@task
async def async_noop(x: int) -> None:
    return None


@flow
def sequential(calls: int) -> None:
    for i in range(calls):
        noop(i)


@flow
def mapped(calls: int) -> None:
    noop.map(range(calls)).wait()


@flow
async def awaited(calls: int) -> None:
    for i in range(calls):
        await async_noop(i)


def site_of(recorded: Sequence[Call] = (), tell: Callable[[Any], None] = lambda report: None) -> Site:
    parcels, within = Nothing(), lambda call: NOWHERE
    return replace(
        memory_site(), recorded=recorded, tell=tell, parcels=parcels, within=within, suspends=True, records=True
    )


def measure(name: str, body: Any, recorded: Sequence[Call] = ()) -> None:
    walls, cpus = [], []
    for _ in range(REPETITIONS):
        site = site_of(recorded)
        wall, cpu = perf_counter(), process_time()
        run_flow(body, {"calls": CALLS}, site)
        walls.append(perf_counter() - wall)
        cpus.append(process_time() - cpu)
    wall, cpu = min(walls) / CALLS, min(cpus) / CALLS
    print(f"{name:32} {wall * 1e6:7.1f} µs wall {cpu * 1e6:7.1f} µs CPU a call, {1 / wall:8.0f} calls/s")


def record_of(body: Any) -> list[Call]:
    """What is on record after a run."""
    from pauta.domain.calls import CallState
    from pauta.domain.ids import RunId
    from pauta.domain.wire import CallStarted

    told: list[Any] = []
    run_flow(body, {"calls": CALLS}, site_of(tell=told.append))
    return [
        Call(
            RunId(""), r.no, r.step, r.parent, r.kind, r.name, r.index, r.position, CallState.COMPLETED,
            attempts=1, digest=r.digest, given=r.given, result=NOTHING,
        )
        for r in told
        if isinstance(r, CallStarted)
    ]  # fmt: skip


def main() -> int:
    measure("one after the other", sequential)
    measure("mapped over threads", mapped)
    measure("awaited", awaited)
    measure("one after the other, recorded", sequential, record_of(sequential))
    measure("mapped, recorded", mapped, record_of(mapped))
    measure("awaited, recorded", awaited, record_of(awaited))
    return 0


if __name__ == "__main__":
    sys.exit(main())

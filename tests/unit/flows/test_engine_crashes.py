"""Whatever a flow looks like, and wherever its process dies: what is on record is not done again."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from memory_site import Memory, value_of

from pauta import flow, task
from pauta.domain.calls import CallState
from pauta.domain.wire import CallEnded, CallStarted


@task
def work(name: str, *others: Any) -> str:
    return name


@task
def nest(name: str, other: Any) -> list[Any]:
    return [work(f"{name}.a", other), work.submit(f"{name}.b").result()]


@task
async def slowly(name: str, *others: Any) -> str:
    return name


Shape = list[Any]
"""What a body does, in order: kinds of calls; a list is a subflow."""

KINDS = st.sampled_from(["call", "submit", "map", "nest", "chain"])
SHAPES = st.lists(KINDS | st.lists(KINDS | st.lists(KINDS, max_size=2), min_size=1, max_size=3), min_size=1, max_size=4)
MOST = 60 if os.environ.get("PAUTA_TEST_SCALE") in ("ci", "night") else 12
some = settings(max_examples=MOST, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def do(name: str, shape: Shape) -> list[Any]:
    """What a synchronous body of this shape does."""
    values: list[Any] = []
    futures: list[Any] = []
    for i, kind in enumerate(shape):
        mine = f"{name}/{i}"
        if kind == "call":
            values.append(work(mine, len(values)))
        elif kind == "submit":
            futures.append(work.submit(mine))
        elif kind == "map":
            futures += work.map([f"{mine}.{j}" for j in range(3)])
        elif kind == "nest":
            values.append(nest(mine, i))
        elif kind == "chain":
            futures.append(work.submit(mine, work.submit(f"{mine}.first"), futures[-1:]))
        else:
            values.append(inside(mine, kind))
    return values + [future.result() for future in futures]


@flow(validate=False)
def inside(name: str, shape: Shape) -> list[Any]:
    return do(name, shape)


@flow(validate=False)
async def beside(name: str, shape: Shape) -> list[Any]:
    import asyncio

    values: list[Any] = []
    for i, kind in enumerate(shape):
        mine = f"{name}/{i}"
        if kind == "call":
            values.append(await slowly(mine, i))
        elif isinstance(kind, list):
            values.append(await beside(mine, kind))
        elif kind == "nest":
            values.append(nest(mine, i))
        else:
            values += await asyncio.gather(slowly(f"{mine}.a"), slowly(f"{mine}.b"), work.submit(f"{mine}.c"))
    return values


@pytest.mark.parametrize("body", [inside, beside], ids=["threads", "async"])
@some
@given(shape=SHAPES)
def test_a_crash_at_any_point_repeats_nothing_that_is_on_record(body: Any, shape: Shape):
    whole = Memory()
    expected = value_of(whole.run(body, name="f", shape=shape))
    for after in range(len(whole.told) + 1):
        memory = Memory()
        died = memory.run_and_crash(body, after, name="f", shape=shape)
        assert died or after == len(whole.told)
        recorded = {c.no: c.attempts for c in memory.calls.values() if c.state is CallState.COMPLETED}
        begun = Counter(r.no for r in memory.told if isinstance(r, CallStarted))
        assert value_of(memory.run(body, name="f", shape=shape)) == expected
        begun_again = Counter(r.no for r in memory.told if isinstance(r, CallStarted)) - begun
        assert not begun_again.keys() & recorded.keys()
        assert {no: memory.calls[no].attempts for no in recorded} == recorded
        assert len(memory.calls) == len(whole.calls)
        assert all(call.state is CallState.COMPLETED for call in memory.calls.values())


@some
@given(shape=SHAPES)
def test_several_crashes_one_after_the_other_repeat_nothing_that_is_on_record(shape: Shape):
    expected = value_of(Memory().run(inside, name="f", shape=shape))
    memory, crashes = Memory(), 0
    while memory.run_and_crash(inside, 3 + crashes // 4, name="f", shape=shape):
        crashes += 1  # bodies that lie deep begin with several reports: each life is a little longer
        assert crashes < 400
    completed = Counter(r.no for r in memory.told if isinstance(r, CallEnded))
    assert set(completed.values()) == {1}
    told = len(memory.told)
    assert value_of(memory.run(inside, name="f", shape=shape)) == expected
    assert len(memory.told) == told

"""Bodies that change what they were given: the same the first time and when the flow goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pandas as pd
import polars as pl
import pytest
from memory_site import Memory, value_of

from pauta import flow, task
from pauta.adapters.memory_objects import MemoryObjects
from pauta.flows.site import Parcels
from pauta.runtime.parcels import StoredParcels
from pauta.testing import Harness, crash_everywhere
from pauta.testing.timing import START


@task
def append(items: list[Any], frame: Any = None) -> int:
    items.append(1)
    return len(items)


@task
def look(items: Any) -> int:
    return len(items)


@task
def fill(frame: Any) -> Any:
    frame["y"] = 0
    frame.loc[0, "x"] = 100
    return frame


@task
def name(series: Any) -> str:
    series.iloc[0] = 7
    return str(series.sum())


@task
def insert(frame: Any) -> int:
    frame.insert_column(0, pl.Series("y", [0, 0]))
    return frame.width


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "FLW-044" in record.getMessage()]


@flow
def framed() -> list[Any]:
    frame, series, other = pd.DataFrame({"x": [1, 2]}), pd.Series([1, 2]), pl.DataFrame({"x": [1, 2]})
    filled = fill(frame)
    return [list(frame.columns), int(frame["x"].sum()), int(filled["x"].sum()), name(series), int(series.sum()),
            insert(other), other.width, fill.submit(frame).result().shape[1], list(frame.columns)]  # fmt: skip


def test_what_a_task_writes_to_a_frame_reaches_nobody_else_the_first_time_and_after():
    runs = crash_everywhere(framed)
    assert runs[0].value == [["x"], 3, 102, "9", 3, 2, 1, 2, ["x"]]


def test_each_try_of_a_task_is_given_the_frame_as_it_was():
    seen = []

    @task(retries=1)
    def twice(frame: Any) -> None:
        seen.append(list(frame.columns))
        frame["y"] = 0
        if len(seen) == 1:
            raise ValueError("no")

    @flow
    def trying() -> None:
        twice(pd.DataFrame({"x": [1]}))

    Harness().run(trying)
    assert seen == [["x"], ["x"]]


def test_a_frame_that_is_known_is_known_as_what_a_body_is_given():
    store = MemoryObjects(now=lambda: START)
    parcels: Parcels = StoredParcels(lambda: store)
    frame = parcels.pack(pd.DataFrame({"x": [1]}), name="t").live
    own = parcels.isolate(frame)
    assert own is not frame
    assert parcels._memory.recall(own) == parcels._memory.recall(frame) is not None  # type: ignore[attr-defined]
    own.loc[0, "x"] = 5
    assert parcels.digest(own) != parcels.digest(frame)


@flow
def listed() -> int:
    items: list[int] = []
    for _ in range(3):
        append(items)
    return look([])


def test_a_task_that_changes_a_list_is_named_once_with_the_argument_and_the_line(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING, "pauta"):
        Memory().run(listed)
    [said] = warned(caplog)
    assert '"items"' in said
    assert '"append"' in said
    line = listed.fn.__code__.co_firstlineno + 4
    assert f"test_engine_changes.py line {line}" in said


def changing(change: Callable[[Any], object]) -> Any:
    @task
    def changes(value: Any) -> None:
        change(value)

    return changes


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ({"a": 1}, lambda value: value.update(b=2)),
        ([{"a": [1]}], lambda value: value[0]["a"].append(2)),
        ([1], lambda value: value.append(object())),
        ([(1, [2])], lambda value: value[0][1].clear()),
    ],
)
def test_changes_deep_within_are_found(value: Any, change: Any, caplog: pytest.LogCaptureFixture):
    body = changing(change)

    @flow
    def outer() -> None:
        body.submit(value).result()

    Memory().run(outer)
    assert len(warned(caplog)) == 1


def test_an_async_task_is_found_out_too(caplog: pytest.LogCaptureFixture):
    @task
    async def append_later(items: list[int]) -> None:
        await asyncio.sleep(0)
        items.append(1)

    @flow
    async def outer() -> None:
        await append_later([])

    Memory().run(outer)
    assert len(warned(caplog)) == 1


def test_nothing_is_said_where_nothing_changed_or_the_task_has_effects_or_the_list_is_long(
    caplog: pytest.LogCaptureFixture,
):
    @flow
    def quiet() -> list[int]:
        long = list(range(1_000))
        return [look([1]), append.with_options(effects=True)([1]), append(long), len(long)]

    assert value_of(Memory().run(quiet)) == [1, 2, 1001, 1001]
    assert warned(caplog) == []


def test_outside_of_a_run_nothing_is_looked_at(caplog: pytest.LogCaptureFixture):
    assert listed() == 0
    assert warned(caplog) == []

"""What the warm parent loads for a run, told from its scripts."""

from __future__ import annotations

from typing import Any

import pytest
from step_driver import Driver

from pauta.adapters import clock
from pauta.adapters.memory_objects import MemoryObjects
from pauta.assembly.warmth import Warmth
from pauta.domain import wire
from pauta.domain.work import Assignment


def wanted(driver: Driver, source: str, **fields: Any) -> tuple[str, ...]:
    objects = MemoryObjects(now=clock.now)
    step = driver.step(0, "a.py", **fields)
    order = wire.RunStage("run", 0, 1, (step,), "", "")
    return Warmth(objects).wanted(Assignment(order, {"a.py": objects.put(source.encode()).address}))


def test_flows_find_their_engine_and_what_they_import_loaded(driver: Driver) -> None:
    source = "import asyncio\nfrom pydantic import BaseModel\nfrom pauta import flow\n"
    modules = wanted(driver, source, flow=wire.FlowOrder("main"))
    assert {"pauta.runtime.flow_step", "asyncio", "pydantic"} <= set(modules)


@pytest.mark.parametrize("source", ["def execute(): return 1\n", "import asyncio\n"])
def test_other_scripts_load_nothing_of_flows(driver: Driver, source: str) -> None:
    assert not [module for module in wanted(driver, source) if module.startswith("pauta")]

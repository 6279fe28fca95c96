"""What a flow's process has to load, which every run of a flow waits for."""

from __future__ import annotations

import subprocess
import sys

SYNCHRONOUS = """
import sys
import pauta.runtime.flow_step
from pauta import flow, task
from pauta.flows.direct import memory_site
from pauta.flows.run import run_flow

@task(retries=1)
def shaky(x):
    raise ValueError(x)

@task
def double(x: int) -> int:
    return 2 * x

@flow
def main(limit: int = 2):
    shaky(1, return_state=True)
    return [double(1), *double.map(range(limit)).result()]

assert run_flow(main, {"limit": 3}, memory_site()).result() == [2, 0, 2, 4]
print(*sorted({"asyncio", "pandas", "pydantic", "polars", "numpy"} & sys.modules.keys()))
"""


def test_a_synchronous_flow_loads_no_library_that_it_does_not_use():
    ran = subprocess.run([sys.executable, "-c", SYNCHRONOUS], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []

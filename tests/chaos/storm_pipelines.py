"""What runs in a storm: three pipelines of five steps, whose scripts note each start in a ledger outside the system.

A line of the ledger is ``run step attempt key process nanoseconds``. The key is the one that stays the same over all
attempts of a step; the time is the wall clock's, which the records go by too.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NOTE = """
import os
import time


def note(ledger, seconds):
    told = [os.environ["PAUTA_" + name] for name in ("RUN", "STEP", "ATTEMPT", "KEY")]
    line = " ".join([*told, str(os.getpid()), str(time.time_ns())]) + "\\n"
    descriptor = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, line.encode())
    os.close(descriptor)
    time.sleep(seconds)
"""
_STEP = """

def execute({takes}):
    note(ledger, seconds)
    {body}
"""
_FRAMES = """
import numpy as np
import pandas as pd
"""

# step, what it takes, its body
_CHAIN = (
    ("begin", "n", "return n"),
    ("double", "begin", "return 2 * begin"),
    ("square", "double", "return double * double"),
    ("spread", "square", "return {'all': [square + i for i in range(50)]}"),
    ("total", "spread", "return sum(spread['all'])"),
)
_FAN = (
    ("begin", "n", "return {'n': n}"),
    ("left", "begin", "return begin['n'] + 1"),
    ("middle", "begin", "return begin['n'] + 2"),
    ("right", "begin", "return begin['n'] + 3"),
    ("total", "left, middle, right", "return {'all': [left, middle, right]}"),
)
_TABLES = (
    ("table", "n", "return pd.DataFrame({'x': np.arange(n, n + 2000), 'y': np.arange(2000) * 0.5})"),
    ("wide", "table", "return table.assign(z=table['x'] * table['y'])"),
    ("low", "wide", "return wide[wide['y'] < 500]"),
    ("high", "wide", "return wide[wide['y'] >= 500].reset_index(drop=True)"),
    ("total", "low, high", "return pd.DataFrame({'z': [low['z'].sum(), high['z'].sum()]})"),
)
PIPELINES = {"chain": _CHAIN, "fan": _FAN, "tables": _TABLES}
STEPS = 5


def publication(name: str, ledger: Path) -> dict[str, Any]:
    """The body of the request that publishes one of them."""
    given = {"n": {"param": "n"}, "seconds": {"param": "seconds"}, "ledger": str(ledger)}
    steps, scripts = [], {}
    for step, takes, body in PIPELINES[name]:
        names = takes.split(", ")
        head = _NOTE + (_FRAMES if name == "tables" else "")
        scripts[f"{step}.py"] = head + _STEP.format(takes=f"{takes}, ledger, seconds", body=body)
        steps.append(
            {
                "name": step,
                "file_path": f"{step}.py",
                "dataframes": [each for each in names if each != "n"],
                "output_dataframe": step,
                "kwargs": {k: v for k, v in given.items() if k in (*names, "seconds", "ledger")},
            }
        )
    document = {
        "model_name": name,
        "parameters": {"n": {"type": "integer"}, "seconds": {"type": "number"}},
        "prediction_steps": steps,
    }
    return {"file": "pipeline.json", "document": json.dumps(document), "scripts": scripts}


@dataclass(frozen=True, slots=True)
class Start:
    """A body that began, as it noted itself."""

    attempt: int
    key: str
    process: int
    at_ns: int


def starts_in(ledger: Path) -> dict[tuple[str, str], list[Start]]:
    """(run, step) → its starts, in order."""
    found: dict[tuple[str, str], list[Start]] = defaultdict(list)
    for line in ledger.read_text().splitlines() if ledger.exists() else ():
        run, step, attempt, key, process, at = line.split()
        found[run, step].append(Start(int(attempt), key, int(process), int(at)))
    return found

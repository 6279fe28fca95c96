"""The flow that runs in a storm: tasks in order, in threads, on a pool; a subflow, a wait, a person, retries.

Each task notes its beginning in a ledger outside the system: ``run label nanoseconds``. A label is the name of the
task and how many of this name came before, as on record.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAME = "story"
FAN = 6
STEPS_IN_ORDER = 3
SCRIPT = """
import os
import time

import pandas as pd

from pauta import flow, pause_for_input, sleep_for, task


def note(book, label):
    line = f"{book['run']} {label} {time.time_ns()}\\n"
    descriptor = os.open(book["ledger"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(descriptor, line.encode())
    os.close(descriptor)
    time.sleep(book["seconds"])


def is_first(book, what):
    try:
        os.close(os.open(f"{book['ledger']}.{book['run']}.{what}", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


@task
def one(i, n, book):
    note(book, f"one#{i}")
    return n + i


@task(effects=True)
def deed(n, book):
    note(book, "deed#0")
    return n * 2


@task(retries=5, retry_delay=0.05)
def shaky(n, book):
    note(book, "shaky#0")
    if is_first(book, "task"):
        raise RuntimeError("the first time never works")
    return n + 1


@task
def fan(i, n, book):
    note(book, f"fan#{i}")
    return i * n


@task
def inner(n, book):
    note(book, "inner#0")
    return pd.DataFrame({"x": range(n, n + 500)})


@flow
def subflow(n, book):
    return inner(n, book)


@task(pool="default")
def far(i, table, book):
    note(book, f"far#{i}")
    return table.assign(y=table["x"] * (i + 2))


@flow(retries=9, retry_delay=0.1)
def story(n, seconds, ledger):
    book = {"run": os.environ["PAUTA_RUN"], "ledger": ledger, "seconds": seconds}
    total = n
    for i in range(STEPS):
        total = one(i, total, book)
    total = deed(total, book) + shaky(n, book)
    total += sum(fan.map(list(range(FAN)), n, book).result())
    table = subflow(n, book)
    begun = [far.submit(i, table, book) for i in range(2)]
    sleep_for(1.5)
    total += sum(int(each.result()["y"].sum()) for each in begun)
    if is_first(book, "flow"):
        raise RuntimeError("the first flow never works")
    total += pause_for_input(int, prompt="how many?")
    return {"total": one(STEPS, total, book), "table": table}
"""
ANSWER = 17
CALLS = {
    **{f"one#{i}": None for i in range(STEPS_IN_ORDER + 1)},
    "deed#0": None,
    "shaky#0": None,
    **{f"fan#{i}": None for i in range(FAN)},
    "subflow#0": None,
    "inner#0": "subflow#0",
    "far#0": None,
    "far#1": None,
    "sleep#0": None,
    "input#0": None,
}
"""Every call of the flow, and the one in whose body it is made."""
RETRIED = "shaky#0"
"""The call whose first try fails."""


def flow_publication(ledger: Path) -> dict[str, Any]:
    """The body of the request that publishes it."""
    script = SCRIPT.replace("range(STEPS)", f"range({STEPS_IN_ORDER})").replace("one(STEPS", f"one({STEPS_IN_ORDER}")
    given = {"n": {"param": "n"}, "seconds": {"param": "seconds"}, "ledger": str(calls_noted(ledger))}
    step = {"name": NAME, "file_path": f"flows.py:{NAME}", "output_dataframe": "result", "kwargs": given}
    parameters = {"n": {"type": "integer"}, "seconds": {"type": "number"}}
    document = {"model_name": NAME, "parameters": parameters, "prediction_steps": [step]}
    scripts = {"flows.py": script.replace("FAN", str(FAN))}
    return {"file": "pipeline.json", "document": json.dumps(document), "scripts": scripts}


def calls_noted(ledger: Path) -> Path:
    """The ledger of calls beside that of steps."""
    return ledger.with_name("calls")


def begun_in(ledger: Path) -> Mapping[str, Mapping[str, list[int]]]:
    """run → label → when it began, in nanoseconds of the wall clock."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for line in ledger.read_text().splitlines() if ledger.exists() else ():
        run, label, at = line.split()
        found[run][label].append(int(at))
    return found

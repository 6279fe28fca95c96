"""The list of runs and one run over HTTP, with 10,000 runs of 50 steps on record, beside bare SELECTs."""

from __future__ import annotations

import argparse
import http.client
import json
import sqlite3
import statistics
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from measuring import Line, put, report, workplace

from pauta.assembly.control import opened_control
from pauta.domain.access import Role
from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import Column, Kind, Output
from pauta.domain.pipeline import Part
from pauta.domain.plan import Plan, PlannedStage, PlannedStep, Taken
from pauta.domain.runs import Run, Stage, StepRecord
from pauta.domain.scripts import Script, Signature
from pauta.domain.settings import ServerSettings, Settings
from pauta.domain.states import RunState, StageState, StepState
from pauta.services.access import Wanted, make_token
from pauta.services.control import Control

STEPS = 50
BUDGET_MS = 100.0
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_COLUMNS = tuple(Column(f"column_{i}", "double") for i in range(20))
_PIPELINES = ("vehicle_failures", "demand", "energy", "quality", "churn")


def plan_of(name: str) -> Plan:
    """A chain of steps, each with a frame."""
    script = Script("s.py", "s.py", Address("1" * 64), Address("2" * 64), Signature(()))
    steps = tuple(
        PlannedStep(
            no, f"step_{no}", Part.TRAINING, script, takes=(Taken(f"f{no - 1}", no - 1),) if no else (), gives=f"f{no}"
        )
        for no in range(STEPS)
    )
    return Plan(name, steps, (PlannedStage(0, tuple(range(STEPS))),))


def fill(control: Control, runs: int) -> None:
    """Put runs on record, as they are when they have ended."""
    plans = {name: plan_of(name) for name in _PIPELINES}
    for start in range(0, runs, 100):
        with control.store.transaction() as tx:
            for number in range(start, min(start + 100, runs)):
                name = _PIPELINES[number % len(_PIPELINES)]
                run_id, at = RunId(f"1k{number:014d}"), _BEGAN + timedelta(seconds=number)
                state = RunState.FAILED if number % 20 == 0 else RunState.COMPLETED
                run = Run(
                    run_id, name, state, at, open_stages=0, started_at=at, ended_at=at + timedelta(seconds=9),
                    parameters={"alpha": 0.1, "horizon": 30}, deployment="nightly" if number % 2 else None,
                )  # fmt: skip
                stage = Stage(run_id, 0, StageState.COMPLETED, fence=1)
                steps = [
                    StepRecord(
                        run_id, no, f"step_{no}", 0, StepState.COMPLETED, attempts=1, started_at=at, ended_at=at,
                        seconds=0.1, metrics={"rmse": 0.5},
                        output=Output(Kind.FRAME, Address(f"{no:064x}"), 4096, "arrow", "pandas", 1000, _COLUMNS),
                    )
                    for no in range(STEPS)
                ]  # fmt: skip
                tx.runs.add(run, plans[name], [stage], steps)


@dataclass(frozen=True)
class Client:
    """One kept connection, as a browser has it."""

    connection: http.client.HTTPConnection
    token: str

    def get(self, path: str) -> bytes:
        """The answer's body."""
        self.connection.request("GET", f"/api/v1{path}", headers={"authorization": f"Bearer {self.token}"})
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        return body


@contextmanager
def served(folder: Path, *, runs: int = 0) -> Iterator[tuple[Control, Client]]:
    """A server over a new project with so many runs, and a client."""
    import socket

    import uvicorn

    from pauta.server.app import create_app
    from pauta.server.routes.all import all_routes

    settings = Settings(server=ServerSettings(requests_per_minute=0))
    with opened_control(folder, settings, say=put) as control:
        fill(control, runs)
        wanted = Wanted(role=Role.ADMIN, name="benchmark")
        token, text = make_token(wanted, created_by="benchmark", now=control.now(), random_bits=control.random_bits)
        with control.store.transaction() as tx:
            tx.tokens.add(token)
        # Named TCP, as the server's own is: only then asyncio sends small pieces at once.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.bind(("127.0.0.1", 0))
        app = create_app(control, settings=settings, routes=all_routes())
        server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        connection = http.client.HTTPConnection("127.0.0.1", listening.getsockname()[1], timeout=60)
        try:
            yield control, Client(connection, text)
        finally:
            connection.close()
            app.end_streams()
            server.should_exit = True
            thread.join()
            listening.close()


def spread(action: Callable[[int], object], *, times: int) -> tuple[float, float]:
    """Median and 95th percentile of an action, in milliseconds. It is told how often it was called before."""
    action(0)
    taken = []
    for i in range(times):
        begun = perf_counter()
        action(i)
        taken.append((perf_counter() - begun) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=200)
    given = parser.parse_args()
    with workplace() as folder, served(folder, runs=given.runs) as (_, client):
        bare = sqlite3.connect(f"file:{next(folder.glob('.pauta/*.db*'))}?mode=ro", uri=True)
        cursors = [f"1k{(i * 7919) % given.runs:014d}" for i in range(given.times)]
        pages = {
            "first page of 50": lambda i: client.get("/runs?limit=50"),
            "page of 50 anywhere": lambda i: client.get(f"/runs?limit=50&before={cursors[i]}"),
            "page of 500": lambda i: client.get("/runs?limit=500"),
            "failed runs of one pipeline": lambda i: client.get("/runs?limit=50&state=failed&pipeline=demand"),
            "runs of one deployment": lambda i: client.get("/runs?limit=50&deployment=nightly"),
            "one run with its 50 steps": lambda i: client.get(f"/runs/{cursors[i]}"),
        }
        query = "select * from run where id < ? order by id desc limit 50"
        of_steps = "select * from step where run_id = ? order by no"
        bare_page = spread(lambda i: bare.execute(query, (cursors[i],)).fetchall(), times=given.times)
        bare_run = spread(lambda i: bare.execute(of_steps, (cursors[i],)).fetchall(), times=given.times)
        bare.close()
        lines = []
        for what, action in pages.items():
            median, high = spread(action, times=given.times)
            base = bare_run if "one run" in what else bare_page
            lines.append(Line(f"{what}, median", median, "ms", baseline=base[0]))
            lines.append(Line(f"{what}, 95th percentile", high, "ms", budget=BUDGET_MS, baseline=base[1]))
        found = json.loads(client.get("/runs?limit=50"))
        if len(found["runs"]) != min(50, given.runs):
            raise RuntimeError("the list is not whole")
    report(f"Lists of runs over HTTP, {given.runs:,} runs of {STEPS} steps, beside a bare SELECT", lines)


if __name__ == "__main__":
    main()

"""A log line on its way: from the desk's record to the socket of somebody who follows the run.

The baseline is the desk's record alone. Once with one follower, once while 200 others follow other runs, once
without a bell: what polling alone gives.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import threading
from contextlib import ExitStack
from queue import Queue
from time import perf_counter, sleep

from measuring import Line, report, workplace
from run_list import Client, plan_of, served

from pauta.domain.ids import RunId
from pauta.domain.runs import LogChunk, LogLine
from pauta.domain.work import Lines
from pauta.services.control import Control
from pauta.services.submit import Request, submit

BUDGET_MS = 250.0
OTHERS = 200
PAUSE_SECONDS = 0.3
"""Between two lines, so that each finds a reader at rest."""


def running(control: Control) -> tuple[RunId, int]:
    """A run whose only stage runs, and its fence."""
    run_id = submit(
        Request(plan_of("live"), {}),
        store=control.store,
        objects=control.objects,
        now=control.now(),
        random_bits=control.random_bits,
    )
    (assignment,) = control.desk.claim(owner="benchmark", limit=1, run_id=run_id).assignments
    return run_id, assignment.order.fence


def follow(client: Client, run_id: RunId, heard: Queue[float] | None) -> http.client.HTTPResponse:
    """Follow a run's log: the moment when each line came goes to the queue."""
    connection = http.client.HTTPConnection(client.connection.host, client.connection.port, timeout=60)
    headers = {"authorization": f"Bearer {client.token}", "connection": "close"}
    connection.request("GET", f"/api/v1/runs/{run_id}/logs/live", headers=headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(answer.read())

    def read() -> None:
        for raw in answer:
            if heard is not None and raw.startswith(b"data: ") and "text" in json.loads(raw[6:]):
                heard.put(perf_counter())

    if heard is not None:
        threading.Thread(target=read, daemon=True).start()
    return answer


def delays(control: Control, client: Client, *, lines: int, ringing: bool) -> tuple[list[float], list[float]]:
    """Milliseconds from the report of a line until it was recorded, and until it was heard."""
    run_id, fence = running(control)
    heard: Queue[float] = Queue()
    follow(client, run_id, heard)
    recorded, arrived = [], []
    for number in range(lines):
        sleep(PAUSE_SECONDS)
        line = LogLine(control.now(), "INFO", f"line {number}")
        begun = perf_counter()
        if ringing:
            control.desk.report(run_id, [Lines(0, fence, (line,))])
        else:
            with control.store.transaction() as tx:
                tx.logs.append([LogChunk(run_id, 0, fence, number, (line,))])
        recorded.append((perf_counter() - begun) * 1000)
        arrived.append((heard.get(timeout=10) - begun) * 1000)
    return recorded, arrived


def lines_of(what: str, measured: tuple[list[float], list[float]], *, budget: float | None) -> list[Line]:
    """Median and 95th percentile beside the record alone."""
    recorded, arrived = measured
    high = (statistics.quantiles(part, n=20)[-1] for part in (arrived, recorded))
    return [
        Line(f"{what}, median", statistics.median(arrived), "ms", baseline=statistics.median(recorded)),
        Line(f"{what}, 95th percentile", next(high), "ms", budget=budget, baseline=next(high)),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=40)
    given = parser.parse_args()
    found = []
    with workplace() as folder, served(folder) as (control, client):
        alone = delays(control, client, lines=given.lines, ringing=True)
        found += lines_of("one follower", alone, budget=BUDGET_MS)
        with ExitStack() as others:
            for _ in range(OTHERS // 10):
                run_id, _ = running(control)
                for _ in range(10):
                    others.enter_context(follow(client, run_id, None))
            crowd = delays(control, client, lines=given.lines, ringing=True)
        found += lines_of(f"beside {OTHERS} who follow other runs", crowd, budget=BUDGET_MS)
        deaf = delays(control, client, lines=given.lines // 4, ringing=False)
        found += lines_of("without a bell", deaf, budget=None)
    report("A log line from the desk to the socket of a follower", found)


if __name__ == "__main__":
    main()

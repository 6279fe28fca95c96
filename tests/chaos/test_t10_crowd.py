"""T10: eight workers empty one queue over HTTP. No stage is given twice, and nobody hears of a lock (P3 P15).

The stores alone are tested so in ``tests/storage``, PostgreSQL with sixteen connections among them.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest
from chaos_scale import size
from storm_client import Client
from storm_world import World

pytestmark = pytest.mark.slow

STAGES = size(commit=500, ci=5_000, night=100_000)
STAGES_EACH = 50
WORKERS = 8
SCRIPT = "def execute():\n    return 1\n"


@dataclass
class Taken:
    """What one worker took, and how long each claim took it, in seconds."""

    stages: list[tuple[str, int]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def queue(client: Client) -> None:
    """Runs of many stages of which none waits for another."""
    steps = [{"name": f"s{n}", "file_path": "one.py", "output_dataframe": f"o{n}"} for n in range(STAGES_EACH)]
    document = json.dumps({"model_name": "crowd", "prediction_steps": steps})
    client.ask("POST", "/pipelines", {"file": "p.json", "document": document, "scripts": {"one.py": SCRIPT}})
    for _ in range(STAGES // STAGES_EACH):
        client.ask("POST", "/runs", {"pipeline": "crowd", "use_cache": False})


def work(client: Client, number: int, start: threading.Barrier, taken: Taken) -> None:
    """Claim one stage after the other and say that it is done, until there is none."""
    me = {"nonce": f"{number:016x}", "name": f"w{number}", "pools": ["default"]}
    owner = client.ask("POST", "/work/register", me)["owner"]
    start.wait()
    count = 0
    while True:
        count += 1
        begun = time.perf_counter()
        given = client.ask("POST", "/work/claim", {"owner": owner, "number": count, "room": 1})
        taken.seconds.append(time.perf_counter() - begun)
        orders = [a["order"] for recorded in given["recorded"] for a in recorded["assignments"]]
        if not orders:
            return
        for order in orders:
            taken.stages.append((order["run"], order["stage"]))
            client.ask("POST", "/work/report", done(owner, count, order))


def done(owner: str, number: int, order: dict[str, Any]) -> dict[str, Any]:
    """The report of a stage of one step that gave a small value."""
    (step,) = order["steps"]
    output = {"kind": "value", "address": "0" * 64, "size": 1, "format": "json", "value": 1, "inline": True}
    who = {"stage": order["stage"], "fence": order["fence"]}
    finished = {"t": "finished", **who, "step": step["no"], "seconds": 0.0, "at": 0.0, "output": output, "inputs": {}}
    return {"owner": owner, "number": number, "run": order["run"], "heard": [finished, {"t": "stage_done", **who}]}


def test_t10_eight_workers_empty_a_servers_queue_without_taking_a_stage_twice(tmp_path: Path) -> None:
    world = World(tmp_path, workers=0, more={"PAUTA_SERVER_WORKER": "false", "PAUTA_QUEUE_LEASE_SECONDS": "30"})
    with world.standing():
        with world.client() as client:
            queue(client)
            asked = {"name": "crowd", "role": "worker", "pools": ["default"]}
            token = client.ask("POST", "/tokens", asked)["text"]
        counts: Counter[str] = Counter()
        start, taken = threading.Barrier(WORKERS), [Taken() for _ in range(WORKERS)]
        clients = [Client(world.ports, lambda: token, counts) for _ in range(WORKERS)]
        begun = time.perf_counter()
        threads = [threading.Thread(target=work, args=(clients[n], n, start, taken[n])) for n in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        whole = time.perf_counter() - begun
        for client in clients:
            client.close()
        with world.client() as client:
            runs = client.ask("GET", "/status")["runs"]
        world.end()
    stages = [stage for each in taken for stage in each.stages]
    cuts = quantiles([second for each in taken for second in each.seconds], n=100)
    print(
        f"{len(stages)} stages in {whole:.1f} s by {WORKERS} workers; a claim over HTTP: "
        f"median {cuts[49] * 1e3:.1f} ms, p99 {cuts[98] * 1e3:.1f} ms"
    )
    assert len(stages) == STAGES
    assert len(set(stages)) == STAGES
    assert runs == {"completed": STAGES // STAGES_EACH}
    assert set(counts) <= {"200", "201"}, counts
    assert world.faults == []

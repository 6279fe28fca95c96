"""How fast does a server start runs, how many does it bring to their end, and what does it weigh idle?

A real `pauta server` in a process of its own, asked over HTTP by a client that keeps its connections. Every step
runs in a process of its own, and every accepted run is durable before its id is told.

python benchmarks/serving.py
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measuring import Line, bare_commits, report, workplace

LATENCIES = 200
RUNS = 1_000
CLIENTS = 4
IDLE_SECONDS = 5.0
SCRIPT = """import os, time

def execute(mark):
    descriptor = os.open({marks!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, f"{{mark}} {{time.time_ns()}}\\n".encode())
    os.close(descriptor)
    return 1
"""


class Client:
    """One connection to the server."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body) if body is not None else None
        self._connection.request(method, f"/api/v1{path}", data, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text)


@contextmanager
def server(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pauta = str(Path(sys.executable).with_name("pauta"))
    environment = {**os.environ, "PAUTA_SERVER_REQUESTS_PER_MINUTE": "0"}
    process = subprocess.Popen(
        [pauta, "server", "--port", str(port)], cwd=folder, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        found = folder / ".pauta" / "server.json"
        deadline = time.monotonic() + 30
        while not found.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        yield process, port, json.loads(found.read_text())["token"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def marks_of(path: Path) -> dict[int, int]:
    """Mark → nanoseconds at which the script's first line ran."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {int(mark): int(at) for mark, at in (line.split() for line in lines)}


def wait_for(path: Path, count: int) -> None:
    deadline = time.monotonic() + 300
    while len(marks_of(path)) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(marks_of(path))} of {count} ran")
        time.sleep(0.01)


def submit(client: Client, mark: int) -> None:
    client.ask("POST", "/runs", {"pipeline": "bench", "parameters": {"mark": mark}})


def latencies(client: Client, marks: Path) -> list[float]:
    """Milliseconds from before the request is sent to the script's first line, one run at a time."""
    taken = []
    for mark in range(LATENCIES):
        asked = time.time_ns()
        submit(client, mark)
        while mark not in (found := marks_of(marks)):
            time.sleep(0.002)
        taken.append((found[mark] - asked) / 1e6)
        time.sleep(0.03)
    return sorted(taken[10:])


def throughput(port: int, token: str) -> tuple[float, float]:
    """Runs a second from the first request to the last run's end; milliseconds of one accepted request."""
    before = completed(Client(port, token))
    spent: list[float] = []

    def ask(first: int) -> None:
        client = Client(port, token)
        for mark in range(first, first + RUNS // CLIENTS):
            began = time.perf_counter()
            submit(client, mark)
            spent.append(time.perf_counter() - began)

    threads = [threading.Thread(target=ask, args=(10_000 + n * RUNS,)) for n in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    watcher = Client(port, token)
    while completed(watcher) < before + RUNS:
        time.sleep(0.05)
    return RUNS / (time.perf_counter() - began), sorted(spent)[len(spent) // 2] * 1e3


def completed(client: Client) -> int:
    return int(client.ask("GET", "/status")["runs"].get("completed", 0))


def resident(process: int) -> float:
    """MiB of the server's own process."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def publish(client: Client, marks: Path) -> None:
    document = {
        "model_name": "bench",
        "parameters": {"mark": {"type": "integer"}},
        "prediction_steps": [
            {
                "name": "only",
                "file_path": "only.py",
                "kwargs": {"mark": {"param": "mark"}},
                "output_dataframe": "value",
                "cache": False,
            }
        ],
    }
    scripts = {"only.py": SCRIPT.format(marks=str(marks))}
    client.ask("POST", "/pipelines", {"file": "p.json", "document": json.dumps(document), "scripts": scripts})


def main() -> int:
    """Measure and print."""
    with workplace() as folder:
        project = folder / "project"
        project.mkdir()
        (project / "pauta.toml").write_text("")
        marks = folder / "marks"
        commit = bare_commits(folder, synchronous="FULL") * 1e3
        with server(project) as (process, port, token):
            client = Client(port, token)
            time.sleep(IDLE_SECONDS)
            idle = resident(process.pid)
            publish(client, marks)
            submit(client, 9_999)
            wait_for(marks, 1)
            taken = latencies(client, marks)
            rate, accepted = throughput(port, token)
            weight = resident(process.pid)
        shutil.rmtree(project)
    lines = [
        Line("bare durable commit", commit, "ms"),
        Line("submit -> first line, median", taken[len(taken) // 2], "ms", 10.0),
        Line("submit -> first line, p99", taken[int(len(taken) * 0.99)], "ms", 50.0),
        Line("an accepted request under load, median", accepted, "ms", None, commit),
        Line("ms a run, one-step runs under load", 1_000 / rate, "ms", 5.0),
        Line("server idle, resident", idle, "MiB", 150.0),
        Line("server after the load, resident", weight, "MiB"),
    ]
    report(f"Serving: {RUNS} one-step runs at {rate:.0f} a second", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())

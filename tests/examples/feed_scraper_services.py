"""The feed and the back end of the example on free ports, in processes of their own or in this one."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import uvicorn
from example_files import EXAMPLES, load
from fastapi import FastAPI

EXAMPLE = EXAMPLES / "feed_scraper"
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Services:
    """Where they answer, and the back end's file."""

    feed: str
    backend: str
    csv: Path

    def rows(self) -> list[dict[str, str]]:
        """The rows of the back end's file."""
        with self.csv.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    @property
    def parameters(self) -> list[str]:
        """The options by which a run is sent to them."""
        return ["--param", f"feed={self.feed}", "--param", f"backend={self.backend}"]


@contextmanager
def services(csv_file: Path, *, posts: int = 60, seed: int = 1, refusals: int = 0) -> Iterator[Services]:
    """Both services, as long as the block lasts."""
    feed_app = load(EXAMPLE / "feed" / "app.py").create_app(seed=seed, posts=posts, refusals=refusals)
    backend_app = load(EXAMPLE / "backend" / "app.py").create_app(csv_file)
    with answering(feed_app) as feed, answering(backend_app) as backend:
        yield Services(feed, backend, csv_file)


@contextmanager
def answering(app: FastAPI) -> Iterator[str]:
    """An application in a thread of this process, as long as the block lasts; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE_SECONDS)


@contextmanager
def serving(program: str, ready: str, *options: str | Path) -> Iterator[str]:
    """A program of the example, as long as the block lasts; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, EXAMPLE / program, "--port", str(port), *options]
    process = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address + ready, process)
        yield address
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            urlopen(url, timeout=5).close()
            return
        except OSError:
            assert process.poll() is None, f"it ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.05)


def get(url: str) -> Any:
    """What a GET is answered with."""
    with urlopen(url, timeout=10) as answer:
        return json.load(answer)


def post(url: str, body: Any) -> tuple[int, Any]:
    """The status and the body that a POST is answered with."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urlopen(Request(url, data=data, headers={"Content-Type": "application/json"}), timeout=30) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refusal:
        return refusal.code, json.load(refusal)

"""A server, and workers that share nothing with it but a port, for flows in real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from served_project import PATIENCE_SECONDS, ServedProject, eventually

FINAL = frozenset({"completed", "failed", "crashed", "cancelled"})
QUICK = {
    "PAUTA_QUEUE_LEASE_SECONDS": "6",
    "PAUTA_QUEUE_HEARTBEAT_SECONDS": "1",
    "PAUTA_QUEUE_REAPER_SECONDS": "0.5",
    "PAUTA_SERVER_REQUESTS_PER_MINUTE": "0",
}
_LEAVING_SECONDS = 5.0


class Refused(Exception):
    """The server's answer is no, with its status and problem."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status} {body}")
        self.status = status


@dataclass
class FlowHouse:
    """A served project whose scripts are flows.

    Attributes:
        workers: Processes of workers, by name.
    """

    project: ServedProject
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    # ---- asking -------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of the answer.

        Raises:
            Refused: It is no.
        """
        found = self.project.written
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {found['token']}", "Content-Type": "application/json"}
        request = urllib.request.Request(found["url"] + "/api/v1" + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode()) from error

    def publish(self, script: str, *flows: str, **parameters: str) -> None:
        """Publish these flows of a script, each as a pipeline of its name, with these parameters and their types."""
        for flow in flows:
            given = {name: {"param": name} for name in parameters}
            step = {"name": flow, "file_path": f"flows.py:{flow}", "output_dataframe": "result", "kwargs": given}
            declared = {name: {"type": kind} for name, kind in parameters.items()}
            document = {"model_name": flow, "parameters": declared, "prediction_steps": [step]}
            self.publish_document(document, {"flows.py": script})

    def publish_document(self, document: Mapping[str, Any], scripts: Mapping[str, str]) -> None:
        """Publish a document."""
        body = {"file": "pipeline.json", "document": json.dumps(document), "scripts": dict(scripts)}
        self.ask("POST", "/pipelines", body)

    def submit(self, flow: str, *, pool: str = "default", **parameters: Any) -> str:
        """Ask for a run; its id."""
        body = {"pipeline": flow, "parameters": parameters, "pool": pool}
        return str(self.ask("POST", "/runs", body)["run"])

    def pool(self, name: str) -> str:
        """Make a pool."""
        self.ask("POST", "/pools", {"name": name})
        return name

    # ---- looking ------------------------------------------------------------------------------

    def view(self, run: str) -> dict[str, Any]:
        return dict(self.ask("GET", f"/runs/{run}"))

    def state(self, run: str) -> str:
        return str(self.view(run)["state"])

    def ended(self, run: str, *, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """The run once it is final."""
        end = time.monotonic() + seconds
        while (view := self.view(run))["state"] not in FINAL:
            assert time.monotonic() < end, f"waited in vain: {self.told(run)}"
            assert view["state"] != "held", self.told(run)
            time.sleep(0.05)
        return view

    def completes(self, run: str, *, seconds: float = PATIENCE_SECONDS) -> Any:
        """What the flow gave, when it is a small value."""
        view = self.ended(run, seconds=seconds)
        assert view["state"] == "completed", self.told(run)
        return self.value(run)

    def value(self, run: str) -> Any:
        """The small value that a run gave."""
        return self.ask("GET", f"/runs/{run}/frames/result").get("value")

    def calls(self, run: str) -> list[dict[str, Any]]:
        return list(self.ask("GET", f"/runs/{run}/calls?limit=10000")["calls"])

    def children(self, run: str) -> list[dict[str, Any]]:
        return list(self.ask("GET", f"/runs/{run}/children")["runs"])

    def attempts(self, run: str) -> list[dict[str, Any]]:
        return list(self.ask("GET", f"/runs/{run}/attempts")["attempts"])

    def lines(self, run: str) -> list[dict[str, Any]]:
        return list(self.ask("GET", f"/runs/{run}/logs?limit=10000")["lines"])

    def waiting(self, run: str) -> list[dict[str, Any]]:
        return list(self.ask("GET", f"/waiting?run={run}")["waiting"])

    def told(self, run: str) -> str:
        """All that is on record of a run."""
        parts = [self.view(run), self.attempts(run), self.calls(run), self.children(run)]
        return json.dumps([*parts, self.ask("GET", "/workers")], indent=1)

    # ---- workers ------------------------------------------------------------------------------

    def worker(self, name: str, *, pools: Sequence[str] = ("default",), slots: int = 2, **environment: str) -> None:
        """Start a worker in a home of its own, as on another machine."""
        home = self.project.folder.parent / name
        home.mkdir()
        asked = {"name": name, "role": "worker", "pools": list(pools)}
        token = self.ask("POST", "/tokens", asked)["text"]
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PAUTA_")}
        mine = {**kept, "PAUTA_TOKEN": token, "XDG_CACHE_HOME": str(home / "cache"), **environment}
        chosen = [word for pool in pools for word in ("--pool", pool)]
        command = [
            sys.executable, "-m", "pauta", "worker", "start", *chosen, "--server", self.project.written["url"],
            "--slots", str(slots), "--name", name,
        ]  # fmt: skip
        with (home / "log").open("wb") as log:
            process = self.workers[name] = subprocess.Popen(command, cwd=home, env=mine, stdout=log, stderr=log)
        eventually(lambda: name in self._known_workers() or process.poll() is not None)
        assert process.poll() is None, (home / "log").read_text()

    def _known_workers(self) -> set[str]:
        return {worker["name"] for worker in self.ask("GET", "/workers")["workers"]}

    def objects_at(self, name: str) -> set[str]:
        """Addresses of the objects that a worker has."""
        return {file.name for file in (self.project.folder.parent / name).rglob("objects/??/*") if file.is_file()}

    def close(self) -> None:
        """End everybody; shown when a test fails."""
        for process in self.workers.values():
            if process.poll() is None:
                process.terminate()
        for name, process in self.workers.items():
            try:
                process.wait(_LEAVING_SECONDS)
            except subprocess.TimeoutExpired:  # it finishes what runs
                process.kill()
                process.wait()
            print(name, (self.project.folder.parent / name / "log").read_text()[-3000:])
        if self.project.server is not None:
            self.project.stop()
        print((self.project.folder / "server.log").read_text()[-3000:])


@contextmanager
def flow_house(folder: Path, *flags: str, **environment: str) -> Iterator[FlowHouse]:
    """A house for as long as the block lasts; `flags` are the server's."""
    project = ServedProject(folder / "server", {**QUICK, **environment})
    project.folder.mkdir(parents=True)
    (project.folder / "pauta.toml").write_text("")
    house = FlowHouse(project)
    project.start(*flags)
    try:
        yield house
    finally:
        house.close()


__all__ = ["FINAL", "FlowHouse", "Refused", "eventually", "flow_house"]

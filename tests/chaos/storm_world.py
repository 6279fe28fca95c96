"""A project with real servers and workers that are started again whenever they die, and people who ask for runs."""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kept_processes import Keeper, Kept, marked
from storm_client import Client, Refused
from storm_flows import ANSWER, flow_publication
from storm_pipelines import PIPELINES, publication

QUICK = {
    "PAUTA_QUEUE_LEASE_SECONDS": "2",
    "PAUTA_QUEUE_HEARTBEAT_SECONDS": "0.5",
    "PAUTA_QUEUE_REAPER_SECONDS": "0.5",
    "PAUTA_SERVER_REQUESTS_PER_MINUTE": "0",
    "PAUTA_WORKER_SLOTS": "2",
}
FINAL = {"completed", "failed", "crashed", "cancelled"}
_START_SECONDS = 60.0
_MARK = "LC_STORM"
"""A variable that scripts inherit, with the storm's folder in it: by that its processes are known."""


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Wish:
    """A run that somebody wants."""

    number: int
    pipeline: str
    seconds: float

    @property
    def body(self) -> dict[str, Any]:
        parameters = {"n": self.number, "seconds": self.seconds}
        return {"pipeline": self.pipeline, "parameters": parameters, "use_cache": False}


@dataclass
class World:
    """A project folder, its servers, its workers elsewhere.

    Attributes:
        counts: What clients were answered.
        accepted: Number of the wish → the run's id.
        ups: Wall-clock nanoseconds at which a server answered again after it had not.
        faults: What was found wrong while the storm lasted.
    """

    folder: Path
    servers: int = 1
    workers: int = 2
    more: Mapping[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    accepted: dict[int, str] = field(default_factory=dict)
    ups: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.project = self.folder / "project"
        self.ledger = self.folder / "ledger"
        self.ports = [free_port() for _ in range(self.servers)]
        self.token = ""
        self.kept: list[Kept] = []
        self.keeper = Keeper(self.kept)
        self._over = threading.Event()
        self._calm = threading.Event()

    # ---- starting and ending ------------------------------------------------------------------

    @contextmanager
    def standing(self) -> Iterator[World]:
        """For as long as the block lasts, whoever dies is started again."""
        self.project.mkdir(parents=True)
        (self.project / "pauta.toml").write_text("")
        self.kept.extend(self._server(port) for port in self.ports)
        with self.keeper:
            self._wait_for_token()
            with self.client() as client:
                credential = self._furnish(client)
            for number in range(self.workers):
                worker = self._worker(number, credential)
                worker.start()
                self.kept.append(worker)
            probes = [threading.Thread(target=self._probe, args=(port,)) for port in self.ports]
            for probe in probes:
                probe.start()
            try:
                yield self
            finally:
                self._over.set()
                for probe in probes:
                    probe.join()

    def _furnish(self, client: Client) -> str:
        """Publish what is to run; the workers' credential."""
        for name in PIPELINES:
            client.ask("POST", "/pipelines", publication(name, self.ledger))
        client.ask("POST", "/pipelines", flow_publication(self.ledger))
        self.token = client.ask("POST", "/tokens", {"name": "storm", "role": "admin"})["text"]
        asked = {"name": "workers", "role": "worker", "pools": ["default"]}
        return str(client.ask("POST", "/tokens", asked)["text"])

    def end(self) -> None:
        """End workers first, then servers; nothing may be left."""
        self.keeper.stop()
        for each in reversed(self.kept):
            if (code := each.end()) != 0:
                self.faults.append(f"{each.kind} ended with {code}: {each.log.read_text(errors='replace')[-2000:]}")
            self.faults.extend(each.faults)
        deadline = time.monotonic() + 10
        while (left := marked(str(self.folder))) and time.monotonic() < deadline:
            time.sleep(0.05)
        if left:
            told = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in left]
            self.faults.append(f"P8: processes are left: {left} {told}")

    def _environment(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PAUTA_")}
        return {**kept, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", _MARK: str(self.folder), **more}

    def _server(self, port: int) -> Kept:
        environment = {**self._environment(), **QUICK, **self.more}
        command = [sys.executable, "-m", "pauta", "server", "--port", str(port)]
        return Kept("server", command, self.project, environment, self.folder / f"server-{port}.log")

    def _worker(self, number: int, token: str) -> Kept:
        home = self.folder / f"worker{number}"
        home.mkdir()
        environment = self._environment(PAUTA_TOKEN=token, XDG_CACHE_HOME=str(home / "cache"))
        url = f"http://127.0.0.1:{self.ports[number % len(self.ports)]}"
        command = [
            sys.executable, "-m", "pauta", "worker", "start", "--pool", "default", "--server", url,
            "--slots", "2", "--name", f"w{number}",
        ]  # fmt: skip
        return Kept("worker", command, home, environment, self.folder / f"worker{number}.log")

    def _wait_for_token(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        found = self.project / ".pauta" / "server.json"
        while not (found.exists() and all(is_up(port) for port in self.ports)):
            assert time.monotonic() < deadline, "".join(k.log.read_text() for k in self.kept)
            time.sleep(0.02)
        self.token = json.loads(found.read_text())["token"]

    def _probe(self, port: int) -> None:
        up = True
        while not self._over.wait(0.02):
            now = is_up(port)
            if now and not up:
                self.ups.append(time.time_ns())
            up = now

    # ---- asking -------------------------------------------------------------------------------

    def client(self) -> Client:
        """Somebody who asks."""
        return Client(self.ports, lambda: self.token, self.counts)

    def submit(self, wishes: Sequence[Wish], before: Callable[[Wish], None] = lambda _: None) -> None:
        """Ask for these runs, each under a key of its own, until each is accepted; twice, to get the same run."""
        with self.client() as client:
            for wish in wishes:
                before(wish)
                key = f"wish {wish.number}"
                run = client.ask("POST", "/runs", wish.body, key=key)["run"]
                again = client.ask("POST", "/runs", wish.body, key=key)["run"]
                if again != run:
                    self.faults.append(f"P1: one key gave two runs: {run} {again}")
                self.accepted[wish.number] = run

    def submitting(
        self, wishes: Sequence[Wish], *, threads: int, before: Callable[[Wish], None]
    ) -> list[threading.Thread]:
        """Several people, each asking for a share of the runs; started."""
        shares = [wishes[n::threads] for n in range(threads)]
        begun = [threading.Thread(target=self._guarded, args=(self.submit, share, before)) for share in shares]
        for thread in begun:
            thread.start()
        return begun

    def _guarded(self, act: Callable[..., None], *arguments: Any) -> None:
        try:
            act(*arguments)
        except (AssertionError, Refused) as error:
            self.faults.append(str(error))

    @contextmanager
    def answered(self) -> Iterator[None]:
        """For as long as the block lasts two people answer what flows ask, often both at once."""
        over = threading.Event()
        threads = [threading.Thread(target=self._guarded, args=(self._answer, over)) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def _answer(self, over: threading.Event) -> None:
        with self.client() as client:
            while not over.wait(0.1):
                for each in client.ask("GET", "/waiting?limit=500")["waiting"]:
                    # Each answer goes to another server than the one before.
                    client.turn()
                    with suppress(Refused):  # the other one was quicker
                        client.ask("POST", f"/runs/{each['run']}/calls/{each['call']}/answer", {"value": ANSWER})

    @contextmanager
    def watched(self) -> Iterator[None]:
        """For as long as the block lasts somebody looks again and again whether runs are stuck or go backwards."""
        thread = threading.Thread(target=self._guarded, args=(self._watch,))
        thread.start()
        try:
            yield
        finally:
            self._calm.set()
            thread.join()

    def _watch(self) -> None:
        ended: dict[str, str] = {}
        with self.client() as client:
            while not self._calm.wait(0.3):
                standing = client.ask("GET", "/status")
                if standing["stuck"]:
                    self.faults.append(f"P2: {standing['stuck']} runs are stuck")
                for line in client.ask("GET", "/runs?limit=500&children=true")["runs"]:
                    if ended.get(line["run"], line["state"]) != line["state"]:
                        self.faults.append(f"P5: run {line['run']} was {ended[line['run']]} and is {line['state']}")
                    if line["state"] in FINAL:
                        ended[line["run"]] = line["state"]

    def bring_to_end(self, *, seconds: float) -> int:
        """Wait until all runs are final; runs that are held are resumed. How often one was."""
        resumed, deadline = 0, time.monotonic() + seconds
        with self.client() as client:
            while open_ := [line for line in all_runs(client, children=True) if line["state"] not in FINAL]:
                if time.monotonic() > deadline:
                    raise AssertionError(f"{len(open_)} runs do not end: {history(client, open_[0]['run'])}")
                for line in open_:
                    if line["state"] == "held":
                        client.ask("POST", f"/runs/{line['run']}/resume")
                        resumed += 1
                time.sleep(0.2)
        return resumed


def all_runs(client: Client, *, children: bool = False) -> list[dict[str, Any]]:
    """Every run on record, newest first; those that flows began only if they are asked for."""
    found: list[dict[str, Any]] = []
    before = f"&children={str(children).lower()}"
    while True:
        page = client.ask("GET", f"/runs?limit=500{before}")
        found += page["runs"]
        if page["next"] is None:
            return found
        before = f"&children={str(children).lower()}&before={page['next']}"


def history(client: Client, run: str) -> str:
    """All that is on record of a run, to find out why it stands still."""
    found = [client.ask("GET", f"/runs/{run}{of}") for of in ("/steps", "/attempts", "/events", "/calls")]
    return json.dumps([*found, client.ask("GET", "/workers"), client.ask("GET", "/status")], indent=1)


def is_up(port: int) -> bool:
    """Whether a server answers there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2.0)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

"""A server on a real port for tests of workers that reach it over HTTP, and pipelines for it to hand out."""

from __future__ import annotations

import json
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from pauta.adapters import clock
from pauta.adapters.folder_objects import FolderObjects
from pauta.domain.access import Role
from pauta.domain.ids import RunId
from pauta.domain.runs import Attempt, Event, Run, Stage, StepRecord
from pauta.domain.settings import QueueSettings, ServerSettings, Settings
from pauta.server.app import create_app
from pauta.server.routes import work
from pauta.services.accept_reading import read_input_file
from pauta.services.access import Wanted, make_token
from pauta.services.control import Control
from pauta.services.desk import Desk, Hooks, Machine
from pauta.services.inputs import bring_in
from pauta.services.prepare import prepare
from pauta.services.reaping import Reaper
from pauta.services.submit import Request, submit
from pauta.storage.sqlite import open_sqlite

T = TypeVar("T")


def soon(look: Callable[[], T | None], *, seconds: float = 20.0, what: str = "") -> T:
    """What `look` gives as soon as that is something; fails when it takes too long."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain {what}: {found!r}")
        time.sleep(0.01)


class LocalBell:
    """Counts rings by subject."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._changed = threading.Condition()

    def ring(self, subject: str) -> None:
        with self._changed:
            self._counts[subject] = self._counts.get(subject, 1) + 1
            self._changed.notify_all()

    def wait(self, subject: str, *, seen: int, timeout: float) -> int:
        with self._changed:
            self._changed.wait_for(lambda: seen == 0 or self._counts.get(subject, 1) != seen, timeout)
            return self._counts.get(subject, 1)

    def close(self) -> None:
        with self._changed:
            self._changed.notify_all()


class Site:
    """A project with its records, and what a server needs."""

    def __init__(self, folder: Path, *, queue: QueueSettings | None = None, secret: bytes = b"s" * 32) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.settings = Settings(queue=queue or QueueSettings(), server=ServerSettings(requests_per_minute=0))
        records = folder / ".pauta"
        records.mkdir(exist_ok=True)
        self._stack = ExitStack()
        store = open_sqlite(records)
        self._stack.callback(store.close)
        objects = FolderObjects(records / "objects")
        bell = LocalBell()
        self._stack.callback(bell.close)
        machine = Machine(
            now=clock.now,
            chance=lambda: 0.5,
            random_bits=secrets.randbits,
            lease=timedelta(seconds=self.settings.queue.lease_seconds),
        )
        self.control = Control(
            folder=folder,
            records=records,
            store=store,
            objects=objects,
            desk=Desk(store, objects, machine=machine, runtime="py", hooks=Hooks(ring=bell.ring)),
            bell=bell,
            now=clock.now,
            random_bits=clock.random_bits,
            secret=secret,
            look_up=lambda name: None,
            runtime="py",
            version="0",
        )
        self.app = create_app(self.control, settings=self.settings, routes=[work.ROUTES])
        self._over = threading.Event()
        self._server: uvicorn.Server | None = None
        self.port = 0

    # ---- serving ------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, port: int = 0) -> None:
        """Answer on a port, in a thread; rescue what lost workers held, in another."""
        listening = socket.create_server(("127.0.0.1", port))
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(self.app, log_config=None, access_log=False, lifespan="off", ws="none")
        config.timeout_graceful_shutdown = 1
        server = self._server = uvicorn.Server(config)
        server.capture_signals = ExitStack  # type: ignore[method-assign]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        self._stack.callback(listening.close)
        self._stack.callback(thread.join)
        soon(lambda: server.started)
        reaping = threading.Thread(target=self._reap)
        reaping.start()
        self._stack.callback(reaping.join)

    def _reap(self) -> None:
        queue = self.settings.queue
        reaper = Reaper(
            self.control.store,
            self.control.desk,
            lease_seconds=queue.lease_seconds,
            lost_seconds=queue.heartbeat_seconds * 3,
            monotonic=time.monotonic,
        )
        while not self._over.wait(min(queue.reaper_seconds, queue.lease_seconds / 5)):
            reaper.look(now=clock.now())

    def close(self) -> None:
        self._over.set()
        if self._server is not None:
            self._server.should_exit = True
            streams = getattr(_inner(self.app).state, "streams", None)
            if streams is not None:
                streams.close()
        self._stack.close()

    # ---- what people do -----------------------------------------------------------------------

    def token(self, role: Role = Role.WORKER, pools: Sequence[str] = ("default",)) -> str:
        """The text of a new token."""
        wanted = Wanted(role=role, name="t", pools=tuple(pools) if role is Role.WORKER else ())
        row, text = make_token(wanted, created_by="test", now=clock.now(), random_bits=clock.random_bits)
        with self.control.store.transaction() as tx:
            assert tx.tokens.add(row)
        return text

    def submit(
        self,
        scripts: Mapping[str, str],
        *steps: Mapping[str, Any],
        pool: str = "default",
        inputs: Mapping[str, Path] | None = None,
        **more: Any,
    ) -> RunId:
        """Write the scripts and a document with these steps, and ask for a run."""
        for name, text in scripts.items():
            (self.folder / f"{name}.py").write_text(text)
        full = [{"file_path": f"{s['name']}.py", **s} for s in steps]
        path = self.folder / "pipeline.json"
        path.write_text(json.dumps({"model_name": "p", "prediction_steps": full, **more}))
        prepared = prepare(path, scripts=None, inputs=inputs or {}, only=None)
        files = {name: prepared.files[name] for name in prepared.plan.inputs}
        specs = {name: prepared.spec(name) for name in prepared.plan.inputs}
        store, objects = self.control.store, self.control.objects
        frames = bring_in(files, specs, store=store, objects=objects, read=read_input_file)
        request = Request(prepared.plan, frames, sources=prepared.sources, options=prepared.options, pool=pool)
        run = submit(request, store=store, objects=objects, now=clock.now(), random_bits=clock.random_bits)
        self.control.bell.ring(f"pool:{pool}")
        return run

    # ---- looking ------------------------------------------------------------------------------

    def run(self, run_id: RunId) -> Run:
        with self.control.store.transaction() as tx:
            run = tx.runs.get(run_id)
        assert run is not None
        return run

    def ended(self, run_id: RunId, *, seconds: float = 40.0) -> Run:
        """The run once it is final or held."""
        look = lambda: run if (run := self.run(run_id)).ended_at or run.state.value == "held" else None  # noqa: E731
        return soon(look, seconds=seconds, what=f"for run {run_id}")

    def steps(self, run_id: RunId) -> list[StepRecord]:
        with self.control.store.transaction() as tx:
            return tx.steps.of_run(run_id)

    def stages(self, run_id: RunId) -> list[Stage]:
        with self.control.store.transaction() as tx:
            return tx.stages.of_run(run_id)

    def attempts(self, run_id: RunId) -> list[Attempt]:
        with self.control.store.transaction() as tx:
            return tx.attempts.of_run(run_id)

    def events(self, run_id: RunId, kind: str | None = None) -> list[Event]:
        with self.control.store.transaction() as tx:
            return [e for e in tx.events.of_run(run_id) if kind is None or e.kind == kind]

    def lines(self, run_id: RunId) -> list[str]:
        with self.control.store.transaction() as tx:
            return [line.text for chunk in tx.logs.read(run_id) for line in chunk.lines]


def _inner(app: Any) -> Any:
    """FastAPI's application behind the gate."""
    return app._app

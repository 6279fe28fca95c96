"""A server on a real socket over a project folder of its own, and what its tests put on record."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from pauta.adapters import clock
from pauta.adapters.bell import LocalBell
from pauta.adapters.folder_objects import FolderObjects
from pauta.adapters.table_process import TableProcesses
from pauta.domain.access import Role
from pauta.domain.ids import Address, RunId
from pauta.domain.outputs import Kind, Output
from pauta.domain.runs import LogChunk, LogLine
from pauta.domain.settings import ServerSettings, Settings
from pauta.server.app import create_app
from pauta.server.routes.all import all_routes
from pauta.services.access import Wanted, make_token
from pauta.services.control import Control
from pauta.services.desk import Desk, Hooks, Machine
from pauta.storage.sqlite import open_sqlite
from store_samples import NOON, submit

PATIENCE_SECONDS = 20.0


@contextmanager
def opened(folder: Path) -> Iterator[Control]:
    """A control over a new project folder."""
    records = folder / ".pauta"
    records.mkdir()
    (records / "objects").mkdir()
    store, objects, bell = open_sqlite(records), FolderObjects(records / "objects"), LocalBell()
    desk = Desk(
        store,
        objects,
        machine=Machine(now=clock.now, chance=lambda: 0.5, random_bits=secrets.randbits),
        runtime="py",
        hooks=Hooks(ring=bell.ring),
    )
    try:
        yield Control(
            folder=folder,
            records=records,
            store=store,
            objects=objects,
            desk=desk,
            bell=bell,
            now=clock.now,
            random_bits=clock.random_bits,
            secret=b"s" * 32,
            look_up=lambda _: None,
            runtime="py",
            version="0",
            tables=TableProcesses(),
        )
    finally:
        bell.close()
        store.close()


def token_of(control: Control, role: Role = Role.ADMIN, *, pipelines: tuple[str, ...] = ()) -> str:
    """The text of a new token."""
    wanted = Wanted(role=role, name=role.value, pipelines=pipelines)
    token, text = make_token(wanted, created_by="test", now=control.now(), random_bits=control.random_bits)
    with control.store.transaction() as tx:
        tx.tokens.add(token)
    return text


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def codes(self) -> list[str]:
        return [problem["code"] for problem in self.json["problems"]]


class Client:
    """Asks the server at a port, each time over a connection of its own."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.headers = {"authorization": f"Bearer {token}", "connection": "close"}

    def __call__(self, method: str, path: str, *, body: Any = None, **headers: str) -> Answer:
        answer = self.opened(method, path, body=body, **headers)
        return Answer(answer.status, dict(answer.getheaders()), answer.read())

    def opened(self, method: str, path: str, *, body: Any = None, **headers: str) -> http.client.HTTPResponse:
        """An answer whose body was not read yet."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            named.setdefault("content-type", "application/json")
        try:
            connection.request(method, f"/api/v1{path}", body=body, headers=self.headers | named)
            return connection.getresponse()
        except OSError:
            connection.close()
            raise

    def events(self, path: str, **headers: str) -> Iterator[tuple[str, str, Any]]:
        """Events of a live stream: id, name, data."""
        answer = self.opened("GET", path, **headers)
        assert answer.status == 200, answer.read()
        fields: dict[str, str] = {}
        with answer:
            for raw in answer:
                line = raw.decode().rstrip("\n")
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "event" in fields:
                    yield fields.get("id", ""), fields["event"], json.loads(fields["data"])
                    fields = {}


@contextmanager
def serving(control: Control, **settings: Any) -> Iterator[int]:
    """A server for this control; its port."""
    kept = replace_server(Settings(), settings)
    app = create_app(control, settings=kept, routes=all_routes())
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    until(lambda: server.started)
    try:
        yield listening.getsockname()[1]
    finally:
        app.end_streams()
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
        listening.close()


def replace_server(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """These settings with other ones for the server."""
    return Settings(server=ServerSettings(**{"requests_per_minute": 0, **changes}))


def until(is_so: Any) -> None:
    """Wait for something, not for ever."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def add_log(control: Control, run: RunId, *texts: str, first: int = 0, step: int = 0, level: str = "INFO") -> None:
    """Put lines on record, as the desk does, without ringing."""
    lines = tuple(LogLine(NOON, level, text) for text in texts)
    with control.store.transaction() as tx:
        tx.logs.append([LogChunk(run, step, 1, first, lines)])


def frame_run(control: Control, table: Any, *, number: int = 1) -> RunId:
    """A run that took this table in as the frame ``sales``."""
    from pauta.frames.encode import encode
    from pauta.frames.profile import profile

    encoded = encode(table, name="sales")
    with control.objects.writing() as writing:
        encoded.write(writing)
        stored = writing.finish()
    output = Output(Kind.FRAME, stored.address, stored.size, "arrow", "pandas", encoded.rows, encoded.columns)
    inline = Output(Kind.VALUE, Address("0" * 64), 1, "json", value=1, inline=True)
    run, _, _ = submit(control.store, number, inputs={"sales": output, "limit": inline})
    with control.store.transaction() as tx:
        tx.objects.put_profile(stored.address, profile(encoded.table))
    return run.id


def changed(record: Any, **changes: Any) -> Any:
    """A struct with other fields."""
    from msgspec.structs import replace as replaced

    return replaced(record, **changes)

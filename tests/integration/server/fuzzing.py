"""What the fuzzing of the API works with: a furnished server in this process, and requests as a fuzzer makes them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import requests
from looking import frame_run, opened, token_of
from schemathesis import Case, Response

from asking import Asking
from pauta.domain.access import Role
from pauta.domain.outputs import Column
from pauta.domain.problems import InvalidInput, Problem
from pauta.domain.settings import ServerSettings, Settings
from pauta.ports.tables import Rows, TableFile
from pauta.server.app import create_app
from pauta.server.routes.all import all_routes
from pauta.server.streaming import Pace, Streams
from pauta.services.access import Wanted, make_token
from pauta.services.control import Control

SCRIPT = "import pandas as pd\n\n\ndef execute(rows: int = 3):\n    return pd.DataFrame({'n': range(rows)})\n"
DOCUMENT = json.dumps(
    {
        "model_name": "sales",
        "training_steps": [{"name": "make", "file_path": "make.py", "output_dataframe": "sales", "dataframes": []}],
        "prediction_steps": [],
    }
)
MORNING = {"kind": "cron", "text": "0 6 * * *"}
HOOK = {"name": "hook", "kind": "webhook"}
_HASTE = Pace(look=0.001, poll=0.01, rest=0.0, beat=0.02, longest=0.05)


class InstantTables:
    """Reads no file: fuzzing is about the server, and a process for each request would take its time."""

    def read(self, path: Path, to: Path, *, format: str) -> TableFile:
        data = path.read_bytes()
        if not data:
            raise InvalidInput(Problem("CSV-001"))
        to.write_bytes(data)
        return TableFile(len(data), 1, (Column("n", "int64"),), {"preview": {"columns": [], "head": [], "tail": []}})

    def read_input(self, path: Path, to: Path, *, name: str, schema: Mapping[str, str], min_rows: int) -> TableFile:
        return self.read(path, to, format="csv")

    def shape(self, path: Path) -> TableFile | None:
        return None

    def export(self, path: Path, *, format: str, raw: bool) -> AbstractContextManager[Iterator[bytes]]:
        @contextmanager
        def pieces() -> Iterator[Iterator[bytes]]:
            yield iter([b"n\n", b"1\n"])

        return pieces()

    def rows(self, path: Path, *, first: int, count: int) -> Rows:
        return Rows(("n",), ((1,),), 1)


class House:
    """A server that has one of everything."""

    def __init__(self, control: Control) -> None:
        import pyarrow as pa

        self.control = replace(control, tables=InstantTables())
        settings = Settings(server=ServerSettings(requests_per_minute=0, hosts=("testserver",)))
        self.app = create_app(self.control, settings=settings, routes=all_routes())
        self.app._app.state.streams = Streams(control.bell, pace=_HASTE)  # type: ignore[attr-defined]
        self.admin, self.worker = token_of(control), _worker(control)
        self.ask = Asking(self.app, token=self.admin)
        self.run = frame_run(self.control, pa.table({"n": [1, 2]}))
        self.known: dict[str, str] = {}

    def furnish(self) -> None:
        """Make again whatever was removed, and remember the names of all things."""
        ask, api = self.ask, "/api/v1"
        publication = {"file": "pipeline.json", "document": DOCUMENT, "scripts": {"make.py": SCRIPT}}
        for path, body in (
            ("pipelines", publication),
            ("pools", {"name": "gpu"}),
            ("deployments", {"name": "nightly", "pipeline": "sales"}),
            ("deployments/nightly/schedules", {"name": "morning", "timing": MORNING}),
            ("deployments/nightly/triggers", HOOK),
        ):
            made = ask("POST", f"{api}/{path}", json=body)
            assert made.status in (200, 201, 409), made.text
        token = ask("POST", f"{api}/tokens", json={"name": "spare", "role": "viewer"})
        self.known = {
            "run": self.run,
            "other": self.run,
            "step": "step0",
            "frame": "sales",
            "version": "1",
            "path": "make.py",
            "script": "make.py",
            "key": "key:db",
            "owner": "nobody",
            "address": "0" * 64,
            "pipelines": "sales",
            "pools": "gpu",
            "deployments": "nightly",
            "schedules": self._first("schedules"),
            "triggers": self._first("triggers"),
            "tokens": token.json["id"],
        }

    def _first(self, subject: str) -> str:
        answer = self.ask("GET", f"/api/v1/{subject}")
        found = answer.json.get(subject) if answer.status == 200 else None
        return str(found[0]["id"]) if found else "none"

    def lead(self, case: Case) -> None:
        """Let the case speak of things that exist."""
        subject = case.path.removeprefix("/api/v1/").partition("/")[0]
        for name in case.path_parameters or {}:
            value = self.known.get(name) or self.known.get(subject)
            if value:
                case.path_parameters[name] = value

    def send(self, case: Case, *, token: str | None) -> Response:
        """Send the case in this process, as its client would."""
        wanted = ("method", "url", "headers", "params", "data", "json", "cookies", "files")
        kwargs = case.as_transport_kwargs(base_url="http://testserver")
        prepared = requests.Request(**{k: v for k, v in kwargs.items() if k in wanted}).prepare()
        body = prepared.body or b""
        ours = ("authorization", "content-length")
        headers = {k: _text(v) for k, v in prepared.headers.items() if k.lower() not in ours}
        path = quote(prepared.path_url, safe="/?&=%+:;,@!$'()*~-._[]")
        answer = self.ask(
            prepared.method or "GET",
            path,
            body=body.encode() if isinstance(body, str) else bytes(body),
            headers=[(k, v) for k, v in headers.items() if k.isascii()],
            token=token,
            host="testserver",
        )
        return Response(
            status_code=answer.status,
            headers={k: [v] for k, v in answer.headers.items()},
            content=answer.body,
            request=prepared,
            elapsed=0.0,
            verify=True,
        )

    def token_for(self, permission: str) -> str | None:
        """The token of somebody who may."""
        return {"work": self.worker, "signed": None}.get(permission, self.admin)


@contextmanager
def furnished(folder: Path) -> Iterator[House]:
    """A house in a new project folder."""
    with opened(folder) as control:
        house = House(control)
        with house.ask:
            yield house


def _worker(control: Control) -> str:
    wanted = Wanted(role=Role.WORKER, name="worker", pools=("default",))
    token, text = make_token(wanted, created_by="test", now=control.now(), random_bits=control.random_bits)
    with control.store.transaction() as tx:
        tx.tokens.add(token)
    return text


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def bounded(case: Case) -> None:
    """Nobody waits for long in a test."""
    for holder, name in ((case.query, "seconds"), (case.body, "wait_seconds")):
        if isinstance(holder, dict) and isinstance(holder.get(name), int | float):
            holder[name] = min(holder[name], 0.01)
    if case.path.endswith("/wait") and _may_wait((case.query or {}).get("seconds")):
        case.query = {**(case.query or {}), "seconds": 0.01}


def _may_wait(seconds: object) -> bool:
    try:
        return seconds is None or 0 <= float(str(seconds)) <= 60
    except ValueError:
        return False

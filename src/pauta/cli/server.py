"""``pauta server``: API, scheduler, reaper, retention and a worker in one process."""

from __future__ import annotations

from typing import Annotated

import typer

from pauta import __version__
from pauta.cli.served import alone
from pauta.cli.session import session_of
from pauta.domain.problems import InvalidInput, Problem, shorten

Host = Annotated[str | None, typer.Option("--host", metavar="HOST", help="opt.host")]
Port = Annotated[str | None, typer.Option("--port", metavar="PORT", help="opt.port")]
NoWorker = Annotated[bool, typer.Option("--no-worker", help="opt.no_worker")]
NoScheduler = Annotated[bool, typer.Option("--no-scheduler", help="opt.no_scheduler")]
NoReaper = Annotated[bool, typer.Option("--no-reaper", help="opt.no_reaper")]
NoRetention = Annotated[bool, typer.Option("--no-retention", help="opt.no_retention")]
Slots = Annotated[int | None, typer.Option("--slots", metavar="N", help="opt.worker_slots")]


def server(
    context: typer.Context,
    host: Host = None,
    port: Port = None,
    no_worker: NoWorker = False,
    no_scheduler: NoScheduler = False,
    no_reaper: NoReaper = False,
    no_retention: NoRetention = False,
    slots: Slots = None,
) -> int:
    """Serve the project of this folder until it is asked to end."""
    from pauta.assembly.serving import serve

    session = session_of(context)
    flags: dict[str, object] = {
        "server.host": host,
        "server.port": _port(port),
        "server.worker": False if no_worker else None,
        "server.scheduler": False if no_scheduler else None,
        "server.reaper": False if no_reaper else None,
        "server.retention": False if no_retention else None,
        "worker.slots": slots,
    }
    given = {name: value for name, value in flags.items() if value is not None}

    def greet(url: str, link: str) -> None:
        session.aside(session.words("server.serves", version=__version__, url=url))
        session.aside(session.words("server.link", link=link))

    return serve(session.project_folder(), flags=given, say=session.aside, greet=greet)


def _port(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or int(text) > 65_535:
        values = {"name": "--port", "found": f'"{shorten(text)}"', "expected": "0 … 65535"}
        raise InvalidInput(Problem("CLI-001", values, variant="value"))
    return int(text)


app = alone(server)

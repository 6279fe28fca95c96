"""``pauta worker``: who claims stages and runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pauta.cli.listing import Column, Row, done, local_time, show_list, state
from pauta.cli.pool import KINDS
from pauta.cli.served import command, noun, served
from pauta.cli.session import Session, session_of
from pauta.domain.problems import InvalidInput, Problem, shorten
from pauta.domain.settings import WorkerSettings

app = noun()

Pools = Annotated[list[str] | None, typer.Option("--pool", "-p", metavar="NAME", help="opt.worker_pool")]
Server = Annotated[str | None, typer.Option("--server", metavar="URL", help="opt.server_url")]
TokenFile = Annotated[str | None, typer.Option("--token-file", metavar="FILE", help="opt.token_file")]
Slots = Annotated[int | None, typer.Option("--slots", metavar="N", help="opt.worker_slots")]
Tags = Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="opt.tag")]
Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="opt.worker_name")]
Type = Annotated[str | None, typer.Option("--type", metavar="KIND", help="opt.worker_type")]
Owner = Annotated[str, typer.Argument(metavar="WORKER", help="arg.worker", show_default=False)]

_SHOWN_OF_ID = 16  # the beginning suffices for `drain`


def _running(row: Row, session: Session) -> str:
    """How many stages of how many that it can have."""
    return session.words("worker.of", running=len(row.get("held") or ()), slots=row.get("capacity"))


def _seen(row: Row, session: Session) -> str:
    """When it was last heard of: the time of today, else the day."""
    from pauta.assembly.reaching import now

    day, time = (local_time(row.get("seen_at")) + " ").split(" ")[:2]
    return time if day == now().astimezone().date().isoformat() else day


COLUMNS = (
    Column("head.worker", "name"),
    Column("head.state", state(), keep=True),
    Column("head.pools", "pools"),
    Column("head.running", _running),
    Column("head.host", "host"),
    Column("head.seen", _seen, keep=True),
    Column("head.id", lambda row, _: str(row.get("owner", ""))[:_SHOWN_OF_ID]),
)


@command(app, "start")
def start(
    context: typer.Context,
    pools: Pools = None,
    server: Server = None,
    token_file: TokenFile = None,
    slots: Slots = None,
    tags: Tags = None,
    name: Name = None,
    kind: Type = None,
) -> int:
    """Start a worker in the foreground."""
    from pauta.assembly.remote_worker import start_worker

    session = session_of(context)
    if kind is not None:
        _check_kind(kind, pools or (), session)
    if token_file is not None and not Path(token_file).is_file():
        raise InvalidInput(Problem("CLI-005", {"file": shorten(token_file)}))
    flags = {
        "pools": tuple(pools or ()),
        "server": server,
        "token_file": Path(token_file) if token_file is not None else None,
        "slots": slots,
        "tags": tuple(tags or ()),
        "name": name,
    }

    def greet(settings: WorkerSettings) -> None:
        pools = ", ".join(settings.pools)
        session.aside(session.words("worker.works", name=settings.name, pools=pools, server=settings.server))

    return start_worker(session.project_folder(), flags, greet=greet)


def _check_kind(kind: str, pools: Sequence[str], session: Session) -> None:
    """Whether the pools are of the kind that was named, as far as a server here can tell.

    Raises:
        InvalidInput: CLI-001 for another word; FLW-082.
    """
    from pauta.assembly.reaching import remote_project
    from pauta.assembly.worker_credentials import check_kind

    if kind not in KINDS:
        values = {"name": "--type", "found": f'"{shorten(kind)}"', "expected": ", ".join(KINDS)}
        raise InvalidInput(Problem("CLI-001", values, variant="value"))
    remote = remote_project(session.project_folder(), language=session.language)
    if remote is None:
        return
    with remote:
        for pool in pools:
            check_kind(remote.client, pool, wanted=kind)


@command(app, "list")
def list_(context: typer.Context) -> int:
    """List workers."""
    with served(context) as remote:
        found = remote.client.places.workers()
    show_list(found, COLUMNS, session_of(context), none="worker.none")
    return 0


@command(app, "drain")
def drain(context: typer.Context, owner: Owner) -> int:
    """Let a worker end what it does and take nothing new."""
    with served(context) as remote:
        found = _worker(remote.client.places.workers(), owner)
        remote.client.places.drain(str(found["owner"]))
    return done(session_of(context), {"draining": found["owner"]}, "worker.drains", name=found.get("name") or owner)


def _worker(workers: list[dict[str, Any]], wanted: str) -> Mapping[str, Any]:
    """The worker that a person means: by its id, its name, or the beginning of its id.

    Raises:
        InvalidInput: API-112 when none or several fit.
    """
    for fits in (
        [w for w in workers if w.get("owner") == wanted],
        [w for w in workers if w.get("name") == wanted and w.get("state") not in ("left", "lost")],
        [w for w in workers if str(w.get("owner", "")).startswith(wanted)],
    ):
        if len(fits) == 1:
            return fits[0]
    known = ", ".join(str(w.get("name")) for w in workers if w.get("state") not in ("left", "lost")) or "-"
    raise InvalidInput(Problem("API-112", {"worker": shorten(wanted), "known": shorten(known, 200)}))

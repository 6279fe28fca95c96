"""`pauta worker start`: a worker that reaches its server over HTTP and shares no files with it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from pauta.assembly import SERVER_URL
from pauta.assembly.outpost import Outpost, reachable, worker_home
from pauta.assembly.reaching import server_of
from pauta.assembly.settings import load_settings
from pauta.assembly.settings_secrets import open_to_all
from pauta.assembly.worker_credentials import lent_token
from pauta.domain.languages import from_environment
from pauta.domain.problems import InvalidInput
from pauta.domain.settings import Secret, WorkerSettings
from pauta.worker.feed import Feed, Hold, WaitingFeed
from pauta.worker.service import Worker

_DRAIN_SECONDS = 600.0


def start_worker(folder: Path, flags: Mapping[str, Any], *, greet: Callable[[WorkerSettings], None]) -> int:
    """Work for a server until told to end.

    Args:
        folder: Where ``pauta.toml`` is looked for.
        flags: ``server``, ``token``, ``token_file``, ``name``, ``pools``, ``tags``, ``slots``; empty ones leave it
            to the settings. When nobody names a server and one runs for the folder, it is that one, which lends the
            worker a token.
        greet: Called once the server knows the worker, with its settings.

    Returns:
        The exit code: 0 when it was asked to end.

    Raises:
        InvalidInput: ATT-022 without an address or a token; CFG-… when settings do not fit, or everybody can read
            the file of the token; FLW-082, FLW-083 when the folder's server has no work for it.
        PautaError: The server refuses the worker, or is not there.
    """
    with ExitStack() as stack:
        settings = _settings(folder, _lent(folder, flags, stack), os.environ)
        name, slots = settings.name or socket.gethostname(), settings.slots or os.cpu_count() or 1
        outpost = stack.enter_context(Outpost(settings, home=worker_home(os.environ), name=name, slots=slots))
        outpost.register()
        greet(replace(settings, name=name))
        outpost.tidy()
        work(outpost, drain_seconds=_DRAIN_SECONDS)
        outpost.counter.leave()
    return 0


def work(outpost: Outpost, *, drain_seconds: float) -> None:
    """Work until TERM or INT or until the server drains it; what runs then may finish, once asked twice it may not."""

    def feed(nudge: Callable[[], None], hold: Hold) -> Feed:
        return WaitingFeed(outpost.counter, hold=hold, nudge=nudge, heed=worker.nudge)

    worker = Worker(lambda: outpost.crew(feed), launcher=lambda: outpost.launcher, departing=outpost.departing)
    outpost.counter.on_drain = lambda: worker.drain(drain_seconds)
    with _signals(worker, drain_seconds):
        worker.work()


def _lent(folder: Path, flags: Mapping[str, Any], stack: ExitStack) -> Mapping[str, Any]:
    """The flags, with the folder's own server and a token of it when nothing else was said."""
    own = load_settings(folder, environ=os.environ).settings.worker
    said = [flags.get("server"), flags.get("token"), flags.get("token_file"), own.server, own.token]
    if any(said) or SERVER_URL in os.environ or (reached := server_of(folder)) is None:
        return flags
    pools = flags.get("pools") or own.pools
    language = from_environment(os.environ)
    token = stack.enter_context(lent_token(reached, pools, environ=os.environ, language=language))
    return {**flags, "server": reached.url, "token": token}


def _settings(folder: Path, flags: Mapping[str, Any], environ: Mapping[str, str]) -> WorkerSettings:
    """The settings of a worker: flags before the environment before ``pauta.toml``."""
    settings = load_settings(folder, environ=environ).settings
    given = {key: flags[key] for key in ("server", "name", "pools", "tags", "slots") if flags.get(key)}
    if flags.get("token"):
        given["token"] = Secret(flags["token"])
    token_file: Path | None = flags.get("token_file")
    if token_file is not None:
        if problem := open_to_all(token_file):
            raise InvalidInput(problem)
        given["token"] = Secret(token_file.read_text().strip())
    return reachable(replace(settings, worker=replace(settings.worker, **given)), environ)


def _signals(worker: Worker, drain_seconds: float) -> AbstractContextManager[object]:
    """While it works, TERM and INT ask for the end; the second time nothing is waited for."""
    stack = ExitStack()
    times = 0

    def obey(*_: object) -> None:
        nonlocal times
        times += 1
        worker.drain(drain_seconds if times == 1 else 0.0)

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(ValueError):  # not the main thread: whoever started it ends it
            stack.callback(signal.signal, number, signal.signal(number, obey))
    return stack

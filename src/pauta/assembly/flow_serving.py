"""`serve`: what was deployed is fired and run here until it is told to end."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pauta.assembly.deploying import Deployed
from pauta.assembly.deploying_words import word
from pauta.assembly.reaching import Reached, server_of
from pauta.assembly.worker_credentials import lent_token
from pauta.domain.languages import from_environment
from pauta.domain.settings import WorkerSettings


def serve_deployed(folder: Path, made: Sequence[Deployed]) -> None:
    """Work for the server that runs for this project, or be it, until told to end.

    Args:
        folder: The project's folder.
        made: What was deployed to be served.

    Raises:
        InvalidInput: FLW-083 when the server does not lend this process a worker's token; CFG-… when settings do
            not fit.
    """
    pools = tuple(dict.fromkeys(deployed.pool for deployed in made))
    reached = server_of(folder)
    code = _be_the_server(folder, made, pools) if reached is None else _work_for(reached, folder, pools)
    if code:  # a part of the server failed, and said so
        raise SystemExit(code)


def _be_the_server(folder: Path, made: Sequence[Deployed], pools: tuple[str, ...]) -> int:
    from pauta.assembly.serving import serve
    from pauta.assembly.settings import load_settings

    language = from_environment(os.environ)
    own = load_settings(folder, environ=os.environ).settings.worker.pools
    flags = {"worker.pools": list(dict.fromkeys((*own, *pools))), "server.worker": True, "server.scheduler": True}

    def greet(url: str, link: str) -> None:
        _aside(word("serving", language, names=", ".join(deployed.name for deployed in made)))
        _aside(f"  {url}")
        _aside(f"  {link}")

    return serve(folder, flags=flags, say=_aside, greet=greet)


def _work_for(reached: Reached, folder: Path, pools: tuple[str, ...]) -> int:
    from pauta.assembly.remote_worker import start_worker

    language = from_environment(os.environ)

    def greet(settings: WorkerSettings) -> None:
        _aside(word("works", language, url=reached.url, pools=", ".join(settings.pools)))

    with lent_token(reached, pools, environ=os.environ, language=language) as token:
        flags = {"pools": pools, "server": reached.url, "token": token}
        return start_worker(folder, flags, greet=greet)


def _aside(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()

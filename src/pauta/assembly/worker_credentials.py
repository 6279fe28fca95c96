"""A worker that is started beside its server, by whoever may make tokens: it needs none to be given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from socket import gethostname
from typing import TYPE_CHECKING

from pauta.assembly.reaching import Reached, now
from pauta.domain.deploying import PoolKind
from pauta.domain.problems import InvalidInput, PautaError, Place, Problem, shorten

if TYPE_CHECKING:
    from pauta.adapters.api_client import ApiClient

OWN = "PAUTA_WORKER_TOKEN"
_LIVES = timedelta(days=30)
"""A worker that was killed leaves its token behind: it ends by itself."""


@contextmanager
def lent_token(
    reached: Reached, pools: Sequence[str], *, environ: Mapping[str, str], language: str
) -> Iterator[str | None]:
    """A token for a worker of these pools, for as long as the block lasts; None when it has one of its own.

    Args:
        reached: The server, and a token that may make others.
        pools: That the worker takes from.
        environ: Where ``PAUTA_WORKER_TOKEN`` may stand.
        language: Of what the server tells.

    Raises:
        NotFound: POL-001 when there is no such pool.
        InvalidInput: FLW-082 when Celery's workers serve it; FLW-083 when the server's token may not make one.
    """
    if environ.get(OWN, "").strip():
        yield None
        return
    from pauta.adapters.api_client import ApiClient

    with ApiClient(reached.url, reached.token, language) as client:
        for pool in pools:
            check_kind(client, pool)
        made = _made(client, pools)
        try:
            yield made["text"]
        finally:
            with suppress(PautaError):
                client.house.revoke_token(made["id"])


def check_kind(client: ApiClient, pool: str, *, wanted: str | None = None) -> None:
    """Whether a worker that forks may serve a pool.

    Raises:
        NotFound: POL-001.
        InvalidInput: FLW-082 when Celery's workers serve it, or it is not of the kind that was named.
    """
    found = client.places.pool(pool)
    kind = str(found.get("kind"))
    place = Place(field="--type") if wanted is not None else None
    if wanted is not None and wanted != kind:
        values = {"pool": shorten(pool), "kind": kind, "found": shorten(wanted)}
        raise InvalidInput(Problem("FLW-082", values, variant="type", place=place))
    if kind == PoolKind.CELERY:
        values = {"pool": shorten(pool), "kind": kind, "queue": shorten(found.get("queue"))}
        raise InvalidInput(Problem("FLW-082", values))


def _made(client: ApiClient, pools: Sequence[str]) -> dict[str, str]:
    wanted = {
        "name": f"worker {gethostname()}"[:100],
        "role": "worker",
        "pools": list(pools),
        "expires_at": (now() + _LIVES).isoformat(),
    }
    try:
        return client.house.create_token(wanted)
    except PautaError as error:
        if not error.problems[0].code.startswith("AUT-"):
            raise
        values = {"url": shorten(client.url), "pool": shorten(pools[0])}
        raise InvalidInput(Problem("FLW-083", values)) from error

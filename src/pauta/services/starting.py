"""What is checked before a server starts: what stops it, and what it only warns of (P15, B75, S2, S25).

The checks decide on facts that thin probes gather, so that each can be tested without the world.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from pauta.domain.ids import Address
from pauta.domain.problems import Problem, StoreFault
from pauta.domain.settings import QueueSettings, ServerSettings, Settings
from pauta.ports.objects import Objects
from pauta.ports.store import Store

HEARTBEATS = 3
CLOCK_SLACK = timedelta(minutes=5)

_ENCRYPTED = ("require", "verify-ca", "verify-full")
_NOTHING = Address("0" * 64)
_KEEPING = ("noeviction", "")
# Connections that write and one that checkpoints can damage the file: found and mended in these releases.
_DAMAGING_FROM, _MENDED = (3, 7, 0), (3, 51, 3)
_MENDED_BEFORE = ((3, 44, 6), (3, 50, 7))


@dataclass(frozen=True, slots=True)
class Facts:
    """What the probes found. None: was not looked for, or does not apply.

    Attributes:
        now: The time.
        newest_event: When the newest event on record was recorded.
        sqlite: Version of SQLite, when records are in it.
        writers: Connections that write to it at a time.
        store_fault: Why the object store cannot be written to.
        store_where: Where it is.
        broker_policy: ``maxmemory-policy`` of the broker.
        broker_fault: Why that is not known.
    """

    now: datetime
    newest_event: datetime | None = None
    sqlite: tuple[int, int, int] | None = None
    writers: int = 1
    store_fault: str | None = None
    store_where: str = ""
    broker_policy: str = ""
    broker_fault: Problem | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found before the start. With an error the server does not start."""

    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def check_settings(settings: Settings) -> Findings:
    """What the settings alone tell: checked before anything is opened."""
    errors = (*_lease(settings.queue), *_binding(settings.server))
    return Findings(errors, (*_postgres(settings.database.url), *_broker(settings.celery.broker_url)))


def check_facts(facts: Facts, *, broker_url: str | None = None) -> Findings:
    """What the probes tell: checked when the records are open, before anybody is answered."""
    errors = (*_sqlite(facts), *_objects(facts))
    return Findings(errors, (*_clock(facts), *_policy(facts, broker_url)))


# ---- probes -----------------------------------------------------------------------------------


def probe(
    store: Store, objects: Objects, *, now: datetime, store_where: str, sqlite: tuple[int, int, int] | None
) -> Facts:
    """Look at records and objects.

    Args:
        store: The records.
        objects: The object store: it is asked for an object, and the writing of one is begun and left.
        now: The time.
        store_where: Where the object store is, for messages.
        sqlite: Version of SQLite, when records are in it.
    """
    fault = None
    try:
        with objects.writing() as writing:  # begun and left: nothing stays behind
            writing.write(b"pauta")
        objects.exists(_NOTHING)  # a store elsewhere is asked
    except (OSError, StoreFault) as error:
        fault = error.problems[0].message() if isinstance(error, StoreFault) else error.strerror or str(error)
    return Facts(now, newest_event(store), sqlite=sqlite, store_fault=fault, store_where=store_where)


def newest_event(store: Store) -> datetime | None:
    """When the newest event of the newest run was recorded."""
    with store.transaction() as tx:
        newest = tx.runs.newest(limit=1)
        if not newest:
            return None
        run = newest[0]
        times = [run.created_at, run.started_at, run.ended_at, *(event.at for event in tx.events.of_run(run.id))]
    return max(at for at in times if at is not None)


# ---- decisions --------------------------------------------------------------------------------


def _lease(queue: QueueSettings) -> Iterator[Problem]:
    least = HEARTBEATS * queue.heartbeat_seconds
    if queue.lease_seconds < least:
        yield Problem(
            "CFG-010",
            {
                "lease": f"{queue.lease_seconds:g}",
                "heartbeat": f"{queue.heartbeat_seconds:g}",
                "least": f"{least:g}",
                "most": f"{queue.lease_seconds / HEARTBEATS:g}",
            },
        )


def _binding(server: ServerSettings) -> Iterator[Problem]:
    has_tls = server.tls_certificate is not None and server.tls_key is not None
    if not (is_loopback(server.host) or has_tls or server.behind_proxy):
        yield Problem("CFG-015", {"host": server.host or '""'})


def is_loopback(host: str) -> bool:
    """Whether nobody on another machine can reach what listens there. An empty host is every address."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False  # a name may lead anywhere


def _postgres(url: str | None) -> Iterator[Problem]:
    if url is None:
        return
    try:
        address = urlsplit(url)
        host, password = address.hostname or "", address.password
    except ValueError:
        return
    query = parse_qs(address.query)
    host = query.get("host", [host])[0]
    if not host or host.startswith("/") or is_loopback(host):
        return
    mode = query.get("sslmode", ["prefer"])[0]
    if mode not in _ENCRYPTED:
        yield Problem("CFG-016", {"host": host, "mode": mode})
    if not (password or query.keys() & {"password", "passfile", "sslcert", "service"}):
        yield Problem("CFG-016", {"host": host}, variant="password")


def _broker(url: str | None) -> Iterator[Problem]:
    if url is None:
        return
    try:
        address = urlsplit(url)
        host, password = address.hostname or "", address.password
    except ValueError:
        return
    if address.scheme in ("redis+socket", "socket", "unix") or is_loopback(host):
        return
    if not password:
        yield Problem("CFG-017", {"host": host})
    if address.scheme in ("redis", "valkey", "amqp"):
        yield Problem("CFG-017", {"host": host}, variant="tls")


def _policy(facts: Facts, url: str | None) -> Iterator[Problem]:
    if facts.broker_fault is not None:
        yield facts.broker_fault
    if facts.broker_policy not in _KEEPING:
        host = urlsplit(url or "").hostname or "?"
        yield Problem("CFG-018", {"host": host, "policy": facts.broker_policy})


def _sqlite(facts: Facts) -> Iterator[Problem]:
    if facts.sqlite is None or facts.writers < 2 or not is_damaging(facts.sqlite):
        return
    version, fixed = (".".join(map(str, v)) for v in (facts.sqlite, _MENDED))
    yield Problem("CFG-012", {"version": version, "fixed": fixed})


def is_damaging(version: Sequence[int]) -> bool:
    """Whether this version of SQLite can damage a file in WAL mode that several connections write to."""
    found = tuple(version)
    if not _DAMAGING_FROM <= found < _MENDED:
        return False
    return not any(found[:2] == mended[:2] and found >= mended for mended in _MENDED_BEFORE)


def _objects(facts: Facts) -> Iterator[Problem]:
    if facts.store_fault is not None:
        yield Problem("CFG-013", {"where": facts.store_where, "detail": facts.store_fault})


def _clock(facts: Facts) -> Iterator[Problem]:
    last = facts.newest_event
    if last is not None and facts.now < last - CLOCK_SLACK:
        yield Problem("CFG-014", {"now": _second(facts.now), "last": _second(last)})


def _second(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="seconds")

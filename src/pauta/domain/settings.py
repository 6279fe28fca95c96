"""Every setting, with what it is when nobody says otherwise. ``pauta.toml`` has one table for each struct here.

A setting ``[queue] lease_seconds`` is ``PAUTA_QUEUE_LEASE_SECONDS`` in the environment. `Secret` values are
never shown.
"""

from __future__ import annotations

from typing import NewType

from msgspec import Struct, field

Secret = NewType("Secret", str)
"""A value that no output, record or message may contain. May be written ``env:NAME`` or ``file:PATH``."""


class ServerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the server listens and what it does beside answering.

    Attributes:
        host: Address to listen on. Beyond loopback only with TLS or `behind_proxy`.
        behind_proxy: A proxy in front does TLS; its addresses stand in `trusted_proxies`.
        hosts: Further names under which it may be reached; loopback names always are.
        origins: Web pages of other origins that may call it.
        trusted_proxies: Addresses whose ``X-Forwarded-For`` is believed.
        body_limit_bytes: Largest JSON body.
        upload_limit_bytes: Largest upload.
        requests_per_minute: For one token or address; 0: no limit.
        worker: Whether it works itself.
        scheduler: Whether it fires schedules and watches triggers.
        reaper: Whether it rescues the work of lost workers.
        retention: Whether it cleans up by itself.
        drain_seconds: How long running stages may go on when it is asked to end.
    """

    host: str = "127.0.0.1"
    port: int = 7311
    behind_proxy: bool = False
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    tls_certificate: str | None = None
    tls_key: str | None = None
    body_limit_bytes: int = 1_048_576
    upload_limit_bytes: int = 209_715_200
    requests_per_minute: int = 6_000
    worker: bool = True
    scheduler: bool = True
    reaper: bool = True
    retention: bool = True
    drain_seconds: float = 30.0


class WorkerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A worker, the server's own included.

    Attributes:
        slots: Processes at a time; 0: one for each core.
        spare: Warm processes that wait for work.
        server: Where the server is, for a worker elsewhere.
        token: Its credential.
    """

    name: str | None = None
    pools: tuple[str, ...] = ("default",)
    tags: tuple[str, ...] = ()
    slots: int = 0
    spare: int = 1
    server: str | None = None
    token: Secret | None = None


class QueueSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Leases. The server refuses to start with a lease below three heartbeats (CFG-010)."""

    lease_seconds: float = 30.0
    heartbeat_seconds: float = 10.0
    reaper_seconds: float = 5.0


class DatabaseSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the records are: SQLite in the project folder when there is no address."""

    url: Secret | None = None


class StoreSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where objects are: ``file://…``; a folder in the records when there is no address."""

    url: str | None = None


class CelerySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The broker for pools of kind ``celery``. `sweep_seconds`: how often unclaimed stages are announced again."""

    broker_url: Secret | None = None
    sweep_seconds: float = 30.0


class RetentionSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How long things are kept. None: no bound.

    Attributes:
        run_days: Final runs older than this go.
        keep_runs: But the newest so many of each pipeline stay.
        log_days: Log lines of final runs older than this go before their runs do.
        object_bytes: When the object store is larger, runs go early, oldest first, beyond `keep_runs`.
        every_hours: How often.
    """

    run_days: float | None = 90.0
    keep_runs: int = 20
    log_days: float | None = 30.0
    object_bytes: int | None = None
    every_hours: float = 6.0


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of a project."""

    language: str | None = None
    server: ServerSettings = field(default_factory=ServerSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    queue: QueueSettings = field(default_factory=QueueSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    celery: CelerySettings = field(default_factory=CelerySettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)

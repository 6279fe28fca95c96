"""Every setting, with what it is when nobody says otherwise. ``pauta.toml`` has one table for each struct here.

A setting ``[queue] lease_seconds`` is ``PAUTA_QUEUE_LEASE_SECONDS`` in the environment. `Secret` values are
never shown. The texts under *Attributes* are what the reference says of each setting.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NewType

from msgspec import Meta, Struct, field

Secret = NewType("Secret", str)
"""A value that no output, record or message may contain. May be written ``env:NAME`` or ``file:PATH``."""

Seconds = Annotated[float, Meta(gt=0, le=604_800)]
Days = Annotated[float, Meta(ge=0, le=36_500)]
Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]


class ServerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the server listens and what it does beside answering.

    Attributes:
        host: Address to listen on. Beyond loopback only with TLS or `behind_proxy`.
        port: Port to listen on; 0 takes a free one.
        url: Its address as people reach it, for links in messages.
        secret: Its own secret, for keys of grants, webhooks and the audit log; without: one kept in the records.
            Servers that share a database need the same one.
        behind_proxy: A proxy in front does TLS; its addresses stand in `trusted_proxies`.
        hosts: Further names under which it may be reached; loopback names always are.
        origins: Web pages of other origins that may call it.
        trusted_proxies: Addresses whose ``X-Forwarded-For`` is believed.
        tls_certificate: File with the certificate, and those between it and the root (PEM).
        tls_key: File with its key (PEM).
        body_limit_bytes: Largest JSON body.
        upload_limit_bytes: Largest upload.
        object_limit_bytes: Largest object that a worker may send: what one step made.
        requests_per_minute: For one token or address; 0: no limit.
        webhook_networks: Inner networks that webhooks may go to, as ``10.1.0.0/16``; without: public addresses only.
        worker: Whether it works itself.
        scheduler: Whether it fires schedules, watches triggers and sends notifications.
        reaper: Whether it rescues the work of lost workers.
        retention: Whether it cleans up by itself.
        drain_seconds: How long running stages may go on when it is asked to end.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 7311
    url: str | None = None
    secret: Secret | None = None
    behind_proxy: bool = False
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    tls_certificate: str | None = None
    tls_key: str | None = None
    body_limit_bytes: Positive = 1_048_576
    upload_limit_bytes: Positive = 209_715_200
    object_limit_bytes: Positive = 68_719_476_736
    requests_per_minute: Count = 6_000
    webhook_networks: tuple[str, ...] = ()
    worker: bool = True
    scheduler: bool = True
    reaper: bool = True
    retention: bool = True
    drain_seconds: Annotated[float, Meta(ge=0, le=604_800)] = 30.0


class WorkerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A worker, the server's own included.

    Attributes:
        name: What it is called; its machine's name when nothing is said.
        pools: Work pools that it takes stages of.
        tags: What it offers, shown in lists.
        slots: Processes at a time; 0: one for each core.
        spare: Warm processes that wait for work.
        server: Where the server is, for a worker or a command elsewhere.
        token: The credential for it.
    """

    name: str | None = None
    pools: tuple[str, ...] = ("default",)
    tags: tuple[str, ...] = ()
    slots: Count = 0
    spare: Count = 1
    server: str | None = None
    token: Secret | None = None


class QueueSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Leases. The server refuses to start with a lease below three heartbeats (CFG-010).

    Attributes:
        lease_seconds: How long a stage is given to a worker; renewed with every heartbeat.
        heartbeat_seconds: How often a worker says that it is there.
        reaper_seconds: How often the server looks for leases that ran out.
    """

    lease_seconds: Seconds = 30.0
    heartbeat_seconds: Seconds = 10.0
    reaper_seconds: Seconds = 5.0


class DatabaseSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the records are.

    Attributes:
        url: Address of a PostgreSQL database; without: SQLite in the project's folder.
    """

    url: Secret | None = None


class StoreSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where objects are.

    Attributes:
        url: ``s3://bucket/prefix``, ``gridfs://host/database`` or ``file:///folder``; without: the folder
            ``objects`` in the records. Keys for S3 come from the usual ``AWS_`` variables.
        cache_bytes: How large that folder may grow in front of a store elsewhere; what is in use stays. None: no
            bound.
    """

    url: Secret | None = None
    cache_bytes: Count | None = 21_474_836_480


class CelerySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The broker for pools of kind ``celery``.

    Attributes:
        broker_url: Address of the Redis or Valkey server.
        sweep_seconds: How often unclaimed stages are announced again.
    """

    broker_url: Secret | None = None
    sweep_seconds: Seconds = 30.0


class RetentionSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How long things are kept. None, written ``"none"``: no bound.

    Attributes:
        run_days: Final runs older than this go.
        keep_runs: But the newest so many of each pipeline stay.
        log_days: Log lines of final runs older than this go before their runs do.
        object_bytes: When the object store is larger, runs go early, oldest first, beyond `keep_runs`.
        every_hours: How often the server cleans up.
    """

    run_days: Days | None = 90.0
    keep_runs: Count = 20
    log_days: Days | None = 30.0
    object_bytes: Count | None = None
    every_hours: Annotated[float, Meta(gt=0, le=8_760)] = 6.0


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of a project.

    Attributes:
        language: Of what the server writes by itself, such as notifications: ``en`` or ``pt``.
    """

    language: Literal["en", "pt"] | None = None
    server: ServerSettings = field(default_factory=ServerSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    queue: QueueSettings = field(default_factory=QueueSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    celery: CelerySettings = field(default_factory=CelerySettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)


class SettingLine(Struct, frozen=True):
    """One setting as it stands, for people. A secret is shown as where it comes from, or as asterisks.

    Attributes:
        name: ``queue.lease_seconds``.
        value: As it would stand in JSON.
        source: ``flag``, ``environment``, ``file`` or ``default``.
        where: The flag, the variable, or the place in the file; empty for a default.
        over: What said something else and has less to say: (source, where, value) each.
    """

    name: str
    value: Any
    source: str
    where: str = ""
    over: tuple[tuple[str, str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """One element of ``pauta config --json``."""
        return {
            "name": self.name,
            "value": self.value,
            "source": self.source,
            "where": self.where,
            "over": [{"source": source, "where": where, "value": value} for source, where, value in self.over],
        }

"""Opens what a server works with: records, objects, bell, desk."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pauta import __version__
from pauta.adapters import clock
from pauta.adapters.bell import LocalBell
from pauta.adapters.table_process import TableProcesses
from pauta.assembly import RECORDS
from pauta.assembly.owners import owner_here
from pauta.assembly.server_secret import server_secret
from pauta.assembly.stores import let_go, project_objects, where_of
from pauta.domain.calls import Spawn
from pauta.domain.problems import InvalidInput, Problem, StoreFault
from pauta.domain.runs import Run
from pauta.domain.settings import Settings
from pauta.ports.bell import Bell
from pauta.ports.store import Transaction
from pauta.services.control import Control
from pauta.services.desk import Desk, Hooks, Machine
from pauta.services.starting import Findings, check_facts, check_settings, probe
from pauta.services.submit import Request

if TYPE_CHECKING:
    from pauta.ports.objects import Objects
    from pauta.storage.turns import TurnStore

RUNTIME = f"py{sys.version_info.major}.{sys.version_info.minor}"
"""Part of every cache key: a result made under another Python is not taken."""

_CONNECTIONS = 8


@contextmanager
def opened_control(folder: Path, settings: Settings, *, say: Callable[[str], None]) -> Iterator[Control]:
    """A server's hold of a project, for as long as the block lasts.

    Args:
        folder: The project's folder; its records are made if there are none.
        settings: The settings in force.
        say: Where warnings go.

    Raises:
        InvalidInput: CFG-… when the start-up checks find something.
        StoreFault: DB-… when the records cannot be opened.
    """
    _heed(check_settings(settings), say)
    records = folder / RECORDS
    records.mkdir(parents=True, exist_ok=True)
    store = _store(records, settings)
    bell: Bell | None = None
    control: Control | None = None
    try:
        bell = _bell(settings)
        control = _control(folder, settings, store=store, bell=bell)
        _heed(_look(control, settings), say)
        yield control
    finally:
        if control is not None:
            let_go(control.objects)
        if bell is not None:
            bell.close()
        store.close()


def _look(control: Control, settings: Settings) -> Findings:
    version = sqlite3.sqlite_version_info if settings.database.url is None else None
    where = where_of(control.objects, control.records)
    facts = probe(control.store, control.objects, now=control.now(), store_where=where, sqlite=version)
    url = settings.celery.broker_url
    if url is None:
        return check_facts(facts)
    policy, fault = _ask_broker(url)
    return check_facts(replace(facts, broker_policy=policy, broker_fault=fault), broker_url=url)


def _ask_broker(url: str) -> tuple[str, Problem | None]:
    """How it is set up, or why that is not known."""
    try:
        from pauta.adapters.celery_broker import policy_of
    except ImportError:
        return "", Problem("CEL-006")
    try:
        return policy_of(url), None
    except StoreFault as fault:
        return "", fault.problems[0]


def _heed(findings: Findings, say: Callable[[str], None]) -> None:
    for warning in findings.warnings:
        say(warning.line())
    if findings.errors:
        raise InvalidInput(findings.errors)


def _store(records: Path, settings: Settings) -> TurnStore:
    if settings.database.url is not None:
        from pauta.storage.postgres import open_postgres

        return open_postgres(settings.database.url, connections=_CONNECTIONS)
    from pauta.storage.sqlite import open_sqlite

    return open_sqlite(records, command="pauta server")


def _bell(settings: Settings) -> Bell:
    local = LocalBell()
    if settings.database.url is None:
        return local
    from pauta.storage.postgres_bell import PostgresBell

    return PostgresBell(settings.database.url, local=local)


def _control(folder: Path, settings: Settings, *, store: TurnStore, bell: Bell) -> Control:
    records = folder / RECORDS
    objects: Objects = project_objects(records, settings.store)
    machine = Machine(
        now=clock.now,
        chance=lambda: clock.random_bits(53) / 2**53,
        random_bits=clock.random_bits,
        lease=timedelta(seconds=settings.queue.lease_seconds),
    )

    def arranged(run: Run, spawn: Spawn) -> Request:
        from pauta.services.arranging import arrange

        return arrange(control, run, spawn)

    hooks = Hooks(changed=_note_change, ring=bell.ring, arrange=arranged)
    desk = Desk(store, objects, machine=machine, runtime=RUNTIME, hooks=hooks)
    control = Control(
        folder=folder,
        records=records,
        store=store,
        objects=objects,
        desk=desk,
        bell=bell,
        now=clock.now,
        random_bits=clock.random_bits,
        secret=server_secret(
            records, given=settings.server.secret, store=store, is_shared=settings.database.url is not None
        ),
        look_up=os.environ.get,
        runtime=RUNTIME,
        version=__version__,
        tables=TableProcesses(),
        copy_records=lambda place: _copy(store, place),
        own_pools=frozenset(settings.worker.pools if settings.server.worker else ()),
        own_worker=owner_here(),
    )
    return control


def _copy(store: TurnStore, place: Path) -> None:
    from pauta.storage.upkeep import back_up

    back_up(store, place, now=clock.now())


def _note_change(tx: Transaction, run: Run, now: datetime) -> None:
    """Whom a deployment's notifications name is told: the notice goes on record with the state it tells of."""
    from pauta.services.notify import notices_for

    if run.deployment is not None:
        deployment = tx.deployments.get(run.deployment)
        if deployment is not None and deployment.notifications:
            tx.notices.add(notices_for(run, deployment, now))

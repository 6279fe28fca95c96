"""A server in this process: an application over a store in memory, with a clock that the test moves."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from asking import Asking
from pauta.adapters.memory_objects import MemoryObjects
from pauta.domain.access import AuditRow, Role, Token
from pauta.domain.settings import ServerSettings, Settings
from pauta.ports.store import Store
from pauta.server.app import create_app
from pauta.server.routes import every_route
from pauta.server.routing import Routes
from pauta.services.access import Wanted, make_token
from pauta.services.control import Control
from pauta.services.desk import Desk, Machine
from pauta.storage.memory import MemoryStore

START = datetime(2026, 3, 9, 12, tzinfo=UTC)
SECRET = b"a secret of thirty-two bytes ..."


class Clock:
    """Shows what the test says."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def pass_by(self, length: timedelta) -> None:
        self.time += length


class SilentBell:
    """Wakes nobody."""

    def ring(self, subject: str) -> None:
        del subject

    def wait(self, subject: str, *, seen: int, timeout: float) -> int:
        del subject, timeout
        return seen

    def close(self) -> None:
        pass


@dataclass
class House:
    """A server, and what a test reaches of it."""

    control: Control
    clock: Clock
    app: Any
    ask: Asking

    @property
    def store(self) -> Store:
        return self.control.store

    def token(self, role: Role = Role.ADMIN, **wanted: Any) -> str:
        """The text of a new token."""
        return self.made(role, **wanted)[1]

    def made(self, role: Role = Role.ADMIN, **wanted: Any) -> tuple[Token, str]:
        """A new token and its text."""
        if role is Role.WORKER:
            wanted.setdefault("pools", ("default",))
        made = make_token(
            Wanted(role=role, name=wanted.pop("name", role.value), **wanted),
            created_by="test",
            now=self.clock.now(),
            random_bits=secrets.randbits,
        )
        with self.store.transaction() as tx:
            assert tx.tokens.add(made[0])
        return made

    def audit(self) -> list[AuditRow]:
        """All rows of the audit log."""
        with self.store.transaction() as tx:
            return tx.audit.read()


def control_over(store: Store, clock: Clock) -> Control:
    """A server's hold of a project whose store this is."""
    objects = MemoryObjects(clock.now)
    desk = Desk(
        store, objects, machine=Machine(now=clock.now, chance=lambda: 0.5, random_bits=secrets.randbits), runtime="py"
    )
    return Control(
        folder=Path("."),
        records=Path("."),
        store=store,
        objects=objects,
        desk=desk,
        bell=SilentBell(),
        now=clock.now,
        random_bits=secrets.randbits,
        secret=SECRET,
        look_up=lambda _: None,
        runtime="py",
        version="0",
    )


@contextmanager
def open_house(*, routes: Sequence[Routes] | None = None, store: Store | None = None, **server: Any) -> Iterator[House]:
    """A server with all routes, or these; `server` are its settings. It does not limit requests unless told to."""
    clock = Clock()
    held = store or MemoryStore()
    control = control_over(held, clock)
    settings = replace(Settings(), server=ServerSettings(**{"requests_per_minute": 0, **server}))
    app = create_app(control, settings=settings, routes=every_route() if routes is None else routes)
    with Asking(app) as ask:
        yield House(control, clock, app, ask)
    if store is None:
        held.close()

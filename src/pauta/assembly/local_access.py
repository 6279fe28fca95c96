"""How people and commands of this machine reach a server: its socket, its link, a token for commands."""

from __future__ import annotations

import json
import os
import socket
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from pauta.domain.access import Role
from pauta.domain.problems import Problem, StoreFault
from pauta.domain.settings import Settings
from pauta.ports.store import Transaction
from pauta.services.access import Wanted, first_link, make_token, revoke
from pauta.services.audit import note
from pauta.services.control import Control

NAME = "server.json"
_BACKLOG = 2048
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 compared, not bound


class LocalAccess(AbstractContextManager["LocalAccess"]):
    """A bound socket, and a file that only the owner of the project can read: where the server is, and a token."""

    def __init__(self, control: Control, settings: Settings) -> None:
        """Bind.

        Raises:
            StoreFault: SRV-001 when the address cannot be had.
        """
        self._control = control
        self._settings = settings
        self._path = control.records / NAME
        self._token_id: str | None = None
        self.socket = _bound(settings.server.host, settings.server.port)
        host, port = self.socket.getsockname()[:2]
        host = _LOOPBACK.get(host, host)  # all addresses of the machine: one of them is for what runs here
        scheme = "https" if settings.server.tls_certificate else "http"
        self.url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    def __exit__(self, *_: object) -> None:
        self.withdraw()
        self.socket.close()

    def first_link(self) -> str:
        """A link that signs the person who started the server in, once."""
        control = self._control
        code = first_link(
            control.store,
            now=control.now(),
            random_bits=control.random_bits,
            witness=lambda tx: self._note(tx, "link.make", "first link"),
        )
        return f"{self.url}/login?code={code}"

    def announce(self) -> None:
        """Let commands of the same user find the server."""
        token, text = make_token(
            Wanted(role=Role.ADMIN, name="commands of this machine"),
            created_by="server",
            now=self._control.now(),
            random_bits=self._control.random_bits,
        )
        left_behind = self._left_behind()
        with self._control.store.transaction(durable=True) as tx:
            if left_behind is not None and tx.tokens.revoke(left_behind, at=self._control.now()):
                self._note(tx, "token.revoke", left_behind)
            tx.tokens.add(token)
            self._note(tx, "token.make", token.id)
        self._token_id = token.id
        staging = self._path.with_name(f".{NAME}.{os.getpid()}")
        descriptor = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"url": self.url, "pid": os.getpid(), "token": text}, file)
        staging.rename(self._path)

    def _left_behind(self) -> str | None:
        """The id of the token of a server that was killed before it could revoke it."""
        try:
            left = json.loads(self._path.read_text())
            is_alive = Path(f"/proc/{int(left['pid'])}").exists()
            return None if is_alive else str(left["token"]).split("_")[1]
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def withdraw(self) -> None:
        """The server ends: the file goes and its token is worth nothing any more."""
        if self._token_id is None:
            return
        with suppress(OSError):
            self._path.unlink()
        with suppress(StoreFault), self._control.store.transaction() as tx:
            revoke(tx, self._token_id, now=self._control.now())
            self._note(tx, "token.revoke", self._token_id)
        self._token_id = None

    def _note(self, tx: Transaction, action: str, target: str) -> None:
        control = self._control
        note(tx, actor="server", action=action, target=target, now=control.now(), secret=control.secret)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, or asyncio would not send small answers at once: 40 ms for each on a kept connection.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        values = {"address": f"{host}:{port}", "detail": error.strerror or str(error)}
        raise StoreFault(Problem("SRV-001", values)) from error
    return bound

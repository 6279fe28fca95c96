"""One request on its way: what the server found out about it, and the audit rows it leaves."""

from __future__ import annotations

from typing import Any

from pauta.domain.settings import Settings
from pauta.ports.store import Transaction
from pauta.services import audit
from pauta.services.access import Caller
from pauta.services.audit import Witness
from pauta.services.control import Control

KEY = "pauta.visit"
"""Under this name a visit stands in the ASGI scope."""


class Auditor:
    """Leaves audit rows in the name of whoever made a request.

    A handler or service that opens its own transaction calls `note` in it, or is handed a `witness` and calls
    that in it: row and deed are then kept or undone together. A route that changes something and has left no
    row when its handler returns gets a plain one from the server (see `routing`).
    """

    __slots__ = ("_control", "actor", "noted", "request")

    def __init__(self, control: Control, *, actor: str, request: str) -> None:
        self._control = control
        self.actor = actor
        self.request = request
        self.noted = False

    def note(self, tx: Transaction, action: str, target: str, **details: Any) -> None:
        """Add a row, inside the transaction of what it tells of. `action` as ``pool.pause``; details are JSON."""
        audit.note(
            tx,
            actor=self.actor,
            action=action,
            target=target,
            now=self._control.now(),
            secret=self._control.secret,
            details={**details, "request": self.request},
        )
        self.noted = True

    def witness(self, action: str, target: str, **details: Any) -> Witness:
        """What a service calls with its transaction to leave this row."""

        def leave(tx: Transaction) -> None:
            self.note(tx, action, target, **details)

        return leave


class Visit:
    """What is known of a request.

    Attributes:
        id: Of the request; on every answer, in the log and in audit rows.
        headers: By lower-case name; those that may come once are known to have come once.
        peer: Address that it came from, behind trusted proxies the one that they name.
        language: ``en`` or ``pt``.
        credential: What was given as one, None without.
        by_cookie: Whether that came as a cookie.
        digest: Of the credential.
        caller: Who it is, once that was asked.
    """

    __slots__ = (
        "_auditor",
        "by_cookie",
        "caller",
        "control",
        "credential",
        "digest",
        "headers",
        "id",
        "language",
        "peer",
        "settings",
    )

    def __init__(self, control: Control, settings: Settings, *, request_id: str) -> None:
        self.control = control
        self.settings = settings
        self.id = request_id
        self.headers: dict[bytes, bytes] = {}
        self.peer = ""
        self.language = "en"
        self.credential: str | None = None
        self.by_cookie = False
        self.digest = ""
        self.caller: Caller | None = None
        self._auditor: Auditor | None = None

    @property
    def auditor(self) -> Auditor:
        """Where this request leaves its audit rows."""
        if self._auditor is None:
            actor = self.caller.actor if self.caller else f"nobody ({self.peer})"
            self._auditor = Auditor(self.control, actor=actor, request=self.id)
        return self._auditor

    @property
    def noted(self) -> bool:
        """Whether it left an audit row."""
        return self._auditor is not None and self._auditor.noted

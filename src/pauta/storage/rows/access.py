"""Tokens and the audit log in SQL."""

from __future__ import annotations

from datetime import datetime

from pauta.domain.access import AuditRow, Token
from pauta.storage import codec
from pauta.storage.records_control import AUDIT, TOKEN
from pauta.storage.session import Params, Session


class SqlTokens:
    """`TokenRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def _one(self, name: str, params: Params) -> Token | None:
        row = self._session.row(name, params)
        return TOKEN.record(row) if row else None

    def add(self, token: Token) -> bool:
        """See `TokenRows`."""
        return self._session.run("token.add", TOKEN.row(token)) == 1

    def by_digest(self, digest: str) -> Token | None:
        """See `TokenRows`."""
        return self._one("token.by_digest", {"k_digest": digest})

    def get(self, token_id: str) -> Token | None:
        """See `TokenRows`."""
        return self._one("token.get", {"k_id": token_id})

    def all(self) -> list[Token]:
        """See `TokenRows`."""
        return [TOKEN.record(row) for row in self._session.rows("token.all", {})]

    def revoke(self, token_id: str, *, at: datetime) -> bool:
        """See `TokenRows`."""
        return self._session.run("token.revoke", {"k_id": token_id, "revoked_at": codec.micros(at)}) == 1

    def used(self, token_id: str, *, at: datetime) -> None:
        """See `TokenRows`."""
        self._session.run("token.used", {"k_id": token_id, "last_used_at": codec.micros(at)})

    def forget(self, *, expired_before: datetime) -> int:
        """See `TokenRows`."""
        return self._session.run("token.forget", {"before": codec.micros(expired_before)})


class SqlAudit:
    """`AuditRows` in SQL."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def tip(self) -> AuditRow | None:
        """See `AuditRows`."""
        if self._session.row("audit.lock_tip", {}) is None:
            # There must be a row to be locked: two that both find an empty log may not both go on.
            self._session.run("audit.begin_tip", {"id": 1, "count": 0, "last": ""})
            self._session.row("audit.lock_tip", {})
        row = self._session.row("audit.newest", {})
        return AUDIT.record(row) if row else None

    def append(self, row: AuditRow) -> None:
        """See `AuditRows`."""
        self._session.run("audit.add", AUDIT.row(row))
        self._session.run("audit.grow_tip", {"id": 1, "count": 1, "last": row.mac})

    def noted_tip(self) -> tuple[int, str] | None:
        """See `AuditRows`. None before the first row."""
        row = self._session.row("audit.tip", {})
        return (row[0], row[1]) if row and row[0] else None

    def read(self, *, after: int = 0, limit: int = 500) -> list[AuditRow]:
        """See `AuditRows`."""
        return [AUDIT.record(row) for row in self._session.rows("audit.read", {"after": after, "limit": limit})]

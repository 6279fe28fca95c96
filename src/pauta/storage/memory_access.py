"""Tokens and the audit log in memory."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from pauta.domain.access import AuditRow, Token
from pauta.storage.faults import fault
from pauta.storage.fields import whole_in_utc
from pauta.storage.memory_data import Journal


class MemoryTokens:
    """`TokenRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def add(self, token: Token) -> bool:
        """See `TokenRows`."""
        if self.get(token.id) or self.by_digest(token.digest):
            return False
        self._journal.put(self._journal.tables.tokens, token.id, whole_in_utc(token))
        return True

    def by_digest(self, digest: str) -> Token | None:
        """See `TokenRows`."""
        self._journal.check()
        return next((token for token in self._journal.tables.tokens.values() if token.digest == digest), None)

    def get(self, token_id: str) -> Token | None:
        """See `TokenRows`."""
        self._journal.check()
        return self._journal.tables.tokens.get(token_id)

    def all(self) -> list[Token]:
        """See `TokenRows`."""
        self._journal.check()
        by_id = sorted(self._journal.tables.tokens.values(), key=lambda token: token.id)
        return sorted(by_id, key=lambda token: token.created_at, reverse=True)

    def _note(self, token: Token, **changes: datetime) -> None:
        self._journal.put(self._journal.tables.tokens, token.id, whole_in_utc(replace(token, **changes)))

    def revoke(self, token_id: str, *, at: datetime) -> bool:
        """See `TokenRows`."""
        token = self.get(token_id)
        if token is None or token.revoked_at is not None:
            return False
        self._note(token, revoked_at=at)
        return True

    def used(self, token_id: str, *, at: datetime) -> None:
        """See `TokenRows`."""
        token = self.get(token_id)
        if token is not None:
            self._note(token, last_used_at=at)

    def forget(self, *, expired_before: datetime) -> int:
        """See `TokenRows`."""
        gone = [
            token.id
            for token in self.all()
            if token.kind in ("session", "link")
            and any(at is not None and at < expired_before for at in (token.expires_at, token.revoked_at))
        ]
        for token_id in gone:
            self._journal.drop(self._journal.tables.tokens, token_id)
        return len(gone)


class MemoryAudit:
    """`AuditRows` in memory."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def tip(self) -> AuditRow | None:
        """See `AuditRows`."""
        self._journal.check()
        rows = self._journal.tables.audit
        return rows[max(rows)] if rows else None

    def append(self, row: AuditRow) -> None:
        """See `AuditRows`."""
        self._journal.check()
        tables = self._journal.tables
        if row.seq in tables.audit:
            raise self._journal.fail(fault("DB-011", detail=f"audit {row.seq}"))
        self._journal.put(tables.audit, row.seq, whole_in_utc(row))
        count = tables.audit_tip[1][0] if tables.audit_tip else 0
        self._journal.put(tables.audit_tip, 1, (count + 1, row.mac))

    def noted_tip(self) -> tuple[int, str] | None:
        """See `AuditRows`. None before the first row."""
        self._journal.check()
        return self._journal.tables.audit_tip.get(1)

    def read(self, *, after: int = 0, limit: int = 500) -> list[AuditRow]:
        """See `AuditRows`."""
        self._journal.check()
        return [row for seq, row in sorted(self._journal.tables.audit.items()) if seq > after][:limit]

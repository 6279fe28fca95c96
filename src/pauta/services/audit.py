"""The audit log: who did what to which thing. Only ever appended to, and each row sealed (S22).

A row's seal is an HMAC-SHA256 over its content, its number and the seal before it, under a key that follows from
the server's secret. The newest seal is sealed once more with the number of rows, in the same transaction, so that
a log whose end was cut off does not look whole, even when the note of its end was changed along with it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from pauta.domain.access import AuditRow
from pauta.ports.store import Store, Transaction

Witness = Callable[[Transaction], None]
"""What a service calls inside its own transaction to leave the audit row of what it does there."""

_HEAD = "audit.head"
_PAGE = 1000
_encoder = msgspec.json.Encoder(order="deterministic")


class Head(msgspec.Struct, frozen=True):
    """Where the log ends: number of rows and newest seal. Kept elsewhere, it proves that nothing was cut off."""

    count: int
    mac: str


class Verdict(msgspec.Struct, frozen=True):
    """What checking the log found. Numbers are of rows; an empty list is good.

    Attributes:
        rows: How many rows were read.
        content: Rows whose content does not fit their seal.
        order: Rows that do not follow the one before: missing, repeated or moved rows.
        complete: Whether the log ends where it was last known to end.
        head: Where it ends by its rows.
    """

    rows: int
    content: tuple[int, ...]
    order: tuple[int, ...]
    complete: bool
    head: Head

    @property
    def good(self) -> bool:
        """Whether all three verdicts are good."""
        return not self.content and not self.order and self.complete


def note(
    tx: Transaction,
    *,
    actor: str,
    action: str,
    target: str,
    now: datetime,
    secret: bytes,
    details: Mapping[str, Any] | None = None,
) -> AuditRow:
    """Add a row to the audit log, inside the transaction of what it tells of.

    Args:
        tx: The transaction; row and deed are kept or undone together.
        actor: Who: `Caller.actor`, or a part of the server such as ``scheduler``.
        action: What, as ``pool.pause``.
        target: To what: a name or id.
        now: When.
        secret: The server's secret (`Control.secret`).
        details: What else matters, as JSON; never a secret.
    """
    key = _key(secret)
    tip = tx.audit.tip()
    before = tip.mac if tip else ""
    row = AuditRow(
        seq=tip.seq + 1 if tip else 1,
        at=now.astimezone(UTC),
        actor=actor,
        action=action,
        target=target,
        details=msgspec.to_builtins(dict(details or {})),
    )
    row = msgspec.structs.replace(row, mac=_seal(key, row, before))
    tx.audit.append(row)
    tx.meta.put(_HEAD, _sealed_head(key, Head(row.seq, row.mac)))
    return row


def verify(store: Store, *, secret: bytes, known: Sequence[Head] = ()) -> Verdict:
    """Check the whole log.

    Args:
        store: Where it is.
        secret: The server's secret.
        known: Heads kept elsewhere: the log must hold each of them.
    """
    key = _key(secret)
    with store.transaction() as tx:
        rows = _all_rows(tx)
        noted, sealed = tx.audit.noted_tip(), tx.meta.get(_HEAD)
    content, order = _follow(key, rows)
    head = Head(rows[-1].seq, rows[-1].mac) if rows else Head(0, "")
    complete = (
        (noted or (0, "")) == (len(rows), head.mac)
        and head.count == len(rows)
        and _is_sealed(key, head, sealed)
        and all(_holds(rows, k) for k in known)
    )
    return Verdict(rows=len(rows), content=tuple(content), order=tuple(order), complete=complete, head=head)


def head_of(store: Store) -> Head:
    """Where the log ends now, to be kept elsewhere (`audit_heads`)."""
    with store.transaction() as tx:
        tip = tx.audit.tip()
    return Head(tip.seq, tip.mac) if tip else Head(0, "")


def _all_rows(tx: Transaction) -> list[AuditRow]:
    rows: list[AuditRow] = []
    after = 0
    while page := tx.audit.read(after=after, limit=_PAGE):
        rows.extend(page)
        if page[-1].seq <= after:
            break
        after = page[-1].seq
    return rows


def _follow(key: bytes, rows: Sequence[AuditRow]) -> tuple[list[int], list[int]]:
    """Numbers of the rows whose content is wrong, and of those that stand in the wrong place.

    A row after a gap cannot fit the seal before it: it is counted as out of place, not as changed.
    """
    content: list[int] = []
    order: list[int] = []
    before, expected = "", 1
    for row in rows:
        if row.seq != expected:
            order.append(row.seq)
        elif not hmac.compare_digest(_seal(key, row, before), row.mac):
            content.append(row.seq)
        before, expected = row.mac, row.seq + 1
    return content, order


def _holds(rows: Sequence[AuditRow], head: Head) -> bool:
    if head.count == 0:
        return True
    return head.count <= len(rows) and hmac.compare_digest(rows[head.count - 1].mac, head.mac)


def _key(secret: bytes) -> bytes:
    return hmac.digest(secret, b"pauta audit log", hashlib.sha256)


def _seal(key: bytes, row: AuditRow, before: str) -> str:
    content = [row.seq, row.at.astimezone(UTC), row.actor, row.action, row.target, row.details, before]
    return hmac.new(key, _encoder.encode(content), hashlib.sha256).hexdigest()


def _sealed_head(key: bytes, head: Head) -> str:
    return hmac.new(key, _encoder.encode(["head", head.count, head.mac]), hashlib.sha256).hexdigest()


def _is_sealed(key: bytes, head: Head, sealed: str | None) -> bool:
    if head.count == 0:
        return sealed is None
    return sealed is not None and hmac.compare_digest(_sealed_head(key, head), sealed)

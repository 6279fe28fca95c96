"""Statements on tokens and on the audit log."""

from __future__ import annotations

import sqlalchemy as sa

from pauta.storage.flavours import Flavour
from pauta.storage.records_control import AUDIT, TOKEN
from pauta.storage.statements.shape import Statements, Written, key, limit
from pauta.storage.tables_control import audit, audit_tip, token


def statements(flavour: Flavour) -> Statements:
    """Statements by name."""
    return {**_tokens(flavour), **_audit(flavour)}


def _tokens(flavour: Flavour) -> Statements:
    columns = [token.c[name] for name in TOKEN.columns]
    one = token.c.id == key("id")
    before = sa.bindparam("before", type_=sa.BigInteger)
    return {
        "token.add": Written(flavour.insert(token).on_conflict_do_nothing(), TOKEN.columns),
        "token.get": Written(sa.select(*columns).where(one)),
        "token.by_digest": Written(sa.select(*columns).where(token.c.digest == key("digest"))),
        "token.all": Written(sa.select(*columns).order_by(token.c.created_at.desc(), token.c.id)),
        "token.revoke": Written(sa.update(token).where(one, token.c.revoked_at.is_(None)), ("revoked_at",)),
        "token.used": Written(sa.update(token).where(one), ("last_used_at",)),
        "token.forget": Written(
            sa.delete(token).where(
                sa.text("kind IN ('session', 'link')"), sa.or_(token.c.expires_at < before, token.c.revoked_at < before)
            )
        ),
    }


def _audit(flavour: Flavour) -> Statements:
    columns = [audit.c[name] for name in AUDIT.columns]
    first = flavour.insert(audit_tip).on_conflict_do_nothing()
    grow = flavour.insert(audit_tip)
    grow = grow.on_conflict_do_update(
        index_elements=[audit_tip.c.id], set_={"count": audit_tip.c.count + 1, "last": grow.excluded.last}
    )
    tip = sa.select(audit_tip.c.count, audit_tip.c.last)
    return {
        "audit.add": Written(sa.insert(audit), AUDIT.columns),
        "audit.newest": Written(sa.select(*columns).order_by(audit.c.seq.desc()).limit(1)),
        "audit.read": Written(
            sa.select(*columns).where(audit.c.seq > sa.bindparam("after")).order_by(audit.c.seq).limit(limit())
        ),
        "audit.begin_tip": Written(first, ("id", "count", "last")),
        "audit.grow_tip": Written(grow, ("id", "count", "last")),
        "audit.tip": Written(tip),
        "audit.lock_tip": Written(tip.with_for_update()),
    }

"""Statements on the calls of flows."""

from __future__ import annotations

import sqlalchemy as sa

from pauta.storage.flavours import Flavour
from pauta.storage.records_calls import CALL_COLUMNS
from pauta.storage.statements.shape import Statements, Written, key, limit
from pauta.storage.tables import AWAITED, call


def statements(flavour: Flavour) -> Statements:
    """Statements by name."""
    columns = [call.c[name] for name in CALL_COLUMNS[4:]]
    of_run = call.c.run_id == key("run_id")
    put = flavour.insert(call)
    put = put.on_conflict_do_update(
        index_elements=[call.c.run_id, call.c.no], set_={name: put.excluded[name] for name in CALL_COLUMNS[2:]}
    )
    return {
        "call.put": Written(put, CALL_COLUMNS),
        "call.of_run": Written(sa.select(*columns).where(of_run).order_by(call.c.no)),
        "call.get": Written(sa.select(*columns).where(of_run, flavour.within(call.c.no, "nos")).order_by(call.c.no)),
        "call.awaited": Written(
            sa.select(*columns).where(sa.text(AWAITED)).order_by(call.c.run_id, call.c.no).limit(limit())
        ),
    }

"""Statements on the calls of flows."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pauta.storage.flavours import Flavour, Marks
from pauta.storage.records_calls import CALL_COLUMNS
from pauta.storage.statements.shape import Statements, Written, key, limit
from pauta.storage.tables import AWAITED, PAUSED, call, run


def statements(flavour: Flavour) -> Statements:
    """Statements by name."""
    columns = [call.c[name] for name in CALL_COLUMNS[4:]]
    of_run = call.c.run_id == key("run_id")
    put = flavour.insert(call).values(changed=sa.func.coalesce(_of_run(flavour.now_changed).scalar_subquery(), 0))
    put = put.on_conflict_do_update(
        index_elements=[call.c.run_id, call.c.no],
        set_={name: put.excluded[name] for name in (*CALL_COLUMNS[2:], "changed")},
    )
    after, since = (sa.bindparam(name, type_=sa.BigInteger()) for name in ("after", "since"))
    return {
        "call.put": Written(put, CALL_COLUMNS),
        "call.of_run": Written(sa.select(*columns).where(of_run).order_by(call.c.no)),
        "call.page": Written(sa.select(*columns).where(of_run, call.c.no > after).order_by(call.c.no).limit(limit())),
        "call.paused": Written(sa.select(*columns).where(of_run, sa.text(PAUSED)).order_by(call.c.no)),
        "call.changed": Written(sa.select(*columns).where(of_run, call.c.changed >= since).order_by(call.c.no)),
        "call.mark": Written(_of_run(flavour.next_changed)),
        "call.get": Written(sa.select(*columns).where(of_run, flavour.within(call.c.no, "nos")).order_by(call.c.no)),
        "call.awaited": Written(
            sa.select(*columns).where(sa.text(AWAITED)).order_by(call.c.run_id, call.c.no).limit(limit())
        ),
    }


def _of_run(mark: Marks) -> sa.Select[Any]:
    """A mark of the changes of one run's calls."""
    return sa.select(mark(call.c.changed, call.c.run_id == run.c.id)).where(run.c.id == key("run_id"))

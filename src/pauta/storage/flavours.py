"""What SQLite and PostgreSQL write differently, for the maker of the SQL texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine import Dialect

Marks = Callable[[sa.Column[int], sa.ColumnElement[bool]], sa.ColumnElement[int]]
"""From a column with marks, and what is true of the rows in question, to a mark of their changes."""


@dataclass(frozen=True, slots=True)
class Flavour:
    """A database's way of writing.

    Attributes:
        name: ``sqlite`` or ``postgres``.
        dialect: SQLAlchemy's dialect, with parameters by name.
        insert: The insert that knows ``ON CONFLICT``.
        within: ``column IN parameter``, where the parameter is a list of any length (see `Session.many`).
        bytes_of: The length of a text in bytes.
        now_changed: The mark that a row gets with a change: none is lower than a mark that `next_changed` gave before
            the change could be seen.
        next_changed: The mark from which on those changes are that may not be seen yet.
    """

    name: str
    dialect: Dialect
    insert: Callable[[sa.Table], Any]
    within: Callable[[sa.ColumnElement[Any], str], sa.ColumnElement[bool]]
    bytes_of: Callable[[sa.ColumnElement[Any]], sa.ColumnElement[int]]
    now_changed: Marks
    next_changed: Marks


def _within_json(column: sa.ColumnElement[Any], parameter: str) -> sa.ColumnElement[bool]:
    listed = sa.func.json_each(sa.bindparam(parameter)).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def _within_array(column: sa.ColumnElement[Any], parameter: str) -> sa.ColumnElement[bool]:
    number = sa.BigInteger() if isinstance(column.type, sa.BigInteger) else sa.Integer()
    kind = number if isinstance(column.type, sa.Integer) else sa.Text()
    return column == sa.any_(sa.bindparam(parameter, type_=postgresql.ARRAY(kind)))


def _bytes_by_cast(column: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.func.length(sa.cast(column, sa.LargeBinary))


def _counted(changed: sa.Column[int], own: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """There is one writer: the next number."""
    return sa.select(sa.func.coalesce(sa.func.max(changed), 0) + sa.literal_column("1")).where(own).scalar_subquery()


def _own_transaction(changed: sa.Column[int], own: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.literal_column("CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)", sa.BigInteger())


def _oldest_transaction(changed: sa.Column[int], own: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    """All before it have ended."""
    return sa.literal_column("CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)", sa.BigInteger())


SQLITE = Flavour(
    "sqlite",
    sqlite.dialect(paramstyle="named"),
    sqlite.insert,
    _within_json,
    _bytes_by_cast,
    _counted,
    _counted,
)
POSTGRES = Flavour(
    "postgres",
    psycopg.dialect(),  # type: ignore[no-untyped-call]
    postgresql.insert,
    _within_array,
    sa.func.octet_length,
    _own_transaction,
    _oldest_transaction,
)
FLAVOURS = (SQLITE, POSTGRES)

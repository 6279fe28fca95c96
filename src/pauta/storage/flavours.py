"""What SQLite and PostgreSQL write differently, for the maker of the SQL texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine import Dialect


@dataclass(frozen=True, slots=True)
class Flavour:
    """A database's way of writing.

    Attributes:
        name: ``sqlite`` or ``postgres``.
        dialect: SQLAlchemy's dialect, with parameters by name.
        insert: The insert that knows ``ON CONFLICT``.
        within: ``column IN parameter``, where the parameter is a list of any length (see `Session.many`).
        bytes_of: The length of a text in bytes.
    """

    name: str
    dialect: Dialect
    insert: Callable[[sa.Table], Any]
    within: Callable[[sa.ColumnElement[Any], str], sa.ColumnElement[bool]]
    bytes_of: Callable[[sa.ColumnElement[Any]], sa.ColumnElement[int]]


def _within_json(column: sa.ColumnElement[Any], parameter: str) -> sa.ColumnElement[bool]:
    listed = sa.func.json_each(sa.bindparam(parameter)).table_valued("value")
    return column.in_(sa.select(listed.c.value))


def _within_array(column: sa.ColumnElement[Any], parameter: str) -> sa.ColumnElement[bool]:
    number = sa.BigInteger() if isinstance(column.type, sa.BigInteger) else sa.Integer()
    kind = number if isinstance(column.type, sa.Integer) else sa.Text()
    return column == sa.any_(sa.bindparam(parameter, type_=postgresql.ARRAY(kind)))


def _bytes_by_cast(column: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.func.length(sa.cast(column, sa.LargeBinary))


SQLITE = Flavour("sqlite", sqlite.dialect(paramstyle="named"), sqlite.insert, _within_json, _bytes_by_cast)
POSTGRES = Flavour(
    "postgres",
    psycopg.dialect(),  # type: ignore[no-untyped-call]
    postgresql.insert,
    _within_array,
    sa.func.octet_length,
)
FLAVOURS = (SQLITE, POSTGRES)

"""The shape in which statements are handed to the maker of the texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Written:
    """A statement, with the columns that an INSERT or UPDATE sets from parameters of the same names."""

    clause: sa.ClauseElement
    columns: Sequence[str] | None = None


Statements = dict[str, Written]


def key(name: str) -> sa.BindParameter[Any]:
    """The parameter that names a row by the column `name`."""
    return sa.bindparam(f"k_{name}")


def unchanged(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """The column still is as it was, NULL counted as a value."""
    return column.is_not_distinct_from(sa.bindparam(f"was_{column.name}", type_=column.type))


def limit() -> sa.BindParameter[int]:
    """The parameter for the largest number of rows."""
    return sa.bindparam("limit", type_=sa.Integer)

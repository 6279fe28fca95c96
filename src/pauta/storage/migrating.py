"""Brings an older database up to the program's version, in one transaction. Loads the migration tool."""

from __future__ import annotations

import sqlite3
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.pool import NullPool, StaticPool

from pauta.storage.versions import MIGRATIONS


def config(connection: sa.Connection | None = None) -> Config:
    """The migration tool's settings: our scripts, no file, the given connection."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    if connection is not None:
        made.attributes["connection"] = connection
    return made


def upgrade(connection: sa.Connection, revision: str = "head") -> None:
    """Run the migrations up to a revision. The caller began the transaction and ends it."""
    command.upgrade(config(connection), revision)


def upgrade_sqlite(raw: sqlite3.Connection, revision: str = "head") -> None:
    """Upgrade over the open connection of the process that holds the folder's lock."""
    engine = sa.create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    with engine.connect() as connection, connection.begin():
        # The driver begins no transaction before a change of the schema; a killed migration must leave nothing.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        upgrade(connection, revision)


def upgrade_postgres(address: str, revision: str = "head") -> None:
    """Upgrade over a connection of its own, while the caller keeps others out."""
    import psycopg  # the driver is optional

    def connect() -> Any:
        return psycopg.connect(address, application_name="pauta migration")

    engine = sa.create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)
    with engine.connect() as connection, connection.begin():
        upgrade(connection, revision)
    engine.dispose()

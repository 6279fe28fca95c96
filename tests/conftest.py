"""Fixtures for all tests: a real PostgreSQL server, started once."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from servers import NoServer, PostgresServer, create_database, empty_tables, postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server for the session. Without one the tests are skipped on a laptop and fail in CI."""
    try:
        running = postgres()
        server = running.__enter__()
    except NoServer as why:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs a PostgreSQL server: {why}")
        pytest.skip(str(why))
    try:
        yield server
    finally:
        running.__exit__(None, None, None)


@pytest.fixture(scope="session")
def postgres_with_schema(postgres_server: PostgresServer) -> str:
    """Connection string of a database that has the schema."""
    from pauta.storage.postgres import open_postgres

    address = create_database(postgres_server, "pauta_tests")
    open_postgres(address).close()
    return address


@pytest.fixture
def postgres_address(postgres_with_schema: str) -> str:
    """Connection string of a database that has the schema and no rows."""
    empty_tables(postgres_with_schema)
    return postgres_with_schema

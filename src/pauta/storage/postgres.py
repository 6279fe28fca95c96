"""PostgreSQL, for more than one machine. Only the files ``postgres*.py`` know its driver, psycopg 3."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pauta.domain.problems import StoreFault
from pauta.ports.store import Transaction
from pauta.storage import sql, texts
from pauta.storage.faults import fault
from pauta.storage.session import Cursor, Params
from pauta.storage.triggers import SQLSTATE
from pauta.storage.turns import Hold, TurnStore
from pauta.storage.versions import HEAD, Standing, standing

try:
    import psycopg
except ImportError as _missing:
    raise fault("DB-015", detail=str(_missing)) from _missing

SCHEMA_LOCK = 0x7061757461  # "pauta": whoever makes or changes the schema takes this advisory lock
_PAUSE_SECONDS = 0.1
_BY_STATE = {
    SQLSTATE: "DB-010",
    "53100": "E-DISK",
    "40001": "DB-013",
    "40P01": "DB-013",
    "55P03": "DB-013",
    "25006": "DB-014",
    "42501": "DB-014",
    "XX001": "DB-001",
    "XX002": "DB-001",
}
_BY_CLASS = {"23": "DB-011", "22": "DB-012"}


class PostgresConnection:
    """`Keeper` over psycopg.

    Args:
        address: A connection string or URL.
        relaxed: Let commits that need not be durable return before they are flushed. The last moments before
            a crash of the server may then be lost, the fences of claims among them.
        patience_seconds: How long `begin` tries to reach a server that is away.
        sleep: Waits between two tries.
    """

    error = psycopg.Error

    def __init__(self, address: str, *, relaxed: bool, patience_seconds: float, sleep: Callable[[float], None]) -> None:
        self.address = address
        self._relaxed = relaxed
        self._patience = patience_seconds
        self._sleep = sleep
        self._raw: psycopg.Connection[tuple[Any, ...]] | None = None
        self._texts = texts.load("postgres")

    @property
    def where(self) -> str:
        """Host and database, without user and password."""
        told = psycopg.conninfo.conninfo_to_dict(self.address)
        return f"{told.get('host') or 'localhost'}/{told.get('dbname') or ''}"

    def open(self) -> psycopg.Connection[tuple[Any, ...]]:
        """The connection; a new one when there is none that works.

        Raises:
            StoreFault: DB-005, DB-008.
        """
        raw = self._raw
        if raw is not None and not raw.closed and raw.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            return raw
        self.close()
        try:
            raw = psycopg.connect(self.address, autocommit=True, application_name="pauta", connect_timeout=10)
            level = raw.execute("SHOW synchronous_commit").fetchone()
        except (psycopg.Error, OSError) as error:
            raise fault("DB-008", "unreachable", where=self.where, detail=str(error)) from error
        if level is None or level[0] == "off":
            raw.close()
            raise fault("DB-005", where=self.where)
        self._raw = raw
        return raw

    @property
    def pid(self) -> int:
        """Process id of the server's side of the connection."""
        return self._live().info.backend_pid

    def setting(self, name: str) -> str:
        """A setting of the server as it is now, inside a transaction too."""
        row = self._live().execute("SELECT current_setting(%s)", (name,)).fetchone()
        return str(row[0]) if row else ""

    def execute(self, name: str, params: Params) -> Cursor:
        """See `Driver`."""
        return self._live().execute(self._texts[name], params)

    def execute_many(self, name: str, params: Sequence[Params]) -> int:
        """See `Driver`."""
        with self._live().cursor() as cursor:
            cursor.executemany(self._texts[name], params)
            return cursor.rowcount

    def _live(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._raw is None:
            raise fault("DB-008", where=self.where, detail="")
        return self._raw

    def many(self, values: Iterable[Any]) -> list[Any]:
        """See `Driver`."""
        return list(values)

    def explain(self, error: Exception) -> StoreFault:
        """See `Driver`."""
        state = getattr(error, "sqlstate", None) or ""
        if self._raw is None or self._raw.closed:
            return fault("DB-008", where=self.where, detail=str(error))
        code = _BY_STATE.get(state) or _BY_CLASS.get(state[:2]) or "DB-009"
        if isinstance(error, psycopg.DataError):
            code = "DB-012"
        detail = str(error)
        return fault(code, what=detail.partition("refused: ")[2].split("\n")[0], detail=detail, path=self.where)

    def hold(self) -> tuple[Hold, Transaction]:
        """See `Keeper`."""
        return sql.hold(self)

    def begin(self, *, durable: bool) -> None:
        """See `Keeper`. Nothing was done yet, so a lost connection is opened anew until patience ends."""
        text = "BEGIN ISOLATION LEVEL READ COMMITTED"
        if self._relaxed and not durable:
            text += "; SET LOCAL synchronous_commit TO off"
        end = time.monotonic() + self._patience
        while True:
            try:
                self.open().execute(text)
                return
            except psycopg.Error as error:
                explained = self.explain(error)
                if explained.problems[0].code != "DB-008":
                    raise explained from error
                self.close()
            except StoreFault as refused:
                explained = refused
                if refused.problems[0].code != "DB-008":
                    raise
            if time.monotonic() >= end:
                raise explained
            self._sleep(_PAUSE_SECONDS)

    def commit(self) -> None:
        """See `Keeper`. A commit whose answer never came may have happened: it is not sent again."""
        raw = self._live()
        try:
            answer = raw.execute("COMMIT").statusmessage
        except psycopg.Error as error:
            if raw.closed:
                raise fault("DB-006", where=self.where, detail=str(error)) from error
            raise self.explain(error) from error
        if answer != "COMMIT":
            raise fault("DB-009", detail=f"COMMIT: {answer}", path=self.where)

    def rollback(self) -> None:
        """See `Keeper`. A connection that is gone undid everything by itself."""
        try:
            if self._raw is not None and not self._raw.closed:
                self._raw.execute("ROLLBACK")
        except psycopg.Error:
            self.close()

    def close(self) -> None:
        """See `Keeper`."""
        if self._raw is not None:
            self._raw.close()
            self._raw = None


def open_postgres(
    address: str,
    *,
    relaxed: bool = False,
    patience_seconds: float = 10.0,
    connections: int = 1,
    sleep: Callable[[float], None] = time.sleep,
) -> TurnStore:
    """Open the records in a PostgreSQL database; make them when it is empty.

    Args:
        address: Connection string or URL, such as ``postgresql://user@host/name``.
        relaxed: See `PostgresConnection`.
        patience_seconds: How long a transaction tries to reach a server that is away before it begins.
        connections: So many threads can be in a transaction at once. All but the first are opened when needed.
        sleep: Waits between two tries.

    Raises:
        StoreFault: DB-002 newer than the program or foreign, DB-005 the server does not flush commits,
            DB-008 not reachable, DB-014 not allowed to write.
    """

    def make() -> PostgresConnection:
        return PostgresConnection(address, relaxed=relaxed, patience_seconds=patience_seconds, sleep=sleep)

    connection = make()
    try:
        _prepare(connection, address)
    except psycopg.Error as error:
        explained = connection.explain(error)
        connection.close()
        raise explained from error
    except BaseException:
        connection.close()
        raise
    return TurnStore(connection, *(make() for _ in range(connections - 1)))


def _prepare(connection: PostgresConnection, address: str) -> None:
    raw = connection.open()
    if standing_of(raw, connection.where) is Standing.CURRENT:
        return
    with raw.transaction():
        # Several programs may start at once; the first one makes the schema, the others find it made.
        raw.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
        found = standing_of(raw, connection.where)
        if found is Standing.EMPTY:
            for text in texts.load("postgres_schema").values():
                raw.execute(text)
            raw.execute("INSERT INTO alembic_version (version_num) VALUES (%s)", (HEAD,))
        elif found is Standing.OLDER:
            from pauta.storage.migrating import upgrade_postgres  # heavy, and hardly ever needed

            upgrade_postgres(address)


def standing_of(raw: psycopg.Connection[tuple[Any, ...]], where: str) -> Standing:
    """How the database stands to the program.

    Raises:
        StoreFault: DB-002.
    """
    rows = raw.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()")
    tables = {row[0] for row in rows.fetchall()}
    versions = None
    if "alembic_version" in tables:
        versions = [row[0] for row in raw.execute("SELECT version_num FROM alembic_version").fetchall()]
    return standing(versions, has_tables=lambda: bool(tables), where=where)

"""Which version a database has, read by a plain query: the migration tool is loaded only when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path

from pauta.storage import texts
from pauta.storage.faults import fault

KNOWN = ("0001", "0002", "0003")
"""All versions of the schema, oldest first. A test keeps this equal to the migrations."""
HEAD = KNOWN[-1]
MIGRATIONS = Path(__file__).parent / "migrations"


class Standing(Enum):
    """How a database stands to the program."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"


def standing(versions: list[str] | None, *, has_tables: Callable[[], bool], where: str) -> Standing:
    """How a database stands, from the rows of its version table (None: there is no such table).

    Raises:
        StoreFault: DB-002 when the database is newer than the program, or is not Pauta's at all.
    """
    if versions is None:
        if has_tables():
            raise fault("DB-002", "foreign", where=where)
        return Standing.EMPTY
    if versions == [HEAD]:
        return Standing.CURRENT
    if len(versions) == 1 and versions[0] in KNOWN:
        return Standing.OLDER
    raise fault("DB-002", where=where, found=", ".join(versions) or "?", known=HEAD)


def statements_between(flavour: str, found: str | None, upto: str) -> Iterator[tuple[str, str]]:
    """Name and text of what leads from one version of the schema (None: nothing at all) to another, in order."""
    begin = 0 if found is None else KNOWN.index(found) + 1
    for version in KNOWN[begin : KNOWN.index(upto) + 1]:
        path = MIGRATIONS / "versions" / f"{version}_{flavour}.sql"
        yield from texts.split(path.read_text(encoding="utf-8")).items()

"""Makes the texts in ``sql/`` from the tables, triggers and statements: ``python -m pauta.storage.compiling``.

A test fails when the texts are not what this would write.
"""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from pauta.storage import triggers
from pauta.storage.flavours import FLAVOURS, Flavour
from pauta.storage.statements import access, calls, deployments, pipelines, pools, queue, results, runs, stages, steps
from pauta.storage.statements.shape import Statements, Written
from pauta.storage.tables import metadata
from pauta.storage.texts import FOLDER, join


def statements(flavour: Flavour) -> dict[str, str]:
    """Every statement's text by name."""
    written: Statements = {}
    for room in (runs, stages, queue, steps, calls, results, pipelines, deployments, pools, access):
        written.update(room.statements(flavour))
    return {name: _statement(w, flavour) for name, w in written.items()}


def _statement(written: Written, flavour: Flavour) -> str:
    compiled = written.clause.compile(dialect=flavour.dialect, column_keys=written.columns)
    text = str(compiled)
    for name, value in compiled.params.items():
        if type(value) is not int:
            continue  # a parameter of ours, to be given at each call: SQLAlchemy has a mark there
        mark = f":{name}" if flavour.name == "sqlite" else f"%({name})s"
        text = re.sub(rf"{re.escape(mark)}(?!\w)", str(value), text)
    return text.replace(" OFFSET 0", "")


def schema(flavour: Flavour) -> dict[str, str]:
    """Every statement that makes an empty database, in order."""
    made: dict[str, str] = {}
    for table in metadata.sorted_tables:
        made[f"table {table.name}"] = _text(CreateTable(table), flavour)
        for index in sorted(table.indexes, key=lambda i: str(i.name)):
            made[f"index {index.name}"] = _text(CreateIndex(index), flavour)
    made.update(triggers.for_sqlite() if flavour.name == "sqlite" else triggers.for_postgres())
    return made


def _text(clause: sa.schema.ExecutableDDLElement, flavour: Flavour) -> str:
    return str(clause.compile(dialect=flavour.dialect)).strip().replace("\t", "    ")


def texts() -> dict[Path, str]:
    """What the files in ``sql/`` have to hold."""
    made: dict[Path, str] = {}
    for flavour in FLAVOURS:
        made[FOLDER / f"{flavour.name}.sql"] = join(statements(flavour))
        made[FOLDER / f"{flavour.name}_schema.sql"] = join(schema(flavour))
    return made


def main() -> None:
    """Write the files."""
    for path, text in texts().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Flows: calls, pauses, runs that belong to others; limits with a period. Its text lies beside it."""

from pathlib import Path

from alembic import op

from pauta.storage.texts import split

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let stages pause, add columns, and the tables of calls and of claims under a limit with a period."""
    name = "sqlite" if op.get_bind().dialect.name == "sqlite" else "postgres"
    text = Path(__file__).with_name(f"0003_{name}.sql").read_text(encoding="utf-8")
    for statement in split(text).values():
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if name == "postgres" else statement)

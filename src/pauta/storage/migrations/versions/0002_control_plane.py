"""The control plane, and the queue over all runs. Its text lies beside it, one file for each database."""

from pathlib import Path

from alembic import op

from pauta.storage.texts import split

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns to runs and stages, and every table of the control plane."""
    name = "sqlite" if op.get_bind().dialect.name == "sqlite" else "postgres"
    text = Path(__file__).with_name(f"0002_{name}.sql").read_text(encoding="utf-8")
    for statement in split(text).values():
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if name == "postgres" else statement)

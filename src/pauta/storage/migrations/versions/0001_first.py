"""The first schema. Its text lies beside it, one file for each database."""

from pathlib import Path

from alembic import op

from pauta.storage.texts import split

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table, index and trigger."""
    name = "sqlite" if op.get_bind().dialect.name == "sqlite" else "postgres"
    text = Path(__file__).with_name(f"0001_{name}.sql").read_text(encoding="utf-8")
    for label, statement in split(text).items():
        if label != "table alembic_version":  # the tool makes that one itself
            op.get_bind().exec_driver_sql(statement.replace("%", "%%") if name == "postgres" else statement)

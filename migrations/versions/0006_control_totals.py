"""Control totals by usage day, and the rules of a batch."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    statements = (_SQL / f"{revision}_control_totals.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(statements)


def downgrade() -> None:
    op.drop_column("usage_batch", "rules", schema="records")
    op.drop_table("usage_batch_day", schema="records")

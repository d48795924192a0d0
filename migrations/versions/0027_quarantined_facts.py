"""Records that are no facts, set aside, and what became of them."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0027"
down_revision = "0026"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    statements = (_SQL / f"{revision}_quarantined_facts.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(statements)


def downgrade() -> None:
    raise NotImplementedError("Records that were set aside cannot be taken away again.")

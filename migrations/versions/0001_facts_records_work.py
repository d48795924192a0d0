"""The stores: facts, records and work, with the guards that keep them."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

_SQL = Path(__file__).parents[1] / "sql"
_STEPS = ("tables", "append_only", "journal", "periods", "row_level_security", "grants")


def upgrade() -> None:
    for step in _STEPS:
        statements = (_SQL / f"{revision}_{step}.sql").read_text(encoding="utf-8")
        op.get_bind().execution_options(no_parameters=True).exec_driver_sql(statements)


def downgrade() -> None:
    raise NotImplementedError("The first migration has no way back that keeps the books.")

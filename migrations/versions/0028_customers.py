"""Customers by an index of their own."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0028"
down_revision = "0027"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    statements = (_SQL / f"{revision}_customers.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(statements)


def downgrade() -> None:
    op.drop_index("ix_fact_entity_id_customer_key", "fact", schema="facts")
    op.drop_column("fact", "customer", schema="facts")

"""Indexes for what is read of one contract."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0024"
down_revision = "0023"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    statements = (_SQL / f"{revision}_point_reads.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(statements)


def downgrade() -> None:
    op.execute(
        """
        create index ix_fact_entity_id_contract on facts.fact (entity_id, contract);
        drop index facts.ix_fact_shared;
        drop index facts.ix_fact_of_none;
        drop index facts.ix_fact_entity_id_recorded_at_seq;
        drop index facts.ix_fact_entity_id_contract_seq;
        """
    )

"""Proposals may be changes of facts under control."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    statements = (_SQL / f"{revision}_changes.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(statements)


def downgrade() -> None:
    op.drop_constraint("ck_proposal_kind_is_known", "proposal", schema="records")
    op.create_check_constraint(
        "ck_proposal_kind_is_known",
        "proposal",
        "kind in ('estimate', 'selling_prices', 'policy', 'misstatements')",
        schema="records",
    )

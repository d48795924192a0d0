"""Waivers of gates, evidence and sign-offs of the checklist."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    statements = (_SQL / f"{revision}_controls.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(statements)


def downgrade() -> None:
    for table in ("task_sign_off", "task_evidence", "gate_waiver"):
        op.drop_table(table, schema="records")
    op.execute("drop function records.check_sign_off()")
    op.execute("drop function records.check_open_for_controls()")

"""Periods of the entity's own calendar."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"

_SQL = Path(__file__).parents[1] / "sql"
_COLUMNS = (
    ("records", "journal_entry", "period"),
    ("records", "journal_entry", "origin"),
    ("records", "period_close", "period"),
    ("work", "period", "period"),
    ("records", "journal_export", "period"),
    ("records", "exported_document", "period"),
    ("records", "gate_waiver", "period"),
    ("records", "task_evidence", "period"),
)


def upgrade() -> None:
    statements = (_SQL / f"{revision}_calendars.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(statements)


def downgrade() -> None:
    op.execute("drop trigger check_calendar on facts.fact")
    op.execute("drop function facts.check_calendar()")
    for schema, table, column in _COLUMNS:
        op.drop_constraint(f"ck_{table}_{column}_is_a_period", table, schema=schema)
        op.create_check_constraint(
            f"{column}_is_a_month", table, rf"{column} ~ '^\d{{4}}-(0[1-9]|1[0-2])$'", schema=schema
        )

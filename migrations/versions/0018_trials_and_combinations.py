"""Facts that are tried and taken back; combinations decided by two people."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0018"
down_revision = "0017"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    statements = (_SQL / f"{revision}_trials_and_combinations.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(statements)


def downgrade() -> None:
    op.execute("drop trigger a_combination on facts.fact")
    op.execute("drop trigger a_trial on facts.fact")
    people = (_SQL / "0016_people.sql").read_text(encoding="utf-8")
    begin = people.index("create function records.check_recorded()")
    before = people[begin : people.index("$$;", begin) + len("$$;")]
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(
        before.replace("create function", "create or replace function", 1)
    )
    for name in ("check_combination", "refuse_trial", "is_trial"):
        op.execute(f"drop function records.{name}()")

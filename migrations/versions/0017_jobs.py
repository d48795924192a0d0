"""Work done in the background, and its queue."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0017"
down_revision = "0016"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    connection = op.get_bind().execution_options(no_parameters=True)
    queue = (_SQL / f"{revision}_procrastinate.sql").read_text(encoding="utf-8")
    statements = (_SQL / f"{revision}_jobs.sql").read_text(encoding="utf-8")
    connection.exec_driver_sql("create schema jobs")
    connection.exec_driver_sql("set local search_path = jobs")
    connection.exec_driver_sql(queue)
    connection.exec_driver_sql("set local search_path to default")
    connection.exec_driver_sql(statements)


def downgrade() -> None:
    op.drop_table("job", schema="work")
    op.execute("drop function work.check_job()")
    op.execute("drop schema jobs cascade")

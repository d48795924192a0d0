"""Jobs that are cancelled."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0022"
down_revision = "0021"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    statements = (_SQL / f"{revision}_cancelled_jobs.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(statements)


def downgrade() -> None:
    jobs = (_SQL / "0017_jobs.sql").read_text(encoding="utf-8")
    begin = jobs.index("create function work.check_job()")
    before = jobs[begin : jobs.index("$$;", begin) + len("$$;")]
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(
        before.replace("create function", "create or replace function", 1)
    )
    op.execute(
        """
        alter table work.job
          drop column cancelled_by cascade,
          drop column cancelled_at cascade,
          drop constraint ck_job_state_is_known,
          drop constraint ck_job_ended_with_an_outcome,
          add constraint ck_job_state_is_known
            check (state in ('queued', 'running', 'done', 'failed')),
          add constraint ck_job_ended_with_an_outcome check (
            (state = 'done') = (result is not null)
            and (state = 'failed') = (error is not null)
            and (state in ('done', 'failed')) = (ended_at is not null)
          )
        """
    )

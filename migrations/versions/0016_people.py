"""People of an entity: enrolment, roles, keys, consents; the database holds names to who acts."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0016"
down_revision = "0015"

_SQL = Path(__file__).parents[1] / "sql"
_GUARDED = (
    *("records.journal_entry", "records.usage_count_batch", "records.release_request"),
    *("records.release_approval", "records.proposal", "records.proposal_decision"),
    *("records.task_evidence", "records.task_sign_off", "records.journal_export"),
    *("records.posted_reference", "records.audit_event", "facts.fact", "records.usage_batch"),
    *("records.quarantine_resolution", "work.entity"),
)
_TWO = ("records.period_close", "records.period_reopening", "records.gate_waiver")


def upgrade() -> None:
    statements = (_SQL / f"{revision}_people.sql").read_text(encoding="utf-8")
    op.get_bind().execution_options(no_parameters=True).exec_driver_sql(statements)


def downgrade() -> None:
    for table in _GUARDED:
        op.execute(f"drop trigger a_person on {table}")
    for table in _TWO:
        op.execute(f"drop trigger a_two_people on {table}")
    for name in ("consent", "access_key_end", "access_key", "duty_exception", "role_end"):
        op.drop_table(name, schema="records")
    for name in ("role_grant", "person"):
        op.drop_table(name, schema="records")
    for name in ("duty_conflict", "role_duty"):
        op.drop_table(name, schema="migrations")
    for signature in (
        *("work.check_entity()", "records.check_person()", "records.check_recorded()"),
        *("records.check_two_people()", "records.check_enrolment()", "records.check_grant()"),
        *("records.check_role_end()", "records.check_key()"),
        "records.require_two(integer, text, integer, text, text, text, text)",
        "records.require_person(integer, text, text[])",
        "records.require_duty(integer, text, text[])",
        *("records.duties(integer, text)", "records.is_enrolled(integer)", "records.acting()"),
        "records.next_certificate(integer, text)",
    ):
        op.execute(f"drop function {signature}")
